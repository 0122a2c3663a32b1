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

"""Flavors for service types, as a region's Nova has them: read, ask Nova, decide, record.

Nova is asked with the service's own credential and before any transaction, so none stays open
meanwhile. A flavor, here, is a dict of id, name, vcpus, ram_mib, disk_gib, ephemeral_gib, swap_mib,
rxtx_factor, is_public, description, projects (list of project ids; None where nobody was asked, or
the caller may not know) and service_types (sorted list of str).
"""

from flavorsvc.conductor.operations import service_types as operations
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import service_types

#: Flavors up to this number are read one by one; for more of them Nova is asked for all it has.
_FEW = 3

_TOLD = ('id', *flavor.IMMUTABLE, 'description')


class ServiceFlavors:
    """What one can do with the flavors of service types."""

    def __init__(self, database, novas, table):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param table: capability table
        """
        self._db, self._novas, self._table = database, novas, table

    def list(self, types, region, visible_to, ruled, request_id):
        """List the flavors for some types that exist in a region now.

        :param types: list of str
        :param region: str, or None for the default region
        :param visible_to: project id, or None for one who sees everything
        :param ruled: bool, whether what satisfies a type's rule counts besides what is mapped
        :returns: list of flavors, by name
        :raises errors.NotFound: for an unknown region or service type
        :raises errors.RegionUnreachable: when the region does not answer
        """
        with self._novas.asked(region, request_id) as nova:
            wanted = self._db.read(operations.candidates, types, self._table, ruled)
            found = _found(nova, wanted.types).values()
            if visible_to is not None:
                found = [_with_access(nova, spec, wanted.catalogue) for spec in found]
        told = [_told(spec, wanted.types[spec.id], _projects(spec, wanted.catalogue, visible_to))
                for spec in found if service_types.may_know(
                    visible_to, spec, wanted.catalogue.get(spec.id), spec.id in wanted.mapped)]
        return sorted(told, key=lambda each: (each['name'], each['id']))

    def create(self, types, values, region, project_id, request_id, now):
        """Map a flavor to types; it is created unless its id exists.

        What exists in the region is taken into the catalogue as it is there. What exists in the
        catalogue is not changed, but wished into the region where that lacks it.

        :param values: dict of what the caller gave, see :func:`flavorsvc.db.flavors.create`; id
            may be missing, and flavor.NEEDED where the flavor exists
        :param project_id: str, who is to own the flavor where it is new to the catalogue
        :returns: flavor, with generation (int), installations (list of dict, what a region has yet
            to do) and created (bool, False where the flavor was only registered)
        :raises errors.FlavorsvcError: as :func:`.service_types.create` says; also Invalid for an
            id that Nova cannot have, NotFound for an unknown region, and RegionUnreachable
        """
        values, found = {'id': None, **values}, {}
        if values['id'] is None:
            name = self._novas.place(region)['name']
        else:
            if not flavor.is_id(values['id']):
                raise errors.Invalid('flavor.id', 'Nova cannot have a flavor of this id')
            name, found = self._look(region, [values['id']], request_id)
        arguments = (types, {**values, 'project_id': project_id}, found.get(values['id']), name,
                     self._table, request_id, now)
        try:
            made = self._db.write(operations.create, *arguments)
        except errors.AlreadyExists:
            # Someone may have made it between our look and our insert, and another transaction
            # sees the one or the other of its id and name: if so, it is only registered now.
            made = self._db.write(operations.create, *arguments)
        # Properties play no part in what is told, and the table may know them no more.
        spec = found.get(values['id']) or flavor.wanted({**made['flavor'], 'properties': {}}, {})
        return {**_told(spec, made['service_types'], sorted(spec.projects)),
                'generation': made['flavor']['generation'],
                'installations': made['installations'], 'created': made['created']}

    def delete(self, flavor_ids, project_id, request_id, now):
        """Take flavors away from all service types, and have them deleted in Nova.

        A flavor that is mapped, but not in the catalogue, is deleted in the default region:
        nowhere else does anything say that it is the same flavor.

        :returns: list of dict, the installations that have to go first
        :raises errors.NotFound: naming the first that is neither mapped nor in the catalogue;
            then nothing is done
        :raises errors.RegionUnreachable: when the default region has to be asked, and does not
            answer
        """
        foreign = self._db.read(operations.known_to_nova_only, flavor_ids)
        name, found = None, {}
        if foreign:
            name, found = self._look(None, foreign, request_id, completely=True)
        return self._db.write(operations.delete, flavor_ids, found, name, project_id, request_id,
                              now)

    def register(self, types, flavor_ids, region, request_id):
        """Map flavors that a region has to types; the catalogue is not concerned.

        :returns: list of flavors, as they were named
        :raises errors.NotFound: naming all that the region lacks; then nothing is mapped
        :raises errors.RegionUnreachable: when the region does not answer
        """
        _, found = self._look(region, flavor_ids, request_id)
        missing = [flavor_id for flavor_id in flavor_ids if flavor_id not in found]
        if missing:
            raise errors.NotFound('flavor', ', '.join(missing))
        types_of = self._db.write(operations.map_all, types, flavor_ids)
        return [_told(found[flavor_id], types_of[flavor_id], _projects(found[flavor_id], {}))
                for flavor_id in dict.fromkeys(flavor_ids)]

    def unmap(self, types, flavor_ids, now):
        """Take flavors away from types; Nova is not concerned.

        :raises errors.NotFound: naming the first type to which none of the flavors is mapped
        """
        self._db.write(operations.unmap, types, flavor_ids, now)

    def _look(self, region, flavor_ids, request_id, completely=False):
        name = self._novas.place(region)['name']
        with self._novas.asked(name, request_id) as nova:
            return name, _found(nova, flavor_ids, completely)


def _found(nova, flavor_ids, completely=False):
    """Ask a Nova which of these flavors it has, in as few calls as it takes.

    :param completely: bool, whether to read the access lists and extra specs too, which a list
        of all flavors does not tell
    :returns: dict of id to flavor.Spec
    """
    wanted = {flavor_id for flavor_id in flavor_ids if flavor.is_id(flavor_id)}
    if len(wanted) > _FEW:
        listed = {spec.id: spec for spec in nova.list(is_public=None) if spec.id in wanted}
        if not completely:
            return listed
        wanted = listed.keys()
    read = {flavor_id: nova.find(flavor_id) for flavor_id in sorted(wanted)}
    return {flavor_id: spec for flavor_id, spec in read.items() if spec is not None}


def _with_access(nova, spec, catalogue):
    """Read the access list, which a list of flavors does not tell, where it decides."""
    if spec.is_public or spec.projects or spec.id in catalogue:
        return spec
    return nova.find(spec.id) or spec


def _projects(spec, catalogue, visible_to=None):
    """Tell who has access to a flavor, as far as it was read and the caller may know.

    :returns: list of str, or None
    """
    if spec.is_public:
        return []
    if visible_to is not None:
        return None
    if spec.id in catalogue:
        return catalogue[spec.id]['projects']
    return sorted(spec.projects) or None


def _told(spec, types, projects):
    return {**{name: getattr(spec, name) for name in _TOLD}, 'projects': projects,
            'service_types': types}
