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

"""Installations: what is wanted where, as callers ask for it and see it."""

import uuid

import sqlalchemy as sa
from sqlalchemy import orm

from flavorsvc import context
from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import pages
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import installation

_WAITING = (installation.State.PENDING, installation.State.RETRYING)

SORT_KEYS = {name: name for name in ('created_at', 'updated_at', 'status')}


def want(session, flavor, regions, desired, request_id, now, anew=False, on_immutable=None,
         unless_used=False):
    """Wish a flavor into regions, or out of them.

    A wish that is fulfilled already changes nothing; one that failed is tried
    again at once. To wish a flavor out of a region where it is not wanted
    does nothing either.

    :param flavor: tables.Flavor of this session, locked
    :param regions: list of tables.Region
    :param desired: installation.Desired
    :param request_id: str, under which the engine's calls will be logged
    :param anew: bool, whether a wish that was fulfilled is to be looked after once more: the
        region was seen not to agree
    :param on_immutable: installation.OnImmutable, what to do where a region has the flavor with
        other fixed fields from us, or None to leave what was chosen
    :param unless_used: bool, whether it stays in a region while servers there use it; what was
        wished out of one in any case goes in any case
    :returns: list of dict, the installations as they cross RPC
    """
    rows = {row.region_pk: row for row in session.scalars(
        sa.select(tables.Installation).where(tables.Installation.flavor_pk == flavor.pk)
        .with_for_update().execution_options(populate_existing=True))}
    wished = []
    for region in regions:
        row = rows.get(region.pk)
        if row is None:
            if desired == installation.Desired.ABSENT:
                continue
            row = tables.Installation(
                id=str(uuid.uuid4()), flavor_pk=flavor.pk, region_pk=region.pk, revision=0,
                status=installation.State.PENDING, attempts=0, unless_used=False)
            session.add(row)
        chosen = {'on_immutable': on_immutable} if on_immutable and _differs(row) else {}
        if desired == installation.Desired.ABSENT:
            chosen['unless_used'] = unless_used and (row.unless_used or row.desired != desired)
        if anew or not _fulfilled(row, desired, flavor.generation, chosen):
            _wish(row, desired, flavor.generation, request_id, now, chosen)
        wished.append((row, region))
    session.flush()
    return [as_dict(row, flavor, region) for row, region in wished]


def adopt(session, flavor, region, request_id):
    """Record that a region has a flavor which the catalogue took over from there.

    From now on it is ours as if it had been installed: it follows changes,
    and may be taken out again.

    :param flavor: tables.Flavor of this session, which describes what the region has
    :param region: tables.Region
    :param request_id: str, of who had it adopted
    """
    claimed = installation.after(installation.State.PENDING, installation.Event.INSTALL)
    row = tables.Installation(
        id=str(uuid.uuid4()), flavor_pk=flavor.pk, region_pk=region.pk,
        desired=installation.Desired.PRESENT, wanted_generation=flavor.generation,
        observed_generation=flavor.generation, origin='adopted',
        status=installation.after(claimed, installation.Event.FINISH), tried=True,
        request_id=request_id, global_request_id=context.global_request_id(request_id))
    session.add(row)
    session.flush()
    note(session, 'installation.active', row, flavor, region.name)
    session.expire(flavor, ['installations'])


def disown(session, flavor):
    """Have regions keep, when the flavor leaves them, what was not created in them for it.

    A creation that is under way at this moment counts as soon as it is recorded.

    :param flavor: tables.Flavor of this session, locked
    """
    session.execute(
        sa.update(tables.Installation)
        .where(tables.Installation.flavor_pk == flavor.pk,
               tables.Installation.origin.is_distinct_from('created'))
        .values(tried=False).execution_options(synchronize_session=False))


def want_again(session, flavor, request_id, now, on_immutable=None):
    """Wish the flavor's new generation into every region that is to have it.

    :param on_immutable: installation.OnImmutable, what to do where a region has it with other
        fixed fields from us, or None to leave what was chosen
    """
    for row in _locked(session, flavor.pk):
        if row.desired == installation.Desired.PRESENT:
            chosen = {'on_immutable': on_immutable} if on_immutable and _differs(row) else {}
            _wish(row, installation.Desired.PRESENT, flavor.generation, request_id, now, chosen)
    session.flush()


def choose(session, flavor, on_immutable, request_id, now):
    """Choose anew what to do where a region still has the flavor with other fixed fields.

    :param on_immutable: installation.OnImmutable
    """
    for row in _locked(session, flavor.pk):
        if (row.desired == installation.Desired.PRESENT and _differs(row)
                and row.on_immutable != on_immutable):
            _wish(row, installation.Desired.PRESENT, flavor.generation, request_id, now,
                  {'on_immutable': on_immutable})
    session.flush()


def keep_installed(session, flavor_pk, fixed):
    """Write down what regions may have a flavor with, before its fixed fields change.

    Where they changed before and a region did not follow yet, that is written down already, and
    the claims add what they try.

    :param fixed: dict, as :func:`flavorsvc.db.flavors.fixed` gives it before the change
    """
    for row in _locked(session, flavor_pk):
        if row.installed is None:
            row.installed = [fixed] if row.tried else []
    session.flush()


def recognise(session, flavor_pk, region_pk, fixed):
    """Have what a region was seen to have count as ours there, besides what does already.

    :param fixed: dict, see :func:`flavorsvc.domain.flavor.fixed`
    """
    for row in _locked(session, flavor_pk):
        if row.region_pk == region_pk:
            row.installed = [*(row.installed or ()), fixed]
    session.flush()


def installed_in(session, flavor_id, region_name):
    """Tell with what other fixed fields a region may have a flavor from us.

    :param region_name: str
    :returns: list of dict; empty where it can only have those of the catalogue
    """
    return session.scalar(
        sa.select(tables.Installation.installed)
        .join(tables.Installation.flavor).join(tables.Installation.region)
        .where(tables.Flavor.id == flavor_id, tables.Flavor.deleted == 0,
               tables.Region.name == region_name)) or []


def wanted_anywhere(session, flavor_pk):
    """Name the regions that have the flavor, are to get it or are to lose it.

    :returns: list of str
    """
    return list(session.scalars(
        sa.select(tables.Region.name).join(
            tables.Installation, tables.Installation.region_pk == tables.Region.pk)
        .where(tables.Installation.flavor_pk == flavor_pk).order_by(tables.Region.name)))


def is_wanted(session, flavor_id, region_name):
    """Tell whether a region has a flavor of the catalogue, is to get it or is to lose it.

    :returns: bool
    """
    return session.scalar(
        sa.select(tables.Installation.id)
        .join(tables.Installation.flavor).join(tables.Installation.region)
        .where(tables.Flavor.id == flavor_id, tables.Flavor.deleted == 0,
               tables.Region.name == region_name)) is not None


def desired(session, flavor_pk, region_pk):
    """Tell what is wanted of a flavor in a region.

    :returns: str, see :class:`flavorsvc.domain.installation.Desired`; None for nothing
    """
    return session.scalar(sa.select(tables.Installation.desired).where(
        tables.Installation.flavor_pk == flavor_pk, tables.Installation.region_pk == region_pk))


def wanted_in(session, region_pk):
    """Tell which flavors a region has for the catalogue, is to get or is to lose.

    :returns: set of flavor ids
    """
    return set(session.scalars(
        sa.select(tables.Flavor.id).join(tables.Flavor.installations)
        .where(tables.Installation.region_pk == region_pk)))


def list_page(session, filters, page, visible_to=None):
    """Read a page of installations.

    :param filters: dict with any of flavor (id), region (name), status
    :param page: dict with limit, marker (an installation's id), sort_key, sort_dir
    :param visible_to: project id that owns the flavors or the regions, or None for all
    :returns: list of dict
    """
    query = (sa.select(tables.Installation)
             .join(tables.Installation.flavor).join(tables.Installation.region)
             .options(orm.contains_eager(tables.Installation.flavor),
                      orm.contains_eager(tables.Installation.region)))
    if filters.get('flavor') is not None:
        query = query.where(tables.Flavor.id == filters['flavor'])
    if filters.get('region') is not None:
        query = query.where(tables.Region.name == filters['region'])
    if filters.get('status') is not None:
        query = query.where(tables.Installation.status == filters['status'])
    if visible_to is not None:
        query = query.where(sa.or_(tables.Flavor.project_id == visible_to,
                                   tables.Region.project_id == visible_to))
    rows = pages.page_of(session, query, tables.Installation, 'installation', page,
                         tables.Installation.id, SORT_KEYS)
    return [as_dict(row, row.flavor, row.region) for row in rows]


def get(session, installation_id):
    """Read one installation.

    :returns: dict
    :raises errors.NotFound: when there is none of this id
    """
    row = _by_id(session, installation_id)
    return as_dict(row, row.flavor, row.region)


def retry(session, installation_id, request_id, now):
    """Have an installation tried again at once, whatever it waits for.

    The region's own back-off ends too: who asks may know that it is up again.

    :returns: dict
    :raises errors.NotFound: when there is none of this id
    """
    # The flavor is locked first, as by every other wish.
    flavors.lock(session, _by_id(session, installation_id).flavor.id)
    row = _by_id(session, installation_id, locked=True)
    if row.status != installation.State.ACTIVE:
        row.region.probe_at = None
        _wish(row, installation.Desired(row.desired), row.flavor.generation, request_id, now)
        session.flush()
    return as_dict(row, row.flavor, row.region)


def regions_named(session, names, desired):
    """Give regions by their names.

    A region that the service catalogue lists no more can only be wished empty.

    :param names: list of str, or 'all'
    :param desired: installation.Desired, of a flavor there
    :returns: list of tables.Region
    :raises errors.UnknownRegion: naming those that do not exist
    """
    query = sa.select(tables.Region).order_by(tables.Region.name)
    if desired == installation.Desired.PRESENT:
        query = query.where(tables.Region.state != 'gone')
    if names == 'all':
        return list(session.scalars(query))
    rows = list(session.scalars(query.where(tables.Region.name.in_(names))))
    missing = sorted(set(names) - {row.name for row in rows})
    if missing:
        raise errors.UnknownRegion(', '.join(missing))
    return rows


def note(session, event, row, flavor, region_name):
    """Have it announced that something became of an installation without the engine.

    :param event: str, see :data:`flavorsvc.domain.events.EVENTS`
    :param row: tables.Installation
    :param flavor: tables.Flavor
    :param region_name: str
    """
    outbox.note(session, event, {
        **{name: getattr(row, name) for name in (
            'id', 'desired', 'status', 'reason', 'error', 'attempts', 'request_id')},
        'flavor_id': flavor.id, 'flavor_name': flavor.name, 'region': region_name,
        'generation': row.wanted_generation})


def as_dict(row, flavor, region):
    """Give an installation as it crosses RPC.

    One that waits for the end of a maintenance says so.

    :returns: dict
    """
    reason, error = row.reason, row.error
    if row.status in _WAITING and region.maintenance_since is not None:
        reason, error = 'maintenance', regions.maintenance(region)
    return {
        'id': row.id,
        'flavor_id': flavor.id,
        'flavor_name': flavor.name,
        'region': region.name,
        'desired': row.desired,
        'status': row.status,
        'reason': reason,
        'error': error,
        'attempts': row.attempts,
        'next_attempt_at': pages.iso(row.next_attempt_at),
        'wanted_generation': row.wanted_generation,
        'observed_generation': row.observed_generation,
        'origin': row.origin,
        'on_immutable': row.on_immutable,
        'unless_used': row.unless_used,
        'servers': row.servers,
        'request_id': row.request_id,
        'created_at': pages.iso(row.created_at),
        'updated_at': pages.iso(row.updated_at),
        'flavor_project_id': flavor.project_id,
        'region_project_id': region.project_id,
        'region_state': region.state,
        'region_reason': region.reason,
    }


def _locked(session, flavor_pk):
    return session.scalars(
        sa.select(tables.Installation).where(tables.Installation.flavor_pk == flavor_pk)
        .with_for_update().execution_options(populate_existing=True)).all()


def _differs(row):
    """Whether the region may have the flavor with other fixed fields than the catalogue."""
    return row.installed is not None


def _fulfilled(row, desired, generation, chosen):
    return (row.desired == desired and row.wanted_generation == generation
            and row.status not in (installation.State.ERROR, installation.State.RETRYING)
            and all(getattr(row, name) == value for name, value in chosen.items()))


def _wish(row, desired, generation, request_id, now, chosen=None):
    row.unless_used = row.unless_used and desired == installation.Desired.ABSENT
    for name, value in (chosen or {}).items():
        setattr(row, name, value)
    row.desired = desired
    row.wanted_generation = generation
    row.revision += 1
    row.status = installation.after(row.status, installation.Event.WANT)
    row.reason = row.error = None
    row.attempts = 0
    row.next_attempt_at = now
    row.request_id, row.wished_at = request_id, now
    row.global_request_id = context.global_request_id(request_id)


def _by_id(session, installation_id, locked=False):
    query = (sa.select(tables.Installation).where(tables.Installation.id == installation_id)
             .options(orm.joinedload(tables.Installation.flavor, innerjoin=True),
                      orm.joinedload(tables.Installation.region, innerjoin=True)))
    if locked:
        query = query.with_for_update(of=tables.Installation).execution_options(
            populate_existing=True)
    row = session.scalars(query).first()
    if row is None:
        raise errors.NotFound('installation', installation_id)
    return row
