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

"""What can be done with the catalogue. Each function is one transaction's work."""

import uuid

from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import outbox
from flavorsvc.db import service_types
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

#: What changes nothing in any region.
_IN_CATALOGUE_ONLY = {'public', 'promoted'}


def create(session, values, table):
    """Add a flavor to the catalogue.

    :param values: dict, see :func:`flavorsvc.db.flavors.create`
    :param table: capability table
    :returns: dict, the flavor
    :raises errors.Invalid: when its fields contradict each other
    :raises errors.AlreadyExists: when its id or name is taken
    """
    flavor.check(values)
    flavor.extra_specs(values, table)
    made = flavors.create(session, values)
    outbox.note(session, 'flavor.create', {**made, 'changed': []})
    return made


def update(session, flavor_id, changes, generation, table, request_id, now, on_immutable=None):
    """Change a flavor, and have every region that has it follow.

    What Nova cannot change in a flavor that exists is refused while any region
    has it, unless the caller says what to do: it means deleting the flavor
    under the servers that use it, and creating it again.

    :param changes: dict of field to new value
    :param generation: int that the caller read, or None
    :param on_immutable: installation.OnImmutable, or None, which refuses, and leaves what was
        chosen where a region did not follow yet
    :returns: dict, the flavor
    :raises errors.Conflict: when the flavor is installed and a fixed field would change, or its
        status cannot
    :raises errors.FlavorsvcError: as :func:`flavorsvc.db.flavors.lock` and
        :func:`flavorsvc.domain.flavor.check` say
    """
    row = flavors.lock(session, flavor_id, generation)
    _refuse_if_deleting(session, row)
    before = flavors.as_dict(row)
    today = now.date().isoformat()
    changes = flavor.changed(before, lifecycle.completed(before, changes, today))
    if not changes:
        if on_immutable:
            installations.choose(session, row, on_immutable, request_id, now)
        return before
    values = {**before, **changes}
    flavor.check(values, before)
    flavor.extra_specs(values, table)
    if changes.get('successor'):
        lifecycle.check_successor(flavor_id, flavors.successors(session, changes['successor']))
    _change_fixed(session, row, changes, on_immutable)
    flavors.change(session, row, changes)
    if changes.get('status') == lifecycle.Status.RETIRED:
        _retire(session, row, request_id, now)
    elif changes.keys() - _IN_CATALOGUE_ONLY:
        installations.want_again(session, row, request_id, now, on_immutable)
    session.refresh(row)
    flavors.note(session, 'flavor.update', row, changes)
    return flavors.as_dict(row)


def _change_fixed(session, row, changes, on_immutable):
    fixed = sorted(changes.keys() & set(flavor.IMMUTABLE))
    if not fixed:
        return
    regions = installations.wanted_anywhere(session, row.pk)
    if regions and on_immutable in (None, installation.OnImmutable.REFUSE):
        raise errors.Conflict(
            f'Nova cannot change {flavor.in_words(fixed)} of a flavor that exists, and this one is '
            f'wanted in {", ".join(regions)}: say by on_immutable that it may be deleted and '
            f'created there, uninstall it first, or add another flavor.')
    installations.keep_installed(session, row.pk, flavors.fixed(row))


def _retire(session, row, request_id, now):
    installations.want(session, row, [each.region for each in row.installations],
                       installation.Desired.ABSENT, request_id, now, unless_used=True)


def delete(session, flavor_id, generation, request_id, now):
    """Take a flavor out of every region, and then out of the catalogue.

    :param generation: int that the caller read, or None
    :returns: list of dict, the installations that have to go first; when it
        is empty, the flavor is gone
    """
    row = flavors.lock(session, flavor_id, generation)
    regions = [each.region for each in row.installations]
    if not regions:
        flavors.bury(session, row, now)
        return []
    if row.status != 'deleting':
        row.status = 'deleting'
        flavors.note(session, 'flavor.update', row, ['status'])
    return installations.want(session, row, regions, installation.Desired.ABSENT, request_id, now)


def withdraw(session, flavor_id, generation, installation_ids, types, request_id, now):
    """Take back a flavor that was just added, because a region refuses it.

    Regions lose what was created in them for it, and keep what they had before: whoever is told
    that nothing was added must not lose anything by it either.

    :param generation: int, as it was added
    :param installation_ids: list of str, those wished by who added it
    :param types: list of str, the service types to which it was mapped by who added it
    :returns: list of dict, the installations that have to go first
    :raises errors.NotFound: when it is gone already
    :raises errors.Conflict, errors.GenerationMismatch: when others rely on it meanwhile
    """
    row = flavors.lock(session, flavor_id, generation)
    service_types.unmap(session, now, types, [flavor_id])
    if (any(each.id not in installation_ids for each in row.installations)
            or service_types.mappings(session, flavor_ids=[flavor_id])):
        raise errors.Conflict(f'Others rely on the flavor {flavor_id!r} meanwhile.')
    installations.disown(session, row)
    return delete(session, flavor_id, generation, request_id, now)


def install(session, flavor_id, region_names, request_id, now, anew=False, on_immutable=None):
    """Wish a flavor into regions.

    :param region_names: list of str, or 'all'
    :param anew: bool, whether the regions were seen to lack what was installed there
    :param on_immutable: see :func:`update`; for these regions alone
    :returns: list of dict, the installations
    :raises errors.Conflict: when the flavor is a draft, retired, or being deleted
    """
    row = flavors.lock(session, flavor_id)
    _refuse_if_deleting(session, row)
    if row.status not in lifecycle.USABLE:
        raise errors.Conflict(f'The flavor {row.id!r} is {row.status}: only one that is '
                              f'{" or ".join(sorted(lifecycle.USABLE))} can be installed.')
    return _want(session, row, region_names, installation.Desired.PRESENT, request_id, now,
                 anew=anew, on_immutable=on_immutable)


def hold_back(session, flavor_id, request_id, now):
    """Have no region replace a flavor, although its fixed fields changed; see :func:`install`."""
    installations.choose(session, flavors.lock(session, flavor_id),
                         installation.OnImmutable.REFUSE, request_id, now)


def lay_name_down(session, flavor_id):
    """Free the name of a flavor that gets another one later in this transaction."""
    row = flavors.lock(session, flavor_id)
    installations.keep_installed(session, row.pk, flavors.fixed(row))
    flavors.change(session, row, {'name': str(uuid.uuid4())})


def recognise(session, flavor_id, region_name, fixed):
    """Have what a region was seen to have of a flavor count as ours there.

    :param region_name: str
    :param fixed: dict, see :func:`flavorsvc.domain.flavor.fixed`
    """
    [region] = installations.regions_named(session, [region_name], installation.Desired.PRESENT)
    installations.recognise(session, flavors.lock(session, flavor_id).pk, region.pk, fixed)


def uninstall(session, flavor_id, region_names, request_id, now, unless_used=False):
    """Wish a flavor out of regions.

    :param region_names: list of str, or 'all'
    :param unless_used: bool, whether it stays in a region while servers there use it
    :returns: list of dict, the installations that have to go
    """
    row = flavors.lock(session, flavor_id)
    return _want(session, row, region_names, installation.Desired.ABSENT, request_id, now,
                 unless_used=unless_used)


def _want(session, row, region_names, desired, request_id, now, **choices):
    regions = installations.regions_named(session, region_names, desired)
    return installations.want(session, row, regions, desired, request_id, now, **choices)


def _refuse_if_deleting(session, row):
    if row.status == 'deleting':
        raise errors.Leaving(row.id, ', '.join(installations.wanted_anywhere(session, row.pk)))
