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

"""Registered infrastructures: the regions of clouds that have a Keystone of their own."""

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import pages
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import errors

#: Most flavors that an error names.
_NAMED = 10


def check_free(session, name, project_id, max_per_project):
    """Look whether a name is free, and its owner may have one more.

    :param project_id: str, the owner
    :param max_per_project: int
    :raises errors.AlreadyExists: when a region has the name, a discovered one too
    :raises errors.Denied: when the owner has as many as it may have
    """
    kind = session.scalar(sa.select(tables.Region.kind).where(tables.Region.name == name))
    if kind is not None:
        raise errors.AlreadyExists('infrastructure' if kind == 'registered' else 'region', 'name',
                                   name)
    owned = session.scalar(
        sa.select(sa.func.count()).select_from(tables.Region)
        .where(tables.Region.project_id == project_id, tables.Region.kind == 'registered'))
    if owned >= max_per_project:
        raise errors.Denied(f'A project may register {max_per_project} infrastructures, and this '
                            f'one has {owned}.')


def create(session, name, project_id, max_per_project, endpoint, microversion, access, now):
    """Record an infrastructure that has just answered.

    :param project_id: str, the owner
    :param max_per_project: int, most infrastructures that the owner may have
    :param endpoint: str, URL of its Nova
    :param microversion: str that was negotiated
    :param access: dict with keystone_url, region_name, sealed
    :param now: naive UTC datetime
    :returns: dict, see :func:`as_dict`
    :raises errors.FlavorsvcError: as :func:`check_free` does
    """
    check_free(session, name, project_id, max_per_project)
    row = tables.Region(
        name=name, kind='registered', endpoint=endpoint, project_id=project_id, state='up',
        since=now, microversion=microversion, last_seen_at=now,
        credential=tables.Credential(**access))
    session.add(row)
    session.flush()
    regions.note(session, 'region.up', row)
    return as_dict(row)


def get(session, name):
    """Read one infrastructure.

    :returns: dict
    :raises errors.NotFound: when none of this name is registered
    """
    return as_dict(_by_name(session, name))


def delete(session, name, force, now):
    """Unregister an infrastructure; nothing is called in it.

    :param force: bool, whether to forget what is installed there
    :raises errors.NotFound: when none of this name is registered
    :raises errors.Conflict: naming the flavors that are installed there, unless forced
    """
    row = _by_name(session, name, locked=True)
    here = session.scalars(
        sa.select(tables.Flavor.name).join(tables.Flavor.installations)
        .where(tables.Installation.region_pk == row.pk).order_by(tables.Flavor.name)
        ).all()
    if here and not force:
        more = f' and {len(here) - _NAMED} more' if len(here) > _NAMED else ''
        raise errors.Conflict(
            f'The infrastructure {name!r} has {", ".join(here[:_NAMED])}{more}: uninstall '
            f'what is there first, or unregister it with force, which leaves the flavors in '
            f'its Nova.')
    regions.remove(session, row, now)


def as_dict(row):
    """Give an infrastructure as it crosses RPC, without its credential.

    :param row: tables.Region
    :returns: dict
    """
    return {
        'name': row.name,
        'keystone_url': row.credential.keystone_url,
        'nova_url': row.endpoint,
        'region_name': row.credential.region_name,
        'project_id': row.project_id,
        'created_at': pages.iso(row.created_at),
    }


def sealed_page(session, after_pk, limit):
    """Read a page of sealed credentials.

    :param after_pk: int, the last one of the page before; 0 for the first
    :param limit: int
    :returns: list of (region_pk, name of the infrastructure, sealed)
    """
    rows = session.execute(
        sa.select(tables.Credential.region_pk, tables.Region.name, tables.Credential.sealed)
        .join(tables.Region, tables.Region.pk == tables.Credential.region_pk)
        .where(tables.Credential.region_pk > after_pk)
        .order_by(tables.Credential.region_pk).limit(limit))
    return [tuple(row) for row in rows]


def reseal(session, resealed):
    """Replace sealed credentials, each only where it is still the one that was read.

    :param resealed: dict of region_pk to (sealed as it was read, sealed anew)
    :returns: int, how many were replaced
    """
    return sum(session.execute(
        sa.update(tables.Credential)
        .where(tables.Credential.region_pk == pk, tables.Credential.sealed == before)
        .values(sealed=after).execution_options(synchronize_session=False)).rowcount
        for pk, (before, after) in resealed.items())


def _by_name(session, name, locked=False):
    query = sa.select(tables.Region).where(
        tables.Region.name == name, tables.Region.kind == 'registered')
    if locked:
        query = query.with_for_update()
    row = session.scalars(query.options(orm.selectinload(tables.Region.credential))).first()
    if row is None:
        raise errors.NotFound('infrastructure', name)
    return row
