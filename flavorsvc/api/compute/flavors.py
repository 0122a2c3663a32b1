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

"""Flavors as Nova has them, over the catalogue: /v2.1/flavors.

They are those of /v1/flavors that are active or deprecated; nobody meets drafts and retired ones
here. Who may see which is what Nova would say: whether a flavor is for all projects (is_public) or
for some.
"""

import tenacity

from flavorsvc.api import controller
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import queries
from flavorsvc.api.compute import schemas
from flavorsvc.api.compute import validation
from flavorsvc.api.compute import views
from flavorsvc.api.compute.expose import expose
from flavorsvc.api.compute.faults import Fault
from flavorsvc.domain import errors
from flavorsvc.domain import lifecycle

_DETAIL = queries.Nothing(strict_since=(2, 102))
#: Seconds that a new flavor waits for one of its id or name that is on its way out of a region.
_LEAVING_S = 10
#: What novaclient and its like never send: they turn it into null, which has an id made up.
_ANY_ID = 'auto'


class Compute(controller.Controller):
    """What the resources of /v2.1 share."""

    def __init__(self, *site, show_unmanaged=False):
        """Prepare.

        :param site: see controller.Controller
        :param show_unmanaged: bool, whether to show what the default region has but the catalogue
            does not
        """
        super().__init__(*site)
        self.show_unmanaged = show_unmanaged

    def enforce_own(self, ctxt, action):
        """Let the caller pass who may do something whatever flavor it concerns.

        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, f'compute_flavors:{action}', {'project_id': ctxt.project_id})

    def visible(self, ctxt, flavor_id, with_access=False):
        """Read a flavor.

        :param with_access: bool, whether one that is not of the catalogue is to come with the
            projects that may use it
        :returns: dict
        :raises errors.NotFound: when there is none, or none that the caller may know of
        """
        try:
            flavor = self.conductor.flavor_get(ctxt, flavor_id)
        except errors.NotFound:
            if not self.show_unmanaged:
                raise
            flavor = self.conductor.compute_flavor_get_unmanaged(
                ctxt, flavor_id, with_access, controller.tokens())
        is_usable = flavor['status'] in lifecycle.USABLE
        if not is_usable or not self.allowed(
                ctxt, 'compute_flavors:show', _target(ctxt, flavor)):
            raise errors.NotFound('flavor', flavor_id)
        return flavor

    def changeable(self, ctxt, flavor_id):
        """Read a flavor that is to be changed.

        :returns: dict
        :raises errors.NotFound: as :meth:`visible`
        :raises errors.Conflict: when it is not one of the catalogue
        """
        flavor = self.visible(ctxt, flavor_id)
        if not flavor.get('managed', True):
            raise errors.Conflict(
                f'Flavor {flavor_id} is not managed by the catalogue, only region '
                f'{flavor["regions"][0]} has it: it has to be adopted first.')
        return flavor

    def sees_extra_specs(self, ctxt):
        """Tell whether the caller may see the extra specs of the flavors that it sees."""
        return self.allowed(ctxt, 'compute_flavors:show_extra_specs',
                            {'project_id': ctxt.project_id})


class Flavors(Compute):
    """/v2.1/flavors"""

    def __init__(self, *site, install_regions=('all',), show_unmanaged=False):
        """Prepare. See :class:`Compute`.

        :param install_regions: names of the regions that new flavors go to besides the default
            one; 'all' among them is every region
        """
        super().__init__(*site, show_unmanaged=show_unmanaged)
        self._install_regions = list(install_regions)

    @expose(query=queries.Listing())
    def index(self, ctxt, filters, page):
        """List flavors in brief."""
        found = self._list(ctxt, filters, page)
        return views.listing('flavors', [views.brief(each) for each in found], page)

    @expose(query=queries.Listing())
    def detail(self, ctxt, filters, page):
        """List flavors."""
        told = self.sees_extra_specs(ctxt)
        embedded = told and microversions.current() >= views.EXTRA_SPECS_SINCE
        found = self._list(ctxt, filters, page, embedded)
        return views.listing('flavors/detail', [views.full(each, told) for each in found], page)

    def _list(self, ctxt, filters, page, in_full=False):
        self.enforce_own(ctxt, 'list')
        sees_all = self.allowed(ctxt, 'compute_flavors:list_all', {'project_id': ctxt.project_id})
        is_public = queries.is_public(filters['is_public']) if sees_all else True
        chosen = ({**filters, 'is_public': is_public}, page, ctxt.project_id or '', sees_all)
        if self.show_unmanaged:
            return self.conductor.compute_flavors_list_unmanaged(ctxt, *chosen, in_full,
                                                                 controller.tokens())
        return self.conductor.compute_flavors_list(ctxt, *chosen)

    @expose(query=_DETAIL)
    def show(self, ctxt, flavor_id):
        """Show a flavor."""
        return self._represent(ctxt, self.visible(ctxt, flavor_id))

    @expose(body=schemas.create)
    def create(self, ctxt, body):
        """Create a flavor in the default region, and wish it into the others."""
        self.enforce_own(ctxt, 'create')
        values = {'id': None, **schemas.values_of(body['flavor'])}
        if values['id'] == _ANY_ID:
            values['id'] = None
        patiently = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(errors.Leaving), reraise=True,
            stop=tenacity.stop_after_delay(_LEAVING_S),
            wait=tenacity.wait_exponential(0.05, max=0.5))
        return self._represent(ctxt, patiently(
            self.conductor.compute_flavor_create, ctxt,
            {**values, 'project_id': ctxt.project_id}, self._install_regions))

    @expose(body=schemas.update, since=schemas.DESCRIPTION_SINCE)
    def update(self, ctxt, flavor_id, body):
        """Change the description of a flavor."""
        self.enforce_own(ctxt, 'update')
        self.changeable(ctxt, flavor_id)
        return self._represent(ctxt, self.conductor.compute_flavor_describe(
            ctxt, flavor_id, body['flavor']['description']))

    @expose(status=202)
    def delete(self, ctxt, flavor_id):
        """Delete a flavor in the default region, and wish it out of the others."""
        self.enforce_own(ctxt, 'delete')
        self.changeable(ctxt, flavor_id)
        self.conductor.compute_flavor_delete(ctxt, flavor_id)

    def _represent(self, ctxt, flavor):
        return {'flavor': views.full(flavor, self.sees_extra_specs(ctxt))}


class ExtraSpecs(Compute):
    """/v2.1/flavors/{id}/os-extra_specs"""

    @expose(query=_DETAIL)
    def index(self, ctxt, flavor_id):
        """List the extra specs of a flavor."""
        self.enforce_own(ctxt, 'show_extra_specs')
        return {'extra_specs': self._readable(ctxt, flavor_id)}

    @expose(body=schemas.extra_specs)
    def create(self, ctxt, flavor_id, body):
        """Set extra specs; others stay."""
        self._set(ctxt, 'create', flavor_id, body['extra_specs'])
        return body

    @expose(query=_DETAIL)
    def show(self, ctxt, flavor_id, key):
        """Show an extra spec."""
        self.enforce_own(ctxt, 'show_extra_specs')
        found = self._readable(ctxt, flavor_id)
        if key not in found:
            raise _no_extra_spec(flavor_id, key)
        return {key: found[key]}

    def _readable(self, ctxt, flavor_id):
        found = self.visible(ctxt, flavor_id)['nova_extra_specs']
        if found is None:
            raise errors.Denied(f'The region does not show the extra specs of flavor {flavor_id}.')
        return found

    @expose(body=schemas.extra_spec)
    def update(self, ctxt, flavor_id, key, body):
        """Set an extra spec."""
        if key not in body:
            self.enforce_own(ctxt, 'update_extra_specs')
            raise Fault(400, 'Request body and URI mismatch')
        self._set(ctxt, 'update', flavor_id, body)
        return body

    def _set(self, ctxt, action, flavor_id, given):
        self.enforce_own(ctxt, f'{action}_extra_specs')
        extra_specs = {key: str(value) for key, value in given.items()}
        if any(len(value) > 255 for value in extra_specs.values()):
            raise Fault(400, 'extra_specs value has more than 255 characters.')
        if microversions.current() >= validation.SINCE:
            validation.check(extra_specs)
        self.changeable(ctxt, flavor_id)
        self.conductor.compute_extra_specs_set(ctxt, flavor_id, extra_specs)

    @expose()
    def delete(self, ctxt, flavor_id, key):
        """Remove an extra spec."""
        self.enforce_own(ctxt, 'delete_extra_specs')
        if key not in self.changeable(ctxt, flavor_id)['nova_extra_specs']:
            raise _no_extra_spec(flavor_id, key)
        self.conductor.compute_extra_spec_unset(ctxt, flavor_id, key)


class Access(Compute):
    """/v2.1/flavors/{id}/os-flavor-access and …/action"""

    @expose(query=_DETAIL)
    def index(self, ctxt, flavor_id):
        """List the projects that may use a flavor."""
        self.enforce_own(ctxt, 'show_access')
        flavor = self.visible(ctxt, flavor_id, with_access=True)
        if flavor['is_public']:
            raise Fault(404, 'Access list not available for public flavors.')
        return views.access(flavor)

    @expose(body=schemas.action)
    def act(self, ctxt, flavor_id, body):
        """Let a project use a flavor, or no longer."""
        [name] = body
        if name not in schemas.ACTIONS:
            raise Fault(400, f'There is no such action: {name[:60]!a}')
        schemas.check(schemas.ACTIONS[name], body)
        change = self._add if name == 'addTenantAccess' else self._remove
        return views.access(change(ctxt, flavor_id, body[name]['tenant']))

    def _add(self, ctxt, flavor_id, project):
        self.enforce_own(ctxt, 'add_access')
        if self.changeable(ctxt, flavor_id)['is_public']:
            raise Fault(409, 'Can not add access to a public flavor.')
        return self.conductor.compute_access_add(ctxt, flavor_id, project)

    def _remove(self, ctxt, flavor_id, project):
        self.enforce_own(ctxt, 'remove_access')
        self.changeable(ctxt, flavor_id)
        return self.conductor.compute_access_remove(ctxt, flavor_id, project)


def _no_extra_spec(flavor_id, key):
    return Fault(404, f'Flavor {flavor_id} has no extra specs with key {key}.')


def _target(ctxt, flavor):
    """Give what a rule may refer to of a flavor."""
    # what is not of the catalogue is only known where its region shows it to the caller
    has_access = not flavor.get('managed', True) or ctxt.project_id in flavor['projects']
    return {'is_public': flavor['is_public'], 'installed': bool(flavor['regions']),
            'access_project_id': ctxt.project_id if has_access else None}
