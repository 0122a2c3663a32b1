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

from flavorsvc.db import drift
from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import fairness
from flavorsvc.domain import health
from flavorsvc.domain import installation

#: desired → the status of an installation that is being worked on.
_CLAIMED = {desired: installation.after(installation.State.PENDING, event)
            for desired, event in installation.CLAIMS.items()}


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
    taken = {row.id: row.tried for pk, share in shares.items() for row in waiting[pk][:share]}
    if not taken:
        return []
    session.execute(
        sa.update(tables.Turn).where(tables.Turn.region_pk.in_(shares)).values(taken_at=now)
        .execution_options(synchronize_session=False))
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.id.in_(taken), *due(now))
        .values(lease_owner=owner, lease_until=now + datetime.timedelta(seconds=lease_s),
                updated_at=now,
                tried=sa.or_(tables.Installation.tried,
                             tables.Installation.desired == installation.Desired.PRESENT),
                status=sa.case(_CLAIMED, value=tables.Installation.desired))
        .execution_options(synchronize_session=False))
    rows = session.scalars(
        sa.select(tables.Installation)
        .where(tables.Installation.id.in_(taken), tables.Installation.lease_owner == owner)
        .options(orm.joinedload(tables.Installation.region).joinedload(tables.Region.credential),
                 orm.joinedload(tables.Installation.flavor).selectinload(tables.Flavor.access)))
    return [_claim(row, taken[row.id]) for row in rows.all()]


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
        .where(*_mine(claim), tables.Installation.revision == claim.revision)
        .values(lease_until=until, **counted).execution_options(synchronize_session=False))
    return held.rowcount == 1


def finish(session, claim, origin, now):
    """Record that a region agrees with what was claimed.

    The last region that a flavor leaves takes a flavor that is being deleted
    with it.

    :param claim: Claim
    :param origin: 'created', 'adopted', or None to leave what is recorded
    :returns: bool, False when the lease was lost or a newer wish came meanwhile
    """
    state = installation.after(claim.status, installation.Event.FINISH)
    if state == installation.State.GONE:
        return _forget(session, claim, now)
    values = {'observed_generation': claim.generation}
    if origin is not None:
        values['origin'] = origin
    if origin == 'created':
        values['tried'] = True  # whoever disowned it meanwhile could not know
    if _update(session, claim, status=state, reason=None, error=None, attempts=0,
               next_attempt_at=None, wished_at=None, installed=None, on_immutable=None,
               **values):
        drift.resolve(session, claim.region_pk, claim.flavor['id'], now)
        _note(session, 'installation.active', claim, state)
        return True
    _let_go(session, claim, **values)
    return False


def fail(session, claim, event, reason, text, next_attempt_at, attempts, servers=None):
    """Record that a try failed.

    :param event: installation.Event.FAIL, with the time of the next try, or REFUSE
    :param reason: str, code
    :param text: str, in the other side's words
    :param next_attempt_at: naive UTC datetime, or None
    :param attempts: int, tries that failed since the wish
    :param servers: int, how many use the flavor, or None to leave what is recorded
    :returns: bool, False when the lease was lost or a newer wish came meanwhile
    """
    state = installation.after(claim.status, event)
    values = {} if servers is None else {'servers': servers}
    text = text[:tables.LONGEST_TEXT]
    if _update(session, claim, status=state, reason=reason, error=text, attempts=attempts,
               next_attempt_at=next_attempt_at, **values):
        if event == installation.Event.REFUSE:
            _note(session, 'installation.error', claim, state, reason, text, attempts)
        return True
    _let_go(session, claim, **values)
    return False


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


def _open_regions(session, now, default_cap, ready):
    """Give the caps of the regions where work waits that may be done, by whose turn it is."""
    waits = sa.exists().where(tables.Installation.region_pk == tables.Region.pk, *ready)
    rows = session.execute(
        sa.select(tables.Region.pk, tables.Region.state, tables.Region.max_concurrency)
        .outerjoin(tables.Turn, tables.Turn.region_pk == tables.Region.pk)
        .where(tables.Region.state != 'gone', tables.Region.maintenance_since.is_(None),
               sa.or_(tables.Region.probe_at.is_(None), tables.Region.probe_at <= now), waits)
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
    """Read what is due in a region, the oldest first."""
    return session.execute(
        sa.select(tables.Installation.id, tables.Installation.tried)
        .where(tables.Installation.region_pk == region_pk, *ready)
        .order_by(tables.Installation.next_attempt_at, tables.Installation.id)
        .limit(max(0, limit))).all()


def _claim(row, tried):
    _begun(row)
    return Claim(
        id=row.id, owner=row.lease_owner, revision=row.revision, desired=row.desired,
        status=row.status, generation=row.flavor.generation, flavor=flavors.described(row.flavor),
        attempts=row.attempts,
        tried=tried,
        observed=row.observed_generation is not None,
        region_pk=row.region_pk, region=row.region.name, region_state=row.region.state,
        endpoint=row.region.endpoint, microversion=row.region.microversion,
        request_id=row.request_id, global_request_id=row.global_request_id,
        wished_at=row.wished_at, access=regions.access(row.region),
        installed=tuple(row.installed or ()), on_immutable=row.on_immutable,
        unless_used=row.unless_used)


def _mine(claim):
    return [tables.Installation.id == claim.id, tables.Installation.lease_owner == claim.owner]


def _update(session, claim, **values):
    changed = session.execute(
        sa.update(tables.Installation)
        .where(*_mine(claim), tables.Installation.revision == claim.revision,
               tables.Installation.wanted_generation <= claim.generation)
        .values(lease_owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False))
    return changed.rowcount == 1


def _let_go(session, claim, **values):
    session.execute(
        sa.update(tables.Installation).where(*_mine(claim))
        .values(lease_owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False))


def _forget(session, claim, now):
    row = session.scalars(
        sa.select(tables.Flavor).where(tables.Flavor.id == claim.flavor['id'],
                                       tables.Flavor.deleted == 0).with_for_update()).first()
    if row is None:
        return False  # its region was forgotten meanwhile, and the flavor with it
    gone = session.execute(
        sa.delete(tables.Installation)
        .where(*_mine(claim), tables.Installation.revision == claim.revision)
        .execution_options(synchronize_session=False))
    if gone.rowcount != 1:
        _let_go(session, claim, observed_generation=None, origin=None, tried=False)
        return False
    drift.resolve(session, claim.region_pk, claim.flavor['id'], now)
    _note(session, 'installation.gone', claim, installation.State.GONE)
    flavors.bury_if_left(session, row, now)
    return True


def _note(session, event, claim, status, reason=None, error=None, attempts=0):
    outbox.note(session, event, {
        'id': claim.id, 'flavor_id': claim.flavor['id'], 'flavor_name': claim.flavor['name'],
        'region': claim.region, 'desired': claim.desired, 'status': status, 'reason': reason,
        'error': error, 'attempts': attempts, 'generation': claim.generation,
        'request_id': claim.request_id})
