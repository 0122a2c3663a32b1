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

"""Who may do what, with real tokens of a real Keystone."""


def status_of(answer):
    return answer.status_code


def test_a_reader_sees_what_is_published_and_changes_nothing(sandbox, new_flavors):
    hidden, public = new_flavors(2)
    public['public'] = True
    sandbox.create(hidden, public)
    user = sandbox.flavorsvc('user')
    assert status_of(user.get(f'/flavors/{public["id"]}')) == 200
    assert status_of(user.get(f'/flavors/{hidden["id"]}')) == 404
    assert hidden['id'] not in [f['id'] for f in user.get('/flavors').json()['flavors']]
    assert status_of(user.post('/flavors', json={'flavor': new_flavors()[0]})) == 403
    assert status_of(user.delete(f'/flavors/{public["id"]}')) == 403
    install = user.post(f'/flavors/{public["id"]}/install', json={'regions': ['RegionOne']})
    assert status_of(install) == 403
    hidden_install = user.post(f'/flavors/{hidden["id"]}/install', json={'regions': 'all'})
    assert status_of(hidden_install) == 404


def test_an_operator_installs_into_its_own_region_only(sandbox, new_flavors):
    [flavor] = new_flavors()
    sandbox.create(flavor, actor='operator-one')
    operator = sandbox.flavorsvc('operator-one')
    path = f'/flavors/{flavor["id"]}/install'
    assert status_of(operator.post(path, json={'regions': ['RegionOne']})) == 202
    assert status_of(operator.post(path, json={'regions': ['RegionTwo']})) == 403
    assert status_of(operator.post(path, json={'regions': ['RegionOne', 'RegionTwo']})) == 403
    sandbox.wait_for_status(flavor['id'], 'active', ['RegionOne'])
    assert sandbox.installations(flavor['id']).keys() == {'RegionOne'}
    assert status_of(sandbox.flavorsvc('operator-two').get(f'/flavors/{flavor["id"]}')) == 404


def test_only_a_manager_promotes(sandbox, new_flavors):
    [flavor] = new_flavors()
    sandbox.create(flavor, actor='operator-one')
    change = {'flavor': {'promoted': True}}
    path = f'/flavors/{flavor["id"]}'
    assert status_of(sandbox.flavorsvc('operator-one').patch(path, json=change)) == 403
    assert status_of(sandbox.flavorsvc('manager').patch(path, json=change)) == 200


def test_no_token_no_answer(sandbox):
    answer = sandbox.flavorsvc('user').get('/flavors', authenticated=False)
    assert status_of(answer) == 401
    assert 'errors' in answer.json()


def test_the_owner_of_a_region_manages_its_flavors_in_nova(sandbox, new_flavors):
    """What the sandbox' Nova policies promise, and only there."""
    flavor = {key: value for key, value in new_flavors()[0].items() if key != 'extra_specs'}
    statuses = {region: status_of(sandbox.nova(region, 'operator-two').post(
        '/flavors', json={'flavor': flavor})) for region in sandbox.regions}
    assert statuses == {'RegionOne': 403, 'RegionTwo': 200, 'RegionThree': 403}
