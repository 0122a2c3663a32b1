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

"""What a region with servers has beside its Nova: placement, images and an image, no network."""

import shutil

import keystoneauth1.adapter
import keystoneauth1.exceptions

from flavorsvc.sandbox import keystone
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision
from flavorsvc.sandbox import template

#: Name of the public image, of one empty sector.
IMAGE = 'tiny'
_IMAGE_CONTENT = bytes(512)

_GLANCE = """\
[DEFAULT]
use_stderr = true
enabled_backends = files:file
[database]
connection = sqlite:///{directory}/glance.db?timeout=60
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = {directory}/images
[os_glance_staging_store]
filesystem_store_datadir = {directory}/staging
[os_glance_tasks_store]
filesystem_store_datadir = {directory}/tasks
[paste_deploy]
flavor = keystone
config_file = {paste_file}
"""

_PLACEMENT = """\
[DEFAULT]
use_stderr = true
[placement_database]
connection = sqlite:///{directory}/placement.db?timeout=60
"""


def prepare(sandbox: state.Sandbox) -> None:
    """Writes what these services need on disk; keeps their databases where they have them.

    :raises SandboxError: a migration failed, or the cache cannot be written.
    """
    cloud = sandbox.home
    if not cloud.server_regions:
        return
    databases = template.ensure_servers()
    directory = cloud.directory / state.IMAGE_PROGRAM
    _copy_once(databases / 'glance.db', directory)
    folder = sandbox.config / state.IMAGE_PROGRAM
    paste_file = folder / 'glance-api-paste.ini'
    # One Glance serves all regions.
    state.write_private(folder / 'glance-api.conf', _GLANCE.format(
        directory=directory, paste_file=paste_file)
        + keystone.token_config(cloud, 'glance', cloud.server_regions[0]))
    shutil.copy(template.installed_file('glance', paste_file.name), paste_file)
    for region in cloud.server_regions:
        directory = cloud.directory / region
        _copy_once(databases / 'placement.db', directory)
        state.write_private(
            sandbox.config / cloud.placement_program(region) / 'placement.conf',
            _PLACEMENT.format(directory=directory)
            + keystone.token_config(cloud, 'placement', region))


def programs(sandbox: state.Sandbox) -> list[supervision.Program]:
    cloud = sandbox.home
    if not cloud.server_regions:
        return []
    served = [(state.IMAGE_PROGRAM, 'glance.wsgi.api:application', 'OS_GLANCE_CONFIG_DIR'),
              *((cloud.placement_program(region), 'placement.wsgi.api:application',
                 'OS_PLACEMENT_CONFIG_DIR') for region in cloud.server_regions),
              (state.NETWORK_PROGRAM, 'flavorsvc.sandbox.network:application', None)]
    # One thread, for the same reason as Nova's: their databases are SQLite.
    return [supervision.serve(
        name, application, cloud.server_ports[name], threads=1,
        request_log=sandbox.request_log(name),
        environment={variable: str(sandbox.config / name)} if variable else {})
        for name, application, variable in served]


def _copy_once(file, directory):
    if not (directory / file.name).exists():
        directory.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, directory)


class Client:
    """What the sandbox itself asks of the services of one region, as `admin`."""

    def __init__(self, cloud: state.Cloud, region: str):
        session = keystone.session(cloud, 'admin')

        def adapter(service_type, **microversion):
            return keystoneauth1.adapter.Adapter(
                session, service_type=service_type, region_name=region, interface='public',
                **microversion)

        # 2.53: hypervisors have the id by which placement knows them.
        self._compute = adapter('compute', default_microversion='2.53')
        self._placement = adapter('placement')
        self._image = adapter('image')

    def has_hypervisor(self) -> bool:
        """Whether a hypervisor is up and placement knows what it has to give.

        :raises keystoneauth1.exceptions.ClientException: Nova or placement refused.
        """
        return any(self._has_inventory(hypervisor['id'])
                   for hypervisor in self._compute.get('/os-hypervisors').json()['hypervisors']
                   if hypervisor['state'] == 'up')

    def make_image(self) -> None:
        """Makes the public image IMAGE unless there is one.

        :raises keystoneauth1.exceptions.ClientException: Glance refused.
        """
        query = {'name': IMAGE, 'visibility': 'public'}
        images = self._image.get('/v2/images', params=query).json()['images']
        # One whose upload was cut off stays "queued".
        image = images[0] if images else self._image.post('/v2/images', json={
            **query, 'disk_format': 'raw', 'container_format': 'bare'}).json()
        if image['status'] == 'queued':
            self._image.put(f'/v2/images/{image["id"]}/file', data=_IMAGE_CONTENT,
                            headers={'Content-Type': 'application/octet-stream'})

    def _has_inventory(self, provider):
        try:
            answer = self._placement.get(f'/resource_providers/{provider}/inventories')
        except keystoneauth1.exceptions.NotFound:
            return False
        return bool(answer.json()['inventories'])
