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

"""The Nova of one region: its configuration and databases."""

import shutil
import sqlite3

import yaml

from flavorsvc.sandbox import keystone
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision
from flavorsvc.sandbox import template

# Added where servers can be booted.
_SERVERS = """\
[DEFAULT]
# The other fake driver makes up its nodes anew at each start, which Nova refuses the second time.
compute_driver = fake.FakeDriverWithoutFakeNodes
# There is one host.
allow_resize_to_same_host = true
# Seconds; what went wrong while another process was away is soon tried again.
update_resources_interval = 10
periodic_fuzzy_delay = 0
[quota]
cores = -1
instances = -1
ram = -1
[vnc]
enabled = false
"""

_CONFIG = """\
[DEFAULT]
use_stderr = true
state_path = {directory}
my_ip = 127.0.0.1
host = {region}-host
transport_url = fake://
[api_database]
connection = sqlite:///{directory}/nova_api.db?timeout=60
[database]
connection = sqlite:///{directory}/nova_cell1.db?timeout=60
[oslo_concurrency]
lock_path = {directory}/lock
[oslo_policy]
policy_file = {policy_file}
"""

_OWNED_RULES = (
    'os-flavor-manage:create', 'os-flavor-manage:update', 'os-flavor-manage:delete',
    'os-flavor-extra-specs:create', 'os-flavor-extra-specs:update', 'os-flavor-extra-specs:delete',
    'os-flavor-access:add_tenant_access', 'os-flavor-access:remove_tenant_access',
    'os-flavor-access',
)


def prepare(sandbox: state.Sandbox, cloud: state.Cloud, region: str, databases) -> None:
    """Writes what this Nova needs on disk; keeps its databases when it has them.

    :param databases: folder of the template.
    """
    directory = cloud.directory / region
    directory.mkdir(parents=True, exist_ok=True)
    if not (directory / 'nova_api.db').exists():
        shutil.copy(databases / 'nova_cell.db', directory / 'nova_cell0.db')
        shutil.copy(databases / 'nova_cell.db', directory / 'nova_cell1.db')
        shutil.copy(databases / 'nova_api.db', directory / 'nova_api.db')
    boots = region in cloud.server_regions
    _map_cells(directory, host=f'{region}-host' if boots else None)
    folder = config_folder(sandbox, cloud, region)
    config = _CONFIG.format(directory=directory, region=region, policy_file=folder / 'policy.yaml')
    config += keystone.token_config(cloud, 'nova', region)
    if boots:
        config += _SERVERS + ''.join(keystone.client_config(cloud, section, 'nova', region)
                                     for section in ('glance', 'neutron', 'placement'))
    state.write_private(folder / 'nova.conf', config)
    shutil.copy(template.installed_file('nova', 'api-paste.ini'), folder)
    write_policy(sandbox, cloud, region)


def write_policy(sandbox: state.Sandbox, cloud: state.Cloud, region: str) -> None:
    """Lets the project that owns the region manage its flavors; Nova reads it at the next call.

    A project's id is known only once Keystone was filled.
    """
    owner = cloud.project_ids.get(keystone.OWNERS.get(region)) if cloud.home else None
    may = f'role:admin or (role:member and project_id:{owner})'
    rules = {f'os_compute_api:{rule}': may for rule in _OWNED_RULES} if owner else {}
    path = config_folder(sandbox, cloud, region) / 'policy.yaml'
    text = yaml.safe_dump(rules)
    if not path.exists() or path.read_text() != text:
        state.write_private(path, text)


def config_folder(sandbox, cloud, region):
    return sandbox.config / cloud.nova_program(region)


def program(sandbox: state.Sandbox, cloud: state.Cloud, region: str) -> supervision.Program:
    name = cloud.nova_program(region)
    # One thread: with more, SQLite answers some of them "database is locked" (Nova begins its
    # transactions as readers), which a real cloud's database does not.
    return supervision.serve(
        name, 'nova.wsgi.osapi_compute:application', cloud.nova_ports[region], threads=1,
        request_log=sandbox.request_log(name),
        beside='flavorsvc.sandbox.hypervisor:start' if region in cloud.server_regions else None,
        environment={'OS_NOVA_CONFIG_DIR': str(config_folder(sandbox, cloud, region))})


def _map_cells(directory, host):
    """What nova-manage cell_v2 would enter, without its ten seconds of imports.

    Done at each `up`, for the mappings carry absolute paths and the directory may have moved.
    """
    cells = (('00000000-0000-0000-0000-000000000000', 'cell0', 'none:///'),
             ('00000000-0000-0000-0000-000000000001', 'cell1', 'fake://'))
    connection = sqlite3.connect(directory / 'nova_api.db')
    try:
        with connection:
            for uuid, name, transport_url in cells:
                database = f'sqlite:///{directory}/nova_{name}.db?timeout=60'
                changed = connection.execute(
                    'UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?',
                    (database, uuid))
                if not changed.rowcount:
                    connection.execute(
                        'INSERT INTO cell_mappings (created_at, uuid, name, transport_url, '
                        "database_connection, disabled) VALUES (datetime('now'), ?, ?, ?, ?, 0)",
                        (uuid, name, transport_url, database))
            if host:
                connection.execute(
                    'INSERT INTO host_mappings (created_at, cell_id, host) '
                    "SELECT datetime('now'), id, ? FROM cell_mappings WHERE name = 'cell1' "
                    'AND NOT EXISTS (SELECT 1 FROM host_mappings WHERE host = ?)', (host, host))
    finally:
        connection.close()
