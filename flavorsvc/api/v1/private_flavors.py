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

"""Flavors that one region alone has: /v1/regions/{region}/flavors.

They are not of the catalogue: each call goes straight to that region's Nova with the caller's own
token, and Nova decides.
"""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import schema
from flavorsvc.api import seed
from flavorsvc.api.expose import REGION_TOKEN
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.v1 import flavors
from flavorsvc.domain import errors

#: What only a flavor of the catalogue has.
_REFUSED = ('properties', 'projects')
#: The seeds send these false and true alike, and are told false.
_IGNORED = ('public', 'promoted')
_HEEDS = (REGION_TOKEN,)
_SEED = {'region': seed.Plain(404, 'Not Found the region {1}')}


class PrivateFlavors(controller.Controller):
    """/v1/regions/{region}/flavors"""

    def in_region(self, ctxt, region, *segments):
        """Let the caller pass to a region that there is.

        :raises errors.NotFound: when there is none of this name
        """
        self.conductor.region_get(ctxt, region)

    def _enforce(self, ctxt, action):
        self.enforce(ctxt, f'private_flavors:{action}', {'project_id': ctxt.project_id})

    @expose(flavors.FLAVORS, first=in_region, seed=_SEED, heeds=_HEEDS)
    def index(self, ctxt, region):
        """List the flavors of a region that its Nova lists to the caller."""
        self._enforce(ctxt, 'list')
        return [represent(region, flavor) for flavor in
                self.conductor.private_flavors_list(ctxt, region, controller.tokens())]

    @expose(flavors.FLAVOR, first=in_region, heeds=_HEEDS,
            seed={**_SEED, 'flavor': seed.Plain(404, 'Not Found Flavor for this region')})
    def show(self, ctxt, region, flavor_id):
        """Show a flavor of a region."""
        self._enforce(ctxt, 'show')
        return represent(region, self.conductor.private_flavor_get(
            ctxt, region, flavor_id, controller.tokens()))

    @expose(flavors.FLAVOR, body=Body(flavors.FLAVOR), status=201, first=in_region, seed=_SEED,
            heeds=_HEEDS)
    def create(self, ctxt, region, body):
        """Create a flavor in a region."""
        self._enforce(ctxt, 'create')
        created = self.conductor.private_flavor_create(ctxt, region, of_nova(body),
                                                       controller.tokens())
        pecan.response.location = controller.url('regions', region, 'flavors', created['id'])
        return represent(region, created)

    @expose(flavors.FLAVOR, body=Body(flavors.FLAVOR, schema.MODIFY), first=in_region, seed=_SEED,
            heeds=_HEEDS)
    def update(self, ctxt, region, flavor_id, body):
        """Change what Nova can change of a flavor: its description and extra specs."""
        self._enforce(ctxt, 'update')
        return represent(region, self.conductor.private_flavor_update(
            ctxt, region, flavor_id, of_nova(body), controller.tokens()))

    @expose(first=in_region, seed=_SEED, heeds=_HEEDS)
    def delete(self, ctxt, region, flavor_id):
        """Delete a flavor of a region."""
        self._enforce(ctxt, 'delete')
        self.conductor.private_flavor_delete(ctxt, region, flavor_id, controller.tokens())


def of_nova(values):
    """Leave of a flavor what a Nova has of it.

    :param values: dict of what the caller gave
    :returns: dict
    :raises errors.Invalid: for what only flavors of the catalogue can be
    """
    for name in _REFUSED:
        if values.get(name):
            raise errors.Invalid(f'flavor.{name}', 'only a flavor of the catalogue has that')
    return {name: value for name, value in values.items() if name not in (*_REFUSED, *_IGNORED)}


def represent(region, values):
    """Represent a flavor of a region: neither promoted nor public in the catalogue.

    :param values: dict, from the conductor
    :returns: flavors.Flavor
    """
    return flavors.Flavor.of(
        {**values, 'promoted': False, 'public': False},
        links=controller.self_link('regions', region, 'flavors', values['id']))
