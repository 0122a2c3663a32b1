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


"""Names and passwords in front of the application."""

import base64
import logging

import bcrypt
from keystonemiddleware.auth_token import _request
import pytest
import webob

from flavorsvc.api import app
from flavorsvc.api.authentication import http_basic
from flavorsvc.api.authentication import identity
from flavorsvc.api.authentication import user_file
from tests.functional import site as sites

PASSWORDS = {'one': 'secret of one', 'two': 'sécret:of two', 'alone': 'x' * 72}


def line(name, rest=''):
    digest = bcrypt.hashpw(PASSWORDS[name].encode(), bcrypt.gensalt(4)).decode()
    return f'{name}:{digest.replace("$2b$", "$2y$")}{rest}\n'


class Idle:
    """A conductor with an empty catalogue."""

    def flavors_list(self, ctxt, *arguments, **more):
        self.asked_by = ctxt
        return []

    def ping(self, ctxt):
        return {'status': 'ok'}


@pytest.fixture
def conductor():
    return Idle()


@pytest.fixture
def users(tmp_path):
    path = tmp_path / 'htpasswd'
    path.write_text(line('one', ':project-one:member,reader') + line('two', '::admin')
                    + line('alone'))
    return path


@pytest.fixture
def application(tmp_path, conductor, users):
    conf = sites.configuration(tmp_path, 'kombu+memory://localhost/', 'sqlite://',
                               http_basic={'user_file': users})
    conf.set_override('auth_strategy', 'http_basic')
    return app.make_app(conf, conductor)


def basic(name, password):
    credentials = base64.b64encode(f'{name}:{password}'.encode()).decode()
    return {'Authorization': f'Basic {credentials}'}


def literal(name, password):
    """The two headers of the FIWARE document, as a WSGI server gives them."""
    return {'user': name, 'password': password.encode().decode('latin-1')}


def ask(application, headers=None, path='/v1/flavors'):
    request = webob.Request.blank(path, headers={'OpenStack-API-Version': 'flavorsvc 1.1'})
    request.headers.update(headers or {})
    return request.get_response(application)


@pytest.mark.parametrize('credentials', [basic, literal])
def test_a_password_tells_who_asks(application, conductor, credentials):
    assert ask(application, credentials('one', PASSWORDS['one'])).status_int == 200
    assert conductor.asked_by.user_id == 'one'
    assert conductor.asked_by.user_name == 'one'
    assert conductor.asked_by.project_id == 'project-one'
    assert conductor.asked_by.roles == ['member', 'reader']


@pytest.mark.parametrize('credentials', [basic, literal])
def test_a_password_may_have_colons_and_letters_of_any_kind(application, conductor, credentials):
    assert ask(application, credentials('two', PASSWORDS['two'])).status_int == 200
    assert conductor.asked_by.project_id is None
    assert conductor.asked_by.roles == ['admin']


@pytest.mark.parametrize('headers', [
    {}, basic('one', 'wrong'), basic('nobody', PASSWORDS['one']), basic('', ''),
    basic('one', ''), basic('one', PASSWORDS['one'] + '\0'), basic('önë', 'wrong'),
    basic('alone', PASSWORDS['alone'] + 'x'), basic('alone', 'x' * 5000),
    {'Authorization': 'Basic'}, {'Authorization': 'Basic ***'}, {'Authorization': 'Basic b25l'},
    {'Authorization': 'Bearer ' + basic('one', PASSWORDS['one'])['Authorization'][6:]},
    {'Authorization': ''}, {'user': 'one'}, {'password': PASSWORDS['one']},
    literal('one', 'wrong'), {'X-Auth-Token': 'token', 'X-Identity-Status': 'Confirmed'},
    # what is asked for by the standard header is not asked for again by the other two
    {**basic('one', 'wrong'), **literal('one', PASSWORDS['one'])}])
def test_anything_else_is_a_401_in_our_shape(application, headers):
    response = ask(application, headers)
    assert response.status_int == 401
    assert response.headers['WWW-Authenticate'] == 'Basic realm="flavorsvc"'
    error = response.json['errors'][0]
    assert error['code'] == 'flavorsvc.unauthorized'
    assert error['detail'] == 'The name of a user and its password are needed.'
    assert error['request_id'] == response.headers['X-OpenStack-Request-ID']


def test_a_password_of_72_bytes_is_one(application):
    assert ask(application, basic('alone', PASSWORDS['alone'])).status_int == 200


@pytest.mark.parametrize('path', ['/', '/v1', '/healthcheck'])
def test_some_paths_need_no_password(application, path):
    assert ask(application, basic('one', 'wrong'), path).status_int == 200


def test_what_a_caller_says_of_itself_is_dropped(application, conductor):
    assert ask(application, {**basic('two', PASSWORDS['two']), 'X-Roles': 'none',
                             'X-Project-Id': 'project-one', 'X-User-Id': 'u',
                             'OpenStack-System-Scope': 'all'}).status_int == 200
    assert conductor.asked_by.user_id == 'two'
    assert conductor.asked_by.project_id is None
    assert conductor.asked_by.system_scope is None


def test_all_is_dropped_that_keystonemiddleware_drops():
    dropped = {f'HTTP_{name.upper().replace("-", "_")}'
               for name in _request._AuthTokenRequest.blank('/')._all_auth_headers()}
    assert dropped <= identity.CLAIMS


class Seen:
    """An application that keeps what it was asked with."""

    def __call__(self, environ, start_response):
        self.environ = dict(environ)
        return webob.Response()(environ, start_response)


@pytest.mark.parametrize('path', ['/', '/v1/flavors'])
@pytest.mark.parametrize('credentials', [basic, literal])
def test_a_password_goes_no_further(tmp_path, users, path, credentials):
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://', http_basic={'user_file': users})
    seen = Seen()
    headers = credentials('one', PASSWORDS['one'])
    assert ask(http_basic.middleware(conf, ['/'])(seen), headers, path).status_int == 200
    secret = headers.get('password') or headers['Authorization']
    assert secret not in {str(value) for value in seen.environ.values()}
    assert not {'HTTP_AUTHORIZATION', 'HTTP_USER', 'HTTP_PASSWORD'} & set(seen.environ)


class Broken(Idle):
    """A conductor whose answers nobody can use."""

    def flavors_list(self, ctxt, *arguments, **more):
        return object()


@pytest.mark.parametrize('password', ['wrong', PASSWORDS['one']])
@pytest.mark.parametrize('credentials', [basic, literal])
def test_a_password_is_in_no_log(tmp_path, users, caplog, credentials, password):
    caplog.set_level(logging.DEBUG)
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://', http_basic={'user_file': users})
    conf.set_override('auth_strategy', 'http_basic')
    headers = credentials('one', password)
    response = ask(app.make_app(conf, Broken()), headers)
    assert response.status_int == (500 if password != 'wrong' else 401)
    assert password not in caplog.text + response.text
    assert not any(value in caplog.text for name, value in headers.items() if name != 'user')


@pytest.fixture
def passwords(users):
    return http_basic.Passwords(user_file.UserFile(str(users)))


def test_a_password_is_remembered_only_for_the_hash_that_it_was_right_for(passwords, users):
    assert passwords.user(b'one', PASSWORDS['one'].encode()).name == 'one'
    assert passwords.user(b'one', PASSWORDS['one'].encode()).name == 'one'
    users.write_text(line('two').replace('two:', 'one:'))
    assert passwords.user(b'one', PASSWORDS['one'].encode()) is None
    assert passwords.user(b'one', PASSWORDS['two'].encode()).name == 'one'


def test_a_role_that_was_taken_away_is_gone_at_once(passwords, users):
    assert passwords.user(b'two', PASSWORDS['two'].encode()).roles == ('admin',)
    users.write_text(users.read_text().replace('::admin', '::reader'))
    assert passwords.user(b'two', PASSWORDS['two'].encode()).roles == ('reader',)


def test_a_user_that_was_taken_out_is_gone_at_once(passwords, users):
    assert passwords.user(b'two', PASSWORDS['two'].encode())
    users.write_text(line('one'))
    assert passwords.user(b'two', PASSWORDS['two'].encode()) is None


def test_what_is_remembered_holds_no_password(passwords):
    passwords.user(b'one', PASSWORDS['one'].encode())
    assert PASSWORDS['one'] not in repr(vars(passwords))


def test_a_file_without_users_lets_nobody_in(passwords, users):
    users.write_text('')
    assert passwords.user(b'one', PASSWORDS['one'].encode()) is None
