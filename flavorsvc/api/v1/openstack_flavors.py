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

"""Flavors by what the hardware behind them offers: /v1/openstack_flavors.

The same flavors as /v1/flavors, of which those with properties are seen here; their extra specs
are the ones that Nova gets, with the properties expressed in them.
"""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api.expose import IF_MATCH
from flavorsvc.api.expose import PREFER
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import installations
from flavorsvc.api.v1 import regions
from flavorsvc.domain import errors

Properties = types.Map(flavors.ExtraSpecKey, flavors.PropertyValue,
                       'an object of at least one text, number or truth value', minProperties=1)


class OpenStackFlavor(types.Resource):
    """A flavor with what the node behind it offers."""

    id = Attr(flavors.FlavorId, fixed=True, name='uuid')
    name = Attr(types.Name, mandatory=True)
    vcpus = Attr(types.Count, mandatory=True)
    ram_mib = Attr(types.Count, mandatory=True, name='ram')
    disk_gib = Attr(types.Size, mandatory=True, name='disk')
    ephemeral_gib = Attr(types.Size, name='ephemeral')
    swap_mib = Attr(types.Size, name='swap')
    description = Attr(types.text(0, 65535), nullable=True)
    properties = Attr(Properties, mandatory=True)
    extra_specs = readonly(flavors.ExtraSpecs)
    earlier_status = readonly(flavors.EarlierStatus, name='status', until=types.GUARDED)
    status = readonly(flavors.Status, since=types.GUARDED)
    regions = readonly([types.Name])
    created_at = readonly(types.Timestamp)
    updated_at = readonly(types.Timestamp)


FLAVOR = types.Single('openstack_flavor', OpenStackFlavor)
FLAVORS = types.Listing('openstack_flavors', OpenStackFlavor)

QUERY = query.Query(filters={'name': types.Name, 'region': types.Name},
                    sort_keys=flavors.SORT_KEYS, marker=flavors.FlavorId)


class RegistrationChoice(types.Model):
    """The regions that are meant; the default region where none is named."""

    regions = Attr(regions.Names)


class OpenStackFlavors(flavors.Catalogue):
    """/v1/openstack_flavors"""

    @expose(FLAVORS, query=QUERY)
    def index(self, ctxt, filters, page):
        """List the flavors with properties that the caller may see."""
        visible_to = self.visible_to(ctxt, 'flavors')
        found = self.all_of(page, 'id', lambda page: self.conductor.flavors_list(
            ctxt, {**filters, 'has_properties': True}, page, visible_to))
        return [self.represent(ctxt, flavor) for flavor in found]

    @expose(FLAVOR)
    def show(self, ctxt, flavor_id):
        """Show a flavor with properties."""
        return self.answer(ctxt, self._with_properties(ctxt, flavor_id))

    @expose(FLAVOR, body=Body(FLAVOR), status=201, first=flavors.Catalogue.may_create)
    def create(self, ctxt, body):
        """Add a flavor with properties to the catalogue; it is installed nowhere yet."""
        flavor = self.add(ctxt, body)
        pecan.response.location = controller.url('openstack_flavors', flavor['id'])
        return self.answer(ctxt, flavor)

    @expose(installations.INSTALLATIONS, status=202, statuses=(204,), heeds=(IF_MATCH, PREFER))
    def delete(self, ctxt, flavor_id):
        """Take a flavor with properties out of all regions and the catalogue."""
        return self.remove(ctxt, self._with_properties(ctxt, flavor_id))

    @expose(installations.INSTALLATIONS, body=Body(RegistrationChoice, optional=True), status=202,
            statuses=(200,), heeds=(PREFER,))
    def register(self, ctxt, flavor_id, body):
        """Wish a flavor with properties into regions."""
        self._with_properties(ctxt, flavor_id)
        names = body.get('regions') or [self.conductor.region_get(ctxt, None)['name']]
        self.enforce_in_regions(ctxt, 'flavors:install', names)
        return installations.answer(self.settle(ctxt, self.conductor.install(
            ctxt, flavor_id, names)))

    def _with_properties(self, ctxt, flavor_id):
        flavor = self.visible(ctxt, flavor_id)
        if not flavor['properties']:
            raise errors.NotFound('openstack_flavor', flavor_id)
        return flavor

    def represent(self, ctxt, flavor):
        resource = OpenStackFlavor.of(
            {**flavor, 'extra_specs': flavor['nova_extra_specs'],
             'earlier_status': flavors.earlier_status(flavor)},
            links=controller.self_link('openstack_flavors', flavor['id']))
        if self.hides_access(ctxt, flavor):
            del resource.extra_specs, resource.properties
        return resource
