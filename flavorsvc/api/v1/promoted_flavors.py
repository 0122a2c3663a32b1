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

"""The flavors that every region should have: /v1/promotedflavors.

Flavors of the catalogue that are promoted, as the FIWARE document manages them: nobody but the
infrastructure manager changes them, and while a region has one it stays.
"""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import schema
from flavorsvc.api import seed
from flavorsvc.api import types
from flavorsvc.api.expose import IF_MATCH
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.v1 import flavors
from flavorsvc.domain import errors


class Modification(types.Model):
    """What PUT may say of a promoted flavor; all of it is so already."""

    promoted = types.Attr(types.Boolean)
    public = types.Attr(types.Boolean)


MODIFICATION = types.Single('flavor', Modification)

QUERY = query.Query(filters={'name': types.Name, 'region': types.Name},
                    sort_keys=flavors.SORT_KEYS, marker=flavors.FlavorId)

_UNKNOWN = seed.Plain(404, 'Not Found Flavor')
_READING = {'promoted flavor': seed.Plain(404, 'The requested resource is not promoted'),
            'flavor': _UNKNOWN}
_CHANGING = {errors.Forbidden: seed.NOT_ALLOWED, 'promoted flavor': seed.NOT_ALLOWED,
             'flavor': _UNKNOWN}


class PromotedFlavors(flavors.Catalogue):
    """/v1/promotedflavors"""

    def may_promote(self, ctxt, *segments):
        """Let the caller pass who may change what is promoted.

        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, 'flavors:promote', {'project_id': ctxt.project_id},
                     because='Only the infrastructure manager changes promoted flavors.')

    @expose(flavors.FLAVORS, query=QUERY)
    def index(self, ctxt, filters, page):
        """List the promoted flavors."""
        self.enforce(ctxt, 'flavors:list', {'project_id': ctxt.project_id})
        wanted = {**filters, 'promoted': True, 'public': True}
        found = self.all_of(page, 'id', lambda page: self.conductor.flavors_list(
            ctxt, wanted, page))
        return [self.represent(ctxt, flavor) for flavor in found]

    @expose(flavors.FLAVOR, seed=_READING)
    def show(self, ctxt, flavor_id):
        """Show a promoted flavor."""
        return self.answer(ctxt, self._promoted(ctxt, flavor_id))

    @expose(flavors.FLAVOR, body=Body(flavors.FLAVOR), status=201, first=may_promote,
            seed={errors.Forbidden: seed.NOT_ALLOWED})
    def create(self, ctxt, body):
        """Add a flavor that is promoted, and thus public; it is installed nowhere yet."""
        flavor = self.add(ctxt, {**body, 'promoted': True, 'public': True})
        pecan.response.location = controller.url('promotedflavors', flavor['id'])
        return self.answer(ctxt, flavor)

    @expose(flavors.FLAVOR, body=Body(MODIFICATION, schema.MODIFY), first=may_promote,
            seed=_CHANGING, heeds=(IF_MATCH,))
    def modify(self, ctxt, flavor_id, body):
        """Confirm that a flavor is promoted and public: that cannot be taken back."""
        flavor = self._promoted(ctxt, flavor_id)
        if body:
            flavor = self.conductor.flavor_update(ctxt, flavor_id, body,
                                                  controller.expected_generation())
        return self.answer(ctxt, flavor)

    @expose(status=204, first=may_promote, seed={**_CHANGING, errors.Conflict: seed.NOT_ALLOWED},
            heeds=(IF_MATCH,))
    def delete(self, ctxt, flavor_id):
        """Delete a promoted flavor that no region has."""
        flavor = self._promoted(ctxt, flavor_id)
        page = {'limit': self.max_limit, 'marker': None, 'sort_key': 'created_at',
                'sort_dir': 'asc'}
        installed = self.conductor.installations_list(ctxt, {'flavor': flavor_id}, page)
        if installed:
            regions = ', '.join(sorted(row['region'] for row in installed))
            raise errors.Conflict(f'The flavor {flavor_id!r} is installed in {regions}: uninstall '
                                  f'it first.')
        self.conductor.flavor_delete(ctxt, flavor['id'], controller.expected_generation())

    def _promoted(self, ctxt, flavor_id):
        flavor = self.visible(ctxt, flavor_id)
        if not flavor['promoted']:
            raise errors.NotFound('promoted flavor', flavor_id)
        return flavor
