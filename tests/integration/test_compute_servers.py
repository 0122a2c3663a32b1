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

"""Servers of real Novas, asked for through flavorsvc: what their own Nova says, key by key."""

import contextlib
import json
import re
import sqlite3
import subprocess

import novaclient.client
import novaclient.exceptions
import openstack
import pytest
import requests
import yaml

from tests.functional import samples
from tests.integration import compute_story
from tests.integration import running

REGION = 'RegionTwo'
NOBODYS = '6f70656e-7374-4163-b204-206576657200'
SAMPLES = samples.FOLDER.with_name('server-samples')

#: What Nova changes with each request that changes something, or makes up anew.
_MOVING = re.compile(r'"(updated|adminPass|OS-SRV-USG:launched_at)": "[^"]*"')
_HEADERS = ('OpenStack-API-Version', 'X-OpenStack-Nova-API-Version', 'Vary')


class Api:
    """flavorsvc or a Nova, as somebody asks it.

    :ivar url: str, with the version
    """

    def __init__(self, sandbox, url, actor='customer'):
        self.url, self._sandbox, self._actor = url, sandbox, actor

    def ask(self, method, path, body=None, version='2.104', **headers):
        return requests.request(
            method, path if path.startswith('http') else f'{self.url}{path}', json=body,
            timeout=running.DEADLINE, headers={
                'X-Auth-Token': self._sandbox.token(self._actor),
                'OpenStack-API-Version': f'compute {version}', **headers})

    def server(self, server_id, version='2.104'):
        answer = self.ask('GET', f'/servers/{server_id}', version=version)
        assert answer.status_code == 200, answer.text
        return answer.json()['server']


def ours(sandbox, actor='customer', region=REGION):
    prefix = f'/regions/{region}' if region else ''
    return Api(sandbox, f'{sandbox.document["api_url"]}{prefix}/v2.1', actor)


def theirs(sandbox, actor='customer', region=REGION):
    return Api(sandbox, sandbox.document['regions'][region]['nova_url'], actor)


@pytest.fixture(scope='module')
def flavor(server_sandbox):
    """The id of a flavor that was made through Nova's API of flavorsvc."""
    made(server_sandbox, 'of-servers', {'hw:cpu_policy': 'shared'})
    yield 'of-servers'
    deleted(server_sandbox, 'of-servers')


def made(sandbox, flavor_id, extra_specs, **more):
    """Make a flavor through flavorsvc, and wait until the region has it."""
    admin = ours(sandbox, 'admin', region=None)
    answer = admin.ask('POST', '/flavors', {'flavor': {
        'id': flavor_id, 'name': f'name of {flavor_id}', 'ram': 64, 'vcpus': 1, 'disk': 1,
        'swap': 3, 'OS-FLV-EXT-DATA:ephemeral': 0, **more}})
    assert answer.status_code == 200, answer.text
    set_extra_specs(sandbox, flavor_id, extra_specs)


def deleted(sandbox, flavor_id):
    """Delete a flavor through flavorsvc, and wait until the region has lost it."""
    answer = ours(sandbox, 'admin', region=None).ask('DELETE', f'/flavors/{flavor_id}')
    assert answer.status_code == 202, answer.text
    running.wait_for(lambda: sandbox.nova(REGION).get(f'/flavors/{flavor_id}').status_code == 404,
                     f'end of {flavor_id} in {REGION}')


def set_extra_specs(sandbox, flavor_id, extra_specs):
    answer = ours(sandbox, 'admin', region=None).ask(
        'POST', f'/flavors/{flavor_id}/os-extra_specs', {'extra_specs': extra_specs})
    assert answer.status_code == 200, answer.text
    running.wait_for(lambda: extra_specs.items() <= specs_in(sandbox, flavor_id).items(),
                     f'{extra_specs} of {flavor_id} in {REGION}')


def specs_in(sandbox, flavor_id):
    answer = sandbox.nova(REGION).get(f'/flavors/{flavor_id}')
    return answer.json()['flavor']['extra_specs'] if answer.status_code == 200 else {}


@pytest.fixture(scope='module')
def servers(server_sandbox, flavor):
    """The ids of three servers of a customer, in the order of a list."""
    booted = [boot(server_sandbox, flavor, f's{number}') for number in range(3)]
    yield booted[::-1]
    for server_id in booted:
        server_sandbox.delete_server(server_id, REGION)


def boot(sandbox, flavor_id, name):
    """Boot a server in the region, and give it a name; return its id."""
    server_id = sandbox.boot(flavor_id, REGION)['id']
    answer = theirs(sandbox).ask('PUT', f'/servers/{server_id}', {'server': {'name': name}})
    assert answer.status_code == 200, answer.text
    return server_id


def embedded(flavor_id, extra_specs):
    return {'vcpus': 1, 'ram': 64, 'disk': 1, 'ephemeral': 0, 'swap': 3,
            'original_name': f'name of {flavor_id}', 'extra_specs': extra_specs}


# The same as Nova

def compared(sandbox, answer):
    """Bring an answer into what is compared: without where links lead, and what moves."""
    text = answer.text
    for api in (ours(sandbox), theirs(sandbox)):
        text = text.replace(api.url, 'URL/v2.1').replace(api.url.removesuffix('/v2.1'), 'URL')
    headers = {name: answer.headers.get(name) for name in _HEADERS}
    location = answer.headers.get('Location', '')
    body = _MOVING.sub(r'"\1": "…"', text)
    if answer.status_code >= 400:
        [(name, fault)] = answer.json().items()
        assert fault['message']
        body = json.dumps({name: fault['code']})
    return answer.status_code, headers, location.rpartition('/')[2], json.loads(body)


#: What a list is asked for: at each microversion, and where all is.
_EACH = ('', '?limit=1')
_ALL = (*_EACH, '?limit=1&marker={first}', '?marker={second}', '?limit=0',
        '?name=s1', '?name=%5Es%5B12%5D', '?status=ACTIVE', '?status=ERROR',
        '?status=nonsense', '?sort_key=display_name&sort_dir=asc', '?sort_key=zz',
        '?limit=x', '?limit=-1', f'?marker={NOBODYS}', '?foo=1', '?name=*',
        '?changes-since=2020-01-01T00:00:00Z&limit=1', '?changes-since=yesterday',
        '?all_tenants=1', '?flavor=of-servers', '?status=ACTIVE&status=ERROR',
        '?tags=a&not-tags=b', '?locked=false', '?deleted=true')


def reads(servers, queries):
    first, second, _ = servers
    for path in ('/servers', '/servers/detail'):
        for query in queries:
            yield path + query.format(first=first, second=second)
    for segment in (first, f'{first}?foo=1', NOBODYS, 'name'):
        yield f'/servers/{segment}'


@pytest.mark.parametrize(('version', 'actor', 'queries'), [
    *((version, actor, _EACH) for version in compute_story.VERSIONS
      for actor in ('customer', 'admin')),
    ('2.46', 'customer', _ALL), ('2.104', 'user', _ALL), ('2.104', 'admin', _ALL)])
def test_what_is_read_is_what_nova_says(server_sandbox, servers, version, actor, queries):
    for path in reads(servers, queries):
        answers = [compared(server_sandbox, side(server_sandbox, actor).ask(
            'GET', path, version=version)) for side in (ours, theirs)]
        assert answers[0] == answers[1], path


def changes(server_id):
    yield from [('PUT', server_id, {'server': body}) for body in (
        {'name': 's2'}, {}, {'name': ''}, {'name': 5}, {'foo': 1}, {'description': 'd'},
        {'description': 'd' * 300}, {'accessIPv4': '192.0.2.1'}, {'hostname': 'host'})]
    yield from [('PUT', server_id, body) for body in (
        {}, [], {'server': None}, {'server': {'name': 's2'}, 'more': 1})]
    yield from [('PUT', segment, {'server': {'name': 'x'}}) for segment in (NOBODYS, 'name')]
    yield from [('POST', f'{server_id}/action', body) for body in (
        {'paint': {}}, {'rebuild': {}}, {'rebuild': None}, {}, {'rebuild': {}, 'paint': {}},
        {'rebuild': {'imageRef': 'nothing'}}, {'rebuild': {'imageRef': NOBODYS}},
        {'rebuild': {'imageRef': NOBODYS, 'foo': 1}})]
    yield 'POST', f'{NOBODYS}/action', {'rebuild': {'imageRef': NOBODYS}}
    yield 'POST', f'{NOBODYS}/action', {'paint': {}}


@pytest.mark.parametrize('version', ['2.46', '2.47', '2.104'])
def test_what_is_changed_is_what_nova_says(server_sandbox, servers, version):
    for method, path, body in changes(servers[0]):
        answers = [compared(server_sandbox, side(server_sandbox).ask(
            method, f'/servers/{path}', body, version)) for side in (ours, theirs)]
        assert answers[0] == answers[1], (method, path, body)


@pytest.mark.parametrize('version', ['2.46', '2.47', '2.104'])
def test_a_rebuild_is_answered_as_nova_does(server_sandbox, servers, version):
    image = theirs(server_sandbox).server(servers[0])['image']['id']
    answers = []
    for side in (ours, theirs):
        answers.append(compared(server_sandbox, side(server_sandbox).ask(
            'POST', f'/servers/{servers[0]}/action',
            {'rebuild': {'imageRef': image, 'name': 's2'}}, version)))
        assert answers[-1][0] == 202
        server_sandbox.wait_for_server(servers[0], 'ACTIVE', REGION)
    assert answers[0] == answers[1]


def test_no_other_action_reaches_a_server(server_sandbox, servers):
    for action in ('os-stop', 'reboot', 'createBackup', 'resize', 'lock', 'forceDelete'):
        refused = ours(server_sandbox, 'admin').ask('POST', f'/servers/{servers[1]}/action',
                                                    {action: None})
        assert refused.status_code == 400
        assert refused.json()['badRequest']['message'] == f'There is no such action: {action}'
    for method, path in [('DELETE', f'/servers/{servers[1]}'),
                         ('GET', f'/servers/{servers[1]}/os-interface'),
                         ('DELETE', f'/servers/{servers[1]}/metadata/a'),
                         ('GET', f'/servers/..%2Fflavors%2F{servers[1]}')]:
        assert ours(server_sandbox, 'admin').ask(method, path).status_code == 404
    found = theirs(server_sandbox).server(servers[1])
    assert (found['status'], found['locked']) == ('ACTIVE', False)


def test_no_server_is_created(server_sandbox):
    refused = ours(server_sandbox, 'admin').ask('POST', '/servers', {'server': {'name': 's1'}})
    assert refused.status_code == 400
    assert refused.json()['badRequest']['message'].startswith('No server is created here')


# Whose servers

def test_the_servers_of_others_are_not_found(server_sandbox, servers):
    other = ours(server_sandbox, 'operator-one')
    assert other.ask('GET', f'/servers/{servers[0]}').status_code == 404
    assert other.ask('PUT', f'/servers/{servers[0]}',
                     {'server': {'name': 'mine'}}).status_code == 404
    assert other.ask('GET', '/servers/detail').json() == {'servers': []}
    assert theirs(server_sandbox).server(servers[0])['name'] != 'mine'


def test_without_a_token_nothing_is_told(server_sandbox):
    answer = requests.get(f'{ours(server_sandbox).url}/servers', timeout=running.DEADLINE)
    assert answer.status_code == 401
    assert answer.json()['unauthorized']['code'] == 401


def test_each_region_has_its_own_and_the_default_one_those_without_a_name(server_sandbox, servers):
    def ids(region):
        return {each['id'] for each in ours(server_sandbox, region=region).ask(
            'GET', '/servers').json()['servers']}
    assert set(servers) <= ids(REGION)
    assert not ids('RegionOne') & set(servers)
    assert ids(None) == ids('RegionOne')


# Links

def test_pages_by_marker_and_by_link_are_those_of_the_list(server_sandbox, servers):
    api = ours(server_sandbox)
    listed = [each['id'] for each in api.ask('GET', '/servers').json()['servers']]
    assert set(servers) <= set(listed)
    for name in ('/servers', '/servers/detail'):
        by_marker, by_link, marker, link = [], [], '', f'{name}?limit=1'
        while page := api.ask('GET', f'{name}?limit=1{marker}').json()['servers']:
            by_marker += [each['id'] for each in page]
            marker = f'&marker={by_marker[-1]}'
        while link:
            assert link.startswith((name, f'{api.url}{name}?'))
            page = api.ask('GET', link).json()
            by_link += [each['id'] for each in page['servers']]
            link = next((each['href'] for each in page.get('servers_links', ())), None)
        assert by_marker == by_link == listed


@pytest.mark.parametrize('region', [REGION, None])
def test_whoever_follows_a_link_stays(server_sandbox, flavor, region):
    api = ours(server_sandbox, region=region)
    server_id = server_sandbox.boot(flavor, region or 'RegionOne')['id']
    server = api.server(server_id, '2.46')
    links = {each['rel']: each['href'] for each in server['links']}
    assert links == {'self': f'{api.url}/servers/{server_id}',
                     'bookmark': f'{api.url.removesuffix("/v2.1")}/servers/{server_id}'}
    assert api.ask('GET', links['self']).json()['server']['id'] == server_id
    [bookmark] = server['flavor']['links']
    assert bookmark['href'] == f'{api.url.removesuffix("/v2.1")}/flavors/{flavor}'
    server_sandbox.delete_server(server_id, region or 'RegionOne')


# The flavor in a server

def test_a_server_keeps_the_flavor_that_it_was_made_with(server_sandbox):
    before, after = {'hw:cpu_policy': 'shared', 'a': 'b'}, {'hw:cpu_policy': 'mixed', 'c': 'd'}
    made(server_sandbox, 'to-be-deleted', before, description='d' * 65535)
    server_id = boot(server_sandbox, 'to-be-deleted', 'kept')
    api = ours(server_sandbox)
    set_extra_specs(server_sandbox, 'to-be-deleted', after)
    assert api.server(server_id)['flavor'] == embedded('to-be-deleted', before)
    deleted(server_sandbox, 'to-be-deleted')
    answers = [api.ask('GET', f'/servers/{server_id}', version='2.47'),
               api.ask('PUT', f'/servers/{server_id}', {'server': {'name': 'still kept'}}, '2.47')]
    image = answers[0].json()['server']['image']['id']
    answers.append(api.ask('POST', f'/servers/{server_id}/action',
                           {'rebuild': {'imageRef': image}}, '2.47'))
    server_sandbox.wait_for_server(server_id, 'ACTIVE', REGION)
    answers.append(api.ask('GET', f'/servers/{server_id}'))
    assert [answer.json()['server']['flavor'] for answer in answers] == (
        [embedded('to-be-deleted', before)] * 4)
    assert 'd' * 100 not in stored(server_sandbox, server_id)
    [listed] = [each for each in api.ask('GET', '/servers/detail').json()['servers']
                if each['id'] == server_id]
    assert listed['flavor'] == embedded('to-be-deleted', before)
    server_sandbox.delete_server(server_id, REGION)


def stored(sandbox, server_id):
    """What Nova itself keeps of the flavor with a server."""
    [file] = sandbox.directory.glob(f'data/**/{REGION}/nova_cell1.db')
    with contextlib.closing(sqlite3.connect(f'file:{file}?mode=ro', uri=True)) as database:
        [(text,)] = database.execute(
            'SELECT flavor FROM instance_extra WHERE instance_uuid = ?', (server_id,))
    return text


@contextlib.contextmanager
def policy(sandbox, **rules):
    """Have flavorsvc go by other rules for a while; it reads them when it is asked next."""
    path = sandbox.directory / 'config/policy.yaml'
    before = path.read_text() if path.exists() else '{}\n'
    path.write_text(yaml.safe_dump({**yaml.safe_load(before), **rules}))
    try:
        yield
    finally:
        path.write_text(before)


def test_extra_specs_are_hidden_from_those_whom_policy_hides_them_from(server_sandbox, servers):
    api = ours(server_sandbox)
    shown = api.server(servers[0])['flavor']
    assert shown['extra_specs'] == {'hw:cpu_policy': 'shared'}
    with policy(server_sandbox, **{'compute_servers:show_extra_specs': 'role:admin'}):
        running.wait_for(lambda: 'extra_specs' not in api.server(servers[0])['flavor'],
                         'effect of the policy')
        hidden = {key: value for key, value in shown.items() if key != 'extra_specs'}
        image = api.server(servers[0])['image']['id']
        answers = [api.ask('GET', f'/servers/{servers[0]}', version='2.47'),
                   api.ask('PUT', f'/servers/{servers[0]}', {'server': {}}),
                   api.ask('POST', f'/servers/{servers[0]}/action',
                           {'rebuild': {'imageRef': image}})]
        server_sandbox.wait_for_server(servers[0], 'ACTIVE', REGION)
        assert [answer.json()['server']['flavor'] for answer in answers] == [hidden] * 3
        listed = api.ask('GET', '/servers/detail').json()['servers']
        assert not any('extra_specs' in each['flavor'] for each in listed)
        assert ours(server_sandbox, 'admin').server(servers[0])['flavor'] == shown
    running.wait_for(lambda: api.server(servers[0])['flavor'] == shown, 'end of the policy')


# Clients

@pytest.fixture
def openstack_cli(server_sandbox, tmp_path):
    """A function that runs the openstack CLI with flavorsvc for its compute service."""
    document = yaml.safe_load((server_sandbox.directory / 'clouds.yaml').read_text())
    cloud = {**document['clouds']['customer'], 'region_name': REGION,
             'compute_endpoint_override': ours(server_sandbox).url}
    path = tmp_path / 'clouds.yaml'
    path.write_text(yaml.safe_dump({'clouds': {'ours': cloud}}))

    def run(*words):
        done = subprocess.run(
            [running.SCRIPTS / 'openstack', *words], text=True, timeout=240,
            capture_output=True,
            env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'OS_CLOUD': 'ours',
                 'OS_CLIENT_CONFIG_FILE': str(path)})
        assert done.returncode == 0, done.stderr
        return done.stdout
    return run


@pytest.mark.parametrize('version', ['2.46', '2.47', '2.104'])
def test_the_openstack_cli_works_on_servers(server_sandbox, servers, openstack_cli, version):
    def run(*words):
        return openstack_cli('--os-compute-api-version', version, 'server', *words)

    def told(*words):
        return json.loads(run(*words, '-f', 'json'))
    name = theirs(server_sandbox).server(servers[2])['name']
    listed = {each['ID']: each for each in told('list')}
    assert set(servers) <= listed.keys()
    assert listed[servers[2]]['Flavor'] == 'name of of-servers'
    shown = told('show', name)
    assert shown['id'] == servers[2]
    assert ('name of of-servers' if version != '2.46' else 'of-servers') in str(shown['flavor'])
    assert run('set', '--name', f'{name}-{version}', servers[2]) == ''
    run('rebuild', '--wait', f'{name}-{version}')
    assert theirs(server_sandbox).server(servers[2])['name'] == f'{name}-{version}'


def test_novaclient_works_on_servers(server_sandbox, servers):
    url = ours(server_sandbox).url
    session = server_sandbox.session('customer')
    nova = novaclient.client.Client('2.1', session=session, endpoint_override=url)
    assert nova.versions.get_current().version == '2.104'
    nova = novaclient.client.Client('2.96', session=session, endpoint_override=url)
    assert set(servers) <= {each.id for each in nova.servers.list(limit=-1)}
    server = nova.servers.get(servers[1])
    assert server.flavor['original_name'] == 'name of of-servers'
    assert nova.servers.find(name=server.name).id == server.id
    assert server.update(name='by-novaclient').name == 'by-novaclient'
    server.rebuild(server.image['id'])
    server_sandbox.wait_for_server(servers[1], 'ACTIVE', REGION)
    with pytest.raises(novaclient.exceptions.BadRequest, match='There is no such action'):
        server.reboot()


def test_openstacksdk_works_on_servers(server_sandbox, servers):
    cloud = openstack.connection.Connection(
        session=server_sandbox.session('customer'), region_name=REGION,
        compute_endpoint_override=ours(server_sandbox).url)
    assert set(servers) <= {each.id for each in cloud.compute.servers(limit=1)}
    server = cloud.compute.get_server(servers[0])
    assert server.flavor.original_name == 'name of of-servers'
    assert cloud.compute.find_server(server.name, ignore_missing=False).id == servers[0]
    assert cloud.compute.update_server(server, name='by-sdk').name == 'by-sdk'
    cloud.compute.rebuild_server(server, server.image.id)
    server_sandbox.wait_for_server(servers[0], 'ACTIVE', REGION)


# The documentation

def sampled(sandbox, server_id):
    """Send the requests of the samples: name of a file → what is answered now."""
    api = ours(sandbox, region=None)
    for name, method, path, version in [
            ('show', 'GET', '', '2.104'), ('show-2.1', 'GET', '', '2.1'),
            ('update', 'PUT', '', '2.104'), ('rebuild', 'POST', '/action', '2.104')]:
        request = SAMPLES / f'{name}-req.json'
        body = json.loads(request.read_text()) if request.exists() else None
        if name == 'rebuild':
            body['rebuild']['imageRef'] = api.server(server_id)['image']['id']
        yield name, api.ask(method, f'/servers/{server_id}{path}', body, version)
        sandbox.wait_for_server(server_id, 'ACTIVE')
    yield 'list', api.ask('GET', '/servers/detail?limit=1')


def test_the_samples_are_what_is_answered(server_sandbox, flavor):
    server_id = server_sandbox.boot(flavor)['id']
    for name, answer in sampled(server_sandbox, server_id):
        sample = json.loads((SAMPLES / f'{name}-resp.json').read_text())
        assert samples.differences(sample, answer.json()) == [], name
    server_sandbox.delete_server(server_id)
