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

"""Keeps the list of regions in step with the service catalogue, and asks all how they are."""

from concurrent import futures
import functools
import threading
import time

from oslo_context import context as oslo_context
from oslo_log import log
from oslo_utils import timeutils

from flavorsvc import context
from flavorsvc.db import probing
from flavorsvc.domain import failures
from flavorsvc.domain import itself

LOG = log.getLogger(__name__)

_IGNORED = '[cloud] ignored_regions of the conductor leaves it out.'

#: Regions asked at the same time whether they answer.
_PROBES = 8


class Discovery:
    """Looks at the catalogue when the conductor starts and every so often afterwards.

    Each look also asks every region that no other conductor has just asked
    for its version, which is one request that needs no token: so a region that
    died, came back or became slow or fast while nothing was to be done there
    is noticed, and the microversion follows an upgrade.
    """

    def __init__(self, database, clouds, conf, silence_s, nudged):
        """Prepare; :meth:`start` begins.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param conf: oslo_config.cfg.ConfigOpts with the groups ``cloud`` and ``engine``
        :param silence_s: function of the failures in a row and the seconds that the region asked
            for, or None, to seconds until the next try
        :param nudged: context manager that wakes the engine
        """
        self._db, self._clouds, self._nudged = database, clouds, nudged
        self._silence_s = silence_s
        self._ignored = set(conf.cloud.ignored_regions)
        self._slow_after = conf.engine.slow_after
        self._interval = conf.cloud.discovery_interval
        self._retry = min(conf.engine.retry_min, self._interval)
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(look,), name=look.__name__, daemon=True)
            for look in (self.discover, self.ask_registered)]

    def start(self):
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Look no more."""
        self._stopping.set()

    def discover(self):
        """Look at our own cloud once.

        :raises failures.Failure: when Keystone does not answer
        """
        listed, ours = self._clouds.home.endpoints()
        novas = {name: url for name, url in listed.items() if name not in self._ignored}
        left_out = dict.fromkeys(self._ignored, _IGNORED) | dict.fromkeys(ours, itself.WHY)
        self._probe_all(probing.announce, novas, timeutils.utcnow(), left_out, self._interval)

    def ask_registered(self):
        """Ask the registered clouds once.

        Whoever registers one may let it answer slowly: our own regions do not wait for that.
        """
        self._probe_all(probing.to_probe, timeutils.utcnow(), 'registered', every_s=self._interval)

    def _probe_all(self, listed, *arguments, **options):
        with self._nudged():
            probes = self._db.write(listed, *arguments, **options)
            with futures.ThreadPoolExecutor(_PROBES, thread_name_prefix='probe') as pool:
                list(pool.map(functools.partial(self._probe, oslo_context.get_current()), probes))

    def _repeat(self, look):
        while not self._stopping.is_set():
            wait = self._interval
            context.RequestContext()  # each look has an id of its own in the log
            try:
                look()
            except failures.Failure as failure:
                LOG.warning('Keystone does not give the service catalogue: %s', failure.text)
                wait = self._retry
            except Exception:
                # The database may be away; this thread must outlive that.
                LOG.exception('Discovery of regions failed')
                wait = self._retry
            self._stopping.wait(wait)

    def _probe(self, look, region):
        if look is not None:
            look.update_store()
        pk, name, endpoint, access = region
        began = time.monotonic()
        try:
            microversion = self._clouds.of(access).negotiate(endpoint, name)
        except failures.Failure as failure:
            silence_s = functools.partial(self._silence_s, asked_s=failure.retry_after_s)
            self._db.write(probing.silent, pk, timeutils.utcnow(), failure, silence_s)
        else:
            self._db.write(self._answered, pk, timeutils.utcnow(), microversion,
                           time.monotonic() - began)

    def _answered(self, session, pk, now, microversion, answer_s):
        probing.answered(session, pk, now, microversion)
        probing.measured(session, pk, answer_s, now, self._slow_after)
