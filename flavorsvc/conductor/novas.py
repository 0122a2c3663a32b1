# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The Nova of a region by its name, for what is asked of it while a caller waits."""

from concurrent import futures
import contextlib

from oslo_context import context as oslo_context

from flavorsvc import context
from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.domain import failures

#: Regions that one call asks at the same time.
_AT_A_TIME = 8

#: Reason of a failure → the error that says it to the caller, made of region and Nova's words.
REFUSALS = {
    'rejected': lambda region, words: errors.Invalid('flavor', words),
    'forbidden': lambda region, words: errors.Denied(words),
    'conflict': lambda region, words: errors.Conflict(words),
    'name_taken': lambda region, words: errors.Conflict(words),
    'sizes_differ': lambda region, words: errors.Conflict(f'Region {region}: {words}'),
}


class Novas:
    """Finds the way to each region's Nova with the service's own credential."""

    def __init__(self, database, clouds, default_region):
        """Remember where to look; nothing is contacted.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param default_region: str, the region that is meant where none is named
        """
        self._db, self._clouds, self._default_region = database, clouds, default_region

    def place(self, name):
        """Read where a region is.

        :param name: str, or None for the default region
        :returns: dict, see :func:`flavorsvc.db.regions.reached`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.RegionUnreachable: when the service catalogue lists it no more
        """
        found = self._db.read(regions.reached, name or self._default_region)
        if found['state'] == 'gone':
            raise errors.RegionUnreachable(found['name'], found['reason'])
        return found

    def discovered(self, name):
        """Read where a region is on which the service relies, so that it has to be there.

        :param name: str
        :returns: dict, see :meth:`place`
        :raises errors.RegionUnreachable: when there is no such region, or not any more
        """
        try:
            return self.place(name)
        except errors.NotFound as error:
            raise errors.RegionUnreachable(name, 'it has not been discovered.') from error

    def default(self):
        """Name the region that is meant where none is named."""
        return self._default_region

    @contextlib.contextmanager
    def asked(self, name, request_id):
        """Give a region's Nova to a block that asks it something.

        :param name: str, or None for the default region
        :param request_id: str that Nova is to log
        :returns: context manager that gives a :class:`flavorsvc.cloud.nova.Nova`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.RegionUnreachable: when it does not answer what it is asked
        """
        with self._reached(self.place(name), {}, request_id) as nova:
            yield nova

    def each(self, names, request_id, ask):
        """Ask several regions the same, side by side, but none that is down or in maintenance.

        :param names: list of str
        :param request_id: str that each Nova is to log
        :param ask: function of a region's name and its :class:`flavorsvc.cloud.nova.Nova`
        :returns: dict of region to what ask returned, and dict of region to str, why not
        """
        answers, silent, current = {}, {}, oslo_context.get_current()

        def look(name):
            if current is not None:
                current.update_store()
            try:
                place = self.place(name)
                _check_not_in_maintenance(place)
                if place['state'] == 'down':
                    raise errors.RegionUnreachable(name, place['reason'])
                with self._reached(place, {}, request_id) as nova:
                    answers[name] = ask(name, nova)
            except errors.FlavorsvcError as error:
                silent[name] = error.reason

        with futures.ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix='ask') as pool:
            list(pool.map(look, names))
        return {name: answers[name] for name in names if name in answers}, silent

    @contextlib.contextmanager
    def changed(self, name, request_id):
        """Give a region's Nova to a block that changes something there for a caller.

        :param name: str
        :param request_id: str that Nova is to log
        :returns: context manager that gives a :class:`flavorsvc.cloud.nova.Nova`
        :raises errors.RegionUnreachable: when there is no such region, it does not answer, or it
            is in maintenance
        :raises errors.FlavorsvcError: what Nova refuses, in its words
        """
        place = self.discovered(name)
        _check_not_in_maintenance(place)
        with self._reached(place, REFUSALS, request_id) as nova:
            yield nova

    @contextlib.contextmanager
    def _reached(self, place, answers, request_id):
        with answered(place['name'], answers):
            yield border(self._clouds.of(place['access']), place, request_id)


def _check_not_in_maintenance(place):
    if place['maintenance']:
        raise errors.RegionUnreachable(place['name'], place['maintenance'])


def border(cloud, place, request_id):
    """Give the border to a region's Nova, whose microversion is asked for where it is not known.

    :param cloud: flavorsvc.cloud.sessions.Cloud
    :param place: dict, from :meth:`Novas.place`
    :param request_id: str, of the request that is worked on; Nova logs it, or the one that came
        with that request
    :returns: flavorsvc.cloud.nova.Nova
    """
    name, endpoint = place['name'], place['endpoint']
    microversion = place['microversion'] or cloud.negotiate(endpoint, name)
    return cloud.nova(endpoint, microversion, context.global_request_id(request_id) or request_id,
                      name)


@contextlib.contextmanager
def answered(region, answers):
    """Say to a caller what a block met in a region.

    :param region: str
    :param answers: dict of the reason of a failure to a function of region and Nova's words that
        gives the error; for any other reason the region could not be reached
    :raises errors.FlavorsvcError: in place of a failures.Failure
    """
    try:
        yield
    except failures.Failure as failure:
        if failure.reason in answers:
            raise answers[failure.reason](region, failure.text) from failure
        raise errors.RegionUnreachable(region, failure.text) from failure
