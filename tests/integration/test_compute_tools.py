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

"""The tools of Nova, told the region ``flavorsvc``: what they make is in every region's Nova."""

import json

from novaclient import api_versions
import novaclient.client
import novaclient.exceptions
import openstack
import openstack.exceptions
import pytest

from tests import services
from tests.integration import running
from tests.integration import test_compute_flavors

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

REGION = 'flavorsvc'


class Everywhere:
    """A flavor as the Novas of all regions have it, which they may come to a little later."""

    def __init__(self, sandbox, flavor_id):
        self._sandbox, self._id = sandbox, flavor_id

    def has(self, **expected):
        """Wait until it has these values."""
        def has_them(region):
            found = test_compute_flavors.shown(self._sandbox, region, self._id)
            return found is not None and expected.items() <= found.items()
        self._wait(has_them, expected)

    def is_for(self, *projects):
        """Wait until these projects have access."""
        self._wait(lambda region: sorted(test_compute_flavors.has_access(
            self._sandbox, region, self._id)) == sorted(projects), projects)

    def is_gone(self):
        """Wait until there is none."""
        self._wait(lambda region: test_compute_flavors.shown(
            self._sandbox, region, self._id) is None, 'end')

    def _wait(self, is_so, what):
        for region in self._sandbox.regions:
            running.wait_for(lambda region=region: is_so(region), f'{what} in {region}')


@pytest.fixture
def everywhere(sandbox):
    """A function that gives Everywhere for an id; the flavors are deleted in the end."""
    known = set()

    def made(flavor_id):
        known.add(flavor_id)
        return Everywhere(sandbox, flavor_id)
    yield made
    for flavor_id in known:
        sandbox.compute('admin').delete(f'/flavors/{flavor_id}')


def test_the_command_line(sandbox, everywhere):
    user, manager = sandbox.project_id('user'), sandbox.project_id('manager')

    def run(*arguments):
        done = sandbox.openstack('admin', '--os-region-name', REGION, 'flavor', *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def show(name):
        return json.loads(run('show', name, '-f', 'json'))
    made = json.loads(run(
        'create', 'by-osc', '--id', 'osc-1', '--ram', '64', '--disk', '2', '--vcpus', '1', '--swap',
        '8', '--ephemeral', '1', '--property', 'hw:cpu_policy=shared', '--property', 'a:b=c',
        '--description', 'first', '--private', '--project', 'users', '-f', 'json'))
    assert (made['id'], made['description']) == ('osc-1', 'first')
    flavor = everywhere('osc-1')
    flavor.has(name='by-osc', ram=64, disk=2, swap=8, description='first',
               extra_specs={'hw:cpu_policy': 'shared', 'a:b': 'c'},
               **{'OS-FLV-EXT-DATA:ephemeral': 1, 'os-flavor-access:is_public': False})
    flavor.is_for(user)
    run('set', 'by-osc', '--property', 'hw:cpu_policy=dedicated', '--description', 'second')
    flavor.has(description='second', extra_specs={'hw:cpu_policy': 'dedicated', 'a:b': 'c'})
    run('set', 'by-osc', '--project', 'managers')
    flavor.is_for(user, manager)
    run('unset', 'by-osc', '--property', 'a:b', '--project', 'users')
    flavor.has(extra_specs={'hw:cpu_policy': 'dedicated'})
    flavor.is_for(manager)
    shown = show('by-osc')
    assert shown['properties'] == {'hw:cpu_policy': 'dedicated'}
    assert shown['access_project_ids'] == [manager]
    listed = json.loads(run('list', '--all', '--long', '-f', 'json'))
    assert {'ID': 'osc-1', 'Name': 'by-osc', 'Swap': 8, 'Properties': {
        'hw:cpu_policy': 'dedicated'}}.items() <= next(
            each for each in listed if each['ID'] == 'osc-1').items()
    run('delete', 'by-osc')
    flavor.is_gone()


def negotiated(sandbox, region):
    """What novaclient makes of 2.latest in a region."""
    client = novaclient.client.Client('2.1', session=sandbox.session('admin'), region_name=region)
    return api_versions.discover_version(client, api_versions.APIVersion('2.latest'))


@pytest.fixture
def nova(sandbox):
    """A novaclient that finds the service in the catalogue, at the newest microversion of both."""
    return novaclient.client.Client(negotiated(sandbox, REGION), session=sandbox.session('admin'),
                                    region_name=REGION)


def test_novaclient(sandbox, everywhere, nova):
    user, manager = sandbox.project_id('user'), sandbox.project_id('manager')
    made = nova.flavors.create('by-novaclient', 64, 1, 2, flavorid='nova-1', ephemeral=1, swap=8,
                               is_public=False, description='first')
    flavor = everywhere('nova-1')
    flavor.has(name='by-novaclient', swap=8, description='first', extra_specs={})
    made.set_keys({'hw:cpu_policy': 'shared', 'a:b': 'c'})
    made.unset_keys(['a:b'])
    assert made.get_keys() == {'hw:cpu_policy': 'shared'}
    nova.flavors.update(made, 'second')
    flavor.has(description='second', extra_specs={'hw:cpu_policy': 'shared'})
    nova.flavor_access.add_tenant_access(made, user)
    nova.flavor_access.add_tenant_access(made, manager)
    nova.flavor_access.remove_tenant_access(made, user)
    assert [each.tenant_id for each in nova.flavor_access.list(flavor=made)] == [manager]
    flavor.is_for(manager)
    assert nova.flavors.get('nova-1').description == 'second'
    assert nova.flavors.find(name='by-novaclient', is_public=None).id == 'nova-1'
    for listed in (nova.flavors.list(is_public=None, min_ram=64, sort_key='name', limit=1000),
                   nova.flavors.list(detailed=False, is_public=False)):
        assert 'nova-1' in [each.id for each in listed]
    with pytest.raises(novaclient.exceptions.Conflict):
        nova.flavors.create('by-novaclient', 64, 1, 2)
    made.delete()
    flavor.is_gone()
    with pytest.raises(novaclient.exceptions.NotFound):
        nova.flavors.get('nova-1')


@pytest.fixture
def connection(sandbox):
    """An openstacksdk that goes by clouds.yaml, as Ansible does."""
    config = openstack.config.OpenStackConfig(
        config_files=[str(sandbox.directory / 'clouds.yaml')], load_envvars=False)
    chosen = config.get_one('admin', region_name=REGION)
    with openstack.connection.Connection(config=chosen) as made:
        yield made


def test_openstacksdk(sandbox, everywhere, connection):
    user, compute = sandbox.project_id('user'), connection.compute
    made = compute.create_flavor(id='sdk-1', name='by-sdk', ram=64, vcpus=1, disk=2, swap=8,
                                 is_public=False, description='first')
    assert (made.id, made.description) == ('sdk-1', 'first')
    flavor = everywhere('sdk-1')
    flavor.has(name='by-sdk', swap=8, description='first')
    assert compute.find_flavor('by-sdk').id == 'sdk-1'
    compute.update_flavor(made, description='second')
    compute.create_flavor_extra_specs(made, {'hw:cpu_policy': 'shared', 'a:b': 'c'})
    flavor.has(description='second', extra_specs={'hw:cpu_policy': 'shared', 'a:b': 'c'})
    assert compute.get_flavor_extra_specs_property(made, 'a:b') == 'c'
    compute.update_flavor_extra_specs_property(made, 'a:b', 'd')
    flavor.has(extra_specs={'hw:cpu_policy': 'shared', 'a:b': 'd'})
    compute.delete_flavor_extra_specs_property(made, 'a:b')
    assert compute.fetch_flavor_extra_specs(made).extra_specs == {'hw:cpu_policy': 'shared'}
    compute.flavor_add_tenant_access(made, user)
    assert [each['tenant_id'] for each in compute.get_flavor_access(made)] == [user]
    flavor.is_for(user)
    compute.flavor_remove_tenant_access(made, user)
    flavor.is_for()
    listed = {each.id: each for each in compute.flavors(is_public=None, get_extra_specs=True)}
    assert listed['sdk-1'].extra_specs == {'hw:cpu_policy': 'shared'}
    compute.delete_flavor(made, ignore_missing=False)
    flavor.is_gone()
    assert compute.find_flavor('by-sdk', ignore_missing=True) is None


def test_the_calls_of_ansible(sandbox, everywhere, connection):
    user = sandbox.project_id('user')
    made = connection.create_flavor('by-ansible', 64, 1, 2, description='first',
                                    flavorid='ansible-1', is_public=False)
    connection.set_flavor_specs(made.id, {'hw:cpu_policy': 'shared', 'a:b': 'c'})
    connection.unset_flavor_specs(made.id, ['a:b'])
    connection.add_flavor_access(made.id, user)
    assert [each['tenant_id'] for each in connection.list_flavor_access(made.id)] == [user]
    flavor = everywhere('ansible-1')
    flavor.has(name='by-ansible', description='first', extra_specs={'hw:cpu_policy': 'shared'})
    flavor.is_for(user)
    assert connection.get_flavor('by-ansible').id == 'ansible-1'
    connection.remove_flavor_access(made.id, user)
    assert connection.delete_flavor('by-ansible') is True
    flavor.is_gone()


def test_the_same_versions_are_negotiated_as_with_nova(sandbox):
    """From the endpoint of either, by the same discovery."""
    assert negotiated(sandbox, REGION) == negotiated(sandbox, 'RegionOne')
    regional = sandbox.session('admin').get_endpoint_data(
        service_type='compute', region_name='RegionOne', min_version='2.1', max_version='2.latest')
    ours = sandbox.session('admin').get_endpoint_data(
        service_type='compute', region_name=REGION, min_version='2.1', max_version='2.latest')
    assert ours.api_version == regional.api_version
    assert (ours.min_microversion, ours.max_microversion) == (
        regional.min_microversion, regional.max_microversion)
