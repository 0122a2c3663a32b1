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

"""Flavors that are installed change, and leave, in real Novas."""

import os
import signal

import pytest

from tests import services
from tests.integration import running

of_two_deployments = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

FIELDS = ('name', 'vcpus', 'ram', 'disk', 'description', 'extra_specs',
          'os-flavor-access:is_public')


def change(sandbox, flavor_id, expected=200, **fields):
    answer = sandbox.flavorsvc('manager').patch(
        f'/flavors/{flavor_id}', json={'flavor': fields}, microversion='1.2')
    assert answer.status_code == expected, answer.text
    return answer.json()


def row(sandbox, flavor_id, region):
    """The installation as 1.2 shows it."""
    answer = sandbox.flavorsvc('manager').get(
        f'/installations?flavor={flavor_id}&region={region}', microversion='1.2')
    [found] = answer.json()['installations']
    return found


def found(sandbox, flavor_id, region):
    """What a region's Nova has: fields, and the projects with access."""
    nova = sandbox.nova(region)
    flavor = nova.get(f'/flavors/{flavor_id}').json()['flavor']
    told = {name: flavor[name] for name in FIELDS}
    if not told['os-flavor-access:is_public']:
        access = nova.get(f'/flavors/{flavor_id}/os-flavor-access').json()['flavor_access']
        told['projects'] = {each['tenant_id'] for each in access}
    return told


def calls(log, flavor_id):
    """The calls about a flavor, but for those that read, in their order."""
    return [request.method for request in log.requests()
            if request.path.startswith((f'/v2.1/flavors/{flavor_id}', '/v2.1/servers'))
            or (request.method, request.path) == ('POST', '/v2.1/flavors')]


@of_two_deployments
def test_sizes_change_and_everything_else_comes_back(sandbox, new_flavors):
    project = sandbox.project_id('operator-one')
    [flavor] = new_flavors(is_public=False, projects=[project])
    sandbox.create(flavor)
    sandbox.install(flavor['id'])
    sandbox.wait_for_status(flavor['id'], 'active')
    before = {region: found(sandbox, flavor['id'], region) for region in sandbox.regions}
    refused = change(sandbox, flavor['id'], 409, vcpus=4, disk=40)
    assert 'on_immutable' in refused['errors'][0]['detail']
    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
    change(sandbox, flavor['id'], vcpus=4, disk=40, on_immutable='replace-if-unused')
    sandbox.wait_for_status(flavor['id'], 'active')
    for region in sandbox.regions:
        assert calls(logs[region], flavor['id']) == [
            'GET', 'GET',  # what the region has, and who may use it
            'GET',  # the servers
            'DELETE', 'POST', 'POST', 'POST']  # then the flavor, its extra specs, its access list
        assert found(sandbox, flavor['id'], region) == {**before[region], 'vcpus': 4, 'disk': 40}
        assert found(sandbox, flavor['id'], region)['projects'] == {project}


@of_two_deployments
def test_two_flavors_swap_their_names(sandbox, new_flavors):
    one, two = new_flavors(2)
    for flavor in (one, two):
        sandbox.create(flavor)
        sandbox.install(flavor['id'])
    for flavor in (one, two):
        sandbox.wait_for_status(flavor['id'], 'active')
    for flavor_id, name in ((one['id'], f'{one["name"]}-tmp'), (two['id'], one['name']),
                            (one['id'], two['name'])):
        change(sandbox, flavor_id, name=name, on_immutable='replace-if-unused')
    for flavor, other in ((one, two), (two, one)):
        sandbox.wait_for_status(flavor['id'], 'active')
        for region in sandbox.regions:
            told = found(sandbox, flavor['id'], region)
            assert told['name'] == other['name']
            assert told['extra_specs'] == flavor['extra_specs']


@of_two_deployments
def test_a_conductor_killed_while_it_replaces_loses_no_flavor(sandbox, new_flavors):
    flavors = new_flavors(15)
    sandbox.create(*flavors)
    for flavor in flavors:
        sandbox.install(flavor['id'])
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
    for flavor in flavors:
        change(sandbox, flavor['id'], ram=4096, on_immutable='replace')
    running.wait_for(lambda: sum(log.created() for log in logs.values()) >= 5, '5 replacements')
    victim = sandbox.supervisor.processes()[sandbox.conductor_program].pid
    os.kill(victim, signal.SIGKILL)
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
        for region in sandbox.regions:
            told = found(sandbox, flavor['id'], region)
            assert told['ram'] == 4096
            assert told['extra_specs'] == flavor['extra_specs']
    assert {log.created() for log in logs.values()} == {len(flavors)}, 'each once'


@pytest.fixture
def used(server_sandbox, new_flavors):
    """A flavor of both regions, and the id of a server that uses it in RegionOne."""
    [flavor] = new_flavors(ram=64, disk=1, public=True)
    server_sandbox.create(flavor)
    server_sandbox.install(flavor['id'])
    server_sandbox.wait_for_status(flavor['id'], 'active')
    server = server_sandbox.boot(flavor['id'])
    yield flavor['id'], server['id']
    if server_sandbox.nova('RegionOne', 'customer').get(
            f'/servers/{server["id"]}').status_code == 200:
        server_sandbox.delete_server(server['id'])


def waits_for_servers(sandbox, flavor_id):
    def waits():
        told = row(sandbox, flavor_id, 'RegionOne')
        return told if told['reason'] == 'in_use' else None
    told = running.wait_for(waits, f'{flavor_id} in use')
    assert (told['status'], told['servers']) == ('retrying', 1)
    assert told['error'] == f"1 server uses the flavor '{flavor_id}'."
    return told


def test_a_flavor_in_use_is_replaced_when_its_last_server_is_gone(server_sandbox, used):
    flavor_id, server_id = used
    change(server_sandbox, flavor_id, vcpus=4, on_immutable='replace-if-unused')
    server_sandbox.wait_for_status(flavor_id, 'active', ['RegionTwo'])
    told = waits_for_servers(server_sandbox, flavor_id)
    assert found(server_sandbox, flavor_id, 'RegionOne')['vcpus'] == 2
    assert found(server_sandbox, flavor_id, 'RegionTwo')['vcpus'] == 4
    server_sandbox.delete_server(server_id)
    server_sandbox.flavorsvc('manager').post(f'/installations/{told["id"]}/retry')
    server_sandbox.wait_for_status(flavor_id, 'active')
    assert found(server_sandbox, flavor_id, 'RegionOne')['vcpus'] == 4
    assert row(server_sandbox, flavor_id, 'RegionOne')['servers'] == 0


def test_a_flavor_in_use_is_replaced_where_the_caller_insists(server_sandbox, used):
    flavor_id, server_id = used
    change(server_sandbox, flavor_id, vcpus=4, on_immutable='replace-if-unused')
    waits_for_servers(server_sandbox, flavor_id)
    change(server_sandbox, flavor_id, on_immutable='replace')
    server_sandbox.wait_for_status(flavor_id, 'active')
    assert found(server_sandbox, flavor_id, 'RegionOne')['vcpus'] == 4
    assert row(server_sandbox, flavor_id, 'RegionOne')['servers'] == 1
    server = server_sandbox.nova('RegionOne', 'customer').get(f'/servers/{server_id}').json()
    assert server['server']['flavor']['vcpus'] == 2, 'it keeps its copy'


def test_a_retired_flavor_leaves_with_its_last_server(server_sandbox, used):
    flavor_id, server_id = used
    change(server_sandbox, flavor_id, status='retired')
    told = waits_for_servers(server_sandbox, flavor_id)
    running.wait_for(lambda: server_sandbox.installations(flavor_id).keys() == {'RegionOne'},
                     'RegionTwo without it')
    server_sandbox.delete_server(server_id)
    server_sandbox.flavorsvc('manager').post(f'/installations/{told["id"]}/retry')
    running.wait_for(lambda: not server_sandbox.installations(flavor_id), 'RegionOne without it')
    for region in server_sandbox.regions:
        assert server_sandbox.nova(region).get(f'/flavors/{flavor_id}').status_code == 404
