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

"""Service types in and out of the database: their rules, and what is mapped to them.

A service type exists as long as it has a rule or a mapping; any other name is a mistake that its
writer is told of, wherever it appears in a question.
"""

import sqlalchemy as sa

from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import service_types

#: What a rule says.
FIELDS = (*service_types.SIZES, 'required_extra_specs')

_ALIVE = tables.ServiceTypeFlavor.deleted.is_(False)


def list_all(session, names=None):
    """Read service types with their rules and mappings, by name.

    :param names: list of str, or None for all
    :returns: list of dict: name, the FIELDS (null and {} where it has mappings only), flavor_ids
        (what is mapped), created_at, updated_at (None where it has mappings only)
    :raises errors.NotFound: naming the first that does not exist
    """
    query = sa.select(tables.ServiceType)
    if names is not None:
        query = query.where(tables.ServiceType.name.in_(names))
    rows = {row.name: row for row in session.scalars(query)}
    flavor_ids = {}
    for name, flavor_id in mappings(session, names):
        flavor_ids.setdefault(name, []).append(flavor_id)
    for name in names or ():
        if name not in rows and name not in flavor_ids:
            raise errors.NotFound('service type', name)
    return [_as_dict(name, rows.get(name), flavor_ids.get(name, []))
            for name in sorted(rows.keys() | flavor_ids.keys())]


def put(session, name, values):
    """Give a service type a rule, instead of any that it has.

    :param values: dict with any of FIELDS; what is missing is required no more
    :returns: dict as :func:`list_all` gives it, and ``created``: whether it had no rule before
    """
    row = session.scalars(sa.select(tables.ServiceType).where(tables.ServiceType.name == name)
                          .with_for_update()).first()
    created = row is None
    if created:
        row = tables.ServiceType(name=name)
        session.add(row)
    for field, nothing in service_types.NO_RULE.items():
        value = values.get(field)
        setattr(row, field, nothing if value is None else value)
    session.flush()
    described, = list_all(session, [name])
    return {**described, 'created': created}


def delete(session, name, now):
    """Take a service type's rule away, and its mappings back.

    :raises errors.NotFound: when it does not exist
    """
    ruled = session.execute(sa.delete(tables.ServiceType).where(tables.ServiceType.name == name)
                            .execution_options(synchronize_session=False)).rowcount
    if not unmap(session, now, types=[name]) and not ruled:
        raise errors.NotFound('service type', name)


def mappings(session, types=None, flavor_ids=None):
    """Read what is mapped.

    :param types: list of str, or None for all
    :param flavor_ids: list of str, or None for all
    :returns: list of (service type, flavor id), in order
    """
    return [tuple(row) for row in session.execute(
        sa.select(tables.ServiceTypeFlavor.service_type, tables.ServiceTypeFlavor.flavor_id)
        .where(_ALIVE, *_among(types, flavor_ids))
        .order_by(tables.ServiceTypeFlavor.service_type, tables.ServiceTypeFlavor.flavor_id))]


def map_all(session, types, flavor_ids):
    """Map each of these flavors to each of these types.

    What is mapped already stays as it is; what was once, comes back in the row that it had.

    :param types: list of str
    :param flavor_ids: list of str
    """
    # In one order whoever asks, so that two who map the same do not wait for each other.
    rows = {(row.service_type, row.flavor_id): row for row in session.scalars(
        sa.select(tables.ServiceTypeFlavor).where(*_among(types, flavor_ids))
        .order_by(tables.ServiceTypeFlavor.service_type, tables.ServiceTypeFlavor.flavor_id)
        .with_for_update())}
    for pair in sorted((name, flavor_id) for name in set(types) for flavor_id in set(flavor_ids)):
        row = rows.get(pair)
        if row is None:
            session.add(tables.ServiceTypeFlavor(service_type=pair[0], flavor_id=pair[1]))
        elif row.deleted:
            row.deleted, row.deleted_at = False, None
    session.flush()


def unmap(session, now, types=None, flavor_ids=None):
    """Take mappings back; their rows stay, marked deleted.

    :param types: list of str, or None for all
    :param flavor_ids: list of str, or None for all
    :returns: int, how many
    """
    return session.execute(
        sa.update(tables.ServiceTypeFlavor).where(_ALIVE, *_among(types, flavor_ids))
        .values(deleted=True, deleted_at=now, updated_at=now)
        .execution_options(synchronize_session=False)).rowcount


def _among(types, flavor_ids):
    if types is not None:
        yield tables.ServiceTypeFlavor.service_type.in_(types)
    if flavor_ids is not None:
        yield tables.ServiceTypeFlavor.flavor_id.in_(flavor_ids)


def _as_dict(name, row, flavor_ids):
    fields = service_types.NO_RULE if row is None else {
        field: getattr(row, field) for field in FIELDS}
    return {'name': name, **fields, 'flavor_ids': flavor_ids,
            'created_at': pages.iso(row.created_at) if row is not None else None,
            'updated_at': pages.iso(row.updated_at) if row is not None else None}
