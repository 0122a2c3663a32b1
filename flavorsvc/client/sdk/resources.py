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

"""What the service keeps, as resources of openstacksdk."""

import urllib.parse

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions
from openstack import resource


class FlavorsvcResource(resource.Resource):
    """What all resources of the service have in common."""

    commit_method = 'PATCH'

    def _prepare_request(self, *args, **kwargs):
        if kwargs.get('requires_id') is not False:
            check_id(self.id)
        request = super()._prepare_request(*args, **kwargs)
        # Ids may hold spaces, and names (which are tried as ids) anything at all.
        if self.id and request.url.endswith(f'/{self.id}'):
            request.url = request.url[:-len(self.id)] + urllib.parse.quote(self.id, safe='')
        return request

    @classmethod
    def _get_next_link(cls, uri, response, data, marker, limit, total_yielded):
        # The service always says whether there is more, so a page that happens
        # to be full is no reason to ask for another, as it is elsewhere.
        return super()._get_next_link(uri, response, data, marker, None, total_yielded)


def may_pass(error):
    """Tell whether what failed when the service was asked may succeed the next time."""
    if isinstance(error, exceptions.HttpException):
        return error.status_code is not None and error.status_code >= 500
    return isinstance(error, ksa_exceptions.RetriableConnectionFailure)


def check_id(value):
    """Refuse an empty id or name, with which a path would be that of the whole list.

    :raises openstack.exceptions.InvalidRequest: for an empty one
    """
    if value == '':
        raise exceptions.InvalidRequest('An ID or name must not be empty.')


def path(kind, value, *action, **of):
    """Return the path of a resource or of what can be done with it.

    :param kind: subclass of FlavorsvcResource
    :param value: id or resource
    :param of: what the base path has besides, such as the region of a flavor
    :raises openstack.exceptions.InvalidRequest: for an empty id
    """
    return '/'.join([base_path(kind, **of), quoted(kind._get_id(value)), *action])


def base_path(kind, **of):
    """Return the path of a list. Parameters and errors as in :func:`path`."""
    return kind.base_path % {key: quoted(value) for key, value in of.items()}


def quoted(*values):
    """Return ids or names as one segment of a path, with commas between them.

    :raises openstack.exceptions.InvalidRequest: for an empty one
    """
    for value in values or ['']:
        check_id(value)
    return ','.join(urllib.parse.quote(value, safe='') for value in values)


class FlavorSizes(FlavorsvcResource):
    """What every flavor has."""

    vcpus = resource.Body('vcpus', type=int)
    #: MiB
    ram = resource.Body('ram', type=int)
    #: GiB
    disk = resource.Body('disk', type=int)
    #: GiB
    ephemeral = resource.Body('ephemeral', type=int)
    #: MiB
    swap = resource.Body('swap', type=int)
    description = resource.Body('description')


class AnyFlavor(FlavorSizes):
    """What a flavor of the catalogue has under either of its names."""

    allow_create = True
    allow_fetch = True
    allow_delete = True
    allow_list = True

    #: dict such as {'cpu_arch': 'x86_64', 'cpu_speed_mhz': 2400}: what the hardware offers; the
    #: service turns it into extra specs
    properties = resource.Body('properties', type=dict)
    #: dict of str to str; of an OpenStackFlavor, what Nova gets for the properties
    extra_specs = resource.Body('extra_specs', type=dict)
    #: 'draft', 'active', 'deprecated', 'retired' or 'deleting'
    status = resource.Body('status')
    #: Names of the regions where it is installed
    regions = resource.Body('regions', type=list)
    created_at = resource.Body('created_at')
    updated_at = resource.Body('updated_at')


class Flavor(AnyFlavor):
    """A flavor of the catalogue."""

    resource_key = 'flavor'
    resources_key = 'flavors'
    base_path = '/flavors'

    allow_commit = True

    _query_mapping = resource.QueryParameters(
        'name', 'public', 'promoted', 'is_public', 'status', 'project_id', 'region', 'sort_key',
        'sort_dir')

    rxtx_factor = resource.Body('rxtx_factor', type=float)
    #: Whether all projects of a region may use it (Nova's flag)
    is_public = resource.Body('is_public', type=bool)
    #: Whether it is published in the catalogue
    public = resource.Body('public', type=bool)
    promoted = resource.Body('promoted', type=bool)
    #: Ids of the projects that may use it when not is_public
    projects = resource.Body('projects', type=list)
    #: Id of the project that owns it
    project_id = resource.Body('project_id')
    #: Since when it is deprecated: a date such as '2026-11-21'
    deprecated_on = resource.Body('deprecated_on')
    #: Id of the flavor that is to be used instead
    successor = resource.Body('successor')
    deprecation_reason = resource.Body('deprecation_reason')
    #: Only sent: what to do in regions where Nova can change the flavor only by deleting and
    #: creating it: 'refuse', 'replace-if-unused' or 'replace'
    on_immutable = resource.Body('on_immutable')
    #: Counts the changes
    generation = resource.Body('generation', type=int)

    if_match = resource.Header('If-Match')

    def commit(self, *args, **kwargs):
        """Send what changed, on condition that nobody else changed the flavor since it was read.

        :raises openstack.exceptions.PreconditionFailedException: when somebody did
        """
        if self.generation is not None and self.requires_commit:
            self.if_match = f'"{self.generation}"'
        committed = super().commit(*args, **kwargs)
        # what was said of one change is not to stand for the next
        self._body.attributes.pop('on_immutable', None)
        return committed


class Installation(FlavorsvcResource):
    """One flavor in one region, and where it stands."""

    resource_key = 'installation'
    resources_key = 'installations'
    base_path = '/installations'

    allow_fetch = True
    allow_list = True

    _query_mapping = resource.QueryParameters('flavor', 'region', 'status', 'sort_key', 'sort_dir')

    flavor_id = resource.Body('flavor_id')
    flavor_name = resource.Body('flavor_name')
    region = resource.Body('region')
    #: 'present' or 'absent'
    desired = resource.Body('desired')
    #: 'pending', 'installing', 'uninstalling', 'active', 'retrying' or 'error'; 'gone' once the
    #: service has forgotten it (see Proxy.wait_for_installations)
    status = resource.Body('status')
    #: Code of what went wrong last, such as 'name_taken'
    reason = resource.Body('reason')
    #: What the region said, in its own words
    error = resource.Body('error')
    attempts = resource.Body('attempts', type=int)
    next_attempt_at = resource.Body('next_attempt_at')
    wanted_generation = resource.Body('wanted_generation', type=int)
    observed_generation = resource.Body('observed_generation', type=int)
    #: 'created' by the service, or 'adopted'
    origin = resource.Body('origin')
    #: What was chosen for a region that has yet to replace the flavor, as of a Flavor, or None
    on_immutable = resource.Body('on_immutable')
    #: Whether the flavor, which is to leave, stays while servers use it
    unless_used = resource.Body('unless_used', type=bool)
    #: How many servers used it when they were last counted, or None
    servers = resource.Body('servers', type=int)
    #: The request that asked for it
    request_id = resource.Body('request_id')
    created_at = resource.Body('created_at')
    updated_at = resource.Body('updated_at')

    @property
    def is_settled(self):
        """Whether nothing more happens to it unless somebody does something.

        Such as deleting the servers that use a flavor which is to be replaced or to leave.
        """
        return self.status in ('active', 'error', 'gone') or self.reason == 'in_use'

    @property
    def is_as_desired(self):
        """Whether the region is as the catalogue wants it."""
        return self.status == ('gone' if self.desired == 'absent' else 'active')


class Region(FlavorsvcResource):
    """A region that flavors can be installed into. Its id is its name."""

    resource_key = 'region'
    resources_key = 'regions'
    base_path = '/regions'

    allow_fetch = True
    allow_commit = True
    allow_list = True

    _query_mapping = resource.QueryParameters('state', 'project_id', 'sort_key', 'sort_dir')

    #: 'discovered' in the service catalogue, or 'registered' (see Infrastructure)
    kind = resource.Body('kind')
    #: URL of its Nova
    endpoint = resource.Body('endpoint')
    #: Id of the project that owns it
    project_id = resource.Body('project_id')
    #: 'up', 'slow', 'down', 'unknown' or, when Keystone no longer lists it, 'gone'; since when,
    #: and why
    state = resource.Body('state')
    since = resource.Body('since')
    reason = resource.Body('reason')
    #: The highest microversion of compute that can be used with it
    nova_microversion = resource.Body('nova_microversion')
    #: How many installations the service works on in it at a time
    max_concurrency = resource.Body('max_concurrency', type=int)
    #: What is done about its drift: 'ignore', 'report', 'repair-safe' or 'repair-all'
    drift_policy = resource.Body('drift_policy')
    #: When it was last read to the end, when it is read next, and why the last try failed
    audited_at = resource.Body('audited_at')
    audit_due_at = resource.Body('audit_due_at')
    audit_error = resource.Body('audit_error')
    #: How many it works on now
    in_progress = resource.Body('in_progress', type=int)
    #: Average seconds that its Nova takes to answer, lately
    answer_seconds = resource.Body('answer_seconds', type=float)
    #: Whether the service leaves it alone; since when, and why
    maintenance = resource.Body('maintenance', type=bool)
    maintenance_since = resource.Body('maintenance_since')
    maintenance_reason = resource.Body('maintenance_reason')
    last_seen_at = resource.Body('last_seen_at')
    created_at = resource.Body('created_at')


class OpenStackFlavor(AnyFlavor):
    """A flavor described by what the hardware of a composed node offers."""

    resource_key = 'openstack_flavor'
    resources_key = 'openstack_flavors'
    base_path = '/openstack_flavors'

    _query_mapping = resource.QueryParameters('name', 'region', 'sort_key', 'sort_dir')

    id = resource.Body('uuid', alternate_id=True)


class Infrastructure(FlavorsvcResource):
    """A cloud with a Keystone of its own. Its id is its name, which is also that of its region.

    Its credential is sent once, by Proxy.create_infrastructure, and kept by the service only.
    """

    resource_key = 'infrastructure'
    base_path = '/infrastructures'

    name = resource.Body('name', alternate_id=True)
    keystone_url = resource.Body('keystone_url')
    #: URL of its Nova, as given or as its own service catalogue has it
    nova_url = resource.Body('nova_url')
    #: The name of the region in its own service catalogue
    region_name = resource.Body('region_name')
    #: Id of the project that owns it
    project_id = resource.Body('project_id')
    created_at = resource.Body('created_at')


class PrivateFlavor(FlavorSizes):
    """A flavor that the Nova of one region has, whether the catalogue knows of it or not."""

    resource_key = 'flavor'
    resources_key = 'flavors'
    base_path = '/regions/%(region)s/flavors'

    rxtx_factor = resource.Body('rxtx_factor', type=float)
    #: Whether all projects of the region may use it
    is_public = resource.Body('is_public', type=bool)
    #: dict of str to str
    extra_specs = resource.Body('extra_specs', type=dict)
    #: List of the one region that was asked
    regions = resource.Body('regions', type=list)


class ServiceType(FlavorsvcResource):
    """What a service such as redis or mysql needs of a flavor. Its id is its name.

    A flavor is for a type when it is mapped to it, or when the catalogue has it and it satisfies
    the rule. A rule that requires nothing is satisfied by no flavor.
    """

    resource_key = 'service_type'
    resources_key = 'service_types'
    base_path = '/service_types'

    allow_fetch = True
    allow_delete = True
    allow_list = True

    name = resource.Body('name', alternate_id=True)
    #: The rule: what a flavor must have at least, None where that does not matter
    min_vcpus = resource.Body('min_vcpus', type=int)
    #: MiB
    min_ram = resource.Body('min_ram', type=int)
    #: GiB
    min_disk = resource.Body('min_disk', type=int)
    #: The rule: dict of str to str that Nova must get for a flavor
    required_extra_specs = resource.Body('required_extra_specs', type=dict)
    #: Ids of the flavors that are mapped to it
    flavor_ids = resource.Body('flavor_ids', type=list)
    created_at = resource.Body('created_at')
    updated_at = resource.Body('updated_at')


class ServiceFlavor(FlavorSizes):
    """A flavor for service types, as a region's Nova has it."""

    resource_key = 'flavor'
    resources_key = 'flavors'
    base_path = '/service_flavors'

    rxtx_factor = resource.Body('rxtx_factor', type=float)
    is_public = resource.Body('is_public', type=bool)
    #: Ids of the projects that may use it when not is_public, as far as one may know
    projects = resource.Body('projects', type=list)
    #: Names of the service types that it is for
    service_types = resource.Body('service_types', type=list)
    #: The request that created it, which is that of its Installation
    request_id = resource.Header('X-OpenStack-Request-ID')


class RegisteredFlavor(ServiceFlavor):
    """A flavor that is mapped to service types, as a region's Nova has it."""

    base_path = '/registered_flavors'
