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

"""Flavors for service types, which are made and deleted along with it: /v1/service_flavors.

Option 1 of the Trove document; option 2 is :mod:`flavorsvc.api.v1.registered_flavors`. Types and
ids are lists in the path, separated by commas. What is told of a flavor is what the Nova of a
region has, whether or not the flavor is of the catalogue.
"""

import pecan

from flavorsvc.api import comma_lists
from flavorsvc.api import controller
from flavorsvc.api import formats
from flavorsvc.api import microversion
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api.expose import PREFER
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import InvalidBody
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import installations
from flavorsvc.api.v1.service_types import TypeName
from flavorsvc.domain import errors

SINCE = types.CONVENTIONAL


class ServiceFlavor(types.Model):
    """A flavor as a region has it, and the service types that it is for.

    Of one that exists, the id says all. No attribute is mandatory, therefore: what a new one
    needs is known only when Nova was asked.
    """

    id = Attr(flavors.FlavorId, at_1_0='flavor_id')
    name = Attr(types.Name)
    vcpus = Attr(types.Count, at_1_0='vcpu')
    ram_mib = Attr(types.Count, name='ram')
    disk_gib = Attr(types.Size, name='disk')
    ephemeral_gib = Attr(types.Size, name='ephemeral')
    swap_mib = Attr(types.Size, name='swap')
    rxtx_factor = Attr(flavors.RxtxFactor)
    is_public = Attr(types.Boolean)
    description = Attr(types.text(0, 65535), nullable=True, since=SINCE)
    projects = Attr(flavors.Projects, since=SINCE)
    service_types = readonly([TypeName])


FLAVOR = types.Single('flavor', ServiceFlavor)
FLAVORS = types.Listing('flavors', ServiceFlavor)

REGION = query.Query(filters={'region': types.Name})


class Bare:
    """Reads what is in ``{"flavor": {…}}`` also where it stands alone, as the seed writes it."""

    def __init__(self, reader):
        """Prepare.

        :param reader: one of :mod:`flavorsvc.api.formats`
        """
        self._reader = reader

    def read(self, body, shape, version):
        """Read a body. See :meth:`flavorsvc.api.formats.Json.read`."""
        found = self._reader.read(body, shape, version)
        return {shape.name: found} if isinstance(found, dict) and shape.name not in found else found


class Definition(Body):
    """The definition of a flavor; at 1.0 it may stand alone."""

    def parse(self, reader, content, version):
        """Read and check a body. See :meth:`Body.parse`."""
        return super().parse(Bare(reader) if version == types.CONTRACT else reader, content,
                             version)


DEFINITION = Definition(FLAVOR)


class ServiceFlavors(flavors.Catalogue):
    """/v1/service_flavors"""

    def may_create(self, ctxt, *segments):
        """Let the caller pass who may make flavors for service types.

        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, 'service_flavors:create', {})

    @expose(FLAVORS, query=REGION, statuses=(502,))
    def index(self, ctxt, service_types, filters):
        """List the flavors for service types, by mapping or by rule, that a region has."""
        visible_to = self.visible_to(ctxt, 'service_flavors')
        return [represent(each) for each in self.conductor.service_flavors_list(
            ctxt, types_in(service_types), filters.get('region'), visible_to)]

    @expose(FLAVOR, body=DEFINITION, query=REGION, status=201, statuses=(502,), first=may_create,
            heeds=(PREFER,))
    def create(self, ctxt, service_types, filters, body):
        """Create a flavor in a region for service types; one of that id is only registered.

        Of a flavor that exists, everything but the id is ignored. It becomes one of the catalogue
        as it is.
        """
        return self._create(ctxt, types_in(service_types), filters.get('region'), body)

    @expose(FLAVOR, query=REGION, status=201, statuses=(502,), first=may_create, heeds=(PREFER,))
    def create_literally(self, ctxt, service_types, definition, filters):
        """Create a flavor whose definition is in the path: a JSON object, percent-encoded."""
        try:
            body = DEFINITION.parse(Bare(formats.JSON), definition.encode(),
                                    microversion.current())
        except errors.Invalid as error:
            raise errors.Invalid('definition', error.args[1]) from None
        return self._create(ctxt, types_in(service_types), filters.get('region'), body)

    def _create(self, ctxt, service_types, region, body):
        try:
            made = self.conductor.service_flavor_create(
                ctxt, service_types, {**flavors.DEFAULTS, **body}, region, ctxt.project_id)
        except errors.Incomplete as error:
            raise InvalidBody([errors.Invalid(_field(key), 'is missing, and a new flavor needs it')
                               for key in error.args]) from None
        try:
            self.settle(ctxt, made['installations'])
        except (errors.Conflict, errors.Denied, errors.Invalid):
            if made['created']:
                self.withdraw(ctxt, made, made['installations'], service_types)
            raise
        pecan.response.location = controller.url('flavors', made['id'])
        return represent(made)

    @expose(installations.INSTALLATIONS, status=202, statuses=(204, 502), heeds=(PREFER,))
    def delete(self, ctxt, flavor_ids):
        """Take flavors away from all service types, and delete them in every region."""
        self.enforce(ctxt, 'service_flavors:delete', {})
        left = self.settle(ctxt, self.conductor.service_flavors_delete(ctxt, ids_in(flavor_ids)))
        return installations.answer(left) if left else None

    @expose()
    def unmap(self, ctxt, service_types, flavor_ids):
        """Take flavors away from service types; the flavors stay where they are."""
        self.enforce(ctxt, 'service_flavors:delete', {})
        self.conductor.service_mappings_delete(ctxt, types_in(service_types), ids_in(flavor_ids))


def types_in(segment):
    """Read the service types in a path.

    :param segment: str, such as 'redis,mysql'
    :returns: list of str
    :raises errors.Invalid: when it is no list of them
    """
    return comma_lists.read('service_types', segment, TypeName)


def ids_in(segment):
    """Read the ids of flavors in a path.

    :param segment: str, such as '1,2'
    :returns: list of str
    :raises errors.Invalid: when it is no list of them
    """
    return comma_lists.read('flavor_ids', segment, flavors.FlavorId)


def represent(values):
    """Represent a flavor for service types.

    :param values: dict, from the conductor
    :returns: ServiceFlavor
    """
    resource = ServiceFlavor.of({**values, 'projects': values['projects'] or []})
    if values['projects'] is None:
        # not read, or not for this caller to know
        del resource.projects
    return resource


def _field(key):
    return f'flavor.{types.name_of(ServiceFlavor, key, microversion.current())}'
