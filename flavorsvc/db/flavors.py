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

"""Flavors of the catalogue, in and out of the database."""

import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import outbox
from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

#: The fields of a flavor that a caller may give, besides its id and access list.
FIELDS = ('name', 'vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib', 'swap_mib', 'rxtx_factor',
          'description', 'is_public', 'extra_specs', 'properties', 'public', 'promoted')

#: How a flavor stands; a caller who does not know of it leaves it out.
LIFECYCLE = ('status', *lifecycle.DEPRECATION)

SORT_KEYS = {name: name for name in (
    'id', 'name', 'vcpus', 'ram_mib', 'disk_gib', 'created_at', 'updated_at')}

_EXACT_FILTERS = ('name', 'public', 'promoted', 'is_public', 'project_id')


def create(session, values):
    """Store a new flavor.

    :param values: dict with every name of FIELDS, projects (list), project_id
        (the owner, or None) and id (None: one is made up); also any of LIFECYCLE
    :returns: dict, the flavor as it crosses RPC
    :raises errors.AlreadyExists: when the id or the name is taken
    """
    row = tables.Flavor(id=values['id'] or str(uuid.uuid4()), project_id=values['project_id'],
                        **{name: values[name] for name in FIELDS},
                        **{name: values[name] for name in LIFECYCLE if name in values})
    row.access = _access(values['projects'])
    row.installations = []
    for field in ('id', 'name'):
        if _live(session, field, getattr(row, field)) is not None:
            raise errors.AlreadyExists('flavor', field, getattr(row, field))
    session.add(row)
    session.flush()
    return as_dict(row)


def get(session, flavor_id):
    """Read one flavor by one query on a unique index.

    :returns: dict, the flavor as it crosses RPC
    :raises errors.NotFound: when there is none of this id
    """
    row = session.scalars(
        sa.select(tables.Flavor).where(*_alive('id', flavor_id)).options(
            orm.joinedload(tables.Flavor.access),
            orm.joinedload(tables.Flavor.installations).joinedload(tables.Installation.region)),
    ).unique().first()
    if row is None:
        raise errors.NotFound('flavor', flavor_id)
    return as_dict(row)


def list_page(session, filters, page, visible_to=None):
    """Read a page of flavors.

    :param filters: dict of field to value; also ``region`` (name of a region where the flavor is to
        be), ``has_properties`` (bool) and ``stays_is_active`` (bool, whether the status active is
        also that of every other flavor which is not being deleted; a conductor of the release
        before passes it over)
    :param page: dict with limit, marker (a flavor id), sort_key, sort_dir
    :param visible_to: project id that sees public flavors and its own, or None for all
    :returns: list of dict
    """
    query = sa.select(tables.Flavor).where(tables.Flavor.deleted == 0).options(
        orm.selectinload(tables.Flavor.access),
        orm.selectinload(tables.Flavor.installations).joinedload(tables.Installation.region))
    for name in _EXACT_FILTERS:
        if filters.get(name) is not None:
            query = query.where(getattr(tables.Flavor, name) == filters[name])
    if filters.get('status') is not None:
        wanted = filters['status']
        if wanted == lifecycle.Status.ACTIVE and filters.get('stays_is_active'):
            query = query.where(tables.Flavor.status != lifecycle.Status.DELETING)
        else:
            query = query.where(tables.Flavor.status == wanted)
    if filters.get('region') is not None:
        query = query.where(tables.Flavor.installations.any(sa.and_(
            tables.Installation.desired == installation.Desired.PRESENT,
            tables.Installation.region.has(tables.Region.name == filters['region']))))
    if filters.get('has_properties') is not None:
        empty = sa.cast(tables.Flavor.properties, sa.String(8)) == '{}'
        query = query.where(~empty if filters['has_properties'] else empty)
    if visible_to is not None:
        query = query.where(sa.or_(tables.Flavor.public.is_(True),
                                   tables.Flavor.project_id == visible_to))
    rows = pages.page_of(session, query, tables.Flavor, 'flavor', page, tables.Flavor.id,
                         SORT_KEYS)
    return [as_dict(row) for row in rows]


def living(session, flavor_ids=None):
    """Read every flavor, or every one of some, without the regions that have it.

    :param flavor_ids: collection of str, or None for all
    :returns: dict of id to dict as :func:`described` gives it
    """
    query = sa.select(tables.Flavor).where(tables.Flavor.deleted == 0).options(
        orm.selectinload(tables.Flavor.access))
    if flavor_ids is not None:
        query = query.where(tables.Flavor.id.in_(flavor_ids))
    return {row.id: described(row) for row in session.scalars(query)}


def holders(session, names):
    """Tell which flavors bear names.

    :param names: collection of str
    :returns: dict of name to flavor id
    """
    return dict(session.execute(
        sa.select(tables.Flavor.name, tables.Flavor.id)
        .where(tables.Flavor.name.in_(names), tables.Flavor.deleted == 0)).all())


def lock(session, flavor_id, generation=None):
    """Read one flavor in order to change it, and keep others from doing so meanwhile.

    :param generation: int that the caller read, or None not to compare
    :returns: tables.Flavor of this session
    :raises errors.NotFound: when there is none of this id
    :raises errors.GenerationMismatch: when it moved since
    """
    row = _lock(session, flavor_id)
    if row is None:
        raise errors.NotFound('flavor', flavor_id)
    if generation is not None and row.generation != generation:
        raise errors.GenerationMismatch('flavor', flavor_id, generation, row.generation)
    return row


def lock_all(session):
    """Keep others from changing any flavor, and from wishing one anywhere, meanwhile."""
    session.execute(sa.select(tables.Flavor.pk).where(tables.Flavor.deleted == 0)
                    .order_by(tables.Flavor.pk).with_for_update()).all()


def successors(session, flavor_id):
    """Follow a flavor to what is to be used instead, to what is to be used instead of that, …

    They are locked: nobody closes a circle of them meanwhile.

    :returns: list of str, ids; ends where one has no successor, or comes again
    :raises errors.Invalid: when there is no flavor of this id that stays
    """
    row = _lock(session, flavor_id)
    if row is None or row.status == lifecycle.Status.DELETING:
        raise errors.Invalid('flavor.successor', f'there is no flavor {flavor_id!r}')
    found = []
    while row is not None and row.id not in found:
        found.append(row.id)
        row = _lock(session, row.successor) if row.successor else None
    return found


def fixed(row):
    """Give what Nova cannot change of a flavor. See :func:`flavorsvc.domain.flavor.fixed`.

    :param row: tables.Flavor
    """
    return flavor.fixed({name: getattr(row, name) for name in FIELDS})


def change(session, row, changes):
    """Apply changes to a locked flavor, as a new generation.

    :param row: tables.Flavor from :func:`lock`
    :param changes: dict of field (or ``projects``) to value
    :raises errors.AlreadyExists: when the new name is taken
    """
    if 'name' in changes and _live(session, 'name', changes['name']) is not None:
        raise errors.AlreadyExists('flavor', 'name', changes['name'])
    for name, value in changes.items():
        if name == 'projects':
            keep = {access.project_id: access for access in row.access}
            row.access = [keep.get(access.project_id, access) for access in _access(value)]
        else:
            setattr(row, name, value)
    row.generation += 1
    session.flush()


def bury(session, row, now):
    """Mark a flavor deleted; its row stays, its id and name are free.

    :param row: tables.Flavor of this session
    """
    note(session, 'flavor.delete', row)
    row.deleted = row.pk
    row.deleted_at = now


def bury_if_left(session, row, now):
    """Mark a flavor deleted that was only waiting for its last region to lose it.

    :param row: tables.Flavor of this session, locked
    """
    installed = sa.select(sa.func.count()).select_from(tables.Installation).where(
        tables.Installation.flavor_pk == row.pk)
    if row.status == 'deleting' and session.scalar(installed) == 0:
        bury(session, row, now)


def note(session, event, row, changed=()):
    """Have it announced that something became of a flavor.

    :param event: str, see :data:`flavorsvc.domain.events.EVENTS`
    :param row: tables.Flavor with access at hand
    :param changed: collection of str, the fields that changed
    """
    outbox.note(session, event, {**described(row), 'changed': sorted(changed)})


def as_dict(row):
    """Give a flavor as it crosses RPC.

    :param row: tables.Flavor with access and installations at hand
    :returns: dict
    """
    return {**described(row),
            'regions': sorted(each.region.name for each in row.installations
                              if each.observed_generation is not None)}


def described(row):
    """Give a flavor without the regions that have it.

    :param row: tables.Flavor with access at hand
    :returns: dict
    """
    return {
        'id': row.id,
        **{name: getattr(row, name) for name in FIELDS},
        'projects': sorted(access.project_id for access in row.access),
        'project_id': row.project_id,
        'generation': row.generation,
        **{name: getattr(row, name) for name in LIFECYCLE},
        'created_at': pages.iso(row.created_at),
        'updated_at': pages.iso(row.updated_at),
    }


def _access(projects):
    return [tables.FlavorProject(project_id=project) for project in sorted(set(projects))]


def _lock(session, flavor_id):
    return session.scalars(
        sa.select(tables.Flavor).where(*_alive('id', flavor_id)).with_for_update()).first()


def _alive(field, value):
    return getattr(tables.Flavor, field) == value, tables.Flavor.deleted == 0


def _live(session, field, value):
    return session.scalars(sa.select(tables.Flavor.pk).where(*_alive(field, value))).first()
