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

"""What of ours is on the move in a region, for whoever replaces or deletes a flavor there."""

import dataclasses

import sqlalchemy as sa

from flavorsvc.db import tables
from flavorsvc.domain import installation

_REPLACES = [installation.OnImmutable.IF_UNUSED, installation.OnImmutable.REPLACE]


@dataclasses.dataclass(frozen=True)
class Moving:
    """A flavor of ours that is about to be replaced in a region, or to leave it.

    :ivar name: str, that it is to have there; None where it is to leave
    :ivar installed: see :class:`flavorsvc.db.claims.Claim`
    :ivar on_immutable: see :class:`flavorsvc.db.claims.Claim`
    """

    name: str | None
    installed: tuple = ()
    on_immutable: str | None = None


def read(session, region_pk):
    """Read what of ours is about to be replaced in a region, or to leave it.

    :param region_pk: int
    :returns: dict of flavor id to Moving
    """
    rows = session.execute(
        sa.select(tables.Installation, tables.Flavor.id, tables.Flavor.name)
        .join(tables.Installation.flavor)
        .where(tables.Installation.region_pk == region_pk, tables.Installation.tried.is_(True),
               tables.Installation.status != installation.State.ERROR,
               sa.or_(tables.Installation.desired == installation.Desired.ABSENT,
                      sa.and_(tables.Installation.installed.is_not(None),
                              tables.Installation.on_immutable.in_(_REPLACES)))))
    return {flavor_id: Moving(name if row.desired == installation.Desired.PRESENT else None,
                              tuple(row.installed or ()), row.on_immutable)
            for row, flavor_id, name in rows}


def names_freed(session, region_pk, now):
    """Have those tried at once that wait for a name: something has left the region.

    :param region_pk: int
    """
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.region_pk == region_pk,
               tables.Installation.next_attempt_at > now,
               tables.Installation.reason == 'name_moving')
        .values(next_attempt_at=now).execution_options(synchronize_session=False))


def doubt(session, claim, now):
    """Have a region looked at again that lost a flavor to a conductor without a lease.

    Whoever took the work over may have made the flavor before that conductor deleted it.

    :param claim: Claim, whose lease was lost
    """
    living = sa.select(tables.Flavor.pk).where(tables.Flavor.id == claim.flavor['id'],
                                               tables.Flavor.deleted == 0).scalar_subquery()
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.region_pk == claim.region_pk,
               tables.Installation.flavor_pk == living)
        .values(revision=tables.Installation.revision + 1, next_attempt_at=now,
                status=sa.case((tables.Installation.lease_owner.is_(None),
                                installation.State.PENDING),
                               else_=tables.Installation.status))
        .execution_options(synchronize_session=False))
