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


"""Findings of audits, in and out of the database."""

import datetime
import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import pages
from flavorsvc.db import tables
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import installation

SORT_KEYS = {name: name for name in ('opened_at', 'kind', 'state')}


def expected(session, region_pk):
    """Read what the catalogue has to do with a region, whatever stands there of it.

    :returns: dict of flavor id to (mark, flavor): the mark is another one as soon as anything
        about it moves; the flavor is a dict where the region is done with it and is to have it,
        else None
    """
    rows = session.scalars(
        sa.select(tables.Installation).where(tables.Installation.region_pk == region_pk)
        .options(orm.joinedload(tables.Installation.flavor).selectinload(tables.Flavor.access))
        .execution_options(populate_existing=True))
    return {row.flavor.id: ((row.id, row.revision, row.status, row.flavor.generation),
                            flavors.described(row.flavor) if _is_settled(row) else None)
            for row in rows}


def _is_settled(row):
    return (row.status == installation.State.ACTIVE
            and row.desired == installation.Desired.PRESENT)


def deleted_since(session, time):
    """Tell which flavors left the catalogue since a time.

    :param time: naive UTC datetime
    :returns: set of flavor ids
    """
    return set(session.scalars(sa.select(tables.Flavor.id)
                               .where(tables.Flavor.deleted_at >= time)))


def recorded(session, region_pk):
    """Read what is recorded of a region and not resolved.

    :returns: dict of flavor id to (state, drift.Finding)
    """
    return {row.flavor_id: (row.state, _finding(row)) for row in session.scalars(
        sa.select(tables.Drift).where(tables.Drift.region_pk == region_pk,
                                      tables.Drift.live.is_(True)))}


def settle(session, region_pk, verdict, now, interval_s):
    """Record what an audit comes to.

    :param verdict: drift.Verdict
    :param now: naive UTC datetime
    :param interval_s: float seconds between two repairs, at first
    """
    rows = {row.flavor_id: row for row in session.scalars(
        sa.select(tables.Drift).where(tables.Drift.region_pk == region_pk,
                                      tables.Drift.live.is_(True)))}
    for flavor_id in verdict.resolved & rows.keys():
        _resolve(session, rows[flavor_id], now)
    for flavor_id, finding in verdict.changed.items():
        if flavor_id in rows:
            rows[flavor_id].flavor_name = finding.name
            rows[flavor_id].differences = list(finding.differences)
    session.flush()
    undone = _undone(session, region_pk, now, interval_s) if verdict.opened else {}
    for finding in verdict.opened:
        _open(session, region_pk, finding, now, *undone.get(finding.flavor_id, (0, None)))
    session.flush()


def resolve(session, region_pk, flavor_id, now):
    """Record that a region agrees about a flavor, or that nobody wants anything of it there.

    :param now: naive UTC datetime
    """
    for row in session.scalars(
            sa.select(tables.Drift)
            .where(tables.Drift.region_pk == region_pk, tables.Drift.flavor_id == flavor_id,
                   tables.Drift.live.is_(True))
            .with_for_update().execution_options(populate_existing=True)):
        _resolve(session, row, now)
    session.flush()


def purge(session, region_pk, before):
    """Forget what was resolved long ago.

    :param before: naive UTC datetime
    """
    session.execute(
        sa.delete(tables.Drift).where(tables.Drift.region_pk == region_pk,
                                      tables.Drift.resolved_at < before)
        .execution_options(synchronize_session=False))


def record(session, region_pk, finding, now):
    """Record one finding that no audit made, in place of what is recorded of the flavor.

    :param finding: drift.Finding
    :returns: tables.Drift of this session
    """
    resolve(session, region_pk, finding.flavor_id, now)
    row = _open(session, region_pk, finding, now)
    session.flush()
    return row


def accept(session, row, by, reason, now):
    """Record that a finding may stay.

    :param row: tables.Drift of this session
    :param by: str, id of the user
    """
    row.state = drift.after(row.state, drift.Event.ACCEPT)
    row.accepted_at, row.accepted_by, row.accepted_reason = now, by, reason
    _note(session, row)


def close(session, row, by, reason, now):
    """Record that the catalogue has taken over what was found.

    :param row: tables.Drift of this session
    """
    accept(session, row, by, reason, now)
    _resolve(session, row, now)


def repaired(session, row, now, by_policy):
    """Record that a finding is being repaired.

    :param row: tables.Drift of this session
    :param by_policy: bool, whether nobody asked for it
    """
    before, row.state = row.state, drift.after(row.state, drift.Event.REPAIR)
    row.accepted_at = row.accepted_by = row.accepted_reason = None
    if by_policy:
        row.repairs += 1
        row.repaired_at = now
    if row.state != before:
        _note(session, row)


def to_repair(session, region_pk, policy, now, interval_s):
    """List what a policy has repaired now.

    :param policy: str
    :param interval_s: float seconds between two repairs, at first
    :returns: list of ids of findings
    """
    rows = session.scalars(
        sa.select(tables.Drift).where(tables.Drift.region_pk == region_pk,
                                      tables.Drift.state == drift.State.OPEN)
        .order_by(tables.Drift.opened_at, tables.Drift.id))
    return [row.id for row in rows
            if drift.is_repaired(policy, row.kind, row.differences)
            and (row.repaired_at is None or next_repair_at(row, interval_s) <= now)]


def next_repair_at(row, interval_s):
    """Tell before when the policy does not repair again what was repaired.

    :returns: naive UTC datetime, or None where it never was
    """
    if row.repaired_at is None:
        return None
    return row.repaired_at + datetime.timedelta(seconds=drift.pause_s(row.repairs, interval_s))


def list_page(session, filters, page, visible_to, interval_s):
    """Read a page of findings.

    :param filters: dict with any of region (name), flavor (id), kind, state
    :param page: dict with limit, marker (a finding's id), sort_key, sort_dir
    :param visible_to: project id that owns the regions, or the flavors that are wanted there; None
        for all
    :param interval_s: float seconds between two repairs, at first
    :returns: list of dict
    """
    query = (sa.select(tables.Drift).join(tables.Drift.region)
             .options(orm.contains_eager(tables.Drift.region)))
    for column, name in ((tables.Region.name, 'region'), (tables.Drift.flavor_id, 'flavor'),
                         (tables.Drift.kind, 'kind'), (tables.Drift.state, 'state')):
        if filters.get(name) is not None:
            query = query.where(column == filters[name])
    if visible_to is not None:
        own = sa.select(tables.Flavor.id).where(tables.Flavor.project_id == visible_to,
                                                tables.Flavor.deleted == 0)
        query = query.where(sa.or_(
            tables.Region.project_id == visible_to,
            sa.and_(tables.Drift.kind != drift.Kind.UNMANAGED, tables.Drift.flavor_id.in_(own))))
    rows = pages.page_of(session, query, tables.Drift, 'finding', page, tables.Drift.id, SORT_KEYS)
    owners = _owners(session, {row.flavor_id for row in rows})
    return [as_dict(row, row.region, owners.get(row.flavor_id), interval_s) for row in rows]


def get(session, finding_id, interval_s):
    """Read one finding.

    :returns: dict
    :raises errors.NotFound: when there is none of this id
    """
    row = by_id(session, finding_id)
    owners = _owners(session, {row.flavor_id})
    return as_dict(row, row.region, owners.get(row.flavor_id), interval_s)


def by_id(session, finding_id, locked=False):
    """Read one finding in order to do something about it.

    :param locked: bool, whether to keep others from doing so meanwhile
    :returns: tables.Drift of this session, with its region
    :raises errors.NotFound: when there is none of this id
    """
    query = sa.select(tables.Drift).where(tables.Drift.id == finding_id).options(
        orm.joinedload(tables.Drift.region, innerjoin=True))
    if locked:
        query = query.with_for_update(of=tables.Drift).execution_options(populate_existing=True)
    row = session.scalars(query).first()
    if row is None:
        raise errors.NotFound('finding', finding_id)
    return row


def as_dict(row, region, flavor_project_id, interval_s):
    """Give a finding as it crosses RPC.

    :param flavor_project_id: str, who owns the catalogue's flavor of that id, or None
    :returns: dict
    """
    return {
        'id': row.id,
        'region': region.name,
        'flavor_id': row.flavor_id,
        'flavor_name': row.flavor_name,
        'kind': row.kind,
        'differences': row.differences,
        'state': row.state,
        'opened_at': pages.iso(row.opened_at),
        'resolved_at': pages.iso(row.resolved_at),
        'accepted_at': pages.iso(row.accepted_at),
        'accepted_by': row.accepted_by,
        'accepted_reason': row.accepted_reason,
        'repairs': row.repairs,
        'repaired_at': pages.iso(row.repaired_at),
        'next_repair_at': (pages.iso(next_repair_at(row, interval_s))
                           if row.state == drift.State.OPEN else None),
        'region_project_id': region.project_id,
        'flavor_project_id': flavor_project_id,
    }


def _undone(session, region_pk, now, interval_s):
    """Tell of which flavors a drift that is found now is a repair undone.

    :returns: dict of flavor id to (repairs so far, time of the last)
    """
    rows = session.execute(
        sa.select(tables.Drift.flavor_id, tables.Drift.repairs, tables.Drift.repaired_at)
        .where(tables.Drift.region_pk == region_pk, tables.Drift.repaired_at.is_not(None))
        .order_by(tables.Drift.repaired_at))
    return {flavor_id: (repairs, repaired_at) for flavor_id, repairs, repaired_at in rows
            if drift.goes_on(repairs, (now - repaired_at).total_seconds(), interval_s)}


def _open(session, region_pk, finding, now, repairs=0, repaired_at=None):
    row = tables.Drift(
        id=str(uuid.uuid4()), region_pk=region_pk, flavor_id=finding.flavor_id,
        flavor_name=finding.name, kind=finding.kind, differences=list(finding.differences),
        state=drift.State.OPEN, live=True, opened_at=now, repairs=repairs,
        repaired_at=repaired_at)
    session.add(row)
    _note(session, row)
    return row


def _resolve(session, row, now):
    row.state = drift.after(row.state, drift.Event.RESOLVE)
    row.live, row.resolved_at = None, now
    _note(session, row)


def _note(session, row):
    """Have it announced how a finding stands now."""
    outbox.note(session, f'drift.{drift.State(row.state)}', {
        **{name: getattr(row, name) for name in (
            'id', 'flavor_id', 'flavor_name', 'kind', 'differences', 'state', 'accepted_by',
            'accepted_reason', 'repairs')},
        'region': session.get(tables.Region, row.region_pk).name,
        'opened_at': pages.iso(row.opened_at), 'resolved_at': pages.iso(row.resolved_at)})


def _finding(row):
    return drift.Finding(row.flavor_id, row.flavor_name, drift.Kind(row.kind),
                         tuple(row.differences))


def _owners(session, flavor_ids):
    return dict(session.execute(
        sa.select(tables.Flavor.id, tables.Flavor.project_id)
        .where(tables.Flavor.id.in_(flavor_ids), tables.Flavor.deleted == 0)).all())
