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
import threading

from oslo_log import log
from oslo_utils import timeutils

from flavorsvc.db import regions
from flavorsvc.domain import failures

LOG = log.getLogger(__name__)

#: Regions asked at the same time whether they answer.
_PROBES = 8


class Discovery:
    """Looks at the catalogue when the conductor starts and every so often afterwards.

    Each look also asks every region for its version, which is one request
    that needs no token: so a region that died or came back while nothing was
    to be done there is noticed, and the microversion follows an upgrade.
    """

    def __init__(self, database, clouds, conf, silence_s, nudged):
        """Prepare; :meth:`start` begins.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param conf: oslo_config.cfg.ConfigOpts with the groups ``cloud`` and ``engine``
        :param silence_s: function of the failures in a row, to seconds until the next try
        :param nudged: context manager that wakes the engine
        """
        self._db, self._clouds, self._nudged = database, clouds, nudged
        self._silence_s = silence_s
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
        self._probe_all(regions.announce, self._clouds.home.endpoints(), timeutils.utcnow())

    def ask_registered(self):
        """Ask the registered clouds once.

        Whoever registers one may let it answer slowly: our own regions do not wait for that.
        """
        self._probe_all(regions.to_probe, timeutils.utcnow(), 'registered')

    def _probe_all(self, listed, *arguments):
        with self._nudged():
            probes = self._db.write(listed, *arguments)
            with futures.ThreadPoolExecutor(_PROBES, thread_name_prefix='probe') as pool:
                list(pool.map(self._probe, probes))

    def _repeat(self, look):
        while not self._stopping.is_set():
            wait = self._interval
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

    def _probe(self, region):
        pk, endpoint, access = region
        try:
            microversion = self._clouds.of(access).negotiate(endpoint)
        except failures.Failure as failure:
            self._db.write(regions.silent, pk, timeutils.utcnow(), failure, self._silence_s)
        else:
            self._db.write(regions.answered, pk, timeutils.utcnow(), microversion)
