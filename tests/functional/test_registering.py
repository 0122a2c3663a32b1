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

"""What the cloud that is to be registered answers, and what becomes of it."""

import socket

import pytest

from flavorsvc.domain import errors
from flavorsvc.domain import failures
from tests.functional import foreign
from tests.functional import test_infrastructures


@pytest.fixture(scope='module')
def world(new_database, tmp_path_factory):
    with new_database('sqlite') as database_url:
        with test_infrastructures.running(tmp_path_factory.mktemp('registering'),
                                          database_url) as site:
            yield site


@pytest.fixture
def site(world):
    world.reset()
    return world


def refused(site, ctxt, values):
    """Register in vain.

    :returns: the errors.Invalid
    """
    with pytest.raises(errors.Invalid) as caught:
        site.conductor.infrastructure_create(ctxt, values)
    assert foreign.PASSWORD not in str(caught.value.args)
    assert 'internal secret' not in str(caught.value.args[:2])
    with pytest.raises(errors.NotFound):
        site.conductor.infrastructure_get(ctxt, 'Mordor')
    return caught.value


@pytest.mark.parametrize('path', ['', '/', '/v3', '/v3/'])
def test_the_url_of_keystone_may_lack_its_version(site, cloud, ctxt, path):
    made = site.conductor.infrastructure_create(ctxt, cloud.wanted(keystone_url=cloud.url + path))
    assert made['keystone_url'] == cloud.url + path


@pytest.mark.parametrize('path', ['', '/', '/v2.1', '/v2.1/'])
def test_the_url_of_nova_may_be_given_without_its_version(site, cloud, ctxt, path):
    cloud.novas = {}
    made = site.conductor.infrastructure_create(
        ctxt, cloud.wanted(nova_url=f'{cloud.url}/compute{path}'))
    assert (made['nova_url'], made['region_name']) == (cloud.nova, None)


@pytest.mark.parametrize('path', ['', '/v3'])
def test_an_application_credential_will_do(site, cloud, ctxt, path):
    credential = {'application_credential_id': 'a', 'application_credential_secret':
                  foreign.PASSWORD}
    site.conductor.infrastructure_create(
        ctxt, cloud.wanted(keystone_url=cloud.url + path, credential=credential))
    credential['application_credential_secret'] = 'wrong'
    with pytest.raises(errors.Invalid) as caught:
        site.conductor.infrastructure_create(
            ctxt, cloud.wanted(name='Isengard', credential=credential))
    assert caught.value.field == 'infrastructure.application_credential_secret'


def test_a_wrong_password_is_named(site, cloud, ctxt):
    credential = {**cloud.wanted()['credential'], 'password': 'wrong'}
    assert refused(site, ctxt, cloud.wanted(credential=credential)).field == (
        'infrastructure.password')


def test_what_wants_a_token_before_it_says_what_it_is_is_no_keystone(site, cloud, ctxt):
    cloud.answers['GET', ''] = lambda handler: foreign.say(handler, 401)
    error = refused(site, ctxt, cloud.wanted(keystone_url=cloud.url))
    assert error.field == 'infrastructure.keystone_url'


@pytest.mark.parametrize(('url', 'why'), [
    ('{}/nowhere', '404'), ('{}/compute/v2.1', 'did not answer as a Keystone'),
    ('http://127.0.0.1:1/', 'cannot be connected to'), ('http://169.254.169.254/', 'may not call'),
    ('http://no-such-host.invalid/', 'cannot be connected to'), ('ftp://x/', 'must be a URL')])
def test_what_is_no_keystone_is_named(site, cloud, ctxt, url, why):
    error = refused(site, ctxt, cloud.wanted(keystone_url=url.format(cloud.url)))
    assert error.field == 'infrastructure.keystone_url'
    assert why in error.reason


@pytest.mark.parametrize('answer', [
    lambda handler: foreign.say(handler, 200, ['internal secret']),
    lambda handler: foreign.say(handler, 200, {'token': 'internal secret'},
                                {'X-Subject-Token': 'x'}),
    lambda handler: foreign.say(handler, 201, {'token': {'methods': []}},
                                {'X-Subject-Token': 'x'}),
    lambda handler: foreign.say(handler, 500, {'error': {'message': 'internal secret'}}),
    lambda handler: foreign.say(handler, 302, headers={'Location': 'http://169.254.169.254/'}),
    lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)])
def test_an_odd_answer_to_the_request_for_a_token_is_not_repeated(site, cloud, ctxt, answer):
    cloud.answers['POST', '/v3/auth/tokens'] = answer
    refused(site, ctxt, cloud.wanted())


@pytest.mark.parametrize('paths', [
    ['/compute/v2.1', '/compute/v2.1/flavors/detail'], ['/compute/v2.1/flavors/detail']])
@pytest.mark.parametrize('answer', [
    lambda handler: foreign.say(handler, 200, ['internal secret']),
    lambda handler: foreign.say(handler, 200, {'version': 'internal secret'}),
    lambda handler: foreign.say(handler, 401, {'error': {'message': 'internal secret'}}),
    lambda handler: foreign.say(handler, 403, {'forbidden': {'message': 'internal secret'}}),
    lambda handler: foreign.say(handler, 500, {'x': {'message': 'internal secret'}}),
    lambda handler: foreign.say(handler, 302, headers={'Location': 'http://169.254.169.254/'})])
def test_an_odd_answer_of_nova_is_not_repeated(site, cloud, ctxt, paths, answer):
    cloud.answers.update({('GET', path): answer for path in paths})
    assert refused(site, ctxt, cloud.wanted()).field == 'infrastructure.nova_url'


@pytest.mark.parametrize('name', ['R' * 256, 5, '\ud800'])
def test_a_region_that_cannot_be_stored_is_as_good_as_none(site, cloud, ctxt, name):
    cloud.novas = {name: cloud.nova}
    assert refused(site, ctxt, cloud.wanted()).field == 'infrastructure.nova_url'


def test_a_nova_whose_url_cannot_be_stored_is_refused(site, cloud, ctxt):
    path = f'/compute/{"x" * 2048}/v2.1'
    cloud.novas = {'R': cloud.url + path}
    for answered in ('', '/flavors/detail'):
        cloud.answers['GET', f'{path}{answered}'] = lambda handler: foreign.say(
            handler, 200, {'flavors': [], 'version': {
                'id': 'v2.1', 'status': 'CURRENT', 'version': '2.96', 'min_version': '2.1',
                'links': []}})
    error = refused(site, ctxt, cloud.wanted())
    assert 'longer than 2048' in error.reason


def test_of_several_novas_one_has_to_be_named(site, cloud, ctxt):
    cloud.novas = {'Udûn': f'{cloud.url}/elsewhere', 'Gorgoroth': cloud.nova}
    for region_name in (None, 'Lórien'):
        error = refused(site, ctxt, cloud.wanted(region_name=region_name))
        assert error.field == 'infrastructure.region_name'
        assert "'Gorgoroth', 'Udûn'" in error.reason
    made = site.conductor.infrastructure_create(ctxt, cloud.wanted(region_name='Gorgoroth'))
    assert (made['nova_url'], made['region_name']) == (cloud.nova, 'Gorgoroth')


@pytest.mark.parametrize('novas', [{}, {'x': 'http://169.254.169.254/v2.1'}, {'x': 'junk'}])
def test_a_catalogue_without_a_nova_is_refused(site, cloud, ctxt, novas):
    cloud.novas = novas
    assert refused(site, ctxt, cloud.wanted()).field == 'infrastructure.nova_url'


def test_a_caller_s_token_goes_instead_of_ours(site, cloud):
    asked = test_infrastructures.clouds(site).as_caller('theirs', foreign=True)
    with pytest.raises(failures.Unreachable) as caught:
        asked.try_out(cloud.nova, '2.96')
    assert caught.value.reason == 'unauthorized'
    assert {token for _, _, token in cloud.asked} == {'theirs'}
    with pytest.raises(failures.Unreachable) as caught:
        asked.try_out('http://169.254.169.254/v2.1', '2.96')
    assert caught.value.reason == 'address'
