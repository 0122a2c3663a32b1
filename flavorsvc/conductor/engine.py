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

"""Claims due installations and has them converged, many at a time."""

from concurrent import futures
import contextlib
import datetime
import random
import threading

from oslo_log import log
from oslo_utils import timeutils

from flavorsvc import context
from flavorsvc.conductor import convergence
from flavorsvc.db import claims
from flavorsvc.db import regions
from flavorsvc.domain import backoff
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import installation

LOG = log.getLogger(__name__)


class Engine:
    """The workers of one conductor.

    One thread claims and hands out; the others converge. What is in the
    database decides what is done: a nudge only makes it happen sooner.
    """

    def __init__(self, database, clouds, conf, table, owner):
        """Prepare; :meth:`start` begins.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param conf: oslo_config.cfg.ConfigOpts with the group ``engine``
        :param table: capability table
        :param owner: str, unique name of this conductor: it owns the leases
        """
        self._db, self._clouds, self._conf, self._table = database, clouds, conf.engine, table
        self._owner = owner
        self._in_flight = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        # A region that is down costs about one probe an interval, however long it is down.
        self._longest_silence_s = min(conf.engine.retry_max, conf.cloud.discovery_interval)
        self._pool = futures.ThreadPoolExecutor(self._conf.workers, thread_name_prefix='converge')
        self._dispatcher = threading.Thread(target=self._dispatch, name='dispatch', daemon=True)

    def start(self):
        """Begin to claim."""
        self._dispatcher.start()

    def stop(self):
        """Claim nothing more, let what is under way finish, give the leases back.

        Leases are prolonged until then, so that nobody else begins the same work.
        """
        self._stopping.set()
        self._wake.set()
        self._dispatcher.join()
        self._pool.shutdown()
        self._db.write(claims.release, self._owner)

    @contextlib.contextmanager
    def nudged(self):
        """Look for due work as soon as the block has succeeded."""
        yield
        self._wake.set()

    def silence_s(self, failures_in_a_row, asked_s=None):
        """Tell for how long to leave a region alone that did not answer.

        :param asked_s: float seconds that the region asked for, or None
        :returns: float seconds
        """
        if asked_s is not None:
            return min(asked_s, self._conf.retry_max)
        return backoff.delay_s(failures_in_a_row, self._conf.retry_min, self._longest_silence_s,
                               random.random())

    def _dispatch(self):
        lease = datetime.timedelta(seconds=self._conf.lease)
        renewed_at = timeutils.utcnow()
        while self._in_flight or not self._stopping.is_set():
            self._wake.clear()
            now = timeutils.utcnow()
            try:
                if self._in_flight and now - renewed_at > lease / 3:
                    self._db.write(claims.renew, self._owner, list(self._in_flight), now + lease)
                    renewed_at = now
                self._hand_out(now)
            except Exception:
                # The database may be away; the rows will still be there afterwards.
                LOG.exception('Cannot claim installations; trying again in %s s',
                              self._conf.poll_interval)
            self._wake.wait(self._conf.poll_interval)

    def _hand_out(self, now):
        room = self._conf.workers - len(self._in_flight)
        if room <= 0 or self._stopping.is_set():
            return
        for claim in self._db.write(claims.take, self._owner, room, now, self._conf.lease,
                                    self._conf.per_region):
            self._in_flight[claim.id] = claim
            self._pool.submit(self._work, claim)

    def _work(self, claim):
        context.RequestContext(request_id=claim.request_id)
        try:
            self._record(claim, *self._try(claim))
        except Exception:
            # Nothing was recorded, so the lease runs out and it is tried again.
            LOG.exception('Cannot record the result for flavor %s in region %s',
                          claim.flavor['id'], claim.region)
        finally:
            del self._in_flight[claim.id]
            self._wake.set()

    def _try(self, claim):
        """Converge, and tell what came of it.

        :returns: (origin, None), or (None, failures.Failure)
        """
        try:
            cloud = self._clouds.of(claim.access)
            microversion = claim.microversion or cloud.negotiate(claim.endpoint)
            nova = cloud.nova(claim.endpoint, microversion, claim.request_id)
            return convergence.converge(nova, claim, self._table), None
        except failures.Failure as failure:
            return None, failure
        except errors.Invalid as error:
            return None, failures.Refused('invalid', error.reason)
        except Exception as error:
            LOG.exception('Converging flavor %s in region %s failed', claim.flavor['id'],
                          claim.region)
            return None, failures.Passing(
                'internal', f'{type(error).__name__}; the conductor\'s log says more.')

    def _record(self, claim, origin, failure):
        now = timeutils.utcnow()
        where = (claim.flavor['id'], claim.region)
        if isinstance(failure, failures.Unreachable):
            LOG.warning('Flavor %s: region %s does not answer: %s', *where, failure.text)
            next_at = self._db.write(regions.silent, claim.region_pk, now, failure,
                                     lambda count: self.silence_s(count, failure.retry_after_s))
            self._fail(claim, installation.Event.FAIL, failure, next_at)
            return
        if claim.region_state != 'up':
            self._db.write(regions.answered, claim.region_pk, now)
        if failure is None:
            LOG.info('Flavor %s is %s in region %s', claim.flavor['id'], claim.desired,
                     claim.region)
            self._db.write(claims.finish, claim, origin, now)
        elif isinstance(failure, failures.Refused):
            LOG.warning('Flavor %s: region %s refuses it: %s', *where, failure.text)
            self._fail(claim, installation.Event.REFUSE, failure, None)
        else:
            LOG.warning('Flavor %s: region %s failed: %s', *where, failure.text)
            if failure.reason == 'microversion':
                # It was upgraded or rolled back since we asked.
                self._db.write(regions.forget_microversion, claim.region_pk)
            wait_s = backoff.delay_s(claim.attempts + 1, self._conf.retry_min,
                                     self._conf.retry_max, random.random())
            self._fail(claim, installation.Event.FAIL, failure,
                       now + datetime.timedelta(seconds=wait_s))

    def _fail(self, claim, event, failure, next_at):
        self._db.write(claims.fail, claim, event, failure.reason, failure.text, next_at,
                       claim.attempts + 1)
