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

"""Service types, such as redis, and the rules by which flavors are for them: /v1/service_types."""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.expose import Answer
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import flavors
from flavorsvc.domain import errors

TypeName = types.Value(str, '1 to 64 letters, digits and . _ - that are not . or ..',
                       type='string', minLength=1, maxLength=64,
                       pattern=r'^(?!\.{1,2}\Z)[a-zA-Z0-9._-]*\Z')


class ServiceType(types.Resource):
    """What a flavor needs to be for a type of service by itself, and which are so by their id."""

    name = readonly(TypeName)
    min_vcpus = Attr(types.Count, nullable=True)
    min_ram_mib = Attr(types.Count, nullable=True, name='min_ram')
    min_disk_gib = Attr(types.Count, nullable=True, name='min_disk')
    required_extra_specs = Attr(flavors.ExtraSpecs)
    flavor_ids = readonly([flavors.FlavorId])
    created_at = readonly(types.Timestamp, nullable=True)
    updated_at = readonly(types.Timestamp, nullable=True)


SERVICE_TYPE = types.Single('service_type', ServiceType)
SERVICE_TYPES = types.Listing('service_types', ServiceType, marker='name')


class ServiceTypes(controller.Controller):
    """/v1/service_types"""

    def may_update(self, ctxt, service_type):
        """Let the caller pass who may give a type a rule.

        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, 'service_types:update', {})

    @expose(SERVICE_TYPES)
    def index(self, ctxt):
        """List the service types that have a rule or a flavor."""
        self.enforce(ctxt, 'service_types:list', {})
        return [self._represent(ctxt, each) for each in self.conductor.service_types_list(ctxt)]

    @expose(SERVICE_TYPE)
    def show(self, ctxt, service_type):
        """Show a service type: its rule, and the ids of the flavors that are mapped to it."""
        self.enforce(ctxt, 'service_types:show', {})
        return self._represent(ctxt, self.conductor.service_type_get(ctxt, service_type))

    @expose(SERVICE_TYPE, body=Body(SERVICE_TYPE, schema.MODIFY), statuses=(201,),
            first=may_update)
    def replace(self, ctxt, service_type, body):
        """Give a service type a rule, instead of any that it has.

        What the body does not say is not required. A rule that requires nothing matches nothing.
        """
        fault = schema.value_fault(TypeName, service_type)
        if fault is not None:
            raise errors.Invalid('service_type', fault)
        made = self.conductor.service_type_put(ctxt, service_type, body)
        if made['created']:
            pecan.response.location = controller.url('service_types', service_type)
        return Answer(self._represent(ctxt, made), 201 if made['created'] else 200)

    @expose()
    def delete(self, ctxt, service_type):
        """Take away the rule of a service type, and the flavors that are mapped to it."""
        self.enforce(ctxt, 'service_types:delete', {})
        self.conductor.service_type_delete(ctxt, service_type)

    def _represent(self, ctxt, values):
        resource = ServiceType.of(
            values, links=controller.self_link('service_types', values['name']))
        if not self.allowed(ctxt, 'registered_flavors:list_all', {}):
            # some may be private; whoever may use them finds them at /v1/registered_flavors
            del resource.flavor_ids
        return resource
