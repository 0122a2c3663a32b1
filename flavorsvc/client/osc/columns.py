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

"""What the commands show of each resource, and how."""

from osc_lib.cli import format_columns

#: Columns of lists: attribute and heading. Those of *_LONG come on top with --long.
FLAVOR = (
    ('id', 'ID'), ('name', 'Name'), ('vcpus', 'VCPUs'), ('ram', 'RAM'), ('disk', 'Disk'),
    ('public', 'Published'), ('promoted', 'Promoted'), ('regions', 'Regions'),
)
FLAVOR_LONG = (
    ('ephemeral', 'Ephemeral'), ('swap', 'Swap'), ('rxtx_factor', 'RXTX Factor'),
    ('is_public', 'Is Public'), ('extra_specs', 'Extra Specs'), ('properties', 'Properties'),
    ('description', 'Description'), ('status', 'Status'), ('generation', 'Generation'),
)
INSTALLATION = (
    ('id', 'ID'), ('flavor_name', 'Flavor'), ('region', 'Region'), ('status', 'Status'),
    ('reason', 'Reason'),
)
INSTALLATION_LONG = (
    ('flavor_id', 'Flavor ID'), ('desired', 'Desired'), ('error', 'Error'),
    ('attempts', 'Attempts'), ('next_attempt_at', 'Next Attempt At'), ('origin', 'Origin'),
    ('request_id', 'Request ID'), ('updated_at', 'Updated At'),
)
REGION = (
    ('name', 'Name'), ('kind', 'Kind'), ('state', 'State'),
    ('nova_microversion', 'Nova Microversion'), ('max_concurrency', 'Max Concurrency'),
    ('project_id', 'Project ID'), ('reason', 'Reason'),
)
NOVA_FLAVOR = (
    ('id', 'ID'), ('name', 'Name'), ('vcpus', 'VCPUs'), ('ram', 'RAM'), ('disk', 'Disk'),
    ('is_public', 'Is Public'),
)
SERVICE_FLAVOR = (*NOVA_FLAVOR, ('service_types', 'Service Types'))
SERVICE_FLAVOR_LONG = (
    ('ephemeral', 'Ephemeral'), ('swap', 'Swap'), ('rxtx_factor', 'RXTX Factor'),
    ('projects', 'Projects'), ('description', 'Description'),
)
SERVICE_TYPE = (
    ('name', 'Name'), ('min_vcpus', 'Min VCPUs'), ('min_ram', 'Min RAM'),
    ('min_disk', 'Min Disk'), ('required_extra_specs', 'Required Extra Specs'),
    ('flavor_ids', 'Flavors'),
)
PRIVATE_FLAVOR_LONG = (
    ('ephemeral', 'Ephemeral'), ('swap', 'Swap'), ('rxtx_factor', 'RXTX Factor'),
    ('extra_specs', 'Extra Specs'), ('description', 'Description'),
)
OPENSTACK_FLAVOR = (
    ('id', 'UUID'), ('name', 'Name'), ('vcpus', 'VCPUs'), ('ram', 'RAM'), ('disk', 'Disk'),
    ('properties', 'Properties'), ('extra_specs', 'Extra Specs'), ('regions', 'Regions'),
)

#: Fields of single resources, in this order.
FLAVOR_FIELDS = (
    'id', 'name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'rxtx_factor', 'description',
    'is_public', 'projects', 'extra_specs', 'properties', 'public', 'promoted', 'project_id',
    'regions', 'status', 'generation', 'created_at', 'updated_at',
)
INSTALLATION_FIELDS = (
    'id', 'flavor_id', 'flavor_name', 'region', 'desired', 'status', 'reason', 'error',
    'attempts', 'next_attempt_at', 'wanted_generation', 'observed_generation', 'origin',
    'request_id', 'created_at', 'updated_at',
)
REGION_FIELDS = (
    'name', 'kind', 'endpoint', 'state', 'reason', 'since', 'nova_microversion',
    'max_concurrency', 'project_id', 'last_seen_at', 'created_at',
)
INFRASTRUCTURE_FIELDS = (
    'name', 'keystone_url', 'nova_url', 'region_name', 'project_id', 'created_at',
)
PRIVATE_FLAVOR_FIELDS = (
    'id', 'name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'rxtx_factor', 'description',
    'is_public', 'extra_specs', 'regions',
)
SERVICE_FLAVOR_FIELDS = (
    'id', 'name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'rxtx_factor', 'description',
    'is_public', 'projects', 'service_types',
)
SERVICE_TYPE_FIELDS = (
    'name', 'min_vcpus', 'min_ram', 'min_disk', 'required_extra_specs', 'flavor_ids',
    'created_at', 'updated_at',
)
OPENSTACK_FLAVOR_FIELDS = (
    'id', 'name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'description', 'properties',
    'extra_specs', 'regions', 'status', 'created_at', 'updated_at',
)

_FORMATS = {dict: format_columns.DictColumn, list: format_columns.ListColumn}


def table(columns, found):
    """Return what a Lister shows: the headings, and a row a resource.

    :param columns: pairs of attribute and heading
    :param found: iterable of resources
    """
    return ([heading for _, heading in columns],
            [_values(one, [field for field, _ in columns]) for one in found])


def record(fields, one):
    """Return what a ShowOne shows: the fields and their values."""
    return fields, _values(one, fields)


def _values(one, fields):
    """Return values that are text in tables, and keep their types in JSON and YAML."""
    values = [getattr(one, field) for field in fields]
    return [_FORMATS[type(value)](value) if type(value) in _FORMATS else value
            for value in values]
