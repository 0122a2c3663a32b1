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

"""What is asked about servers: the region's Nova does it, with the caller's own token.

A Nova that is older than what was asked for is asked at its newest microversion. What it does not
tell of the flavor of a server is filled in: as the catalogue has it, or else that Nova.
"""

import collections
import contextlib
import threading
import time

import cachetools
from oslo_log import log
from oslo_utils import timeutils

from flavorsvc.db import recorded_flavors
from flavorsvc.domain import embedded_flavor
from flavorsvc.domain import failures
from flavorsvc.domain import flavor

LOG = log.getLogger(__name__)

#: Seconds for which the newest microversion of a Nova is believed, and of how many Novas.
_BELIEVED_S, _MOST_NOVAS = 300, 1000
#: Flavors that the catalogue does not know and that Nova is asked for in one answer; it takes two
#: requests each. And seconds after which no more are begun: whoever asked is waiting.
_MOST_ASKED, _ASKING_S = 50, 30
#: Requests that wait for one region at the same time, out of the 64 calls that a conductor answers
#: at once: a slow region is not to keep it from all else.
_MOST_WAITING = 16
_NOT_ACCEPTABLE = 406
#: Keys of an answer, which has one of them.
_KEYS = frozenset(['server', 'servers'])


class ComputeServers:
    """Servers of the regions."""

    def __init__(self, database, callers, table):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param callers: flavorsvc.conductor.callers.Callers
        :param table: capability table
        """
        self._db, self._callers, self._table = database, callers, table
        self._newest = cachetools.TTLCache(_MOST_NOVAS, _BELIEVED_S)
        self._waiting = collections.Counter()
        self._lock = threading.Lock()

    def ask(self, region, request, microversion, tokens, request_id):
        """Pass a request about servers to a region's Nova.

        :param region: str, or None for the default region
        :param request: flavorsvc.cloud.passing.Request
        :param microversion: (major, minor) that the caller speaks
        :param tokens: dict, see :meth:`flavorsvc.conductor.callers.Callers.asked`
        :param request_id: str
        :returns: flavorsvc.cloud.passing.Answer
        :raises errors.FlavorsvcError: as :meth:`flavorsvc.conductor.callers.Callers.passed`
        """
        with (self._callers.passed(region, tokens, request_id) as (place, passage),
              self._turn(place['name'])):
            spoken, answer = self._sent(place, passage, request, microversion)
            if not answer.is_success:
                return answer
            servers = _servers(answer.document, 'servers' if _is_list(request) else 'server')
            if spoken < embedded_flavor.SINCE <= microversion:
                self._fill(servers, _Flavors(passage, spoken, request.method == 'GET'), place)
            return answer

    @contextlib.contextmanager
    def _turn(self, region):
        with self._lock:
            if self._waiting[region] >= _MOST_WAITING:
                raise failures.Unreachable('busy', 'Too many requests wait for it already.')
            self._waiting[region] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[region] -= 1

    def _sent(self, place, passage, request, wanted):
        """Send a request, at the microversion that is wanted or the newest that there is.

        :returns: ((major, minor) that was spoken, Answer)
        """
        spoken = wanted
        # novaclient knows no newer ones, so a Nova may have them although they are not recorded
        if place['microversion'] is None or wanted > _version(place['microversion']):
            spoken = min(wanted, self._newest_of(place, passage))
        answer = passage.send(request, spoken)
        if answer.status == _NOT_ACCEPTABLE:  # and so nothing was done: it became older
            with self._lock:
                self._newest.pop(place['endpoint'], None)
            spoken = min(wanted, self._newest_of(place, passage))
            answer = passage.send(request, spoken)
        return spoken, answer

    def _newest_of(self, place, passage):
        with self._lock:
            known = self._newest.get(place['endpoint'])
        if known is None:
            known = passage.newest()
            if known is None:
                return _version(place['microversion'] or '2.1')
            with self._lock:
                self._newest[place['endpoint']] = known
        return known

    def _fill(self, servers, of_nova, place):
        """Put a copy of the flavor in the place of its id.

        :param servers: list of dict, changed
        :param of_nova: _Flavors
        :param place: dict, where the region is
        """
        named = [(each, _flavor_id(each)) for each in servers if 'flavor' in each]
        ids = {flavor_id for _, flavor_id in named} - {None}
        records = self._db.read(recorded_flavors.of_ids, ids, place['name']) if ids else {}
        for server, flavor_id in named:
            tellable = [each for each in records.get(flavor_id, ())
                        if place['access'] is None or _is_known_there(each)]
            found = embedded_flavor.chosen(tellable, _time(server.get('created')))
            shown = of_nova.get(flavor_id) if found is None or found['elsewhere'] else None
            if shown is None and found is not None:
                shown = embedded_flavor.of_record({
                    **found, 'nova_extra_specs': flavor.known_extra_specs(found, self._table)})
            # as Nova shows what it knows nothing of
            server['flavor'] = shown or {}


class _Flavors:
    """Flavors of a Nova that are asked for in one answer, each once."""

    def __init__(self, passage, microversion, may_fail):
        """Remember whom to ask.

        :param passage: flavorsvc.cloud.passing.Passage
        :param microversion: (major, minor)
        :param may_fail: bool, whether a failure is to be raised: where something has been done,
            that is to be answered, although the flavor is not known
        """
        self._passage, self._microversion, self._may_fail = passage, microversion, may_fail
        self._known, self._until = {}, time.monotonic() + _ASKING_S

    def get(self, flavor_id):
        """Read a flavor.

        :param flavor_id: str, or None
        :returns: dict as a server shows it, or None
        :raises failures.Failure: when Nova does not say
        """
        if flavor_id is None:
            return None
        if (flavor_id not in self._known and len(self._known) < _MOST_ASKED
                and time.monotonic() < self._until):
            try:
                self._known[flavor_id] = self._passage.flavor(flavor_id, self._microversion)
            except failures.Failure as failure:
                if self._may_fail:
                    raise
                # without its text: a Nova may have repeated the token in it
                LOG.warning('The flavor %s of a server is not known: %s', flavor_id,
                            failure.reason)
                self._known[flavor_id] = None
        return self._known.get(flavor_id)


def _is_known_there(record):
    """Tell whether a foreign cloud may learn of a flavor.

    Whoever registered that cloud has its Nova say which flavor a server has, and so could ask for
    any that is somebody else's.
    """
    return record['open'] or (record['deleted_at'] is None and not record['elsewhere'])


def _is_list(request):
    return request.path in (('servers',), ('servers', 'detail'))


def _servers(document, key):
    """Give the servers of an answer.

    :returns: list of dict, parts of the answer
    :raises failures.Unreachable: when there are none in it as Nova has them, or others as well
    """
    found = document.get(key)
    servers = found if key == 'servers' else [found]
    if not (isinstance(servers, list) and not _KEYS.intersection(document) - {key} and all(
            isinstance(each, dict) and isinstance(each.get('id'), str) for each in servers)):
        raise failures.Unreachable('unintelligible', 'nova did not answer as its API does.')
    return servers


def _flavor_id(server):
    """Give the id of the flavor of a server: None where it is none that a Nova can have."""
    shown = server['flavor']
    flavor_id = shown.get('id') if isinstance(shown, dict) else None
    return flavor_id if isinstance(flavor_id, str) and flavor.is_id(flavor_id) else None


def _version(text):
    return tuple(map(int, text.split('.')))


def _time(text):
    try:
        return timeutils.normalize_time(timeutils.parse_isotime(text))
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
