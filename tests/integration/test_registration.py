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

"""flavorsvc-manage catalog on a real Keystone, and what the conductor makes of the catalogue."""

import subprocess

import pytest

from tests import services
from tests.integration import running

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

#: Of each interface.
INTERFACES = 3


@pytest.fixture
def catalog(sandbox):
    """A function that runs the command, and afterwards all is as the sandbox had it."""
    def run(*arguments, config='conductor'):
        files = [item for name in ('flavorsvc', config)
                 for item in ('--config-file', sandbox.directory / 'config' / f'{name}.conf')]
        return subprocess.run(
            [running.SCRIPTS / 'flavorsvc-manage', *files, 'catalog', *arguments],
            capture_output=True, text=True, timeout=running.DEADLINE)
    yield run
    regions = [item for region in sandbox.regions for item in ('--region', region)]
    assert run('unregister').returncode == 0
    restored = run('register', '--url', sandbox.document['api_url'], *regions,
                   '--compute-region', 'flavorsvc')
    assert restored.returncode == 0, restored.stderr


def listed(sandbox, service_type):
    """Return {(region, interface): URL} of a service of Keystone's catalogue, read afresh."""
    answer = sandbox.session('admin').get(f'{sandbox.document["keystone_url"]}/auth/catalog')
    return {(endpoint['region_id'], endpoint['interface']): endpoint['url']
            for service in answer.json()['catalog'] if service['type'] == service_type
            for endpoint in service['endpoints']}


def looked_at(sandbox, act):
    """Do something, and wait until the conductor has looked at the catalogue after that."""
    act()
    log = sandbox.keystone_log()
    running.wait_for(lambda: sum(request.path == '/v3/auth/catalog'
                                 for request in log.requests()) >= 2, 'look at the catalogue')


def known(sandbox):
    return {each['name']: each['state']
            for each in sandbox.flavorsvc('manager').get('/regions').json()['regions']}


def test_what_the_sandbox_has_registered_is_right(sandbox, catalog):
    url = sandbox.document['api_url']
    done = catalog('register', '--url', f'{url}/', '--region', 'RegionOne', '--region', 'RegionTwo',
                   '--compute-region', 'flavorsvc')
    assert (done.returncode, done.stdout) == (
        0, 'nothing to do: the catalogue is as it should be\n'), done.stderr
    done = catalog('register', '--url', url, '--region', 'RegionOne')
    assert (done.returncode, done.stdout[:13]) == (0, 'nothing to do'), done.stderr
    assert listed(sandbox, 'compute')['flavorsvc', 'public'] == f'{url}/v2.1'
    assert listed(sandbox, 'identity')['flavorsvc', 'public'] == sandbox.document['keystone_url']
    assert listed(sandbox, 'flavorsvc')['flavorsvc', 'internal'] == f'{url}/v1'


def test_a_changed_url_is_updated_and_found_by_tools(sandbox, catalog):
    url = sandbox.document['api_url'].replace('127.0.0.1', 'localhost')
    wanted = ('register', '--url', url, '--region', 'RegionOne', '--compute-region', 'flavorsvc')
    before = listed(sandbox, 'flavorsvc')
    told = catalog(*wanted, '--dry-run').stdout
    assert told.count('would update endpoint') == 3 * INTERFACES
    assert listed(sandbox, 'flavorsvc') == before
    assert catalog(*wanted).stdout == told.replace('would update', 'updated')
    assert catalog(*wanted).stdout.startswith('nothing to do')
    assert listed(sandbox, 'flavorsvc')['RegionOne', 'admin'] == f'{url}/v1'
    assert isinstance(sandbox.openstack_json('admin', '--os-region-name', 'flavorsvc', 'flavor',
                                             'list'), list)


def test_all_is_taken_out_and_nothing_else(sandbox, catalog):
    before = {kind: {place: url for place, url in listed(sandbox, kind).items()
                     if place[0] != 'flavorsvc'} for kind in ('identity', 'compute')}
    told = catalog('unregister').stdout.splitlines()
    assert told[-2:] == ['deleted region flavorsvc', 'deleted service flavorsvc']
    assert {kind: listed(sandbox, kind) for kind in before} == before
    assert listed(sandbox, 'flavorsvc') == {}
    assert catalog('unregister').stdout.startswith('nothing to do')


def test_a_region_with_a_nova_is_left_to_it(sandbox, catalog):
    before = listed(sandbox, 'compute')
    refused = catalog('register', '--url', 'http://127.0.0.1:1', '--region', 'RegionOne',
                      '--compute-region', 'RegionTwo')
    assert (refused.returncode, 'which is not flavorsvc' in refused.stderr) == (1, True)
    assert listed(sandbox, 'compute') == before


def test_who_may_not_is_told_what_it_takes(sandbox, catalog):
    path = sandbox.directory / 'config' / 'powerless.conf'
    passwords = sandbox.document['kept']['clouds'][0]['passwords']
    text = (sandbox.directory / 'config' / 'conductor.conf').read_text()
    path.write_text(text.replace('username = flavorsvc\n', 'username = flavorsvc-api\n').replace(
        passwords['flavorsvc'], passwords['flavorsvc-api']))
    refused = catalog('register', '--url', 'http://127.0.0.1:1', '--region', 'RegionOne',
                      config='powerless')
    assert refused.returncode == 1
    assert 'needs the role admin' in refused.stderr.splitlines()[-1]
    assert 'Traceback' not in refused.stderr


def test_the_conductor_never_takes_flavorsvc_for_a_region(sandbox, catalog):
    """Under any name, and also while the API is down."""
    apis = [name for name in sandbox.supervisor.processes() if name == 'api']
    before = known(sandbox)
    assert 'flavorsvc' not in before

    def register():
        for name in apis:
            sandbox.supervisor.stop(name)
        done = catalog('register', '--url', sandbox.document['api_url'], '--region', 'RegionOne',
                       '--compute-region', 'all-regions')
        assert done.returncode == 0, done.stderr
    try:
        looked_at(sandbox, register)
    finally:
        sandbox.supervisor.start(apis)
    sandbox.wait_for_answer()
    assert known(sandbox) == before


def test_what_the_conductor_cannot_know_of_it_is_told_by_the_answer(sandbox, catalog):
    """A compute endpoint that somebody made by hand, at a URL that nobody registered."""
    url = sandbox.document['api_url'].replace('127.0.0.1', 'localhost')
    before = known(sandbox)
    for arguments in (('region', 'create', 'by-hand'),
                      ('endpoint', 'create', '--region', 'by-hand', 'compute', 'public',
                       f'{url}/v2.1')):
        made = sandbox.openstack('admin', *arguments)
        assert made.returncode == 0, made.stderr
    try:
        running.wait_for(lambda: known(sandbox).get('by-hand') == 'gone', 'region that is gone')
        answer = sandbox.flavorsvc('manager').get('/regions/by-hand').json()['region']
        assert answer['reason'] == 'Its compute endpoint is flavorsvc itself.'
        assert sandbox.flavorsvc('manager').post(
            '/flavors/none/install', json={'regions': ['by-hand']}).status_code in (400, 404)
    finally:
        [endpoint] = sandbox.openstack_json('admin', 'endpoint', 'list', '--region', 'by-hand')
        sandbox.openstack('admin', 'endpoint', 'delete', endpoint['ID'])
        sandbox.openstack('admin', 'region', 'delete', 'by-hand')
    running.wait_for(lambda: sandbox.flavorsvc('manager').delete(
        '/regions/by-hand').status_code == 204, 'region that is forgotten')
    running.wait_for(lambda: known(sandbox) == before, 'list of regions as it was')
