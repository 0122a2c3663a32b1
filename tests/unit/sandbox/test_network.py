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

"""The stand-in for Neutron: no networks, and no pretence of any."""

import pytest
import webob

from flavorsvc.sandbox import network


def ask(path, method='GET'):
    return webob.Request.blank(path, method=method).get_response(network.application)


@pytest.mark.parametrize('path, key', [
    ('/v2.0/networks', 'networks'),
    ('/v2.0/ports?device_id=1', 'ports'),
    ('/v2.0/security-groups.json', 'security_groups'),
    ('/v2.0/extensions/', 'extensions'),
])
def test_every_collection_is_empty(path, key):
    answer = ask(path)
    assert answer.status_code == 200
    assert answer.json == {key: []}


def test_a_project_may_have_as_much_as_it_likes_of_nothing():
    assert set(ask('/v2.0/quotas/0123').json['quota'].values()) == {-1}


def test_clients_find_the_version():
    [version] = ask('/').json['versions']
    assert version['id'] == 'v2.0'
    assert version['links'] == [{'rel': 'self', 'href': 'http://localhost/v2.0/'}]


@pytest.mark.parametrize('path', ['/v2.0/networks/0123', '/v3/networks', '/v2.0/a/b/c'])
def test_nothing_else_is_there(path):
    answer = ask(path)
    assert answer.status_code == 404
    assert answer.json['NeutronError']['type'] == 'NotFound'


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE'])
def test_nothing_can_be_changed(method):
    answer = ask('/v2.0/networks', method)
    assert answer.status_code == 501
    assert answer.json['NeutronError']['message']
