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
from flavorsvc import metrics
from flavorsvc.conductor import convergence
from flavorsvc.conductor import lease as leases
from flavorsvc.conductor import pulse
from flavorsvc.db import claims
from flavorsvc.db import moving
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.domain import backoff
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import health
from flavorsvc.domain import installation

LOG = log.getLogger(__name__)

#: Most installations of one region that a worker converges one after the other, before others may
#: need it more.
_IN_A_ROW = 8

#: Reasons of failures that may be about the one flavor, or about the region.
_DOUBTFUL = frozenset(['server_error', 'unexpected'])


class Engine:
    """The workers of one conductor.

    One thread claims and hands out; the others converge. What is in the
    database decides what is done: a nudge only makes it happen sooner.
    """

    def __init__(self, database, clouds, conf, table, owner, pool=None):
        """Prepare; :meth:`start` begins.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param conf: oslo_config.cfg.ConfigOpts with the groups ``engine`` and ``lifecycle``
        :param table: capability table
        :param owner: str, unique name of this conductor: it owns the leases
        :param pool: concurrent.futures.Executor that converges, or None for threads of its own
        """
        self._db, self._clouds, self._conf, self._table = database, clouds, conf.engine, table
        self._owner = owner
        self._tells_deprecation = conf.lifecycle.describe_deprecation
        self._lease = datetime.timedelta(seconds=conf.engine.lease)
        self._pulse = pulse.Pulse(database, conf.engine.slow_after)
        # installation → when our lease on it ends
        self._in_flight, self._changing = {}, threading.Lock()
        self._renewed_at = timeutils.utcnow()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        # A region that is down costs about one probe an interval, however long it is down; of
        # this, the jitter takes away a quarter on average.
        self._longest_silence_s = min(conf.engine.retry_max, conf.cloud.discovery_interval * 4 / 3)
        self._pool = pool or futures.ThreadPoolExecutor(self._conf.workers,
                                                        thread_name_prefix='converge')
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

    def heed(self, region_pk, failure, now):
        """Record of a region what a failure there tells of all of it.

        :param failure: failures.Failure
        :param now: naive UTC datetime
        :returns: naive UTC datetime of the next try, where the region does not answer
        """
        if isinstance(failure, failures.Unreachable):
            return self._db.write(probing.silent, region_pk, now, failure,
                                  lambda count: self.silence_s(count, failure.retry_after_s))
        if failure.reason == 'microversion':
            # it was upgraded or rolled back since we asked
            self._db.write(probing.forget_microversion, region_pk)
        return None

    def _dispatch(self):
        # a lease is renewed in time also by a conductor that rarely looks for work
        pause_s = min(self._conf.poll_interval, self._conf.lease / 6)
        while self._in_flight or not self._stopping.is_set():
            self._wake.clear()
            try:
                self.look(timeutils.utcnow())
            except Exception:
                # The database may be away; the rows will still be there afterwards.
                LOG.exception('Cannot claim installations; trying again in %s s', pause_s)
            self._wake.wait(pause_s)

    def look(self, now):
        """Prolong the leases on what is under way where it is time, and begin what is due.

        :param now: naive UTC datetime
        """
        if self._in_flight and now - self._renewed_at > self._lease / 3:
            self._renew(list(self._in_flight), now)
            self._renewed_at = now
        self._hand_out(now)
        self._pulse.record(now)

    def _renew(self, ids, now):
        # whoever lost a lease must not think that there is time left
        for each in self._db.write(claims.renew, self._owner, ids, now + self._lease):
            with self._changing:
                # what a worker has just ended must not be there for ever
                if each in self._in_flight:
                    self._in_flight[each] = now + self._lease

    def _hand_out(self, now):
        room = self._conf.workers - len(self._in_flight)
        if room <= 0 or self._stopping.is_set():
            return
        for claim in self._db.write(claims.take, self._owner, room, now, self._conf.lease,
                                    self._conf.per_region, list(self._in_flight)):
            self._in_flight[claim.id] = now + self._lease
            self._pool.submit(self._work, claim)

    def _work(self, claim, in_a_row=1):
        following = None
        try:
            following = self._fulfil(claim, in_a_row)
            if following is not None:
                self._pool.submit(self._work, following, in_a_row + 1)
        finally:
            with self._changing:
                del self._in_flight[claim.id]
            if following is None:
                # there is room for what is due elsewhere
                self._wake.set()

    def _fulfil(self, claim, in_a_row):
        """Converge what was claimed, and record what came of it.

        :param in_a_row: int, how many of this region this is since others could have its place
        :returns: claims.Claim that takes its place, or None
        """
        context.RequestContext(request_id=claim.request_id,
                               global_request_id=claim.global_request_id)
        lease, following = leases.Lease(self._db, claim, self._conf.lease), None
        try:
            origin, failure = self._try(claim, lease)
            if failure is None:
                recorded, following = self._record(claim, origin, in_a_row)
            else:
                recorded = self._record_failure(claim, failure)
            if lease.deleted:
                self._after_deleting(claim, recorded)
        except Exception:
            # Nothing was recorded, so the lease runs out and it is tried again.
            LOG.exception('Cannot record the result for flavor %s in region %s',
                          claim.flavor['id'], claim.region)
        return following

    def _after_deleting(self, claim, recorded):
        now = timeutils.utcnow()
        if not recorded:
            self._db.write(moving.doubt, claim, now)
        self._db.write(moving.names_freed, claim.region_pk, now)

    def _try(self, claim, lease):
        """Converge, and tell what came of it.

        :returns: (origin, None), or (None, failures.Failure)
        """
        try:
            cloud = self._clouds.of(claim.access)
            microversion = claim.microversion or cloud.negotiate(claim.endpoint, claim.region)
            nova = cloud.nova(claim.endpoint, microversion,
                              claim.global_request_id or claim.request_id, claim.region,
                              lambda: timeutils.utcnow() < self._in_flight[claim.id])
            try:
                return convergence.converge(nova, claim, self._table, lease,
                                            self._tells_deprecation), None
            finally:
                self._pulse.feel(claim.region_pk, nova.answer_times_s())
        except failures.Failure as failure:
            return None, self._weighed(claim, failure)
        except errors.Invalid as error:
            return None, failures.Refused('invalid', error.reason)
        except Exception as error:
            LOG.exception('Converging flavor %s in region %s failed', claim.flavor['id'],
                          claim.region)
            return None, failures.unexpected(error)

    def _weighed(self, claim, failure):
        """Tell a region that is still down from one that stumbles over a flavor.

        Either may answer with an error 500; only one of them tells its version.

        :returns: failures.Failure
        """
        if claim.region_state in health.ANSWERING or failure.reason not in _DOUBTFUL:
            return failure
        try:
            self._clouds.of(claim.access).negotiate(claim.endpoint, claim.region)
        except failures.Failure as silence:
            return failures.Unreachable(silence.reason, silence.text, silence.retry_after_s)
        return failure

    def _record(self, claim, origin, in_a_row):
        """Write down that the region agrees, and claim what comes next there, as under way.

        :returns: (bool, claims.Claim or None); False when the lease was lost or a newer wish came
            meanwhile
        """
        now = self._tried(claim, 'done')
        LOG.info('Flavor %s is %s in region %s', claim.flavor['id'], claim.desired, claim.region)
        finished, following = self._db.write(self._finish, claim, origin, now,
                                             in_a_row < _IN_A_ROW and not self._stopping.is_set())
        if following is not None:
            self._in_flight[following.id] = now + self._lease
        if finished and claim.wished_at is not None:
            metrics.observe('converge_latency_seconds', (now - claim.wished_at).total_seconds(),
                            region=claim.region, desired=claim.desired)
        return finished, following

    def _finish(self, session, claim, origin, now, goes_on):
        if not outcomes.finish(session, claim, origin, now):
            return False, None
        return True, claims.follow(session, claim, now, self._conf.lease, self._conf.per_region,
                                   list(self._in_flight)) if goes_on else None

    def _record_failure(self, claim, failure):
        """Write down that the region does not agree yet.

        :returns: bool, False when the lease was lost or a newer wish came meanwhile
        """
        where = (claim.flavor['id'], claim.region)
        if isinstance(failure, failures.Unreachable):
            now = self._tried(claim, failure.reason, answered=False)
            LOG.warning('Flavor %s: region %s does not answer: %s', *where, failure.text)
            return self._fail(claim, installation.Event.FAIL, failure,
                              self.heed(claim.region_pk, failure, now))
        now = self._tried(claim, failure.reason)
        if isinstance(failure, failures.Refused):
            LOG.warning('Flavor %s: region %s refuses it: %s', *where, failure.text)
            return self._fail(claim, installation.Event.REFUSE, failure, None)
        LOG.warning('Flavor %s: region %s failed: %s', *where, failure.text)
        self.heed(claim.region_pk, failure, now)
        return self._fail(claim, installation.Event.FAIL, failure,
                          now + datetime.timedelta(seconds=self._wait_s(claim, failure)))

    def _tried(self, claim, outcome, answered=True):
        """Count a try, and record that a region answers of which that was not known.

        :returns: naive UTC datetime, now
        """
        now = timeutils.utcnow()
        metrics.count('converge_attempts', region=claim.region, desired=claim.desired,
                      outcome=outcome)
        if answered and claim.region_state not in health.ANSWERING:
            self._db.write(probing.answered, claim.region_pk, now)
        return now

    def _wait_s(self, claim, failure):
        if isinstance(failure, failures.InUse):
            # servers come and go in hours rather than seconds
            return backoff.delay_s(1, self._conf.in_use_interval, self._conf.in_use_interval,
                                   random.random())
        return backoff.delay_s(claim.attempts + 1, self._conf.retry_min, self._conf.retry_max,
                               random.random())

    def _fail(self, claim, event, failure, next_at):
        return self._db.write(outcomes.fail, claim, event, failure.reason, failure.text, next_at,
                              claim.attempts + 1, getattr(failure, 'servers', None))
