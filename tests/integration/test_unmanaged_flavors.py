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

"""Flavors that only the default region's own Nova has, where [compute_api] show_unmanaged is on."""

import novaclient.client
import novaclient.exceptions
import pytest
import requests

from tests import services
from tests.integration import running

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

NAMES = ('alone-public', 'alone-private', 'alone-shared')


@pytest.fixture(scope='module')
def showing(sandbox):
    """The sandbox, whose API shows them meanwhile."""
    path = sandbox.directory / 'config' / 'api.conf'
    before = path.read_text()
    path.write_text(f'{before}[compute_api]\nshow_unmanaged = true\n')
    restart(sandbox)
    yield sandbox
    path.write_text(before)
    restart(sandbox)


def restart(sandbox):
    """Restart the process that serves the API, and wait until it answers."""
    [name] = {'flavorsvc', 'api'} & sandbox.supervisor.processes().keys()
    sandbox.supervisor.stop(name)
    sandbox.supervisor.start([name])
    running.wait_for(lambda: is_well(sandbox), 'answer of the API')


def is_well(sandbox):
    try:
        return requests.get(f'{sandbox.document["api_url"]}/healthcheck',
                            timeout=running.DEADLINE).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture
def alone(showing):
    """Three flavors made directly in RegionOne: a public one, a private one, one for 'user'."""
    region = showing.nova('RegionOne')
    for name in NAMES:
        made = region.post('/flavors', json={'flavor': {
            'id': name, 'name': name, 'ram': 64, 'vcpus': 1, 'disk': 1, 'description': 'd',
            'os-flavor-access:is_public': name == 'alone-public'}})
        assert made.status_code == 200, made.text
        region.post(f'/flavors/{name}/os-extra_specs',
                    json={'extra_specs': {'hw:cpu_policy': 'shared'}})
    region.post('/flavors/alone-shared/action',
                json={'addTenantAccess': {'tenant': showing.project_id('user')}})
    yield NAMES
    for name in NAMES:
        region.delete(f'/flavors/{name}')


def nova(sandbox, actor, microversion='2.96'):
    """A novaclient that takes flavorsvc for Nova."""
    return novaclient.client.Client(microversion, session=sandbox.session(actor),
                                    endpoint_override=f'{sandbox.document["api_url"]}/v2.1')


def listed(client, **chosen):
    return [each.id for each in client.flavors.list(**chosen) if each.id.startswith('alone')]


def test_everybody_sees_what_the_region_shows_to_him(showing, alone):
    assert listed(nova(showing, 'admin'), is_public=None, limit=1000) == sorted(alone)
    assert listed(nova(showing, 'admin'), is_public=False) == ['alone-private', 'alone-shared']
    assert listed(nova(showing, 'admin'), is_public=True) == ['alone-public']
    user = nova(showing, 'user')
    assert listed(user, is_public=None) == ['alone-public', 'alone-shared']
    assert user.flavors.get('alone-shared').name == 'alone-shared'
    for client in (user, nova(showing, 'operator-two')):
        with pytest.raises(novaclient.exceptions.NotFound):
            client.flavors.get('alone-private')


@pytest.mark.parametrize('version', ['2.1', '2.55', '2.61', '2.75', '2.96'])
@pytest.mark.parametrize('actor', ['admin', 'user'])
def test_it_is_the_answer_of_the_region_but_for_the_links(showing, alone, actor, version):
    def shown(url, path):
        answer = showing.nova('RegionOne', actor).get(
            f'{url}{path}', headers={'OpenStack-API-Version': f'compute {version}'})
        return answer.status_code, {
            key: value for key, value in answer.json().get('flavor', answer.json()).items()
            if key not in ('links', 'forbidden')}
    ours, theirs = (f'{showing.document["api_url"]}/v2.1',
                    showing.document['regions']['RegionOne']['nova_url'])
    for path in ('', '/os-extra_specs', '/os-extra_specs/hw:cpu_policy', '/os-flavor-access'):
        for name in ('alone-public', 'alone-shared'):
            path_of = f'/flavors/{name}{path}'
            assert shown(ours, path_of) == shown(theirs, path_of), path_of


def test_pages_run_through_the_catalogue_and_the_region(showing, alone):
    client = nova(showing, 'admin')
    for name in ('alone-a', 'alone-q'):
        client.flavors.create(name, 64, 1, 1, flavorid=name)
    try:
        found, marker = [], None
        while page := client.flavors.list(limit=2, marker=marker, is_public=None):
            found += [each.id for each in page]
            marker = found[-1]
        assert len(found) == len(set(found))
        assert [each for each in found if each.startswith('alone')] == [
            'alone-a', 'alone-private', 'alone-public', 'alone-q', 'alone-shared']
    finally:
        for name in ('alone-a', 'alone-q'):
            client.flavors.delete(name)


def test_they_are_not_changed_and_are_in_the_way_of_others(showing, alone):
    client = nova(showing, 'admin')
    public = client.flavors.get('alone-public')
    for change in (public.delete, lambda: public.set_keys({'a': 'b'}),
                   lambda: public.unset_keys(['hw:cpu_policy']),
                   lambda: client.flavors.update(public, 'other'),
                   lambda: client.flavor_access.add_tenant_access('alone-private', 'p' * 32),
                   lambda: client.flavor_access.remove_tenant_access('alone-private', 'p' * 32)):
        with pytest.raises(novaclient.exceptions.Conflict, match='has to be adopted first'):
            change()
    for name, flavor_id in (('alone-public', 'another'), ('another', 'alone-public')):
        with pytest.raises(novaclient.exceptions.Conflict, match='already exists'):
            client.flavors.create(name, 64, 1, 1, flavorid=flavor_id)
    found = showing.nova('RegionOne').get('/flavors/alone-public').json()['flavor']
    assert (found['description'], found['extra_specs']) == ('d', {'hw:cpu_policy': 'shared'})


def test_what_is_adopted_can_be_changed(showing, alone):
    showing.create({'id': 'alone-public', 'name': 'alone-public', 'ram': 64, 'vcpus': 1, 'disk': 1})
    showing.install('alone-public', ['RegionOne'])
    row = showing.wait_for_status('alone-public', 'active', ['RegionOne'])['RegionOne']
    assert row['origin'] == 'adopted'
    client = nova(showing, 'admin')
    client.flavors.update('alone-public', 'ours now')
    assert listed(client, is_public=True) == ['alone-public']
    client.flavors.delete('alone-public')
    assert listed(client, is_public=True) == []


def test_no_list_is_silently_short(showing, alone):
    client = nova(showing, 'admin')
    showing.supervisor.stop('nova-RegionOne')
    try:
        with pytest.raises(novaclient.exceptions.ClientException, match='RegionOne') as refused:
            client.flavors.list()
        assert refused.value.code == 503
    finally:
        showing.supervisor.start(['nova-RegionOne'])
    running.wait_for(lambda: showing.nova('RegionOne').get(
        '/flavors', connect_retries=20).status_code == 200, 'RegionOne that is back')
