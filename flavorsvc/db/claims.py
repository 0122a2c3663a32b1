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
    :ivar region_pk: int
    :ivar region: str, its name
    :ivar region_state: str
    :ivar endpoint: str, URL of its Nova
    :ivar microversion: str such as '2.96', or None when not negotiated yet
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
    access: dict | None = dataclasses.field(default=None, repr=False)


def take(session, owner, room, now, lease_s, default_cap):
    """Claim due installations, fairly by region and within each region's cap.

    A region that is down gets one claim once its back-off has passed: the probe.

    :param owner: str, this conductor
    :param room: int, how many it can work on
    :param now: naive UTC datetime
    :param lease_s: int seconds
    :param default_cap: int, for regions that set no cap of their own
    :returns: list of Claim
    """
    due = _count(session, _due(now))
    if not due:
        return []
    places = {row.pk: row for row in session.scalars(
        sa.select(tables.Region).where(tables.Region.pk.in_(due)))}
    due = {pk: count for pk, count in due.items() if _open(places[pk], now)}
    busy = _count(session, [tables.Installation.lease_until >= now])
    caps = {pk: max(0, _cap(places[pk], default_cap) - busy.get(pk, 0)) for pk in due}
    taken = {}
    for pk, quota in fairness.shares(due, room, caps).items():
        ids = dict(session.execute(
            sa.select(tables.Installation.id, tables.Installation.tried)
            .where(tables.Installation.region_pk == pk, *_due(now))
            .order_by(tables.Installation.next_attempt_at, tables.Installation.id)
            .limit(quota)).all())
        session.execute(
            sa.update(tables.Installation)
            .where(tables.Installation.id.in_(ids), *_due(now))
            .values(lease_owner=owner, lease_until=now + datetime.timedelta(seconds=lease_s),
                    updated_at=now,
                    tried=sa.or_(tables.Installation.tried,
                                 tables.Installation.desired == installation.Desired.PRESENT),
                    status=sa.case(_CLAIMED, value=tables.Installation.desired))
            .execution_options(synchronize_session=False))
        taken |= ids
    rows = session.scalars(
        sa.select(tables.Installation)
        .where(tables.Installation.id.in_(taken), tables.Installation.lease_owner == owner)
        .options(orm.joinedload(tables.Installation.region).joinedload(tables.Region.credential),
                 orm.joinedload(tables.Installation.flavor).selectinload(tables.Flavor.access)))
    return [_claim(row, taken[row.id]) for row in rows]


def renew(session, owner, ids, until):
    """Prolong the leases of what is still being worked on.

    :param ids: list of str
    :param until: naive UTC datetime
    """
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.id.in_(ids), tables.Installation.lease_owner == owner)
        .values(lease_until=until).execution_options(synchronize_session=False))


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
               next_attempt_at=None, **values):
        return True
    _let_go(session, claim, **values)
    return False


def fail(session, claim, event, reason, text, next_attempt_at, attempts):
    """Record that a try failed.

    :param event: installation.Event.FAIL, with the time of the next try, or REFUSE
    :param reason: str, code
    :param text: str, in the other side's words
    :param next_attempt_at: naive UTC datetime, or None
    :param attempts: int, tries that failed since the wish
    :returns: bool, False when the lease was lost or a newer wish came meanwhile
    """
    state = installation.after(claim.status, event)
    if _update(session, claim, status=state, reason=reason, error=text[:tables.LONGEST_TEXT],
               attempts=attempts, next_attempt_at=next_attempt_at):
        return True
    _let_go(session, claim)
    return False


def release(session, owner):
    """Give every lease of this conductor back, when it stops in order."""
    session.execute(
        sa.update(tables.Installation).where(tables.Installation.lease_owner == owner)
        .values(lease_owner=None, lease_until=None).execution_options(synchronize_session=False))


def _due(now):
    return [tables.Installation.next_attempt_at <= now,
            sa.or_(tables.Installation.lease_until.is_(None),
                   tables.Installation.lease_until < now)]


def _count(session, where):
    return dict(session.execute(
        sa.select(tables.Installation.region_pk, sa.func.count()).where(*where)
        .group_by(tables.Installation.region_pk)).all())


def _open(region, now):
    return region.state != 'gone' and (region.probe_at is None or region.probe_at <= now)


def _cap(region, default_cap):
    return 1 if region.state == 'down' else region.max_concurrency or default_cap


def _claim(row, tried):
    return Claim(
        id=row.id, owner=row.lease_owner, revision=row.revision, desired=row.desired,
        status=row.status, generation=row.flavor.generation, flavor=flavors.described(row.flavor),
        attempts=row.attempts,
        tried=tried,
        observed=row.observed_generation is not None,
        region_pk=row.region_pk, region=row.region.name, region_state=row.region.state,
        endpoint=row.region.endpoint, microversion=row.region.microversion,
        request_id=row.request_id, access=regions.access(row.region))


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
    flavor = session.scalars(
        sa.select(tables.Flavor).where(tables.Flavor.id == claim.flavor['id'],
                                       tables.Flavor.deleted == 0).with_for_update()).first()
    if flavor is None:
        return False  # its region was forgotten meanwhile, and the flavor with it
    gone = session.execute(
        sa.delete(tables.Installation)
        .where(*_mine(claim), tables.Installation.revision == claim.revision)
        .execution_options(synchronize_session=False))
    if gone.rowcount != 1:
        _let_go(session, claim, observed_generation=None, origin=None, tried=False)
        return False
    flavors.bury_if_left(session, flavor, now)
    return True
