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

"""The largest values that are accepted are kept, by every database."""

import json

import pytest
import webob

LARGEST = 2 ** 31 - 1
FLAVORS = {
    'least': {'name': 'a', 'id': 'a', 'vcpus': 1, 'ram': 1, 'disk': 0},
    'most': {'name': '漢' * 255, 'id': 'z' * 255, 'vcpus': LARGEST, 'ram': LARGEST,
             'disk': LARGEST, 'ephemeral': LARGEST, 'swap': LARGEST, 'rxtx_factor': 3.4e38,
             'description': '漢' * 65535,
             'extra_specs': {f'{n:0255}': '漢' * 255 for n in range(100)},
             'is_public': False, 'projects': [f'{n:064}' for n in range(1000)]},
    'odd': {'name': "a'b\"c\\d%s{}$e", 'vcpus': 1, 'ram': 1, 'disk': 1, 'rxtx_factor': 0.1,
            'description': '', 'extra_specs': {' ': '', 'a:b': "';--", 'A': 'x', 'a': 'y'}},
}


def ask(site, method, path, body=None):
    request = webob.Request.blank(path, method=method)
    request.headers['OpenStack-API-Version'] = 'flavorsvc 1.1'
    request.headers['X-Auth-Token'] = 'manager'
    if body is not None:
        request.content_type = 'application/json'
        request.body = json.dumps(body).encode()
    return request.get_response(site.app)


@pytest.mark.parametrize('flavor', FLAVORS.values(), ids=list(FLAVORS))
def test_a_flavor_is_kept_as_it_was_given(deployed, flavor):
    deployed.reset()
    made = ask(deployed, 'POST', '/v1/flavors', {'flavor': flavor})
    assert made.status_int == 201, made.text
    kept = ask(deployed, 'GET', made.headers['Location']).json['flavor']
    assert {name: kept[name] for name in flavor} == flavor
    listed = ask(deployed, 'GET', '/v1/flavors').json['flavors']
    assert listed == [kept]
