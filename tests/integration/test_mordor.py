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

"""A foreign cloud: flavors installed in it, through its failures, and who speaks to it as whom."""

from keystoneauth1 import session
from keystoneauth1.identity import v3
import pytest

from tests.integration import running

FLAVORS = '/regions/Mordor/flavors'
NANO = {'name': 'of-mordor', 'vcpus': 1, 'ram': 2, 'disk': 10, 'swap': 0}


@pytest.fixture
def mordor(sandbox):
    """What sandbox.json knows of the foreign cloud, which is registered during a test."""
    [foreign] = sandbox.document['foreign']
    manager = sandbox.flavorsvc('manager')
    answer = manager.post('/infrastructures', microversion='1.0', json={'infrastructure': {
        'name': 'Mordor', 'keystone_url': foreign['keystone_url'],
        'username': foreign['username'], 'password': foreign['password'],
        'tenant': foreign['project']}})
    assert answer.status_code == 201, answer.text
    yield foreign
    assert manager.delete('/infrastructures/Mordor').status_code == 204


@pytest.fixture
def published(sandbox, mordor, new_flavors):
    """The id of a flavor that is public and in RegionOne, and gone before Mordor is."""
    [flavor] = new_flavors(1, public=True)
    sandbox.create(flavor, actor='operator-one')
    sandbox.install(flavor['id'], ['RegionOne'], actor='operator-one')
    sandbox.wait_for_status(flavor['id'], 'active', ['RegionOne'])
    yield flavor['id']
    answer = sandbox.flavorsvc('manager').delete(f'/flavors/{flavor["id"]}', microversion='1.0')
    assert answer.status_code == 204, answer.text


def put(sandbox, flavor_id, names, microversion):
    """Install a flavor with the PUT of the FIWARE document; return the answer."""
    key = 'nodes' if microversion == '1.0' else 'regions'
    return sandbox.flavorsvc('manager').put(f'/flavors/{flavor_id}', microversion=microversion,
                                            json={'flavor': {key: names}})


def about_flavors(log):
    """Return the Requests but those by which the service looks whether a Nova is there."""
    return [request for request in log.requests() if '/flavors' in request.path]


def token_of(foreign, user, password):
    return session.Session(v3.Password(
        auth_url=foreign['keystone_url'], username=user, password=password,
        project_name='service', user_domain_name='Default',
        project_domain_name='Default')).get_token()


def test_one_put_installs_in_a_region_and_in_a_foreign_cloud(sandbox, published):
    answer = put(sandbox, published, ['Mordor', 'RegionTwo'], '1.0')
    assert answer.status_code == 200, answer.text
    assert answer.json()['flavor']['nodes'] == ['Mordor', 'RegionOne', 'RegionTwo']
    for nova in (sandbox.nova('Mordor', 'mordor'), sandbox.nova('RegionTwo')):
        listed = {flavor['id']: flavor for flavor in nova.get('/flavors/detail').json()['flavors']}
        assert listed[published]['name'] == published
        assert listed[published]['extra_specs'] == {'hw:cpu_policy': 'shared',
                                                    'scs:name-v2': published}
    deleted = sandbox.flavorsvc('manager').post(
        f'/flavors/{published}/uninstall', json={'regions': ['Mordor']}, microversion='1.0')
    assert deleted.status_code == 200, deleted.text
    assert sandbox.nova('Mordor', 'mordor').get(f'/flavors/{published}').status_code == 404


def test_a_foreign_cloud_that_is_down_catches_up_by_itself(sandbox, published):
    sandbox.supervisor.stop('nova-Mordor')
    try:
        answer = put(sandbox, published, ['Mordor', 'RegionTwo'], '1.0')
        assert answer.status_code == 502, answer.text
        message = answer.json()['error']['message']
        assert message.startswith('Region Mordor: ')
        assert 'The request is recorded and is tried again until it is done' in message
        row = sandbox.installations(published)['Mordor']
        assert row['id'] in message
        assert row['error'] in message
        assert row['reason'] == 'unreachable'
        assert put(sandbox, published, ['Mordor', 'RegionTwo'], '1.1').status_code == 202
        # The region that runs does not wait for the one that does not.
        sandbox.wait_for_status(published, 'active', ['RegionTwo'])
    finally:
        sandbox.supervisor.start(['nova-Mordor'])
    sandbox.wait_for_status(published, 'active', ['Mordor', 'RegionTwo'])
    assert sandbox.nova('Mordor', 'mordor').get(f'/flavors/{published}').status_code == 200


def test_what_is_deleted_while_a_foreign_cloud_is_down_is_deleted_there_later(
        sandbox, published):
    put(sandbox, published, ['Mordor'], '1.0')
    sandbox.supervisor.stop('nova-Mordor')
    try:
        answer = sandbox.flavorsvc('manager').post(
            f'/flavors/{published}/uninstall', json={'regions': ['Mordor']}, microversion='1.0')
        assert answer.status_code == 502, answer.text
        assert 'recorded' in answer.json()['error']['message']
    finally:
        sandbox.supervisor.start(['nova-Mordor'])
    running.wait_for(lambda: 'Mordor' not in sandbox.installations(published), 'uninstallation')
    assert sandbox.nova('Mordor', 'mordor').get(f'/flavors/{published}').status_code == 404


def test_our_own_token_never_goes_to_a_foreign_cloud(sandbox, mordor):
    nova = sandbox.nova_log('Mordor')
    keystone = running.RequestLog(sandbox.directory / 'logs' / 'keystone-Mordor.requests.log')
    admin = sandbox.flavorsvc('admin')
    for answer in (admin.get(FLAVORS), admin.get(f'{FLAVORS}/any'),
                   admin.post(FLAVORS, json={'flavor': NANO}), admin.delete(f'{FLAVORS}/any'),
                   admin.put(f'{FLAVORS}/any', json={'flavor': {'description': 'new'}})):
        assert answer.status_code == 401
        assert 'X-Auth-Token-KeyStone' in answer.json()['errors'][0]['detail']
    assert about_flavors(nova) == []
    # nor has any service there had a token to look at
    assert ('GET', '/v3/auth/tokens') not in [(request.method, request.path)
                                              for request in keystone.requests()]


@pytest.mark.parametrize('token', ['', 'of-nobody-in-particular'])
def test_a_token_that_a_foreign_cloud_refuses_is_401(sandbox, mordor, token):
    admin = sandbox.flavorsvc('admin')
    log = sandbox.nova_log('Mordor')
    headers = {'X-Auth-Token-KeyStone': token}
    for answer in (admin.get(FLAVORS, headers=headers),
                   admin.post(FLAVORS, json={'flavor': NANO}, headers=headers),
                   admin.delete(f'{FLAVORS}/any', headers=headers)):
        assert answer.status_code == 401, answer.text
    # Its Nova said so, where a token came at all.
    assert {request.status for request in about_flavors(log)} == ({401} if token else set())


def test_our_own_token_as_that_of_a_foreign_cloud_is_401(sandbox, mordor):
    """Who sends it there has to say so; then it is that Keystone which does not know it."""
    answer = sandbox.flavorsvc('admin').get(
        FLAVORS, headers={'X-Auth-Token-KeyStone': sandbox.token('user')})
    assert answer.status_code == 401


def test_a_token_without_the_rights_in_a_foreign_cloud_is_403(sandbox, mordor):
    passwords = sandbox.document['kept']['clouds'][1]['passwords']
    headers = {'X-Auth-Token-KeyStone': token_of(mordor, 'nova', passwords['nova'])}
    user = sandbox.flavorsvc('user')
    assert user.get(FLAVORS, headers=headers).status_code == 200
    answer = user.post(FLAVORS, json={'flavor': NANO}, headers=headers)
    assert answer.status_code == 403
    assert 'os-flavor-manage:create' in answer.json()['errors'][0]['detail']


def test_the_token_of_a_foreign_cloud_acts_in_it(sandbox, mordor):
    """As whom Mordor knows, whatever the caller is here."""
    user = sandbox.flavorsvc('user')
    headers = {'X-Auth-Token-KeyStone': sandbox.token('mordor')}
    created = user.post(FLAVORS, json={'flavor': NANO}, headers=headers)
    assert created.status_code == 201, created.text
    flavor = created.json()['flavor']
    assert flavor['regions'] == ['Mordor']
    assert sandbox.nova('Mordor', 'mordor').get(f'/flavors/{flavor["id"]}').status_code == 200
    one = f'{FLAVORS}/{flavor["id"]}'
    changed = user.put(one, json={'flavor': {'description': 'of the shadow'}}, headers=headers)
    assert changed.json()['flavor']['description'] == 'of the shadow'
    assert user.delete(one, headers=headers).status_code == 204
    assert user.get(one, headers=headers).status_code == 404


def test_what_the_nova_of_our_own_cloud_refuses_comes_through(sandbox):
    """401 for a token that it does not know, 403 for one that may not."""
    operator = sandbox.flavorsvc('operator-one')
    log = sandbox.nova_log('RegionTwo')
    unknown = operator.get('/regions/RegionTwo/flavors',
                           headers={'X-Auth-Token-KeyStone': 'of-nobody-in-particular'})
    assert unknown.status_code == 401
    forbidden = operator.post('/regions/RegionTwo/flavors', json={'flavor': NANO})
    assert forbidden.status_code == 403
    assert 'os-flavor-manage:create' in forbidden.json()['errors'][0]['detail']
    assert {(request.method, request.status) for request in about_flavors(log)} == {
        ('GET', 401), ('POST', 403)}
