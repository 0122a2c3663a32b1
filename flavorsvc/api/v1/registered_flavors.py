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

"""Flavors of Nova that are mapped to service types, and no more: /v1/registered_flavors.

Option 2 of the Trove document: whoever maps them makes and deletes them in Nova.
"""

from flavorsvc.api import controller
from flavorsvc.api.expose import expose
from flavorsvc.api.v1.service_flavors import FLAVORS
from flavorsvc.api.v1.service_flavors import REGION
from flavorsvc.api.v1.service_flavors import ids_in
from flavorsvc.api.v1.service_flavors import represent
from flavorsvc.api.v1.service_flavors import types_in


class RegisteredFlavors(controller.Controller):
    """/v1/registered_flavors"""

    @expose(FLAVORS, query=REGION, statuses=(502,))
    def index(self, ctxt, service_types, filters):
        """List the flavors that are mapped to service types and that a region has."""
        visible_to = self.visible_to(ctxt, 'registered_flavors')
        return [represent(each) for each in self.conductor.registered_flavors_list(
            ctxt, types_in(service_types), filters.get('region'), visible_to)]

    @expose(FLAVORS, query=REGION, status=201, statuses=(502,))
    def create(self, ctxt, service_types, flavor_ids, filters):
        """Map flavors that a region has to service types; what is mapped already stays so."""
        self.enforce(ctxt, 'registered_flavors:create', {})
        return [represent(each) for each in self.conductor.registered_flavors_create(
            ctxt, types_in(service_types), ids_in(flavor_ids), filters.get('region'))]

    @expose()
    def delete(self, ctxt, service_types, flavor_ids):
        """Take flavors away from service types; the flavors stay where they are."""
        self.enforce(ctxt, 'registered_flavors:delete', {})
        self.conductor.service_mappings_delete(ctxt, types_in(service_types), ids_in(flavor_ids))
