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

"""Servers in the sandbox: booted by its own Nova on Nova's fake hypervisor."""

import concurrent.futures

import keystoneauth1.exceptions
import pytest

from tests.integration import running


@pytest.fixture
def flavor(server_sandbox, new_flavors):
    """A flavor that flavorsvc has installed into both regions, for everybody."""
    [flavor] = new_flavors(ram=64, disk=1, public=True)
    server_sandbox.create(flavor)
    server_sandbox.install(flavor['id'])
    server_sandbox.wait_for_status(flavor['id'], 'active')
    return flavor


def test_a_server_keeps_its_copy_of_the_flavor(server_sandbox, flavor):
    for region in server_sandbox.regions:
        server = server_sandbox.boot(flavor['id'], region)
        assert server_sandbox.nova(region).delete(f'/flavors/{flavor["id"]}').status_code == 202
        listed = server_sandbox.nova(region, 'customer').get('/servers/detail').json()['servers']
        [copy] = [each['flavor'] for each in listed if each['id'] == server['id']]
        assert (copy['original_name'], copy['vcpus'], copy['ram'], copy['disk']) == (
            flavor['name'], 2, 64, 1)
        assert copy['extra_specs'] == flavor['extra_specs']
        server_sandbox.delete_server(server['id'], region)


def test_many_servers_at_once(server_sandbox, flavor):
    """No transaction fails because another one holds the lock of the database."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        servers = list(pool.map(server_sandbox.boot, [flavor['id']] * 8))
        list(pool.map(server_sandbox.delete_server, [server['id'] for server in servers]))


def test_servers_outlive_their_nova(server_sandbox, flavor):
    """The hypervisor, which has them in memory only, knows them again."""
    server = server_sandbox.boot(flavor['id'])
    nova = server_sandbox.nova('RegionOne', 'customer')
    action = f'/servers/{server["id"]}/action'
    assert nova.post(action, json={'os-stop': None}).status_code == 202
    server_sandbox.wait_for_server(server['id'], 'SHUTOFF')
    restart_region_one(server_sandbox)
    assert nova.post(action, json={'os-start': None}).status_code == 202
    server_sandbox.wait_for_server(server['id'], 'ACTIVE')
    restart_region_one(server_sandbox)
    rebuild = {'rebuild': {'imageRef': server_sandbox.image_id()}}
    assert nova.post(action, json=rebuild).status_code == 202
    server_sandbox.wait_for_server(server['id'], 'ACTIVE')
    server_sandbox.delete_server(server['id'])


def restart_region_one(sandbox):
    sandbox.supervisor.stop('nova-RegionOne')
    sandbox.supervisor.start(['nova-RegionOne'])

    def answers():
        try:
            return sandbox.nova('RegionOne').get('/flavors').status_code == 200
        except keystoneauth1.exceptions.ConnectFailure:
            return False
    running.wait_for(answers, 'RegionOne that is back')


def test_a_server_is_resized(server_sandbox, flavor, new_flavors):
    larger = {**flavor, 'id': f'{flavor["id"]}-l', 'name': f'{flavor["name"]}-l', 'ram': 128,
              'extra_specs': {}}
    server_sandbox.create(larger)
    server_sandbox.install(larger['id'])
    server_sandbox.wait_for_status(larger['id'], 'active')
    server = server_sandbox.boot(flavor['id'])
    nova = server_sandbox.nova('RegionOne', 'customer')
    action = f'/servers/{server["id"]}/action'
    assert nova.post(action, json={'resize': {'flavorRef': larger['id']}}).status_code == 202
    server_sandbox.wait_for_server(server['id'], 'VERIFY_RESIZE')
    assert nova.post(action, json={'confirmResize': None}).status_code == 204
    assert server_sandbox.wait_for_server(server['id'], 'ACTIVE')['flavor']['ram'] == 128
    server_sandbox.delete_server(server['id'])


def test_the_client_boots_a_server(server_sandbox, flavor):
    """What the documentation tells people to type."""
    done = server_sandbox.openstack('customer', 'server', 'create', '--flavor', flavor['name'],
                                    '--image', 'tiny', '--no-network', '--wait', 'example')
    assert done.returncode == 0, done.stderr
    [server] = server_sandbox.openstack_json('user', 'server', 'list', '--name', 'example')
    assert (server['Name'], server['Status']) == ('example', 'ACTIVE')
    server_sandbox.delete_server(server['ID'])


def test_a_reader_boots_nothing(server_sandbox, flavor):
    answer = server_sandbox.nova('RegionOne', 'user').post('/servers', json={'server': {
        'name': 'mine', 'flavorRef': flavor['id'], 'networks': 'none',
        'imageRef': server_sandbox.image_id()}})
    assert answer.status_code == 403


def test_there_are_no_networks_and_none_can_be_made(server_sandbox):
    network = server_sandbox.service('network', 'RegionOne', 'customer')
    assert network.get('/v2.0/networks').json() == {'networks': []}
    answer = network.post('/v2.0/networks', json={'network': {'name': 'mine'}})
    assert answer.status_code == 501
    assert answer.json()['NeutronError']['message']
