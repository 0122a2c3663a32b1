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


"""Audits: what the Nova of a region has, against what the catalogue says."""

from concurrent import futures
import datetime
import random
import threading

from oslo_log import log
from oslo_utils import timeutils

from flavorsvc import context
from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import drift as operations
from flavorsvc.db import audits
from flavorsvc.db import drift as findings
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor

LOG = log.getLogger(__name__)

#: Regions that one conductor reads at the same time.
_AT_A_TIME = 4

#: Seconds before a region is read again that answered, but could not be read to the end.
_RETRY_S = 60

#: Seconds after which a region is read no further: others wait, and it may be slow on purpose.
_LONGEST_S = 1800

_MOST_SPREAD = 0.1


class Lost(Exception):
    """Another conductor does it, or this one stops: what was read is worth nothing."""


class Audits:
    """Reads the regions that are due, and has repaired what their policies say.

    A region is read to its end, or nothing is concluded. What moves in the catalogue meanwhile is
    left for the next time, and what of ours seems not to agree is asked for once more, alone.
    """

    def __init__(self, database, clouds, conf, table, owner, engine, pool=None):
        """Prepare; :meth:`start` begins.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param conf: oslo_config.cfg.ConfigOpts with the groups ``audit``, ``engine`` and
            ``lifecycle``
        :param table: capability table
        :param owner: str, unique name of this conductor
        :param engine: flavorsvc.conductor.engine.Engine, which repairs
        :param pool: concurrent.futures.Executor that reads, or None for threads of its own
        """
        self._db, self._clouds, self._table, self._owner = database, clouds, table, owner
        self._engine = engine
        self._tells_deprecation = conf.lifecycle.describe_deprecation
        self._conf, self._lease_s = conf.audit, conf.engine.lease
        self._poll_s = conf.engine.poll_interval
        self._under_way = set()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._pool = pool or futures.ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix='audit')
        self._dispatcher = threading.Thread(target=self._dispatch, name='audits', daemon=True)

    def start(self):
        """Begin to look for regions that are due."""
        self._dispatcher.start()

    def stop(self):
        """Read no further, and give the leases back."""
        self._stopping.set()
        self._wake.set()
        self._dispatcher.join()
        self._pool.shutdown()
        self._db.write(audits.release, self._owner)

    def nudge(self):
        """Look at once, for somebody asked."""
        self._wake.set()

    def _dispatch(self):
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self.look(timeutils.utcnow())
            except Exception:
                # the database may be away; this thread must outlive that
                LOG.exception('Cannot look for regions to audit')
            self._wake.wait(self._poll_s)

    def look(self, now):
        """Begin with the regions that are due.

        :param now: naive UTC datetime
        """
        if self._conf.interval:
            self._db.write(audits.schedule, now, self._conf.interval, self._conf.default_policy,
                           random.random)
        room = _AT_A_TIME - len(self._under_way)
        if room <= 0:
            return
        for audit in self._db.write(audits.take, self._owner, room, now, self._lease_s,
                                    self._conf.default_policy):
            self._under_way.add(audit.region_pk)
            self._pool.submit(self._work, audit)

    def _work(self, audit):
        request_id = context.RequestContext(request_id=audit.request_id).request_id
        try:
            self._report(audit, request_id)
        except Lost:
            LOG.info('The audit of region %s is left to others', audit.region)
        except failures.Failure as failure:
            self._fail(audit, failure)
        except Exception as error:
            LOG.exception('The audit of region %s failed', audit.region)
            self._fail(audit, failures.unexpected(error))
        finally:
            self._under_way.discard(audit.region_pk)
            self._wake.set()

    def _report(self, audit, request_id):
        expected = self._db.read(findings.expected, audit.region_pk)
        recorded = self._db.read(findings.recorded, audit.region_pk)
        nova = novas.border(self._clouds.of(audit.access), {
            'name': audit.region, 'endpoint': audit.endpoint,
            'microversion': audit.microversion}, request_id)
        found = examine(nova, *self._wanted(expected, nova.microversion), recorded,
                        self._conf.max_flavors, self._renewal(audit))
        now = timeutils.utcnow()
        to_repair = self._db.write(
            operations.conclude, audit, expected, found, now, self._next_at(audit, now),
            operations.Terms(operations.first_pause_s(self._conf),
                             datetime.timedelta(days=self._conf.keep_resolved)))
        if to_repair is None:
            raise Lost
        LOG.info('Region %s was audited: %s findings, %s to repair', audit.region, len(found),
                 len(to_repair))
        with self._engine.nudged():
            for finding_id in to_repair:
                self._db.write(operations.repair_by_policy, finding_id,
                               self._conf.default_policy, request_id, timeutils.utcnow())

    def _wanted(self, expected, microversion):
        """Tell what the region should have, and of what nothing can be said.

        :returns: dict of id to flavor.Spec, and set of ids
        """
        wanted, unsure = {}, set()
        for flavor_id, (_, values) in expected.items():
            if values is None:
                unsure.add(flavor_id)
                continue
            try:
                wanted[flavor_id] = flavor.fit(
                    flavor.wanted(values, self._table, self._tells_deprecation), microversion)
            except errors.Invalid:
                # the table lost a property that it has, as its next convergence will say
                unsure.add(flavor_id)
        return wanted, unsure

    def _renewal(self, audit):
        """Give what is to be called now and then while a region is read."""
        lease = datetime.timedelta(seconds=self._lease_s)
        renewed_at = audit.started_at

        def renew():
            nonlocal renewed_at
            now = timeutils.utcnow()
            if self._stopping.is_set():
                raise Lost
            if (now - audit.started_at).total_seconds() > _LONGEST_S:
                raise failures.Refused('too_slow', f'It could not be read within {_LONGEST_S} '
                                                   f'seconds.')
            if now - renewed_at > lease / 3:
                if not self._db.write(audits.renew, audit, now + lease):
                    raise Lost
                renewed_at = now
        return renew

    def _next_at(self, audit, now):
        if not self._conf.interval or audit.policy == drift.Policy.IGNORE:
            return None
        spread = 1 + _MOST_SPREAD * (2 * random.random() - 1)
        return now + datetime.timedelta(seconds=self._conf.interval * spread)

    def _again_at(self, audit, failure, now):
        if isinstance(failure, failures.Refused):
            return self._next_at(audit, now)
        wait_s = min(_RETRY_S, self._conf.interval or _RETRY_S)
        return now + datetime.timedelta(seconds=wait_s)

    def _fail(self, audit, failure):
        LOG.warning('Region %s cannot be audited: %s', audit.region, failure.text)
        now = timeutils.utcnow()
        try:
            self._engine.heed(audit.region_pk, failure, now)
            self._db.write(audits.fail, audit, failure.text, self._again_at(audit, failure, now))
        except Exception:
            # nothing was recorded, so the lease runs out and it is tried again
            LOG.exception('Cannot record that the audit of region %s failed', audit.region)


def examine(nova, wanted, unsure, recorded, most, renew):
    """Compare what a region has with what it should have.

    :param nova: the region's :class:`flavorsvc.cloud.nova.Nova`, or what does the same
    :param wanted: dict of id to flavor.Spec
    :param unsure: collection of ids of which nothing is to be said
    :param recorded: dict of id to (state, drift.Finding) that is known already
    :param most: int, flavors of a region that is read at all
    :param renew: function to be called now and then
    :returns: dict of id to drift.Finding
    :raises failures.Failure: when the region could not be read to the end
    """
    found, left = {}, dict(wanted)
    for spec in nova.everything(lambda flavor_id, name: flavor_id in wanted, most):
        renew()
        ours = left.pop(spec.id, None)
        if spec.id in unsure or (ours is None and spec.id in wanted):
            continue
        found[spec.id] = drift.compare(ours, spec)
    found |= {flavor_id: drift.compare(ours, None) for flavor_id, ours in left.items()}
    found = {flavor_id: finding for flavor_id, finding in found.items() if finding is not None}
    for flavor_id in [flavor_id for flavor_id, finding in found.items()
                      if _is_news(finding, recorded)]:
        renew()
        again = drift.compare(wanted[flavor_id], nova.find(flavor_id))
        if again is None:
            del found[flavor_id]
        else:
            found[flavor_id] = again
    return found


def _is_news(finding, recorded):
    if finding.kind == drift.Kind.UNMANAGED:
        return False
    _, before = recorded.get(finding.flavor_id, (None, None))
    return before is None or before.says() != finding.says()
