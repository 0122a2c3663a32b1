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


"""When which region is audited, and by whom.

An audit is a lease on a region, taken as a claim is (see :mod:`flavorsvc.db.claims`): of several
conductors one reads the region, and what it found is recorded only while it still holds the lease.
"""

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import health


@dataclasses.dataclass(frozen=True)
class Audit:
    """A region that this conductor may read and report on until its lease ends.

    :ivar owner: str, the conductor that holds the lease
    :ivar region: str, its name
    :ivar endpoint: str, URL of its Nova
    :ivar microversion: str such as '2.96', or None when not negotiated yet
    :ivar policy: str, see :class:`flavorsvc.domain.drift.Policy`
    :ivar request_id: str, of who asked for it; None for one that was due by itself
    :ivar started_at: naive UTC datetime
    :ivar access: None for a region of our own cloud, else dict, see
        :func:`flavorsvc.db.regions.access`
    """

    owner: str
    region_pk: int
    region: str
    endpoint: str
    microversion: str | None
    policy: str
    request_id: str | None
    started_at: datetime.datetime
    access: dict | None = dataclasses.field(default=None, repr=False)


def schedule(session, now, interval_s, default_policy, draw):
    """Give a time to every region that has none, spread over an interval.

    :param interval_s: float seconds
    :param default_policy: str, of regions that set none of their own
    :param draw: function that gives a float from 0 to 1
    """
    unscheduled = session.scalars(sa.select(tables.Region.pk).where(
        tables.Region.audit_due_at.is_(None), tables.Region.state != 'gone',
        _policy(default_policy) != drift.Policy.IGNORE))
    for pk in unscheduled.all():
        session.execute(
            sa.update(tables.Region)
            .where(tables.Region.pk == pk, tables.Region.audit_due_at.is_(None))
            .values(audit_due_at=now + datetime.timedelta(seconds=interval_s * draw()))
            .execution_options(synchronize_session=False))


def take(session, owner, room, now, lease_s, default_policy):
    """Take the audits that are due.

    A region that does not answer waits until it does, one in maintenance for the end of that.

    :param owner: str, this conductor
    :param room: int, how many it can work on
    :param now: naive UTC datetime
    :param lease_s: int seconds
    :returns: list of Audit
    """
    due = [tables.Region.state.in_(health.ANSWERING), tables.Region.maintenance_since.is_(None),
           tables.Region.audit_due_at <= now,
           sa.or_(tables.Region.audit_lease_until.is_(None),
                  tables.Region.audit_lease_until < now)]
    pks = session.scalars(sa.select(tables.Region.pk).where(*due)
                          .order_by(tables.Region.audit_due_at, tables.Region.pk)
                          .limit(room)).all()
    taken = [pk for pk in pks if session.execute(
        sa.update(tables.Region).where(tables.Region.pk == pk, *due)
        .values(audit_owner=owner, audit_lease_until=now + datetime.timedelta(seconds=lease_s))
        .execution_options(synchronize_session=False)).rowcount]
    rows = session.scalars(sa.select(tables.Region).where(tables.Region.pk.in_(taken))
                           .options(orm.joinedload(tables.Region.credential))
                           .execution_options(populate_existing=True))
    return [Audit(owner=owner, region_pk=row.pk, region=row.name, endpoint=row.endpoint,
                  microversion=row.microversion, policy=row.drift_policy or default_policy,
                  request_id=row.audit_request_id, started_at=now, access=regions.access(row))
            for row in rows]


def renew(session, audit, until):
    """Prolong the lease of an audit.

    :param until: naive UTC datetime
    :returns: bool, False when it was lost
    """
    return _update(session, audit, audit_lease_until=until)


def finish(session, audit, now, next_at):
    """Record that a region was read to its end.

    Who asked for another audit since it began gets that: what it is about may have been read
    before.

    :param next_at: naive UTC datetime of the next one, or None
    :returns: bool, False when the lease was lost
    """
    return _end(session, audit, next_at, audited_at=now, audit_error=None)


def fail(session, audit, text, next_at):
    """Record that a region could not be read; nothing is concluded of its flavors.

    :param text: str, why
    :param next_at: naive UTC datetime of the next try
    :returns: bool, False when the lease was lost
    """
    return _end(session, audit, next_at, audit_error=text[:tables.LONGEST_TEXT])


def release(session, owner):
    """Give every audit of this conductor back, when it stops in order."""
    session.execute(
        sa.update(tables.Region).where(tables.Region.audit_owner == owner)
        .values(audit_owner=None, audit_lease_until=None)
        .execution_options(synchronize_session=False))


def ask(session, name, request_id, now):
    """Have a region audited as soon as it can be.

    :param name: str
    :raises errors.NotFound: when there is none of this name
    :raises errors.Conflict: when the service catalogue lists it no more
    """
    asked = session.execute(
        sa.update(tables.Region).where(tables.Region.name == name, tables.Region.state != 'gone')
        .values(audit_due_at=now, audit_request_id=request_id)
        .execution_options(synchronize_session=False))
    if not asked.rowcount:
        regions.reached(session, name)
        raise errors.Conflict(f'The service catalogue no longer lists the region {name!r}.')


def _end(session, audit, next_at, **values):
    again = tables.Region.audit_due_at > audit.started_at
    return _update(
        session, audit, audit_owner=None, audit_lease_until=None,
        audit_due_at=sa.case((again, tables.Region.audit_due_at),
                             else_=sa.literal(next_at, tables.Time)),
        audit_request_id=sa.case((again, tables.Region.audit_request_id), else_=sa.null()),
        **values)


def _update(session, audit, **values):
    changed = session.execute(
        sa.update(tables.Region)
        .where(tables.Region.pk == audit.region_pk, tables.Region.audit_owner == audit.owner)
        .values(**values).execution_options(synchronize_session=False))
    return changed.rowcount == 1


def _policy(default_policy):
    return sa.func.coalesce(tables.Region.drift_policy, default_policy)
