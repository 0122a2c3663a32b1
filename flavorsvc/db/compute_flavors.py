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

"""Flavors as Nova's API asks for them, and what is not yet a flavor of the catalogue.

Before the default region is asked to have a new flavor, the intent is written down: a row that is
about to be deleted. Where nobody says what became of it, the engine takes the flavor out of that
region again, and with it the row.
"""

import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc import context
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

SORT_KEYS = frozenset(['pk', 'id', 'name', 'vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib',
                       'swap_mib', 'rxtx_factor', 'description', 'is_public', 'created_at',
                       'updated_at'])


def list_page(session, filters, page, project_id, everything):
    """Read a page of flavors.

    :param filters: dict with is_public (True also gives those that the project has access to;
        None gives both kinds), min_ram_mib, min_disk_gib, name_pattern; None leaves one out
    :param page: dict with limit, marker (a flavor id), sort_key, sort_dir
    :param project_id: str of the caller; empty where it has none
    :param everything: bool, whether the caller may see flavors that no region has and those of
        other projects
    :returns: list of dict, see :func:`flavorsvc.db.flavors.described`
    :raises errors.Invalid: for a marker that the caller cannot see, or an unknown sort key
    """
    if page['sort_key'] not in SORT_KEYS:
        raise errors.Invalid('sort_key', f'must be one of {", ".join(sorted(SORT_KEYS))}')
    visible, usable = _visible(project_id, everything)
    marker = None
    if page['marker'] is not None:
        marker = session.scalars(visible.where(tables.Flavor.id == page['marker'])).first()
        if marker is None:
            raise errors.Invalid('flavor', f'marker [{page["marker"][:255]}] not found')
    query = _cut(_filtered(visible, filters, usable), page, marker)
    return [flavors.described(row) for row in session.scalars(query)]


def list_all(session, project_id, everything):
    """Read every flavor that the caller may see, and which ids the catalogue has at all.

    :param project_id: str of the caller; empty where it has none
    :param everything: bool, see :func:`list_page`
    :returns: (list of dict, in the order in which they came, see
        :func:`flavorsvc.db.flavors.described`, with ``managed``: True; set of str)
    """
    # the ids first: what comes in between is in both then, or in the list alone
    ids = set(session.scalars(sa.select(tables.Flavor.id).where(tables.Flavor.deleted == 0)))
    visible, _ = _visible(project_id, everything)
    return [{**flavors.described(row), 'managed': True}
            for row in session.scalars(visible.order_by(tables.Flavor.pk))], ids


def _visible(project_id, everything):
    """Choose what the caller may see.

    :returns: (sqlalchemy Select of tables.Flavor, what chooses those that its project may use)
    """
    visible = sa.select(tables.Flavor).where(
        tables.Flavor.deleted == 0, tables.Flavor.status.in_(lifecycle.USABLE)).options(
        orm.selectinload(tables.Flavor.access))
    usable = sa.or_(tables.Flavor.is_public.is_(True),
                    tables.Flavor.access.any(tables.FlavorProject.project_id == project_id))
    if not everything:
        visible = visible.where(usable, tables.Flavor.installations.any(
            tables.Installation.observed_generation.is_not(None)))
    return visible, usable


def _filtered(query, filters, usable):
    if filters.get('is_public') is not None:
        query = query.where(usable if filters['is_public'] else tables.Flavor.is_public.is_(False))
    if filters.get('min_ram_mib') is not None:
        query = query.where(tables.Flavor.ram_mib >= filters['min_ram_mib'])
    if filters.get('min_disk_gib') is not None:
        query = query.where(tables.Flavor.disk_gib >= filters['min_disk_gib'])
    if filters.get('name_pattern') is not None:
        query = query.where(tables.Flavor.name.regexp_match(filters['name_pattern']))
    return query


def _cut(query, page, marker):
    """Cut a page out of a query. oslo.db's way loses rows that have nothing to sort by."""
    key = getattr(tables.Flavor, page['sort_key'])
    last = getattr(marker, page['sort_key'], None)
    if page['sort_key'] == 'description':
        key, last = sa.func.coalesce(key, ''), last or ''
    elif page['sort_key'] == 'is_public':
        key, last = sa.cast(key, sa.Integer), int(last or 0)
    keys, ascends = (key, tables.Flavor.pk), page['sort_dir'] == 'asc'
    if marker is not None:
        first, second = (each > value if ascends else each < value
                         for each, value in zip(keys, (last, marker.pk), strict=True))
        query = query.where(sa.or_(first, sa.and_(key == last, second)))
    return query.order_by(*(each.asc() if ascends else each.desc() for each in keys)).limit(
        page['limit'])


def reserve(session, values, region, request_id, until):
    """Write down that a region is about to be asked to have a new flavor.

    :param values: dict, see :func:`flavorsvc.db.flavors.create`
    :param region: str, its name
    :param until: naive UTC datetime, when what became of it counts as unknown
    :returns: dict, the flavor
    :raises errors.AlreadyExists: when the id or the name is taken
    :raises errors.Leaving: when it is, by a flavor that is being deleted
    """
    _refuse_if_leaving(session, values)
    flavors.create(session, values)
    row = flavors.lock(session, values['id'])
    row.status = 'deleting'
    [place] = installations.regions_named(session, [region], installation.Desired.PRESENT)
    session.add(tables.Installation(
        id=str(uuid.uuid4()), flavor_pk=row.pk, region_pk=place.pk,
        desired=installation.Desired.ABSENT, wanted_generation=row.generation,
        status=installation.State.PENDING, tried=True, next_attempt_at=until,
        request_id=request_id, global_request_id=context.global_request_id(request_id)))
    session.flush()
    session.expire(row, ['installations'])
    return flavors.as_dict(row)


def confirm(session, flavor_id, region):
    """Record that a region has the flavor that was reserved for it, and is to keep it.

    :returns: tables.Flavor of this session, locked
    :raises errors.RegionUnreachable: when it took so long that the engine is at work on it
    """
    row = flavors.lock(session, flavor_id)
    claimed = installation.after(installation.State.PENDING, installation.Event.INSTALL)
    kept = session.execute(
        sa.update(tables.Installation).where(
            tables.Installation.flavor_pk == row.pk, tables.Installation.lease_until.is_(None),
            tables.Installation.status == installation.State.PENDING,
            tables.Installation.region.has(tables.Region.name == region))
        .values(desired=installation.Desired.PRESENT, origin='created', next_attempt_at=None,
                observed_generation=row.generation, revision=tables.Installation.revision + 1,
                status=installation.after(claimed, installation.Event.FINISH))
        .execution_options(synchronize_session=False))
    if kept.rowcount != 1:
        raise errors.RegionUnreachable(region, 'it took too long to create the flavor.')
    row.status = 'active'
    session.flush()
    session.expire(row, ['installations'])
    flavors.note(session, 'flavor.create', row)
    for each in row.installations:
        installations.note(session, 'installation.active', each, row, region)
    return row


def withdraw(session, flavor_id):
    """Forget a flavor that a region refused to have: there never was one."""
    row = flavors.lock(session, flavor_id)
    session.execute(sa.delete(tables.Installation)
                    .where(tables.Installation.flavor_pk == row.pk)
                    .execution_options(synchronize_session=False))
    session.expire(row, ['installations'])
    session.delete(row)


def give_up(session, flavor_id, now):
    """Have the engine find out at once what became of a flavor that was reserved."""
    row = flavors.lock(session, flavor_id)
    session.execute(sa.update(tables.Installation)
                    .where(tables.Installation.flavor_pk == row.pk,
                           tables.Installation.lease_until.is_(None))
                    .values(next_attempt_at=now).execution_options(synchronize_session=False))


def left(session, flavor_id, region):
    """Record that a region has lost a flavor that is being deleted.

    Where a conductor is at work on it there, that one finds out.

    :param region: str, its name
    """
    row = flavors.lock(session, flavor_id)
    for each in session.scalars(sa.select(tables.Installation).where(
            tables.Installation.flavor_pk == row.pk, tables.Installation.lease_until.is_(None),
            tables.Installation.region.has(tables.Region.name == region)).with_for_update()):
        each.desired, each.status = installation.Desired.ABSENT, installation.State.GONE
        installations.note(session, 'installation.gone', each, row, region)
        session.delete(each)
    session.flush()
    session.expire(row, ['installations'])


def _refuse_if_leaving(session, values):
    for field in ('id', 'name'):
        row = session.scalars(sa.select(tables.Flavor).where(
            getattr(tables.Flavor, field) == values[field], tables.Flavor.deleted == 0,
            tables.Flavor.status == 'deleting')).first()
        if row is not None:
            raise errors.Leaving(row.id,
                                 ', '.join(installations.wanted_anywhere(session, row.pk)))
