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

"""``openstack flavorsvc private flavor …``, and the methods of the client behind it."""

from openstack import exceptions
import pytest

from tests.unit.client import answers

MORDOR_KEYSTONE = 'http://keystone.mordor.example.org/v3'
IN_TWO = ('--region', 'RegionTwo')


@pytest.fixture
def mordor(service, monkeypatch):
    """A region with a Keystone of its own, of which nobody has a token yet."""
    service.regions['Mordor'] = {**service.regions['RegionTwo'], 'id': 'Mordor', 'name': 'Mordor',
                                 'kind': 'registered'}
    service.own_keystone['Mordor'] = 'token-of-mordor'
    service.add_private('Mordor', 'dark')
    monkeypatch.delenv('FLAVORSVC_REGION_TOKEN', raising=False)


@pytest.fixture
def mordor_in_clouds_yaml(mordor, http, run, tmp_path):
    (tmp_path / 'clouds.yaml').write_text(f"""
clouds:
  mordor:
    auth:
      auth_url: {MORDOR_KEYSTONE}
      username: eye
      password: secret-of-mordor
      project_name: tower
      user_domain_name: Default
      project_domain_name: Default
  basic:
    auth_type: http_basic
    auth:
      endpoint: http://nova.mordor.example.org
      username: eye
      password: secret-of-mordor
""")
    http.get(MORDOR_KEYSTONE, json={'version': {
        'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': MORDOR_KEYSTONE}]}})
    return http.post(f'{MORDOR_KEYSTONE}/auth/tokens', status_code=201,
                     headers={'X-Subject-Token': 'token-of-mordor'},
                     json={'token': {'methods': ['password'], 'catalog': [],
                                     'expires_at': '2999-11-01T00:00:00.000000Z'}})


def test_list(shown, service):
    service.add_private('RegionTwo', 'odd', vcpus=3)
    service.add_private('RegionOne', 'even')

    assert shown('private', 'flavor', 'list', *IN_TWO) == [
        {'ID': 'id-of-odd', 'Name': 'odd', 'VCPUs': 3, 'RAM': 1024, 'Disk': 0, 'Is Public': True}]


def test_long_list(shown, service):
    service.add_private('RegionTwo', 'odd', extra_specs={'hw:a': '1'}, swap=64)

    [flavor] = shown('private', 'flavor', 'list', *IN_TWO, '--long')
    assert (flavor['Extra Specs'], flavor['Swap']) == ({'hw:a': '1'}, 64)


def test_show_by_id_or_name(shown, service):
    service.add_private('RegionTwo', 'odd', extra_specs={'hw:a': '1'})

    for name in ('id-of-odd', 'odd'):
        found = shown('private', 'flavor', 'show', *IN_TWO, name)
        assert (found['id'], found['extra_specs']) == ('id-of-odd', {'hw:a': '1'})
        assert found['regions'] == ['RegionTwo']


def test_show_what_is_not_there(run, service):
    assert run('private', 'flavor', 'show', *IN_TWO, 'odd').err == [
        'No PrivateFlavor found for odd']
    assert run('private', 'flavor', 'show', '--region', 'Nowhere', 'odd').err == [
        "There is no region 'Nowhere'."]
    assert run('private', 'flavor', 'show', *IN_TWO, '').err == [
        'An ID or name must not be empty.']


def test_create(shown, service):
    made = shown('private', 'flavor', 'create', *IN_TWO, 'big', '--id', 'B', '--vcpus', '8',
                 '--ram', '4096', '--disk', '20', '--ephemeral', '1', '--swap', '64',
                 '--rxtx-factor', '0.5', '--description', 'much', '--private',
                 '--property', 'hw:a=1=2')

    assert service.asked('POST') == [('/regions/RegionTwo/flavors', {'flavor': {
        'name': 'big', 'id': 'B', 'vcpus': 8, 'ram': 4096, 'disk': 20, 'ephemeral': 1, 'swap': 64,
        'rxtx_factor': 0.5, 'description': 'much', 'is_public': False,
        'extra_specs': {'hw:a': '1=2'}}})]
    assert (made['id'], made['is_public']) == ('B', False)


def test_create_has_the_defaults_of_nova(shown, service):
    shown('private', 'flavor', 'create', *IN_TWO, 'tiny')

    assert service.asked('POST') == [('/regions/RegionTwo/flavors', {'flavor': {
        'name': 'tiny', 'vcpus': 1, 'ram': 256, 'disk': 0, 'ephemeral': 0, 'swap': 0}})]


def test_set_merges_extra_specs(run, service):
    service.add_private('RegionTwo', 'odd', extra_specs={'a': '1', 'b': '2', 'c': '3'})

    outcome = run('private', 'flavor', 'set', *IN_TWO, 'odd', '--description', 'new',
                  '--property', 'a=9', '--unset-property', 'b')

    assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
    assert service.asked('PUT') == [('/regions/RegionTwo/flavors/id-of-odd', {'flavor': {
        'description': 'new', 'extra_specs': {'a': '9', 'c': '3'}}})]


def test_set_of_a_description_leaves_extra_specs_alone(run, service):
    service.add_private('RegionTwo', 'odd', extra_specs={'a': '1'})

    assert run('private', 'flavor', 'set', *IN_TWO, 'odd', '--description', '').status == 0
    assert service.asked('PUT')[0][1] == {'flavor': {'description': ''}}


def test_set_needs_something_to_set(run, service):
    service.add_private('RegionTwo', 'odd')

    assert run('private', 'flavor', 'set', *IN_TWO, 'odd').err == [
        'Nothing to set: name at least one option.']
    assert run('private', 'flavor', 'set', *IN_TWO, 'odd', '--unset-property', 'x').err == [
        "odd has no extra spec 'x'."]


def test_delete_goes_on_after_a_failure(run, service):
    service.add_private('RegionTwo', 'a')
    service.add_private('RegionTwo', 'b')

    outcome = run('private', 'flavor', 'delete', *IN_TWO, 'a', 'none', 'id-of-b')

    assert (outcome.status, outcome.err) == (1, ['none: No PrivateFlavor found for none'])
    assert service.private == {}


def test_what_nova_refuses_is_told_in_its_words(run, service):
    service.refusals['POST', '/regions/RegionTwo/flavors'] = [
        answers.Refusal(403, "Policy doesn't allow os_compute_api:os-flavor-manage:create.")]

    assert run('private', 'flavor', 'create', *IN_TWO, 'x').err == [
        "Policy doesn't allow os_compute_api:os-flavor-manage:create."]


def test_a_region_must_be_named(run, service):
    with pytest.raises(SystemExit):
        run('private', 'flavor', 'list')


def test_a_region_with_a_keystone_of_its_own_does_not_know_the_token(run, mordor):
    assert run('private', 'flavor', 'list', '--region', 'Mordor').err == [
        "The region 'Mordor' does not know the token."]


def test_its_token_may_come_from_a_cloud(run, shown, mordor_in_clouds_yaml, service):
    in_mordor = ('--region', 'Mordor', '--region-os-cloud', 'mordor')

    assert [one['Name'] for one in shown('private', 'flavor', 'list', *in_mordor)] == ['dark']
    assert shown('private', 'flavor', 'show', *in_mordor, 'dark')['id'] == 'id-of-dark'
    assert shown('private', 'flavor', 'create', *in_mordor, 'darker')['name'] == 'darker'
    assert run('private', 'flavor', 'set', *in_mordor, 'dark', '--description', 'x').status == 0
    assert run('private', 'flavor', 'delete', *in_mordor, 'dark', 'darker').status == 0
    assert {headers['X-Auth-Token'] for headers in service.headers} == {'token'}


def test_several_flavors_take_one_token(run, mordor_in_clouds_yaml, service):
    service.add_private('Mordor', 'darker')

    run('private', 'flavor', 'delete', '--region', 'Mordor', '--region-os-cloud', 'mordor', 'dark',
        'darker')

    assert service.private == {}
    assert mordor_in_clouds_yaml.call_count == 1


def test_its_token_may_come_from_the_environment(shown, mordor, monkeypatch):
    monkeypatch.setenv('FLAVORSVC_REGION_TOKEN', 'token-of-mordor')

    assert len(shown('private', 'flavor', 'list', '--region', 'Mordor')) == 1


@pytest.mark.parametrize(('cloud', 'why'), [
    ('shire', 'No token of the cloud shire: Cloud shire was not found.'),
    ('basic', 'The cloud basic has no tokens.'),
])
def test_a_cloud_without_a_token_is_named(run, mordor_in_clouds_yaml, service, cloud, why):
    outcome = run('private', 'flavor', 'list', '--region', 'Mordor', '--region-os-cloud', cloud)

    assert outcome.err == [why]
    assert service.requests == []


def test_a_cloud_that_refuses_its_password_is_named(run, mordor_in_clouds_yaml, http, service):
    http.post(f'{MORDOR_KEYSTONE}/auth/tokens', status_code=401)

    outcome = run('private', 'flavor', 'list', '--region', 'Mordor', '--region-os-cloud', 'mordor')

    assert outcome.err == ['No token of the cloud mordor: Unauthorized (HTTP 401)']
    assert service.requests == []


@pytest.mark.parametrize('way', ['cloud', 'environment'])
def test_debug_shows_no_token(run, mordor_in_clouds_yaml, monkeypatch, caplog, way):
    more = ('--region-os-cloud', 'mordor')
    if way == 'environment':
        monkeypatch.setenv('FLAVORSVC_REGION_TOKEN', 'token-of-mordor')
        more = ()

    outcome = run('private', 'flavor', 'show', '--region', 'Mordor', *more, 'dark',
                  before=['--debug'])

    assert outcome.status == 0, outcome.err
    everything = '\n'.join([*outcome.err, caplog.text])
    assert '/regions/Mordor/flavors/dark' in everything
    assert 'token-of-mordor' not in everything
    assert 'secret-of-mordor' not in everything


def test_a_program_names_regions_and_flavors_by_name_or_resource(connect, service):
    proxy = connect().flavorsvc
    region = proxy.get_region('RegionTwo')
    made = proxy.create_private_flavor(region, name='odd', vcpus=1, ram=1, disk=1)

    assert [one.name for one in proxy.private_flavors(region)] == ['odd']
    assert proxy.get_private_flavor('RegionTwo', made).id == made.id
    changed = proxy.update_private_flavor(region, made, description='x')
    assert (changed.description, changed.extra_specs) == ('x', {})
    proxy.delete_private_flavor('RegionTwo', made.id)
    assert service.private == {}


def test_a_name_with_slashes_can_be_found(connect, service):
    service.add_private('RegionTwo', 'what/is this?', id='my flavor')

    found = connect().flavorsvc.find_private_flavor('RegionTwo', 'what/is this?')

    assert found.id == 'my flavor'


def test_an_empty_name_does_not_pass_for_the_whole_list(connect, service):
    proxy = connect().flavorsvc

    for ask in (proxy.get_private_flavor, proxy.find_private_flavor, proxy.update_private_flavor,
                proxy.delete_private_flavor):
        with pytest.raises(exceptions.InvalidRequest, match='must not be empty'):
            ask('RegionTwo', '')
        with pytest.raises(exceptions.InvalidRequest, match='must not be empty'):
            ask('', 'flavor')
    assert service.requests == []
