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

"""Flavors of the catalogue: /v1/flavors."""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import microversion
from flavorsvc.api import query
from flavorsvc.api import schema
from flavorsvc.api import seed
from flavorsvc.api import types
from flavorsvc.api import waiting
from flavorsvc.api.expose import IF_MATCH
from flavorsvc.api.expose import PREFER
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import installations
from flavorsvc.api.v1 import regions
from flavorsvc.domain import errors
from flavorsvc.domain import flavor as domain
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

FlavorId = types.Value(
    str, '1 to 255 letters, digits, blanks and . _ - without a blank at either end',
    type='string', minLength=1, maxLength=255, pattern=r'^(?! )[a-zA-Z0-9. _-]*(?<! )\Z')
RxtxFactor = types.Value(float, 'a number greater than 0 and at most 3.40282e+38',
                         type='number', exclusiveMinimum=0, maximum=3.40282e+38)
ExtraSpecKey = types.Value(str, '1 to 255 letters, digits, blanks and _ - : .', type='string',
                           pattern=r'^[a-zA-Z0-9_\-:. ]{1,255}\Z')
ExtraSpecs = types.Map(ExtraSpecKey, types.text(0, 255), 'an object of texts')
PropertyValue = types.Value(
    object, 'a text of at most 255 printable characters, a number, true or false',
    type=['string', 'number', 'boolean'], maxLength=255, format='printable',
    minimum=-2 ** 53, maximum=2 ** 53)
Properties = types.Map(ExtraSpecKey, PropertyValue, 'an object of texts, numbers and truth values')
Projects = types.Items(types.ProjectId, 'a list of at most 1000 different project ids',
                       uniqueItems=True, maxItems=1000)
Status = types.one_of(*lifecycle.Status)
#: What there was before 1.2; whatever does not leave the catalogue is active there.
EarlierStatus = types.one_of('active', 'deleting')
SINCE = types.CONVENTIONAL


class Flavor(types.Resource):
    """A flavor: what Nova is to have, and how it stands in the catalogue."""

    id = Attr(FlavorId, fixed=True)
    name = Attr(types.Name, mandatory=True)
    vcpus = Attr(types.Count, mandatory=True)
    ram_mib = Attr(types.Count, mandatory=True, name='ram')
    disk_gib = Attr(types.Size, mandatory=True, name='disk')
    ephemeral_gib = Attr(types.Size, name='ephemeral', since=SINCE)
    swap_mib = Attr(types.Size, name='swap', required_at_1_0=True)
    rxtx_factor = Attr(RxtxFactor, since=SINCE)
    description = Attr(types.text(0, 65535), nullable=True, since=SINCE)
    is_public = Attr(types.Boolean, since=SINCE)
    extra_specs = Attr(ExtraSpecs, since=SINCE)
    properties = Attr(Properties, since=SINCE)
    promoted = Attr(types.Boolean)
    public = Attr(types.Boolean)
    projects = Attr(Projects, since=SINCE)
    project_id = readonly(types.ProjectId, since=SINCE, nullable=True)
    generation = readonly(types.Count, since=SINCE)
    earlier_status = readonly(EarlierStatus, name='status', since=SINCE, until=types.GUARDED)
    status = Attr(Status, since=types.GUARDED)
    deprecated_on = Attr(types.Date, nullable=True, since=types.GUARDED)
    successor = Attr(FlavorId, nullable=True, since=types.GUARDED)
    deprecation_reason = Attr(types.text(1, 1000), nullable=True, since=types.GUARDED)
    regions = readonly([types.Name], at_1_0='nodes')
    created_at = readonly(types.Timestamp, since=SINCE)
    updated_at = readonly(types.Timestamp, since=SINCE)


class Change(Flavor):
    """What PATCH changes: a flavor, and what is to become of it where Nova cannot change it."""

    on_immutable = Attr(regions.OnImmutable, since=types.GUARDED)


class Modification(types.Model):
    """What PUT changes: who may see a flavor, and where it is."""

    promoted = Attr(types.Boolean)
    public = Attr(types.Boolean)
    regions = Attr(regions.Names, at_1_0='nodes')


FLAVOR = types.Single('flavor', Flavor)
FLAVORS = types.Listing('flavors', Flavor)
CHANGE = types.Single('flavor', Change)
MODIFICATION = types.Single('flavor', Modification)

#: What the conductor wants of each flavor, where the caller does not say it.
DEFAULTS = {'id': None, 'status': lifecycle.Status.ACTIVE, 'deprecated_on': None, 'successor': None,
            'deprecation_reason': None, **domain.DEFAULTS}

SORT_KEYS = {'name': 'name', 'id': 'id', 'vcpus': 'vcpus', 'ram': 'ram_mib', 'disk': 'disk_gib',
             'created_at': 'created_at', 'updated_at': 'updated_at'}

QUERY = query.Query(
    filters={'name': types.Name, 'public': types.Boolean, 'promoted': types.Boolean,
             'is_public': types.Boolean, 'status': Status, 'project_id': types.ProjectId,
             'region': types.Name},
    earlier={'status': EarlierStatus}, sort_keys=SORT_KEYS, marker=FlavorId)


class Catalogue(controller.Controller):
    """What the resources made of flavors of the catalogue share: who may do what with a flavor."""

    def visible(self, ctxt, flavor_id):
        """Read a flavor.

        :returns: dict
        :raises errors.NotFound: when there is none, or none that the caller may know of
        """
        flavor = self.conductor.flavor_get(ctxt, flavor_id)
        if (not self.allowed(ctxt, 'flavors:show', target(ctxt, flavor))
                and not self._is_in_own_region(ctxt, flavor)):
            raise errors.NotFound('flavor', flavor_id)
        return flavor

    def _is_in_own_region(self, ctxt, flavor):
        # asked only of those who otherwise get a 404: who runs a region knows what is in it
        if not self.allowed(ctxt, 'flavors:show', {**target(ctxt, flavor),
                                                   'region_project_id': ctxt.project_id}):
            return False
        page = {'limit': 1, 'marker': None, 'sort_key': 'created_at', 'sort_dir': 'asc'}
        return bool(self.conductor.installations_list(ctxt, {'flavor': flavor['id']}, page,
                                                      ctxt.project_id))

    def may_create(self, ctxt):
        """Let the caller pass who may add a flavor.

        :raises errors.Forbidden: when the caller may not
        """
        own = {'project_id': ctxt.project_id}
        # only an operator has to show regions: the question costs a call
        if not self.allowed(ctxt, 'flavors:create', own):
            owner = ctxt.project_id if self.own_regions(ctxt) else None
            self.enforce(ctxt, 'flavors:create', {**own, 'region_project_id': owner},
                         because='It takes the infrastructure manager, or a member of a project '
                                 'that owns a region.')

    def add(self, ctxt, values):
        """Add a flavor, owned by the caller's project, which :meth:`may_create` let pass.

        :param values: dict of what the caller gave
        :returns: dict
        :raises errors.Forbidden: when the caller may not
        """
        own = {'project_id': ctxt.project_id}
        if values.get('promoted'):
            self.enforce(ctxt, 'flavors:promote', own)
        return self.conductor.flavor_create(
            ctxt, {**DEFAULTS, **publishing(values), 'project_id': ctxt.project_id})

    def remove(self, ctxt, flavor):
        """Delete a flavor.

        :param flavor: dict, from :meth:`visible`
        :returns: expose.Answer with the installations that have to go first; None when it is gone
        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, 'flavors:delete', target(ctxt, flavor))
        self.enforce_on_promoted(ctxt, flavor)
        self.enforce_in_regions(ctxt, 'flavors:uninstall', flavor['regions'])
        left = self.settle(ctxt, self.conductor.flavor_delete(
            ctxt, flavor['id'], controller.expected_generation()))
        return installations.answer(left) if left else None

    def settle(self, ctxt, wished):
        """Wait for what was wished as long as the caller does.

        :param wished: list of dict, installations
        :returns: list of dict, those that are left, as they stand now
        :raises errors.FlavorsvcError: when the caller insists and something is not done
        """
        left, patient = waiting.settle(self.conductor, ctxt, wished, self.max_limit)
        if patient.insists:
            waiting.insist(left)
        return left

    def withdraw(self, ctxt, flavor, wished, service_types=()):
        """Take back a flavor that a region refused for good, as if it had never been added.

        Who is told so takes it that there is no such flavor. Where others rely on it already, it
        stays.

        :param flavor: dict, as it was added
        :param wished: list of dict, the installations that were wished along with it
        :param service_types: list of str, to which it was mapped along with it
        """
        try:
            left = self.conductor.flavor_withdraw(
                ctxt, flavor['id'], flavor['generation'], [row['id'] for row in wished],
                list(service_types))
        except (errors.Conflict, errors.GenerationMismatch, errors.NotFound):
            return
        waiting.settle(self.conductor, ctxt, left, self.max_limit)

    def enforce_on_promoted(self, ctxt, flavor, promoting=False):
        """Let the caller pass who may change a flavor that the whole federation relies on.

        :param promoting: whether the caller wants it promoted
        :raises errors.Forbidden: when it is or would be promoted, and the caller may not promote
        """
        if flavor['promoted'] or promoting:
            self.enforce(ctxt, 'flavors:promote', target(ctxt, flavor),
                         because='Only the infrastructure manager promotes a flavor and changes '
                                 'one that is promoted.')

    def answer(self, ctxt, flavor):
        """Represent a flavor whose generation is the ETag of the answer."""
        pecan.response.etag = str(flavor['generation'])
        return self.represent(ctxt, flavor)

    def represent(self, ctxt, flavor):
        """Represent a flavor.

        :param flavor: dict, from the conductor
        :returns: Flavor
        """
        resource = Flavor.of(flavor, earlier_status=earlier_status(flavor),
                             links=controller.self_link('flavors', flavor['id']))
        if self.hides_access(ctxt, flavor):
            del resource.extra_specs, resource.projects, resource.properties
        return resource

    def hides_access(self, ctxt, flavor):
        """Tell whether the caller may not see the extra specs and access list of a flavor."""
        return not flavor['is_public'] and not self.allowed(ctxt, 'flavors:show_access',
                                                            target(ctxt, flavor))


class Flavors(Catalogue):
    """/v1/flavors"""

    @expose(FLAVORS, query=QUERY)
    def index(self, ctxt, filters, page):
        """List the flavors that the caller may see."""
        if microversion.is_contract() and filters.get('promoted') is False:
            del filters['promoted']  # 'If true retrieves only the promoted flavors'
        if microversion.current() < types.GUARDED and filters.get('status') == 'active':
            filters['stays_is_active'] = True
        visible_to = self.visible_to(ctxt, 'flavors')
        flavors = self.all_of(page, 'id', lambda page: self.conductor.flavors_list(
            ctxt, filters, page, visible_to))
        return [self.represent(ctxt, flavor) for flavor in flavors]

    @expose(FLAVOR)
    def show(self, ctxt, flavor_id):
        """Show a flavor."""
        return self.answer(ctxt, self.visible(ctxt, flavor_id))

    @expose(FLAVOR, body=Body(FLAVOR), status=201, first=Catalogue.may_create,
            heeds=(PREFER,))
    def create(self, ctxt, body):
        """Add a flavor to the catalogue; at 1.0 it is also installed in the caller's own regions.

        Since 1.1 it is installed nowhere yet.
        """
        flavor = self.add(ctxt, body)
        if microversion.is_contract():
            flavor = self._into_own_regions(ctxt, flavor)
        pecan.response.location = controller.url('flavors', flavor['id'])
        return self.answer(ctxt, flavor)

    def _into_own_regions(self, ctxt, flavor):
        names = self.own_regions(ctxt)
        if not names:
            return flavor
        wished = []
        try:
            wished = self.conductor.install(ctxt, flavor['id'], names)
            self.settle(ctxt, wished)
        except (errors.Conflict, errors.Denied, errors.Invalid):
            self.withdraw(ctxt, flavor, wished)
            raise
        return self.conductor.flavor_get(ctxt, flavor['id'])

    @expose(FLAVOR, body=Body(CHANGE, schema.UPDATE), heeds=(IF_MATCH,))
    def update(self, ctxt, flavor_id, body):
        """Change a flavor, also where it is installed."""
        on_immutable, flavor = body.pop('on_immutable', None), self.visible(ctxt, flavor_id)
        if on_immutable is not None and on_immutable != installation.OnImmutable.REFUSE:
            self.enforce_in_regions(ctxt, 'flavors:replace', flavor['regions'])
        return self.answer(ctxt, self._change(ctxt, flavor, publishing(body), on_immutable))

    @expose(FLAVOR, body=Body(MODIFICATION, schema.MODIFY), statuses=(202,),
            seed={'flavors:promote': seed.Status(401),
                  errors.UnknownRegion: seed.Status(409, 'The node {0} does not exist')},
            heeds=(IF_MATCH, PREFER))
    def modify(self, ctxt, flavor_id, body):
        """Publish a flavor, promote it, install it into further regions."""
        names = body.pop('regions', [])
        if body.get('promoted') and body.get('public') is False:
            raise errors.Invalid('flavor.promoted', 'a flavor cannot be promoted and private')
        flavor = self.visible(ctxt, flavor_id)
        changes = {key: value for key, value in publishing(body).items() if value != flavor[key]}
        self.enforce_in_regions(ctxt, 'flavors:install', names)
        if changes:
            if names and names != 'all':
                self._check_known(ctxt, names)
            flavor = self._change(ctxt, flavor, changes)
        if not names:
            return self.answer(ctxt, flavor)
        left = self.settle(ctxt, self.conductor.install(ctxt, flavor_id, names))
        answer = self.answer(ctxt, self.conductor.flavor_get(ctxt, flavor_id))
        return installations.accepted(left, answer)

    def _check_known(self, ctxt, names):
        # before anything is changed, for what was published cannot be withdrawn
        missing = sorted(set(names) - set(self.region_names(ctxt)))
        if missing:
            raise errors.UnknownRegion(', '.join(missing))

    def _change(self, ctxt, flavor, changes, on_immutable=None):
        # promoting first: whoever may not is told so, whosever flavor it is
        self.enforce_on_promoted(ctxt, flavor, changes.get('promoted'))
        self.enforce(ctxt, 'flavors:update', target(ctxt, flavor))
        if changes.get('status') == lifecycle.Status.RETIRED:
            self.enforce_in_regions(ctxt, 'flavors:uninstall', flavor['regions'])
        return self.conductor.flavor_update(ctxt, flavor['id'], changes,
                                            controller.expected_generation(), on_immutable)

    @expose(installations.INSTALLATIONS, status=202, statuses=(204,), heeds=(IF_MATCH, PREFER))
    def delete(self, ctxt, flavor_id):
        """Take a flavor out of all regions and the catalogue."""
        return self.remove(ctxt, self.visible(ctxt, flavor_id))

    @expose(installations.INSTALLATIONS, body=Body(regions.Arrival), status=202, statuses=(200,),
            heeds=(PREFER,))
    def install(self, ctxt, flavor_id, body):
        """Wish a flavor into regions."""
        self.visible(ctxt, flavor_id)
        self.enforce_in_regions(ctxt, 'flavors:install', body['regions'])
        on_immutable = body.get('on_immutable')
        if on_immutable is not None and on_immutable != installation.OnImmutable.REFUSE:
            self.enforce_in_regions(ctxt, 'flavors:replace', body['regions'])
        return installations.answer(self.settle(ctxt, self.conductor.install(
            ctxt, flavor_id, body['regions'], on_immutable)))

    @expose(installations.INSTALLATIONS, body=Body(regions.Departure), status=202, statuses=(200,),
            heeds=(PREFER,))
    def uninstall(self, ctxt, flavor_id, body):
        """Wish a flavor out of regions."""
        self.visible(ctxt, flavor_id)
        self.enforce_in_regions(ctxt, 'flavors:uninstall', body['regions'])
        return installations.answer(self.settle(ctxt, self.conductor.uninstall(
            ctxt, flavor_id, body['regions'], body.get('unless_used', False))))


def earlier_status(flavor):
    """Tell the status of a flavor in the words that there were before 1.2.

    :param flavor: dict, from the conductor
    :returns: str
    """
    is_leaving = flavor['status'] == lifecycle.Status.DELETING
    return str(lifecycle.Status.DELETING if is_leaving else lifecycle.Status.ACTIVE)


def target(ctxt, flavor):
    """Give what a rule may refer to of a flavor.

    :param flavor: dict, from the conductor
    :returns: dict
    """
    has_access = ctxt.project_id in flavor['projects']
    return {**{name: flavor[name] for name in ('project_id', 'public', 'promoted', 'is_public')},
            'access_project_id': ctxt.project_id if has_access else None}


def publishing(values):
    """Add to a promotion that it publishes, unless the caller says otherwise.

    :param values: dict of what the caller gave
    :returns: dict
    """
    return {'public': True, **values} if values.get('promoted') else values
