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

import datetime

from oslo_log import log
import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import flavors
from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import installation

LOG = log.getLogger(__name__)

_GONE = 'The service catalogue no longer lists it.'

SORT_KEYS = {'name': 'name', 'state': 'state'}


def as_dict(row, default_concurrency):
    """Give a region as it crosses RPC.

    :param row: tables.Region
    :param default_concurrency: int, for a region that sets none of its own
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
        'created_at': pages.iso(row.created_at),
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
        that the service catalogue lists no more)
    :param page: dict with limit, marker (a name), sort_key, sort_dir
    :returns: list of dict
    """
    query = sa.select(tables.Region)
    for name in ('state', 'project_id'):
        if filters.get(name) is not None:
            query = query.where(getattr(tables.Region, name) == filters[name])
    if filters.get('is_listed'):
        query = query.where(tables.Region.state != 'gone')
    rows = pages.page_of(session, query, tables.Region, 'region', page, tables.Region.name,
                         SORT_KEYS)
    return [as_dict(row, default_concurrency) for row in rows]


def get(session, name, default_concurrency):
    """Read one region.

    :returns: dict
    :raises errors.NotFound: when there is none of this name
    """
    return as_dict(_by_name(session, name), default_concurrency)


def reached(session, name):
    """Read how a region's Nova is reached. This stays in the conductor.

    :returns: dict with name, state, reason, endpoint, microversion, and access, see :func:`access`
    :raises errors.NotFound: when there is none of this name
    """
    row = _by_name(session, name)
    return {**{field: getattr(row, field)
               for field in ('name', 'state', 'reason', 'endpoint', 'microversion')},
            'access': access(row)}


def update(session, name, changes, default_concurrency):
    """Change what an operator may: the owner's project_id, max_concurrency.

    :param changes: dict; None takes a value back
    :returns: dict
    :raises errors.NotFound: when there is none of this name
    """
    row = _by_name(session, name)
    for field, value in changes.items():
        setattr(row, field, value)
    session.flush()
    return as_dict(row, default_concurrency)


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
    session.delete(row)


def announce(session, endpoints, now):
    """Record what the service catalogue lists now.

    A region that is new or moved has to answer before its state is known. One
    that is listed no more is ``gone``: nothing is tried there until it is back.
    A registered one of the same name keeps the name.

    :param endpoints: dict of region name to URL of its Nova
    :param now: naive UTC datetime
    :returns: list of (pk, URL, access) of those that the catalogue lists, see :func:`to_probe`
    """
    rows = {row.name: row for row in session.scalars(sa.select(tables.Region))}
    for name, endpoint in sorted(endpoints.items()):
        row = rows.get(name)
        if row is None:
            row = rows[name] = tables.Region(name=name, endpoint=endpoint, state='unknown')
            session.add(row)
        elif row.kind == 'registered':
            LOG.warning('The region %s of the service catalogue is left out: an infrastructure '
                        'of that name is registered', name)
            continue
        elif row.state == 'gone' or row.endpoint != endpoint:
            row.endpoint, row.microversion = endpoint, None
            _turn(row, 'unknown', None, now)
            row.probe_at = None
        row.last_seen_at = now
    session.flush()
    for name in rows.keys() - endpoints.keys():
        if rows[name].kind == 'discovered':
            _turn(rows[name], 'gone', _GONE, now)
            _tell_waiting(session, rows[name].pk, reason='region_gone', error=_GONE)
    session.flush()
    return to_probe(session, now, 'discovered')


def to_probe(session, now, kind):
    """List the regions to ask now whether they answer.

    Those that are down and whose back-off has not passed are not.

    :param kind: str, 'discovered' or 'registered'
    :returns: list of (pk, URL, access), see :func:`access`
    """
    rows = session.scalars(
        sa.select(tables.Region)
        .where(tables.Region.kind == kind, tables.Region.state != 'gone',
               sa.or_(tables.Region.probe_at.is_(None), tables.Region.probe_at <= now))
        .order_by(tables.Region.pk).options(orm.joinedload(tables.Region.credential)))
    return [(row.pk, row.endpoint, access(row)) for row in rows]


def answered(session, region_pk, now, microversion=None):
    """Record that a region answers.

    :param microversion: str that was negotiated, or None to leave it
    """
    row = session.get(tables.Region, region_pk)
    if row is None:
        return  # it was unregistered while it was asked
    _turn(row, 'up', None, now)
    row.failures, row.probe_at, row.last_seen_at = (
        0, None, now if row.kind == 'registered' else row.last_seen_at)
    if microversion is not None:
        row.microversion = microversion


def forget_microversion(session, region_pk):
    """Have the microversion of a region negotiated again before the next call."""
    session.execute(sa.update(tables.Region).where(tables.Region.pk == region_pk)
                    .values(microversion=None))


def silent(session, region_pk, now, failure, silence_s):
    """Record that a region does not answer, and say so on everything that waits for it.

    Calls that fail together count as one failure.

    :param failure: failures.Failure
    :param silence_s: function of the number of failures in a row, to seconds until the next try
    :returns: naive UTC datetime of the next try
    """
    row = session.get(tables.Region, region_pk, with_for_update=True)
    if row is None:
        return now  # it was unregistered while it was asked
    text = failure.text[:tables.LONGEST_TEXT]
    _turn(row, 'down', text, now)
    if row.probe_at is None or row.probe_at <= now:
        row.failures += 1
        row.probe_at = now + datetime.timedelta(seconds=silence_s(row.failures))
    _tell_waiting(session, region_pk, reason=failure.reason, error=text,
                  next_attempt_at=row.probe_at)
    return row.probe_at


def count(session):
    """Count the regions: the least question that shows that the database answers.

    :returns: int
    """
    return session.scalar(sa.select(sa.func.count()).select_from(tables.Region))


def _tell_waiting(session, region_pk, **why):
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.region_pk == region_pk,
               tables.Installation.status.in_([installation.State.PENDING,
                                               installation.State.RETRYING]),
               tables.Installation.lease_until.is_(None))
        .values(status=installation.State.RETRYING, **why)
        .execution_options(synchronize_session=False))


def _turn(row, state, reason, now):
    if row.state != state:
        LOG.info('Region %s is %s, was %s%s', row.name, state, row.state,
                 f': {reason}' if reason else '')
        row.state, row.since = state, now
    row.reason = reason


def _by_name(session, name):
    row = session.scalars(sa.select(tables.Region).where(tables.Region.name == name)).first()
    if row is None:
        raise errors.NotFound('region', name)
    return row
