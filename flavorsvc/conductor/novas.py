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

import contextlib

from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.domain import failures

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
        place = self.place(name)
        with answered(place['name'], {}):
            yield border(self._clouds.of(place['access']), place, request_id)

    @contextlib.contextmanager
    def changed(self, name, request_id):
        """Give a region's Nova to a block that changes something there for a caller.

        :param name: str
        :param request_id: str that Nova is to log
        :returns: context manager that gives a :class:`flavorsvc.cloud.nova.Nova`
        :raises errors.RegionUnreachable: when there is no such region, or it does not answer
        :raises errors.FlavorsvcError: what Nova refuses, in its words
        """
        try:
            place = self.place(name)
        except errors.NotFound as error:
            raise errors.RegionUnreachable(name, 'it has not been discovered.') from error
        with answered(place['name'], REFUSALS):
            yield border(self._clouds.of(place['access']), place, request_id)


def border(cloud, place, request_id):
    """Give the border to a region's Nova, whose microversion is asked for where it is not known.

    :param cloud: flavorsvc.cloud.sessions.Cloud
    :param place: dict, from :meth:`Novas.place`
    :param request_id: str that Nova is to log
    :returns: flavorsvc.cloud.nova.Nova
    """
    microversion = place['microversion'] or cloud.negotiate(place['endpoint'])
    return cloud.nova(place['endpoint'], microversion, request_id)


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
