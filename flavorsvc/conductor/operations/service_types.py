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

"""What can be done with service types in the database. Each function is one transaction's work."""

import dataclasses

from flavorsvc.conductor.operations import adoption
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import service_types as mapped
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle
from flavorsvc.domain import service_types


@dataclasses.dataclass(frozen=True)
class Candidates:
    """The flavors that are for some service types, wherever they may exist.

    :ivar types: dict of flavor id to sorted list of str, all the types that it is for
    :ivar mapped: set of flavor ids that are mapped to one of the types that were asked for
    :ivar catalogue: dict of flavor id to dict, those of them that the catalogue has
    """

    types: dict
    mapped: set
    catalogue: dict


def candidates(session, types, table, ruled):
    """Find the flavors that are for any of these types.

    :param types: list of str
    :param table: capability table
    :param ruled: bool, whether what satisfies a type's rule counts besides what is mapped
    :returns: Candidates
    :raises errors.NotFound: naming the first type that has neither rule nor mapping: a name that
        nobody gave a meaning is rather misspelt than meant to be empty
    """
    described = {row['name']: row for row in mapped.list_all(session)}
    for name in types:
        if name not in described:
            raise errors.NotFound('service type', name)
    explicit = [(name, flavor_id) for name, row in described.items()
                for flavor_id in row['flavor_ids']]
    chosen = {flavor_id for name, flavor_id in explicit if name in types}
    catalogue = flavors.living(session, None if ruled else chosen)
    matched = _matched(described.values(), catalogue.values(), table) if ruled else []
    wanted = {name: found for name, found in service_types.merged(explicit, matched).items()
              if not set(types).isdisjoint(found)}
    return Candidates(wanted, chosen, {flavor_id: values for flavor_id, values
                                       in catalogue.items() if flavor_id in wanted})


def create(session, types, values, found, region_name, table, request_id, now):
    """Map a flavor to types, and have the region and the catalogue have it.

    :param values: dict, see :func:`flavorsvc.db.flavors.create`; where the flavor exists in the
        catalogue or the region, only its id and project_id count
    :param found: flavor.Spec that the region has under the id, or None
    :param region_name: str, a region that exists
    :returns: dict with flavor (dict), service_types (list of str), installations (list of dict)
        that have yet to be done, and created, whether the flavor is new
    :raises errors.AlreadyExists: when another flavor of the catalogue has its name
    :raises errors.Conflict: when the flavor is being deleted
    :raises errors.Incomplete: when a new flavor lacks a field that nothing can stand for
    :raises errors.Invalid: when the fields of a new flavor contradict each other
    """
    described = flavors.living(session, [values['id']]).get(values['id'])
    created = described is None and found is None
    if created:
        flavor.check_complete(values)
        described = operations.create(session, values, table)
    elif described is None:
        described = adopt(session, found, region_name, values['project_id'], request_id)
    elif described['status'] == 'deleting':
        raise errors.Conflict(f'The flavor {values["id"]!r} is being deleted: it can be mapped '
                              f'when it is gone.')
    wished = []
    if found is None:
        # whatever the records say, the region was just seen to lack it
        wished = operations.install(session, described['id'], [region_name], request_id, now,
                                    anew=True)
    mapped.map_all(session, types, [described['id']])
    return {'flavor': described, 'created': created, 'installations': wished,
            'service_types': types_of(session, [described['id']])[described['id']]}


def adopt(session, found, region_name, project_id, request_id):
    """Take a flavor into the catalogue as a region has it.

    :param found: flavor.Spec, with its access list
    :param project_id: str, who is to own it, or None
    :returns: dict, the flavor
    :raises errors.AlreadyExists: when the catalogue has one of its id or name
    """
    adoption.create(session, found, project_id)
    row = flavors.lock(session, found.id)
    region, = installations.regions_named(session, [region_name], installation.Desired.PRESENT)
    installations.adopt(session, row, region, request_id)
    return flavors.as_dict(row)


def known_to_nova_only(session, flavor_ids):
    """Tell which of these flavors are mapped, but not in the catalogue.

    :param flavor_ids: list of str
    :returns: list of str
    :raises errors.NotFound: naming the first that is neither mapped nor in the catalogue
    """
    catalogue = flavors.living(session, flavor_ids)
    types = types_of(session, flavor_ids)
    for flavor_id in flavor_ids:
        if flavor_id not in catalogue and flavor_id not in types:
            raise errors.NotFound('flavor', flavor_id)
    return [flavor_id for flavor_id in flavor_ids if flavor_id not in catalogue]


def delete(session, flavor_ids, found, region_name, project_id, request_id, now):
    """Take flavors away from all service types, and out of the catalogue and every region.

    :param found: dict of id to flavor.Spec, of those that only the region has: they become the
        catalogue's first, so that their going is done and recorded as that of any other
    :param region_name: str, where found was seen
    :returns: list of dict, the installations that have to go first
    :raises errors.NotFound: naming the first that is neither mapped nor in the catalogue
    """
    foreign = known_to_nova_only(session, flavor_ids)
    mapped.unmap(session, now, flavor_ids=flavor_ids)
    for flavor_id in foreign:
        if flavor_id in found:
            adopt(session, found[flavor_id], region_name, project_id, request_id)
    left = []
    for flavor_id in sorted(set(flavor_ids) - set(foreign) | found.keys()):
        left += operations.delete(session, flavor_id, None, request_id, now)
    return left


def unmap(session, types, flavor_ids, now):
    """Take flavors away from types.

    :raises errors.NotFound: naming the first type to which none of the flavors is mapped; then
        nothing is taken away
    """
    present = {name for name, _ in mapped.mappings(session, types, flavor_ids)}
    for name in types:
        if name not in present:
            raise errors.NotFound(f'mapping to the service type {name!r} of the flavor',
                                  ', '.join(flavor_ids))
    mapped.unmap(session, now, types, flavor_ids)


def map_all(session, types, flavor_ids):
    """Map each of these flavors to each of these types.

    :returns: dict of flavor id to sorted list of str, all types to which it is mapped now
    """
    mapped.map_all(session, types, flavor_ids)
    return types_of(session, flavor_ids)


def types_of(session, flavor_ids):
    """Read to which types flavors are mapped.

    :returns: dict of flavor id to sorted list of str
    """
    return service_types.merged(mapped.mappings(session, flavor_ids=flavor_ids))


def _matched(rules, catalogue, table):
    for values in catalogue:
        if values['status'] in lifecycle.USABLE:
            extra_specs = flavor.known_extra_specs(values, table)
            yield from ((rule['name'], values['id']) for rule in rules
                        if service_types.matches(rule, values, extra_specs))
