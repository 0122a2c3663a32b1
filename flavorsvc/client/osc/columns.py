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

from cliff import columns as cliff_columns
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
    ('on_immutable', 'On Immutable'), ('servers', 'Servers'),
    ('request_id', 'Request ID'), ('updated_at', 'Updated At'),
)
REGION = (
    ('name', 'Name'), ('kind', 'Kind'), ('state', 'State'),
    ('nova_microversion', 'Nova Microversion'), ('max_concurrency', 'Max Concurrency'),
    ('maintenance', 'Maintenance'), ('project_id', 'Project ID'), ('reason', 'Reason'),
)
AUDIT = (
    ('name', 'Name'), ('state', 'State'), ('drift_policy', 'Drift Policy'),
    ('audited_at', 'Audited At'), ('audit_due_at', 'Audit Due At'),
    ('audit_error', 'Audit Error'),
)
FINDING = (
    ('id', 'ID'), ('region', 'Region'), ('flavor_name', 'Flavor'), ('kind', 'Kind'),
    ('differences', 'Differences'), ('state', 'State'),
)
FINDING_LONG = (
    ('flavor_id', 'Flavor ID'), ('opened_at', 'Opened At'), ('resolved_at', 'Resolved At'),
    ('accepted_reason', 'Accepted Reason'), ('repairs', 'Repairs'),
    ('next_repair_at', 'Next Repair At'),
)
PLAN = (
    ('id', 'ID'), ('state', 'State'), ('catalogue', 'Catalogue'), ('regions', 'Regions'),
    ('summary', 'Summary'), ('created_at', 'Created At'), ('created_by', 'Created By'),
    ('applied_at', 'Applied At'), ('applied_by', 'Applied By'),
)
ADOPTION = (
    ('flavor_id', 'Flavor ID'), ('flavor_name', 'Flavor'), ('result', 'Result'),
    ('conflicts', 'Conflicts'),
)
COMPARISON = (
    ('id', 'ID'), ('name', 'Name'), ('verdict', 'Verdict'), ('regions', 'Regions'),
    ('missing_regions', 'Missing Regions'), ('differences', 'Differences'),
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
    'regions', 'status', 'deprecated_on', 'successor', 'deprecation_reason', 'generation',
    'created_at', 'updated_at',
)
INSTALLATION_FIELDS = (
    'id', 'flavor_id', 'flavor_name', 'region', 'desired', 'status', 'reason', 'error',
    'attempts', 'next_attempt_at', 'wanted_generation', 'observed_generation', 'origin',
    'on_immutable', 'unless_used', 'servers', 'request_id', 'created_at', 'updated_at',
)
REGION_FIELDS = (
    'name', 'kind', 'endpoint', 'state', 'reason', 'since', 'nova_microversion',
    'answer_seconds', 'max_concurrency', 'in_progress', 'maintenance', 'maintenance_reason',
    'maintenance_since', 'project_id', 'drift_policy', 'audited_at', 'audit_due_at',
    'audit_error', 'last_seen_at', 'created_at',
)
FINDING_FIELDS = (
    'id', 'region', 'flavor_id', 'flavor_name', 'kind', 'differences', 'state', 'opened_at',
    'resolved_at', 'accepted_at', 'accepted_by', 'accepted_reason', 'repairs', 'repaired_at',
    'next_repair_at',
)
PLAN_FIELDS = (
    'id', 'state', 'catalogue', 'regions', 'prune', 'on_immutable', 'actions', 'summary',
    'progress', 'unread_regions', 'created_by', 'created_at', 'request_id', 'expires_at',
    'applied_by', 'applied_at', 'applied_request_id',
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

#: Characters of a value that a line of a plan shows.
_LONGEST = 40


class Differences(cliff_columns.FormattableColumn):
    """What of a flavor is not as it should be, or not the same in all regions."""

    def human_readable(self):
        return '; '.join(f'{_subject(each)} {_values_of(each)}' for each in self._value)


class Conflicts(cliff_columns.FormattableColumn):
    """What stands against an adoption."""

    def human_readable(self):
        return '; '.join(_conflict(each) for each in self._value)


class Actions(cliff_columns.FormattableColumn):
    """What a plan does: a line for each action, in columns."""

    _HEADINGS = ('REGION', 'FLAVOR', 'ACTION', 'SERVERS', 'STATUS', 'DIFFERENCES')

    def human_readable(self):
        rows = [self._HEADINGS, *(self._row(each) for each in self._value)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(self._HEADINGS))]
        return '\n'.join('  '.join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows) if self._value else 'nothing to do'

    @staticmethod
    def _row(each):
        changes = [f'{_subject(one)} {_short(one["found"])} → {_short(one["wanted"])}'
                   for one in each['differences']]
        why = each['error'] or each['because']
        if why:
            # in a table it is a line, also when the other side's words come in several
            changes.append(f'({" ".join(why.split())})')
        return (each['region'] or '(catalogue)', each['flavor_name'], each['action'],
                '' if each['servers'] is None else str(each['servers']),
                f'refused: {each["refused"]}' if each['refused'] else each['status'],
                '; '.join(changes))


class Unread(cliff_columns.FormattableColumn):
    """Regions that were not read, and why."""

    def human_readable(self):
        return '\n'.join(f'{each["name"]}: {each["reason"]}' for each in self._value)


def _short(value):
    if value is None:
        return '-'
    text = ' '.join(str(value).split())
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'


def _subject(each):
    return f'{each["field"]} {each["key"]}' if each['key'] is not None else each['field']


def _values_of(each):
    if 'values' in each:
        return ', '.join(f'{one["value"]} in {one["region"]}' for one in each['values'])
    if each['wanted'] is None:
        return f'is {each["found"]}'
    return f'is {each["found"]}, not {each["wanted"]}'


def _conflict(each):
    where = each['region'] or 'the catalogue'
    told = f'{each["reason"]}: {each["flavor_id"]} in {where}'
    differ = ', '.join(f'{_subject(one)} {one["wanted"]}' for one in each['differences'])
    return f'{told} has {differ}' if differ else told


_FORMATS = {dict: format_columns.DictColumn, list: format_columns.ListColumn}
#: Fields that are lists of objects.
_FIELDS = {'differences': Differences, 'conflicts': Conflicts, 'actions': Actions,
           'unread_regions': Unread}


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
    return [_formatted(field, getattr(one, field)) for field in fields]


def _formatted(field, value):
    kind = _FIELDS.get(field) or _FORMATS.get(type(value))
    return kind(value) if kind and value is not None else value
