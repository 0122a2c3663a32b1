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


"""Everybody is a manager, on one machine."""

import pytest

from flavorsvc.api import app
from flavorsvc.api import authentication
from tests.functional import site as sites
from tests.functional.test_http_basic import Idle
from tests.functional.test_http_basic import ask


@pytest.fixture
def conf(tmp_path):
    conf = sites.configuration(tmp_path, 'kombu+memory://localhost/', 'sqlite://')
    conf.set_override('auth_strategy', 'noauth')
    return conf


@pytest.fixture
def conductor():
    return Idle()


@pytest.fixture
def application(conf, conductor):
    return app.make_app(conf, conductor)


def test_everybody_is_an_admin(application, conductor):
    assert ask(application).status_int == 200
    assert conductor.asked_by.roles == ['admin']
    assert conductor.asked_by.user_id == 'noauth'
    assert conductor.asked_by.project_id == 'noauth'


def test_of_whatever_project_it_says(application, conductor):
    assert ask(application, {'X-Project-Id': 'project-one', 'X-Roles': 'reader',
                             'X-User-Id': 'u', 'OpenStack-System-Scope': 'all'}).status_int == 200
    assert conductor.asked_by.project_id == 'project-one'
    assert conductor.asked_by.roles == ['admin']
    assert conductor.asked_by.user_id == 'noauth'
    assert conductor.asked_by.system_scope is None


@pytest.mark.parametrize('project', ['p' * 65, 'ä', '\x01'])
def test_what_is_no_id_of_a_project_is_a_400(application, project):
    response = ask(application, {'X-Project-Id': project})
    assert response.status_int == 400
    assert response.json['errors'][0]['detail'].startswith('X-Project-Id: must have at most 64')


@pytest.mark.parametrize('path', ['/', '/v1', '/healthcheck'])
def test_public_paths_are_public(application, path):
    assert ask(application, path=path).status_int == 200


@pytest.mark.parametrize('host', ['127.0.0.1', '127.8.9.10', '::1', 'localhost', 'LocalHost'])
def test_it_may_listen_on_a_loopback_address(conf, host):
    authentication.check(conf, host)


@pytest.mark.parametrize('host', ['0.0.0.0', '::', '192.0.2.1', '2001:db8::1', 'controller',
                                  'localhost.example.org', '127.0.0.1.example.org', None])
def test_it_may_not_listen_elsewhere(conf, host):
    with pytest.raises(ValueError, match='auth_strategy is noauth'):
        authentication.check(conf, host)


@pytest.mark.parametrize('host', ['0.0.0.0', None])
def test_keystone_guards_any_address(tmp_path, host):
    conf = sites.configuration(tmp_path, 'kombu+memory://localhost/', 'sqlite://')
    authentication.check(conf, host)
