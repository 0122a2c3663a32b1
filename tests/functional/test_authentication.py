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

"""keystonemiddleware in front of the application, and a Keystone that is only HTTP answers."""

import datetime

import pytest
import requests
from requests_mock import ANY
import webob

from flavorsvc.api import app
from tests.functional import site as sites

KEYSTONE = 'http://keystone.test/v3'


def token_of(roles, project='project-zero'):
    """What Keystone says of a token."""
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    return {'token': {
        'user': {'id': 'u', 'name': 'user', 'domain': {'id': 'default', 'name': 'Default'}},
        'project': {'id': project, 'name': 'p', 'domain': {'id': 'default', 'name': 'Default'}},
        'roles': [{'id': role, 'name': role} for role in roles], 'methods': ['password'],
        'expires_at': expires.strftime('%Y-%m-%dT%H:%M:%S.%fZ'),
        'issued_at': '2026-11-21T10:00:00.000000Z', 'catalog': [{
            'type': 'identity', 'id': 'k', 'name': 'keystone', 'endpoints': [{
                'id': 'e', 'interface': interface, 'region': 'R', 'region_id': 'R',
                'url': KEYSTONE} for interface in ('public', 'internal', 'admin')]}]}}


@pytest.fixture
def keystone(requests_mock):
    """A Keystone that knows two tokens."""
    def validate(request, context):
        roles = {'good': ['admin'], 'reader': ['reader']}.get(request.headers['X-Subject-Token'])
        context.status_code = 200 if roles else 404
        return token_of(roles) if roles else {'error': {'code': 404, 'message': 'No token.'}}

    requests_mock.get(KEYSTONE, json={'version': {
        'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': KEYSTONE}]}})
    requests_mock.post(f'{KEYSTONE}/auth/tokens', json=token_of(['service'], 'project-service'),
                       headers={'X-Subject-Token': 'of-the-service'}, status_code=201)
    requests_mock.get(f'{KEYSTONE}/auth/tokens', json=validate)
    requests_mock.validations = lambda: [
        request for request in requests_mock.request_history
        if request.method == 'GET' and request.path == '/v3/auth/tokens']
    return requests_mock


class Idle:
    """A conductor with an empty catalogue."""

    def flavors_list(self, ctxt, filters, page, visible_to):
        self.asked_by = ctxt
        return []

    def ping(self, ctxt):
        return {'status': 'ok'}


@pytest.fixture
def conductor():
    return Idle()


def make_application(folder, conductor, **more):
    section = {'auth_type': 'password', 'auth_url': KEYSTONE, 'username': 'flavorsvc-api',
               'password': 'of-the-api', 'project_name': 'service', 'user_domain_id': 'default',
               'project_domain_id': 'default', 'http_request_max_retries': 0, **more}
    conf = sites.configuration(folder, 'kombu+memory://localhost/', 'sqlite://',
                               keystone_authtoken=section)
    return app.make_app(conf, conductor)


@pytest.fixture
def application(tmp_path, conductor):
    return make_application(tmp_path, conductor, www_authenticate_uri=KEYSTONE)


def ask(application, token, path='/v1/flavors', **headers):
    request = webob.Request.blank(path, headers={'OpenStack-API-Version': 'flavorsvc 1.1'})
    if token is not None:
        request.headers['X-Auth-Token'] = token
    request.headers.update({name.replace('_', '-'): value for name, value in headers.items()})
    return request.get_response(application)


def test_a_valid_token_tells_who_asks(application, keystone, conductor):
    assert ask(application, 'good').json == {'flavors': []}
    assert conductor.asked_by.user_id == 'u'
    assert conductor.asked_by.project_id == 'project-zero'
    assert conductor.asked_by.roles == ['admin']
    assert conductor.asked_by.to_dict()['auth_token'] is None


def test_keystone_is_asked_once_for_many_requests(application, keystone):
    for _ in range(20):
        assert ask(application, 'good').status_int == 200
    assert len(keystone.validations()) == 1


def test_a_wrong_token_is_a_401_in_our_shape(application, keystone):
    response = ask(application, 'wrong')
    assert response.status_int == 401
    assert response.headers['WWW-Authenticate'] == f'Keystone uri="{KEYSTONE}"'
    error = response.json['errors'][0]
    assert error['code'] == 'flavorsvc.unauthorized'
    assert error['request_id'] == response.headers['X-OpenStack-Request-ID']


def test_a_wrong_token_costs_keystone_little(application, keystone):
    for _ in range(20):
        assert ask(application, 'wrong').status_int == 401
    # it may be forgotten once meanwhile on a machine that is busy
    assert len(keystone.validations()) <= 4


def test_no_token_is_a_401_that_keystone_never_hears_of(application, keystone):
    response = ask(application, None)
    assert response.status_int == 401
    assert response.headers['WWW-Authenticate'] == f'Keystone uri="{KEYSTONE}"'
    assert response.json['errors'][0]['status'] == 401
    assert not keystone.request_history


def test_identity_headers_of_the_caller_are_dropped(application, keystone, conductor):
    response = ask(application, 'reader', X_Roles='admin', X_Project_Id='project-one',
                   X_Is_Admin_Project='True')
    assert response.status_int == 200
    assert conductor.asked_by.roles == ['reader']
    assert conductor.asked_by.project_id == 'project-zero'


@pytest.mark.parametrize('path', ['/', '/v1', '/v1/', '/healthcheck'])
def test_some_paths_need_no_token(application, keystone, path):
    assert ask(application, None, path, X_Identity_Status='Invalid').status_int == 200
    assert not keystone.request_history


@pytest.mark.parametrize('path', ['//', '/v1//', '//v1', '/healthcheck/', '/v1/../v1/flavors'])
def test_paths_that_look_like_those_need_one(application, keystone, path):
    assert ask(application, None, path, X_Identity_Status='Confirmed').status_int == 401


@pytest.fixture
def no_keystone(requests_mock):
    """A Keystone that is down."""
    requests_mock.register_uri(ANY, ANY,
                               exc=requests.exceptions.ConnectionError('refused'))


def test_a_keystone_that_is_down_is_a_503_with_the_reason(application, no_keystone):
    response = ask(application, 'good')
    assert response.status_int == 503
    assert response.json['errors'][0]['detail'] == (
        'Keystone does not answer, so the token cannot be checked.')


@pytest.mark.parametrize('answer', [
    {'exc': requests.exceptions.ReadTimeout('slow')},
    {'exc': requests.exceptions.ChunkedEncodingError('cut')},
    {'status_code': 500}, {'status_code': 503}, {'status_code': 429},
    {'status_code': 404, 'text': '<html>'}, {'text': '<html>'}, {'text': '{"token": {'},
    {'json': {'message': 'It works!'}}, {'content': bytes(range(256))}], ids=str)
def test_what_keystone_would_not_say_is_a_503_with_the_reason(application, keystone, answer):
    """The token may be good: nobody is told otherwise, nor that something is wrong here."""
    keystone.get(f'{KEYSTONE}/auth/tokens', **answer)
    response = ask(application, 'good')
    assert response.status_int == 503
    assert response.json['errors'][0]['detail'] == (
        'Keystone does not answer, so the token cannot be checked.')


def test_a_keystone_that_hangs_holds_nobody_for_ever(application, keystone):
    assert ask(application, 'good').status_int == 200
    assert {request.timeout for request in keystone.request_history} == {10}


def test_no_token_is_a_401_also_without_keystone(tmp_path, conductor, no_keystone):
    response = ask(make_application(tmp_path, conductor), None)
    assert response.status_int == 401
    assert response.json['errors'][0]['code'] == 'flavorsvc.unauthorized'


def test_a_token_that_is_none_is_a_401(application, keystone):
    assert ask(application, 'ä' * 5000).status_int == 401
