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

"""What is known of how regions answer: where to ask, what came of it, and what follows."""

import datetime

from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import failures
from flavorsvc.domain import health
from flavorsvc.domain import installation
from flavorsvc.domain import itself

LOG = log.getLogger(__name__)

_GONE = 'The service catalogue no longer lists it.'


def announce(session, endpoints, now, left_out=None, every_s=0):
    """Record what the service catalogue lists now.

    A region that is new or moved has to answer before its state is known. One
    that is listed no more is ``gone``: nothing is tried there until it is back.
    So is one that turned out to be flavorsvc itself, until a Nova answers there.
    A registered one of the same name keeps the name.

    :param endpoints: dict of region name to URL of its Nova
    :param now: naive UTC datetime
    :param left_out: dict of the name of a region that is left out to the reason, or None
    :param every_s: float seconds between two looks
    :returns: list of (pk, name, URL, access) of those to ask now, see :func:`to_probe`
    """
    rows = {row.name: row for row in session.scalars(sa.select(tables.Region))}
    mistaken = []
    for name, endpoint in sorted(endpoints.items()):
        row = rows.get(name)
        if row is None:
            row = rows[name] = tables.Region(name=name, kind='discovered', endpoint=endpoint,
                                             state='unknown', since=now)
            session.add(row)
            regions.note(session, 'region.unknown', row)
        elif row.kind == 'registered':
            LOG.warning('The region %s of the service catalogue is left out: an infrastructure '
                        'of that name is registered', name)
            continue
        elif (row.state, row.reason, row.endpoint) == ('gone', itself.WHY, endpoint):
            mistaken.append(row.pk)
        elif row.state == 'gone' or row.endpoint != endpoint:
            row.endpoint, row.microversion = endpoint, None
            _turn(session, row, 'unknown', None, now)
            row.probe_at = row.probed_at = None
        row.last_seen_at = now
    session.flush()
    for name in rows.keys() - endpoints.keys():
        if rows[name].kind == 'discovered':
            _lose(session, rows[name], (left_out or {}).get(name, _GONE), now)
    session.flush()
    return to_probe(session, now, 'discovered', mistaken, every_s)


def to_probe(session, now, kind, mistaken=(), every_s=0):
    """List the regions to ask now whether they answer, and note that they are being asked.

    Those in maintenance are not, nor those that are down and whose back-off has not passed, nor
    those that another conductor asked since the last look.

    :param kind: str, 'discovered' or 'registered'
    :param mistaken: pks of those that are gone and may have become Novas
    :param every_s: float seconds between two looks
    :returns: list of (pk, name, URL, access), see :func:`flavorsvc.db.regions.access`
    """
    # no conductor keeps the beat exactly
    asked_before = now - datetime.timedelta(seconds=every_s * 0.9)
    rows = session.scalars(
        sa.select(tables.Region)
        .where(tables.Region.kind == kind,
               sa.or_(tables.Region.state != 'gone', tables.Region.pk.in_(mistaken)),
               tables.Region.maintenance_since.is_(None),
               sa.or_(tables.Region.probe_at.is_(None), tables.Region.probe_at <= now),
               sa.or_(tables.Region.probed_at.is_(None),
                      tables.Region.probed_at <= asked_before))
        .order_by(tables.Region.pk).with_for_update(of=tables.Region)
        .options(orm.joinedload(tables.Region.credential))).all()
    for row in rows:
        row.probed_at = now
    return [(row.pk, row.name, row.endpoint, regions.access(row)) for row in rows]


def answered(session, region_pk, now, microversion=None):
    """Record that a region answers.

    :param microversion: str that was negotiated, or None to leave it
    """
    row = session.get(tables.Region, region_pk, with_for_update=True)
    if row is None:
        return  # it was unregistered while it was asked
    if row.state not in health.ANSWERING:
        _turn(session, row, 'up', None, now)
    row.failures, row.probe_at, row.last_seen_at = (
        0, None, now if row.kind == 'registered' else row.last_seen_at)
    if microversion is not None:
        row.microversion = microversion


def measured(session, region_pk, answer_s, now, slow_after_s):
    """Record how fast a region answered lately, and whether that is slow.

    :param answer_s: float seconds, mean of its answer times since the last record
    :param slow_after_s: float seconds
    """
    row = session.get(tables.Region, region_pk, with_for_update=True)
    if row is None:
        return  # it was unregistered while it was asked
    age_s = (now - (row.measured_at or now)).total_seconds()
    row.answer_s = health.average(row.answer_s, answer_s, age_s)
    row.measured_at = max(now, row.measured_at or now)
    if row.state in health.ANSWERING:
        state = health.state(row.answer_s, row.state, slow_after_s)
        _turn(session, row, state, f'Its answers take {row.answer_s:.1f} s on average.'
              if state == 'slow' else None, now)


def all_measured(session, means_s, now, slow_after_s):
    """Record how fast several regions answered lately, as :func:`measured` does for one.

    :param means_s: dict of region_pk to float seconds
    """
    # whoever locks several regions does so in this order
    for region_pk, mean_s in sorted(means_s.items()):
        measured(session, region_pk, mean_s, now, slow_after_s)


def forget_microversion(session, region_pk):
    """Have the microversion of a region negotiated again before the next call."""
    session.execute(sa.update(tables.Region).where(tables.Region.pk == region_pk)
                    .values(microversion=None))


def silent(session, region_pk, now, failure, silence_s):
    """Record that a region does not answer, and say so on everything that waits for it.

    Calls that fail together count as one failure. One of our own cloud that
    turns out to be flavorsvc itself is ``gone``.

    :param failure: failures.Failure
    :param silence_s: function of the number of failures in a row, to seconds until the next try
    :returns: naive UTC datetime of the next try
    """
    row = session.get(tables.Region, region_pk, with_for_update=True)
    if row is None:
        return now  # it was unregistered while it was asked
    if isinstance(failure, failures.Itself) and row.kind == 'discovered':
        _lose(session, row, failure.text, now)
        return now
    text = failure.text[:tables.LONGEST_TEXT]
    _turn(session, row, 'down', text, now)
    if row.probe_at is None or row.probe_at <= now:
        row.failures += 1
        row.probe_at = now + datetime.timedelta(seconds=silence_s(row.failures))
        row.probed_at = now
    _tell_waiting(session, region_pk, reason=failure.reason, error=text,
                  next_attempt_at=row.probe_at)
    return row.probe_at


def _lose(session, row, why, now):
    _turn(session, row, 'gone', why, now)
    row.failures, row.probe_at = 0, None
    _tell_waiting(session, row.pk, reason='region_gone', error=why)


def _tell_waiting(session, region_pk, **why):
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.region_pk == region_pk,
               tables.Installation.status.in_([installation.State.PENDING,
                                               installation.State.RETRYING]),
               tables.Installation.lease_until.is_(None))
        .values(status=installation.State.RETRYING, **why)
        .execution_options(synchronize_session=False))


def _turn(session, row, state, reason, now):
    turned = row.state != state
    if turned:
        LOG.info('Region %s is %s, was %s%s', row.name, state, row.state,
                 f': {reason}' if reason else '')
        row.state, row.since = state, now
    row.reason = reason
    if turned:
        regions.note(session, f'region.{state}', row)
