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

"""Claims: how conductors share the work without ever doing it twice.

A claim is a lease on an installation, taken by an UPDATE whose WHERE says
that nobody holds one. No transaction stays open while Nova is called. What a
conductor that died had claimed falls free when its lease runs out.
"""

import dataclasses
import datetime

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import flavors
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import fairness
from flavorsvc.domain import health
from flavorsvc.domain import installation

#: desired → the status of an installation that is being worked on.
_CLAIMED = {desired: installation.after(installation.State.PENDING, event)
            for desired, event in installation.CLAIMS.items()}

#: What a claim tells is read with the installation.
_IN_FULL = (orm.joinedload(tables.Installation.region).joinedload(tables.Region.credential),
            orm.joinedload(tables.Installation.flavor).selectinload(tables.Flavor.access))

_AT_WORK = orm.aliased(tables.Installation)


@dataclasses.dataclass(frozen=True)
class Claim:
    """An installation that this conductor may work on until its lease ends.

    :ivar id: str, the installation
    :ivar owner: str, the conductor that holds the lease
    :ivar revision: int, of the wish that is being fulfilled
    :ivar status: installation.State while it is worked on
    :ivar flavor: dict, the flavor as :func:`flavorsvc.db.flavors.described` gives it
    :ivar attempts: int, tries that failed since the wish
    :ivar tried: bool, whether the region was ever asked before to have the flavor
    :ivar observed: bool, whether the region was once seen to have the flavor
    :ivar installed: tuple of dicts of fixed fields, other than those of the catalogue, with which
        the region may have the flavor from us
    :ivar on_immutable: installation.OnImmutable as str, or None: what to do where it has
    :ivar unless_used: bool, whether the flavor stays, although it is to go, while servers use it
    :ivar region_pk: int
    :ivar region: str, its name
    :ivar region_state: str
    :ivar endpoint: str, URL of its Nova
    :ivar microversion: str such as '2.96', or None when not negotiated yet
    :ivar request_id: str, of the request that made the wish
    :ivar global_request_id: str, the id that came with that request, or None
    :ivar wished_at: naive UTC datetime of the wish; None where it was fulfilled before
    :ivar access: None for a region of our own cloud, else dict, see
        :func:`flavorsvc.db.regions.access`
    """

    id: str
    owner: str
    revision: int
    desired: str
    status: str
    generation: int
    flavor: dict
    attempts: int
    tried: bool
    observed: bool
    region_pk: int
    region: str
    region_state: str
    endpoint: str
    microversion: str | None
    request_id: str | None
    global_request_id: str | None = None
    wished_at: datetime.datetime | None = None
    access: dict | None = dataclasses.field(default=None, repr=False)
    installed: tuple = ()
    on_immutable: str | None = None
    unless_used: bool = False


def take(session, owner, room, now, lease_s, default_cap, under_way=()):
    """Claim due installations, fairly by region and within each region's cap.

    Conductors give workers to one region one after the other, so that together they stay within
    its cap. A region that is down gets one claim once its back-off has passed: the probe. One in
    maintenance gets none.

    :param owner: str, this conductor
    :param room: int, how many it can work on
    :param now: naive UTC datetime
    :param lease_s: int seconds
    :param default_cap: int, for regions that set no cap of their own
    :param under_way: collection of ids of the installations at which this conductor is at work; it
        does not begin one anew whose lease it could not prolong
    :returns: list of Claim
    """
    ready = [*due(now), tables.Installation.id.not_in(under_way)]
    caps = _open_regions(session, now, default_cap, ready)
    busy = _busy(session, caps, now)
    # Those with the fewest at work come first, so no further ones can get a worker of this room.
    wanting = sorted((pk for pk in caps if caps[pk] > busy.get(pk, 0)),
                     key=lambda pk: busy.get(pk, 0))[:room]
    if not wanting:
        return []
    _lock_turns(session, wanting, now)
    busy = _busy(session, wanting, now)
    waiting = {pk: _waiting(session, pk, min(room, caps[pk] - busy.get(pk, 0)), ready)
               for pk in wanting}
    shares = fairness.shares({pk: len(found) for pk, found in waiting.items()}, room, busy)
    chosen = [each for pk, share in shares.items() for each in waiting[pk][:share]]
    # also a worker of this conductor may have claimed one of them meanwhile, see follow()
    taken = _lock(session, now, tables.Installation.id.in_(chosen))
    if not taken:
        return []
    session.execute(
        sa.update(tables.Turn).where(tables.Turn.region_pk.in_(shares)).values(taken_at=now)
        .execution_options(synchronize_session=False))
    _lease(session, owner, now, lease_s, taken)
    rows = session.scalars(
        sa.select(tables.Installation).where(tables.Installation.id.in_(taken))
        .options(*_IN_FULL))
    return [_claim(row, owner, taken[row.id]) for row in rows.all()]


def follow(session, claim, now, lease_s, default_cap, under_way):
    """Claim what comes next in the region of a claim that was fulfilled in this transaction.

    It takes the place of the other one: no more is at work in the region than before, whatever
    other conductors claim meanwhile, so that it needs no turn. A region that is not simply up, or
    whose cap went down, is left to :func:`take`, which takes the same parameters.

    :param claim: Claim
    :returns: Claim, or None
    """
    busy = (sa.select(sa.func.count()).select_from(_AT_WORK)
            .where(_AT_WORK.region_pk == claim.region_pk, _AT_WORK.lease_until >= now))
    row = session.scalars(
        sa.select(tables.Installation).join(tables.Installation.region)
        .where(tables.Installation.region_pk == claim.region_pk, *due(now),
               tables.Installation.id.not_in(under_way), *_open(now), tables.Region.state == 'up',
               busy.scalar_subquery() < sa.func.coalesce(tables.Region.max_concurrency,
                                                         default_cap))
        .order_by(tables.Installation.next_attempt_at, tables.Installation.id).limit(1)
        .options(*_IN_FULL).execution_options(populate_existing=True)).first()
    if row is None or not _lock(session, now, tables.Installation.id == row.id,
                                # what was read of it is still so
                                tables.Installation.revision == row.revision):
        return None
    _lease(session, claim.owner, now, lease_s, [row.id])
    return _claim(row, claim.owner, row.tried)


def _lock(session, now, *which):
    """Lock what is due of some installations, and what nobody else has locked.

    Somebody who changes many may wait for what this transaction has.

    :returns: dict of id to bool, whether it was tried
    """
    return dict(session.execute(
        sa.select(tables.Installation.id, tables.Installation.tried).where(*which, *due(now))
        .order_by(tables.Installation.id).with_for_update(skip_locked=True)).all())


def _lease(session, owner, now, lease_s, ids):
    """Claim installations that are locked."""
    session.execute(
        sa.update(tables.Installation).where(tables.Installation.id.in_(ids))
        .values(lease_owner=owner, lease_until=now + datetime.timedelta(seconds=lease_s),
                updated_at=now,
                tried=sa.or_(tables.Installation.tried,
                             tables.Installation.desired == installation.Desired.PRESENT),
                status=sa.case(_CLAIMED, value=tables.Installation.desired))
        .execution_options(synchronize_session=False))


def _begun(row):
    """Write down, before it is asked for, that the region may soon have these fixed fields."""
    if row.installed is None or row.desired != installation.Desired.PRESENT:
        return
    fixed = flavors.fixed(row.flavor)
    if fixed not in row.installed:
        row.installed = [*row.installed, fixed]


def renew(session, owner, ids, until):
    """Prolong the leases of what is still being worked on.

    :param ids: list of str
    :param until: naive UTC datetime
    :returns: list of str, those of them that are still this conductor's
    """
    mine = [tables.Installation.id.in_(ids), tables.Installation.lease_owner == owner]
    session.execute(sa.update(tables.Installation).where(*mine).values(lease_until=until)
                    .execution_options(synchronize_session=False))
    return list(session.scalars(sa.select(tables.Installation.id).where(*mine)))


def hold(session, claim, until, servers=None):
    """Prolong a lease, where it is still this conductor's and the wish still the same.

    :param claim: Claim
    :param until: naive UTC datetime
    :param servers: int, how many use the flavor, or None to leave what is recorded
    :returns: bool, whether it is
    """
    counted = {} if servers is None else {'servers': servers}
    held = session.execute(
        sa.update(tables.Installation)
        .where(*mine(claim), tables.Installation.revision == claim.revision)
        .values(lease_until=until, **counted).execution_options(synchronize_session=False))
    return held.rowcount == 1


def release(session, owner):
    """Give every lease of this conductor back, when it stops in order."""
    session.execute(
        sa.update(tables.Installation).where(tables.Installation.lease_owner == owner)
        .values(lease_owner=None, lease_until=None).execution_options(synchronize_session=False))


def due(now):
    """Tell which installations could be worked on now and are not.

    :param now: naive UTC datetime
    :returns: list of SQL expressions on tables.Installation, all of which hold
    """
    return [tables.Installation.next_attempt_at <= now,
            sa.or_(tables.Installation.lease_until.is_(None),
                   tables.Installation.lease_until < now)]


def mine(claim):
    """Tell which installation a claim is on, while its conductor holds the lease.

    :returns: list of SQL expressions on tables.Installation, all of which hold
    """
    return [tables.Installation.id == claim.id, tables.Installation.lease_owner == claim.owner]


def _open(now):
    """Tell of which regions work may be done now, as SQL expressions on tables.Region."""
    return [tables.Region.state != 'gone', tables.Region.maintenance_since.is_(None),
            sa.or_(tables.Region.probe_at.is_(None), tables.Region.probe_at <= now)]


def _open_regions(session, now, default_cap, ready):
    """Give the caps of the regions where work waits that may be done, by whose turn it is."""
    waits = sa.exists().where(tables.Installation.region_pk == tables.Region.pk, *ready)
    rows = session.execute(
        sa.select(tables.Region.pk, tables.Region.state, tables.Region.max_concurrency)
        .outerjoin(tables.Turn, tables.Turn.region_pk == tables.Region.pk)
        .where(*_open(now), waits)
        .order_by(sa.func.coalesce(tables.Turn.taken_at, datetime.datetime.min),
                  tables.Region.pk))
    return {row.pk: health.cap(row.state, row.max_concurrency or default_cap) for row in rows}


def _busy(session, region_pks, now):
    """Count what conductors are at work on, by region."""
    return dict(session.execute(
        sa.select(tables.Installation.region_pk, sa.func.count())
        .where(tables.Installation.lease_until >= now,
               tables.Installation.region_pk.in_(region_pks))
        .group_by(tables.Installation.region_pk)).all())


def _lock_turns(session, region_pks, now):
    """Have other conductors wait until this transaction has given workers to these regions."""
    known = set(session.scalars(
        sa.select(tables.Turn.region_pk).where(tables.Turn.region_pk.in_(region_pks))
        .order_by(tables.Turn.region_pk).with_for_update()))
    # whoever inserts the same at the same time waits here, and begins anew
    session.add_all(tables.Turn(region_pk=pk, taken_at=now)
                    for pk in sorted(set(region_pks) - known))
    session.flush()


def _waiting(session, region_pk, limit, ready):
    """Read the ids of what is due in a region, the oldest first."""
    return session.scalars(
        sa.select(tables.Installation.id)
        .where(tables.Installation.region_pk == region_pk, *ready)
        .order_by(tables.Installation.next_attempt_at, tables.Installation.id)
        .limit(max(0, limit))).all()


def _claim(row, owner, tried):
    _begun(row)
    return Claim(
        id=row.id, owner=owner, revision=row.revision, desired=row.desired,
        status=_CLAIMED[row.desired], generation=row.flavor.generation,
        flavor=flavors.described(row.flavor), attempts=row.attempts, tried=tried,
        observed=row.observed_generation is not None,
        region_pk=row.region_pk, region=row.region.name, region_state=row.region.state,
        endpoint=row.region.endpoint, microversion=row.region.microversion,
        request_id=row.request_id, global_request_id=row.global_request_id,
        wished_at=row.wished_at, access=regions.access(row.region),
        installed=tuple(row.installed or ()), on_immutable=row.on_immutable,
        unless_used=row.unless_used)
