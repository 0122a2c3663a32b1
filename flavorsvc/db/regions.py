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

"""Regions: what the service catalogue announced, and how they answer."""

import sqlalchemy as sa

from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import health

#: How a region may answer.
STATES = ('unknown', 'up', 'slow', 'down', 'gone')

SORT_KEYS = {'name': 'name', 'state': 'state'}


def as_dict(row, default_concurrency, in_progress=0):
    """Give a region as it crosses RPC.

    :param row: tables.Region
    :param default_concurrency: int, for a region that sets none of its own
    :param in_progress: int, installations that conductors are at work on there
    :returns: dict
    """
    return {
        'name': row.name,
        'kind': row.kind,
        'endpoint': row.endpoint,
        'project_id': row.project_id,
        'state': row.state,
        'reason': row.reason,
        'since': pages.iso(row.since),
        'microversion': row.microversion,
        'max_concurrency': row.max_concurrency or default_concurrency,
        'last_seen_at': pages.iso(row.last_seen_at),
        'drift_policy': row.drift_policy,
        'audited_at': pages.iso(row.audited_at),
        'audit_due_at': pages.iso(row.audit_due_at),
        'audit_error': row.audit_error,
        'created_at': pages.iso(row.created_at),
        'answer_s': row.answer_s,
        'in_progress': in_progress + (row.audit_lease_until is not None),
        'maintenance': row.maintenance_since is not None,
        'maintenance_reason': row.maintenance_reason,
        'maintenance_since': pages.iso(row.maintenance_since),
    }


def access(row):
    """Tell how a region's cloud is reached.

    :param row: tables.Region
    :returns: None for our own cloud, else dict with keystone_url, region_name, sealed, which
        nothing opens where the credential is gone
    """
    if row.kind != 'registered':
        return None
    if row.credential is None:
        # It was unregistered after the row was read. Our own credential must not go there instead.
        return {'keystone_url': '', 'region_name': None, 'sealed': ''}
    return {name: getattr(row.credential, name)
            for name in ('keystone_url', 'region_name', 'sealed')}


def list_page(session, filters, page, default_concurrency):
    """Read a page of regions.

    :param filters: dict with any of state, project_id, is_listed (bool, whether to leave out those
        that the service catalogue lists no more), slow_is_up (bool, whether the state up is also
        that of slow ones)
    :param page: dict with limit, marker (a name), sort_key, sort_dir
    :returns: list of dict
    """
    query = sa.select(tables.Region)
    if filters.get('state') is not None:
        meant = (health.ANSWERING if filters['state'] == 'up' and filters.get('slow_is_up')
                 else [filters['state']])
        query = query.where(tables.Region.state.in_(meant))
    if filters.get('project_id') is not None:
        query = query.where(tables.Region.project_id == filters['project_id'])
    if filters.get('is_listed'):
        query = query.where(tables.Region.state != 'gone')
    rows = pages.page_of(session, query, tables.Region, 'region', page, tables.Region.name,
                         SORT_KEYS)
    busy = _in_progress(session, [row.pk for row in rows])
    return [as_dict(row, default_concurrency, busy.get(row.pk, 0)) for row in rows]


def get(session, name, default_concurrency):
    """Read one region.

    :returns: dict
    :raises errors.NotFound: when there is none of this name
    """
    row = _by_name(session, name)
    return as_dict(row, default_concurrency, _in_progress(session, [row.pk]).get(row.pk, 0))


def reached(session, name):
    """Read how a region's Nova is reached. This stays in the conductor.

    :returns: dict with name, state, reason, endpoint, microversion, maintenance, see
        :func:`maintenance`, and access, see :func:`access`
    :raises errors.NotFound: when there is none of this name
    """
    row = _by_name(session, name)
    return {**{field: getattr(row, field)
               for field in ('name', 'state', 'reason', 'endpoint', 'microversion')},
            'maintenance': maintenance(row), 'access': access(row)}


def known(session, names=None):
    """Tell which regions there are.

    :param names: collection of str, or None for all that the service catalogue has not lost
    :returns: list of str, sorted
    """
    query = sa.select(tables.Region.name).order_by(tables.Region.name)
    if names is None:
        return list(session.scalars(query.where(tables.Region.state != 'gone')))
    return list(session.scalars(query.where(tables.Region.name.in_(names))))


def maintenance(row):
    """Say that a region is in maintenance, and why.

    :param row: tables.Region
    :returns: str, or None where it is not
    """
    if row.maintenance_since is None:
        return None
    why = f': {row.maintenance_reason}' if row.maintenance_reason else '.'
    return f'It is in maintenance{why}'


def update(session, name, changes, default_concurrency, now):
    """Change what an operator may.

    A region that leaves maintenance is asked at once, whatever it said before.

    :param changes: dict with any of project_id, max_concurrency, drift_policy, maintenance (bool)
        and maintenance_reason; None takes a value back
    :param now: naive UTC datetime
    :returns: dict
    :raises errors.NotFound: when there is none of this name
    :raises errors.Invalid: for a reason of a maintenance that there is not
    """
    row = _by_name(session, name)
    wanted = changes.get('maintenance', row.maintenance_since is not None)
    if changes.get('maintenance_reason') is not None and not wanted:
        raise errors.Invalid('maintenance_reason', 'is only for a region in maintenance')
    turns = wanted != (row.maintenance_since is not None)
    if turns and wanted:
        row.maintenance_since = now
    elif turns:
        row.maintenance_since = row.maintenance_reason = row.probe_at = row.probed_at = None
    for field in changes.keys() - {'maintenance'}:
        setattr(row, field, changes[field])
    if changes.get('drift_policy') == drift.Policy.IGNORE:
        row.audit_due_at = None
    session.flush()
    if turns:
        note(session, f'region.maintenance.{"start" if wanted else "end"}', row)
    return as_dict(row, default_concurrency, _in_progress(session, [row.pk]).get(row.pk, 0))


def forget(session, name, now):
    """Forget a region that the service catalogue no longer lists, and all that was wished there.

    Nothing is called in it. A flavor that was only waiting to leave this region
    is deleted.

    :raises errors.NotFound: when there is none of this name
    :raises errors.Conflict: when the service catalogue lists it, or it was registered
    """
    row = _by_name(session, name)
    if row.kind == 'registered':
        raise errors.Conflict(f'The region {name!r} is a registered infrastructure: unregister '
                              f'it there.')
    if row.state != 'gone':
        raise errors.Conflict(f'Keystone\'s service catalogue lists the region {name!r}, so it '
                              f'would be discovered again: take its endpoint out first.')
    remove(session, row, now)


def remove(session, row, now):
    """Delete a region and all that was wished there, without a call to it.

    :param row: tables.Region of this session
    """
    here = sa.select(tables.Installation.flavor_pk).where(
        tables.Installation.region_pk == row.pk)
    affected = session.scalars(
        sa.select(tables.Flavor).where(tables.Flavor.pk.in_(here)).order_by(tables.Flavor.pk)
        .with_for_update()).all()
    session.execute(sa.delete(tables.Installation)
                    .where(tables.Installation.region_pk == row.pk)
                    .execution_options(synchronize_session=False))
    for flavor in affected:
        flavors.bury_if_left(session, flavor, now)
    note(session, 'region.delete', row)
    session.delete(row)


def count(session):
    """Count the regions: the least question that shows that the database answers.

    :returns: int
    """
    return session.scalar(sa.select(sa.func.count()).select_from(tables.Region))


def note(session, event, row):
    """Have it announced that something became of a region.

    :param event: str, see :data:`flavorsvc.domain.events.EVENTS`
    :param row: tables.Region
    """
    outbox.note(session, event, {
        **{name: getattr(row, name) for name in (
            'name', 'kind', 'project_id', 'state', 'reason', 'microversion',
            'maintenance_reason')},
        'maintenance': row.maintenance_since is not None, 'since': pages.iso(row.since)})


def _in_progress(session, region_pks):
    return dict(session.execute(
        sa.select(tables.Installation.region_pk, sa.func.count())
        .where(tables.Installation.lease_until.is_not(None),
               tables.Installation.region_pk.in_(region_pks))
        .group_by(tables.Installation.region_pk)).all())


def _by_name(session, name):
    row = session.scalars(sa.select(tables.Region).where(tables.Region.name == name)).first()
    if row is None:
        raise errors.NotFound('region', name)
    return row
