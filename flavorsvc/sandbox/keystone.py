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

"""Keystone of a cloud: its configuration, and what is in it."""

import shutil

from keystoneauth1.identity import v3
import keystoneauth1.session
from keystoneclient.v3 import client
import yaml

from flavorsvc.cloud import registration
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision
from flavorsvc.sandbox import template

MANAGER_ROLE = 'InfrastructureManager'

# user: (project, roles). A foreign cloud has those of FOREIGN_USERS only.
SERVICE_USERS = {
    'nova': ('service', ('service',)),
    'flavorsvc': ('service', ('admin',)),
    'flavorsvc-api': ('service', ('service',)),
}
SERVER_USERS = {
    'glance': ('service', ('service',)),
    'placement': ('service', ('service',)),
}
ACTORS = {
    'admin': ('admin', ('admin',)),
    'manager': ('managers', (MANAGER_ROLE, 'member')),
    'operator-one': ('region-one', ('member',)),
    'operator-two': ('region-two', ('member',)),
    'customer': ('users', ('member',)),
    'user': ('users', ('reader',)),
}
FOREIGN_USERS = ('admin', 'nova', 'flavorsvc')

# Whose project manages the flavors of a region besides the admins, in the home cloud.
OWNERS = {'RegionOne': 'region-one', 'RegionTwo': 'region-two'}

# The region of the home cloud whose compute service is flavorsvc.
COMPUTE_REGION = 'flavorsvc'

_CONFIG = """\
[DEFAULT]
use_stderr = true
[database]
connection = sqlite:///{directory}/keystone.db?timeout=60
[token]
provider = fernet
[identity]
# Cheap on purpose: nobody attacks this machine's own sandbox.
password_hash_rounds = 4
[fernet_tokens]
key_repository = {directory}/fernet-keys
[fernet_receipts]
key_repository = {directory}/fernet-keys
[credential]
key_repository = {directory}/credential-keys
[cache]
enabled = true
backend = dogpile.cache.memory
"""

_CLIENT = """\
[{section}]
auth_url = {keystone_url}
auth_type = password
username = {user}
password = {password}
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = {region}
"""


def prepare(sandbox: state.Sandbox, cloud: state.Cloud, databases) -> None:
    """Writes what this Keystone needs on disk; keeps its database when it has one.

    :param databases: folder of the template.
    """
    directory = cloud.directory
    directory.mkdir(parents=True, exist_ok=True)
    template.write_keys(directory)
    if not (directory / 'keystone.db').exists():
        shutil.copy(databases / 'keystone.db', directory / 'keystone.db')
        cloud.passwords['admin'] = (databases / template.ADMIN_PASSWORD).read_text()
    state.write_private(config_folder(sandbox, cloud) / 'keystone.conf',
                        _CONFIG.format(directory=directory))


def config_folder(sandbox, cloud):
    return sandbox.config / cloud.keystone_program


def program(sandbox: state.Sandbox, cloud: state.Cloud) -> supervision.Program:
    name = cloud.keystone_program
    # One thread, for the same reason as Nova's: its database is SQLite.
    return supervision.serve(
        name, 'keystone.wsgi.api:application', cloud.keystone_port, threads=1,
        request_log=sandbox.request_log(name),
        environment={'OS_KEYSTONE_CONFIG_DIR': str(config_folder(sandbox, cloud))})


def client_config(cloud: state.Cloud, section: str, user: str, region: str) -> str:
    """The section of a service's configuration by which it is `user` in the cloud."""
    return _CLIENT.format(section=section, keystone_url=cloud.keystone_url, user=user,
                          password=cloud.password(user), region=region)


def token_config(cloud: state.Cloud, user: str, region: str) -> str:
    """The section by which a service, itself being `user`, asks whose a token is."""
    return (client_config(cloud, 'keystone_authtoken', user, region)
            + f'www_authenticate_uri = {cloud.keystone_url}\n'
              'service_token_roles_required = true\n')


def users_of(cloud: state.Cloud) -> dict[str, tuple[str, tuple[str, ...]]]:
    everybody = SERVICE_USERS | ACTORS | (SERVER_USERS if cloud.server_regions else {})
    return everybody if cloud.home else {name: everybody[name] for name in FOREIGN_USERS}


def session(cloud: state.Cloud, user: str):
    """A keystoneauth session of `user` on its project."""
    project, _ = users_of(cloud)[user]
    return keystoneauth1.session.Session(v3.Password(
        auth_url=cloud.keystone_url, username=user, password=cloud.password(user),
        project_name=project, user_domain_name='Default', project_domain_name='Default'))


def fill(cloud: state.Cloud, flavorsvc_url: str | None) -> None:
    """Brings the content of this Keystone to what it should be; changes only what is not.

    :param flavorsvc_url: URL of flavorsvc to enter in the catalogue, if there is one.
    """
    content = _Content(cloud)
    for user, (project, roles) in users_of(cloud).items():
        for role in roles:
            content.grant(user, project, role)
    cloud.project_ids = {name: project.id for name, project in content.projects.items()}
    for region, port in cloud.nova_ports.items():
        content.region(region)
        content.endpoint('identity', 'keystone', region, cloud.keystone_url)
        content.endpoint('compute', 'nova', region, f'http://127.0.0.1:{port}/v2.1')
        for service_type, name, url in cloud.server_endpoints(region):
            content.endpoint(service_type, name, region, url)
    if flavorsvc_url:
        content.register(flavorsvc_url)


class _Content:
    """What Keystone has, read once in a handful of requests, and how to add to it."""

    def __init__(self, cloud):
        self._cloud = cloud
        self._client = client.Client(session=session(cloud, 'admin'),
                                     endpoint_override=cloud.keystone_url)
        self.projects = self._by_name(self._client.projects)
        self._users = self._by_name(self._client.users)
        self._roles = self._by_name(self._client.roles)
        self._services = {service.type: service for service in self._client.services.list()}
        self._regions = {region.id for region in self._client.regions.list()}
        self._endpoints = {(endpoint.service_id, endpoint.region, endpoint.interface): endpoint
                           for endpoint in self._client.endpoints.list()}
        self._grants = {(grant.user['id'], grant.scope['project']['id'], grant.role['id'])
                        for grant in self._client.role_assignments.list()
                        if 'user' in grant.to_dict() and 'project' in grant.scope}

    @staticmethod
    def _by_name(collection):
        return {item.name: item for item in collection.list()}

    def grant(self, user, project, role):
        for name in {project} - self.projects.keys():
            self.projects[name] = self._client.projects.create(name, 'default')
        for name in {role} - self._roles.keys():
            self._roles[name] = self._client.roles.create(name)
        for name in {user} - self._users.keys():
            self._users[name] = self._client.users.create(
                name, domain='default', password=self._cloud.password(name),
                default_project=self.projects[project])
        ids = (self._users[user].id, self.projects[project].id, self._roles[role].id)
        if ids not in self._grants:
            self._client.roles.grant(ids[2], user=ids[0], project=ids[1])

    def region(self, name):
        if name not in self._regions:
            self._client.regions.create(name)

    def endpoint(self, service_type, service_name, region, url):
        if service_type not in self._services:
            self._services[service_type] = self._client.services.create(
                service_name, service_type)
        service = self._services[service_type]
        for interface in ('public', 'internal'):
            found = self._endpoints.get((service.id, region, interface))
            if found is None:
                self._client.endpoints.create(service, url, interface=interface, region=region)
            elif found.url != url:
                self._client.endpoints.update(found, url=url)

    def register(self, url):
        # In every region, so that OS_REGION_NAME may name any of them.
        regions = list(self._cloud.nova_ports)
        wanted = registration.Wanted(
            urls=dict.fromkeys(('public', 'internal', 'admin'), url), regions=regions,
            compute_region=COMPUTE_REGION, model_region=regions[0])
        for _change in registration.Registration(self._client).register(wanted):
            pass


def write_clouds_yaml(sandbox: state.Sandbox) -> None:
    """clouds.yaml with the actors of the home cloud, and the admin of each foreign one."""
    clouds = {actor: _cloud_entry(sandbox.home, actor) for actor in ACTORS}
    for cloud in sandbox.foreign:
        clouds[cloud.name.lower()] = _cloud_entry(cloud, 'admin')
    state.write_private(sandbox.directory / 'clouds.yaml',
                        yaml.safe_dump({'clouds': clouds}, sort_keys=False))
    sandbox.users = {
        user: {'password': sandbox.home.password(user), 'project': project, 'roles': list(roles)}
        for user, (project, roles) in ACTORS.items()}


def _cloud_entry(cloud, user):
    return {
        'auth': {'auth_url': cloud.keystone_url, 'username': user,
                 'password': cloud.password(user), 'project_name': users_of(cloud)[user][0],
                 'user_domain_name': 'Default', 'project_domain_name': 'Default'},
        'region_name': next(iter(cloud.nova_ports)),
        'regions': [*cloud.nova_ports, *([COMPUTE_REGION] if cloud.home else ())],
        'identity_api_version': 3,
    }
