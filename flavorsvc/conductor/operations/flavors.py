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

from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import service_types
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation


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
    return flavors.create(session, values)


def update(session, flavor_id, changes, generation, table, request_id, now):
    """Change a flavor, and have every region that has it follow.

    What Nova cannot change in a flavor that exists is refused while any region
    has it: that would mean deleting it under the servers that use it.

    :param changes: dict of field to new value
    :param generation: int that the caller read, or None
    :returns: dict, the flavor
    :raises errors.Conflict: when the flavor is installed and a fixed field would change
    :raises errors.FlavorsvcError: as :func:`flavorsvc.db.flavors.lock` and
        :func:`flavorsvc.domain.flavor.check` say
    """
    row = flavors.lock(session, flavor_id, generation)
    _refuse_if_deleting(session, row)
    before = flavors.as_dict(row)
    changes = flavor.changed(before, changes)
    if not changes:
        return before
    values = {**before, **changes}
    flavor.check(values, before)
    flavor.extra_specs(values, table)
    fixed = sorted(changes.keys() & set(flavor.IMMUTABLE))
    regions = installations.wanted_anywhere(session, row.pk) if fixed else []
    if regions:
        raise errors.Conflict(
            f'Nova cannot change {flavor.in_words(fixed)} of a flavor that exists, and this one is '
            f'wanted in {", ".join(regions)}: uninstall it first, or add another flavor.')
    flavors.change(session, row, changes)
    if changes.keys() - {'public', 'promoted'}:
        installations.want_again(session, row, request_id, now)
    session.refresh(row)
    return flavors.as_dict(row)


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
    row.status = 'deleting'
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


def install(session, flavor_id, region_names, request_id, now, anew=False):
    """Wish a flavor into regions.

    :param region_names: list of str, or 'all'
    :param anew: bool, whether the regions were seen to lack what was installed there
    :returns: list of dict, the installations
    :raises errors.Conflict: when the flavor is being deleted
    """
    row = flavors.lock(session, flavor_id)
    _refuse_if_deleting(session, row)
    return _want(session, row, region_names, installation.Desired.PRESENT, request_id, now, anew)


def uninstall(session, flavor_id, region_names, request_id, now):
    """Wish a flavor out of regions.

    :param region_names: list of str, or 'all'
    :returns: list of dict, the installations that have to go
    """
    row = flavors.lock(session, flavor_id)
    return _want(session, row, region_names, installation.Desired.ABSENT, request_id, now)


def _want(session, row, region_names, desired, request_id, now, anew=False):
    regions = installations.regions_named(session, region_names, desired)
    return installations.want(session, row, regions, desired, request_id, now, anew)


def _refuse_if_deleting(session, row):
    if row.status == 'deleting':
        raise errors.Leaving(row.id, ', '.join(installations.wanted_anywhere(session, row.pk)))
