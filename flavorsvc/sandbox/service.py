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

"""flavorsvc itself in a sandbox: its configuration, processes and first content."""

import pathlib
import subprocess
import sys
import sysconfig

import keystoneauth1.adapter
import keystoneauth1.exceptions

from flavorsvc.cloud import credentials
from flavorsvc.sandbox import backing
from flavorsvc.sandbox import errors
from flavorsvc.sandbox import keystone
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision

_COMMON = """\
[DEFAULT]
use_stderr = true
"""

_DEBUG = """\
debug = true
# All that there is; SQL would bury the rest.
default_log_levels = sqlalchemy=WARNING
"""

_API = """\
[api]
host = 127.0.0.1
port = {port}
workers = {workers}
[policy]
manager_role = {manager_role}
[keystone_authtoken]
www_authenticate_uri = {keystone_url}
auth_url = {keystone_url}
auth_type = password
username = flavorsvc-api
password = {password}
project_name = service
user_domain_name = Default
project_domain_name = Default
service_token_roles_required = true
"""

_CONDUCTOR = """\
[cloud]
auth_type = password
auth_url = {keystone_url}
username = flavorsvc
password = {password}
project_name = service
user_domain_name = Default
project_domain_name = Default
# A sandbox changes more often than a cloud, and somebody sits in front of it.
discovery_interval = 10
[database]
connection = {database_url}
[infrastructures]
allowed_networks = 127.0.0.0/8
[credentials]
key_repository = {key_repository}
[engine]
lease = 15
poll_interval = 1
retry_max = 10
"""


def write_config(sandbox: state.Sandbox) -> None:
    """flavorsvc.conf for every process, and one file for what only API or conductor may know.

    With them go the keys of the conductors.
    """
    home = sandbox.home
    keys = sandbox.data / 'credential-keys'
    credentials.Keys(keys).set_up()
    state.write_private(_file(sandbox, 'flavorsvc'),
                        _COMMON + (_DEBUG if sandbox.shape.debug else '')
                        + backing.messaging_config(sandbox))
    state.write_private(_file(sandbox, 'api'), _API.format(
        port=sandbox.api_port, workers=sandbox.shape.api_workers,
        manager_role=keystone.MANAGER_ROLE, keystone_url=home.keystone_url,
        password=home.password('flavorsvc-api')))
    state.write_private(_file(sandbox, 'conductor'), _CONDUCTOR.format(
        keystone_url=home.keystone_url, password=home.password('flavorsvc'),
        database_url=backing.database_url(sandbox).replace('$', '$$'),
        key_repository=str(keys).replace('$', '$$')))


def programs(sandbox: state.Sandbox) -> list[supervision.Program]:
    if not sandbox.shape.flavorsvc:
        return []
    if sandbox.shape.all_in_one:
        return [supervision.Program(
            'flavorsvc', _command(sandbox, 'all-in-one', 'api', 'conductor'))]
    conductor = _command(sandbox, 'conductor', 'conductor')
    return [supervision.Program('api', _command(sandbox, 'api', 'api')),
            *(supervision.Program(name, conductor)
              for name in _conductors(sandbox))]


def _conductors(sandbox):
    return [f'conductor-{number}' for number in range(1, sandbox.shape.conductors + 1)]


def start_migration(sandbox: state.Sandbox) -> subprocess.Popen:
    """Starts ``flavorsvc-manage db sync``; finish_migration waits for it."""
    log = sandbox.log_file('db-sync.log')
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open('w') as output:
        return subprocess.Popen(
            [*_command(sandbox, 'manage', 'conductor'), 'db', 'sync'],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)


def finish_migration(sandbox: state.Sandbox, migration: subprocess.Popen) -> None:
    """:raises SandboxError: the migration failed."""
    if migration.wait():
        log = sandbox.log_file('db-sync.log')
        raise errors.SandboxError(f'flavorsvc-manage db sync failed:\n{log.read_text()}')


class Client:
    """What the sandbox itself asks of flavorsvc, as `manager`."""

    def __init__(self, sandbox: state.Sandbox):
        self._sandbox = sandbox
        self._http = keystoneauth1.adapter.Adapter(
            keystone.session(sandbox.home, 'manager'),
            endpoint_override=f'{sandbox.api_url}/v1', raise_exc=False,
            default_microversion='1.1', service_type='flavorsvc')

    def missing_regions(self) -> set[str]:
        """The regions of the cloud that flavorsvc has not discovered yet."""
        return self._sandbox.home.nova_ports.keys() - self._regions().keys()

    def record_owners(self) -> None:
        """Tells flavorsvc which project owns RegionOne and RegionTwo."""
        regions = self._regions()
        for region, project in keystone.OWNERS.items():
            project_id = self._sandbox.home.project_ids[project]
            if region in regions and regions[region]['project_id'] != project_id:
                answer = self._http.patch(f'/regions/{region}',
                                          json={'region': {'project_id': project_id}})
                self._check(answer)

    def _regions(self):
        try:
            answer = self._http.get('/regions')
        except keystoneauth1.exceptions.ConnectFailure as error:
            raise errors.SandboxError(f'flavorsvc does not answer: {error}') from error
        self._check(answer)
        return {region['name']: region for region in answer.json()['regions']}

    @staticmethod
    def _check(answer):
        if answer.status_code >= 400:
            raise errors.SandboxError(
                f'flavorsvc answered {answer.request.method} {answer.url} with '
                f'{answer.status_code}: {answer.text}')


def _file(sandbox, name):
    return sandbox.config / f'{name}.conf'


def _command(sandbox, process, *own_files):
    program = pathlib.Path(sysconfig.get_path('scripts')) / f'flavorsvc-{process}'
    command = [sys.executable, str(program)]
    for name in ('flavorsvc', *own_files):
        command += ['--config-file', str(_file(sandbox, name))]
    return tuple(command)
