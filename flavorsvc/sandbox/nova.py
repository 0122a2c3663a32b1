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

"""The Nova API of one region: its configuration and databases."""

import importlib.metadata
import shutil
import sqlite3

import yaml

from flavorsvc.sandbox import errors
from flavorsvc.sandbox import keystone
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision

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
[keystone_authtoken]
www_authenticate_uri = {keystone_url}
auth_url = {keystone_url}
auth_type = password
username = nova
password = {password}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = {region}
service_token_roles_required = true
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
    _map_cells(directory)
    folder = config_folder(sandbox, cloud, region)
    state.write_private(folder / 'nova.conf', _CONFIG.format(
        directory=directory, region=region, keystone_url=cloud.keystone_url,
        password=cloud.password('nova'), policy_file=folder / 'policy.yaml'))
    shutil.copy(_api_paste(), folder / 'api-paste.ini')
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
        environment={'OS_NOVA_CONFIG_DIR': str(config_folder(sandbox, cloud, region))})


def _map_cells(directory):
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
    finally:
        connection.close()


def _api_paste():
    """The paste configuration that Nova's distribution installed with itself."""
    for file in importlib.metadata.files('nova') or ():
        if file.name == 'api-paste.ini':
            return file.locate().resolve()
    raise errors.SandboxError('the installed nova has no api-paste.ini')
