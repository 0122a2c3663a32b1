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

"""Plans, and what they are made of."""

import collections

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import plan

SORT_KEYS = {'created_at': 'created_at'}

#: What of a plan is stored as it is given.
_FIELDS = ('id', 'regions', 'prune', 'on_immutable', 'flavors', 'catalogue', 'observed', 'silent',
           'actions', 'summary', 'created_by', 'request_id', 'expires_at')

#: What is too much for a list.
_LARGE = (tables.Plan.flavors, tables.Plan.observed, tables.Plan.actions)

#: Most ids that are asked for in one statement; each kind of database has a limit of its own.
_AT_ONCE = 1000


def recorded(session, locked=False):
    """Read all that the catalogue says, in one transaction.

    :param locked: bool, whether nobody is to change a flavor, or wish one anywhere, until the end
        of the transaction
    :returns: dict with flavors (dict of id to dict, see :func:`flavorsvc.db.flavors.described`)
        and regions (dict of name to dict with state and installations: dict of flavor id to dict
        with desired, revision, status and installed (list of dict, the fixed fields with which the
        region may have it from us))
    """
    if locked:
        flavors.lock_all(session)
    living = flavors.living(session)
    regions = {row.name: {'state': row.state, 'installations': {}}
               for row in session.scalars(sa.select(tables.Region))}
    for row in session.scalars(
            sa.select(tables.Installation).options(
                orm.joinedload(tables.Installation.flavor),
                orm.joinedload(tables.Installation.region))):
        regions[row.region.name]['installations'][row.flavor.id] = {
            'desired': row.desired, 'revision': row.revision,
            'status': row.status, 'installed': _installed(row)}
    return {'flavors': living, 'regions': regions}


def _installed(row):
    if row.installed is not None:
        return row.installed
    return [flavors.fixed(row.flavor)] if row.tried else []


def create(session, values, now):
    """Keep a plan.

    :param values: dict with every name of a column but those of the application
    :param now: naive UTC datetime; what has expired is forgotten
    :returns: dict, see :func:`as_dict`
    """
    session.execute(sa.delete(tables.Plan).where(tables.Plan.expires_at < now))
    row = tables.Plan(**{name: values[name] for name in _FIELDS},
                      of_stored=values['flavors'] is None)
    session.add(row)
    session.flush()
    return as_dict(session, row)


def list_page(session, page, now):
    """Read a page of plans, without their actions.

    :returns: list of dict
    """
    query = sa.select(tables.Plan).where(tables.Plan.expires_at >= now).options(
        *(orm.defer(column) for column in _LARGE))
    rows = pages.page_of(session, query, tables.Plan, 'plan', page, tables.Plan.id, SORT_KEYS)
    return [_summary(row) for row in rows]


def get(session, plan_id, now):
    """Read a plan, with what became of each action where it was applied.

    :returns: dict
    :raises errors.NotFound: when there is none of this id, or no more
    """
    return as_dict(session, _by_id(session, plan_id, now))


def made(session, plan_id, now, locked=False):
    """Read a plan as it was made.

    :param locked: bool, whether nobody else is to apply it until the end of the transaction
    :returns: dict with id, regions, prune, on_immutable, flavors, catalogue, observed, actions and
        applied_at
    :raises errors.NotFound: when there is none of this id, or no more
    """
    row = _by_id(session, plan_id, now, locked)
    return {name: getattr(row, name) for name in (
        'id', 'regions', 'prune', 'on_immutable', 'flavors', 'catalogue', 'observed', 'actions',
        'applied_at')}


def applied(session, plan_id, wished, by, request_id, now, keep_until):
    """Record that a plan was applied.

    :param wished: dict of (region, flavor id) to the id of an installation
    :param by: str, the user's id
    :param keep_until: naive UTC datetime
    :returns: dict, see :func:`as_dict`
    """
    row = _by_id(session, plan_id, now)
    installations = _installations(session, wished.values())
    row.actions = [_wished(action, wished, installations) for action in row.actions]
    row.applied_at, row.applied_by, row.applied_request_id = now, by, request_id
    row.expires_at = keep_until
    session.flush()
    outbox.note(session, 'plan.applied', _summary(row))
    return as_dict(session, row)


def _installations(session, ids):
    """Read how installations stand.

    :param ids: collection of str
    :returns: dict of id to row with revision, status and error
    """
    ids, found = sorted(set(ids)), {}
    for first in range(0, len(ids), _AT_ONCE):
        found |= {row.id: row for row in session.execute(
            sa.select(tables.Installation.id, tables.Installation.revision,
                      tables.Installation.status, tables.Installation.error)
            .where(tables.Installation.id.in_(ids[first:first + _AT_ONCE])))}
    return found


def _wished(action, wished, installations):
    installation_id = None
    if not action['refused']:
        installation_id = wished.get((action['region'], action['flavor_id']))
    row = installations.get(installation_id)
    return {**action, 'installation': row and row.id, 'revision': row and row.revision}


def _by_id(session, plan_id, now, locked=False):
    query = sa.select(tables.Plan).where(tables.Plan.id == plan_id, tables.Plan.expires_at >= now)
    row = session.scalars(query.with_for_update() if locked else query).first()
    if row is None:
        raise errors.NotFound('plan', plan_id)
    return row


def as_dict(session, row):
    """Give a plan as it crosses RPC.

    :param row: tables.Plan
    :returns: dict
    """
    installations = _installations(session, [
        action['installation'] for action in row.actions if action.get('installation')])
    actions = [{**action, **_became(action, installations, row.applied_at is not None)}
               for action in row.actions]
    statuses = collections.Counter(action['status'] for action in actions)
    return {**_summary(row), 'actions': actions,
            'progress': {str(outcome): statuses[outcome] for outcome in plan.Outcome}}


def _summary(row):
    return {**{name: getattr(row, name) for name in (
        'id', 'regions', 'prune', 'on_immutable', 'silent', 'summary', 'of_stored', 'created_by',
        'request_id', 'applied_by', 'applied_request_id')},
        'state': 'ready' if row.applied_at is None else 'applied',
        'created_at': pages.iso(row.created_at), 'expires_at': pages.iso(row.expires_at),
        'applied_at': pages.iso(row.applied_at)}


def _became(action, installations, is_applied):
    """Tell what became of an action.

    :returns: dict with status and error
    """
    error = None
    if action['refused']:
        status = plan.Outcome.REFUSED
    elif not is_applied:
        status = plan.Outcome.PLANNED
    elif not action.get('installation'):
        status = plan.Outcome.DONE
    else:
        row = installations.get(action['installation'])
        status = plan.outcome(action['act'], action['revision'],
                              row and (row.revision, row.status))
        if status in (plan.Outcome.FAILED, plan.Outcome.UNDER_WAY):
            error = row.error
    return {'status': str(status), 'error': error}
