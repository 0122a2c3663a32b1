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

"""Bodies that cannot be accepted: each answer names the field and the reason."""

import json

import pytest
import webob

LARGEST = 2 ** 31 - 1
RIGHT = {'name': 'right', 'vcpus': 1, 'ram': 512, 'disk': 1}
INTEGER = f'must be an integer from {{}} to {LARGEST}, not {{}}'

#: (changes of RIGHT, what is said of them)
WRONG_FIELDS = [
    ({'vcpus': 'x'}, 'flavor.vcpus: ' + INTEGER.format(1, "'x'")),
    ({'vcpus': '2'}, 'flavor.vcpus: ' + INTEGER.format(1, "'2'")),
    ({'vcpus': 1.0}, 'flavor.vcpus: ' + INTEGER.format(1, '1.0')),
    ({'vcpus': True}, 'flavor.vcpus: ' + INTEGER.format(1, 'true')),
    ({'vcpus': None}, 'flavor.vcpus: ' + INTEGER.format(1, 'null')),
    ({'vcpus': [1]}, 'flavor.vcpus: ' + INTEGER.format(1, '[1]')),
    ({'vcpus': 0}, 'flavor.vcpus: ' + INTEGER.format(1, '0')),
    ({'vcpus': 2 ** 31}, 'flavor.vcpus: ' + INTEGER.format(1, 2 ** 31)),
    ({'vcpus': 10 ** 40}, 'flavor.vcpus: ' + INTEGER.format(1, 10 ** 40)),
    ({'ram': 0}, 'flavor.ram: ' + INTEGER.format(1, '0')),
    ({'disk': -1}, 'flavor.disk: ' + INTEGER.format(0, '-1')),
    ({'ephemeral': '0'}, 'flavor.ephemeral: ' + INTEGER.format(0, "'0'")),
    ({'swap': {}}, 'flavor.swap: ' + INTEGER.format(0, '{}')),
    ({'rxtx_factor': 0}, 'flavor.rxtx_factor: must be a number greater than 0 and at most '
                         '3.40282e+38, not 0'),
    ({'rxtx_factor': '1.0'}, 'flavor.rxtx_factor: must be a number greater than 0 and at most '
                             "3.40282e+38, not '1.0'"),
    ({'rxtx_factor': True}, 'flavor.rxtx_factor: must be a number greater than 0 and at most '
                            '3.40282e+38, not true'),
    ({'rxtx_factor': 1e39}, 'flavor.rxtx_factor: must be a number greater than 0 and at most '
                            '3.40282e+38, not 1e+39'),
    ({'id': ''}, 'flavor.id: must be 1 to 255 letters, digits, blanks and . _ - without a blank '
                 "at either end, not ''"),
    ({'id': ' a'}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 'a '}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 'a\n'}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 'a/b'}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 'ä'}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 'a' * 256}, f"flavor.id: must be 1 to 255 letters, digits, blanks and . _ - without a "
                        f"blank at either end, not '{'a' * 59}…"),
    ({'id': None}, 'flavor.id: must be 1 to 255 letters'),
    ({'id': 7}, 'flavor.id: must be 1 to 255 letters'),
    ({'name': ''}, 'flavor.name: must be 1 to 255 printable characters without a blank at either '
                   "end, not ''"),
    ({'name': ' '}, 'flavor.name: must be 1 to 255 printable'),
    ({'name': 'a\tb'}, 'flavor.name: must be 1 to 255 printable'),
    ({'name': 'a\u2028b'}, 'flavor.name: must be 1 to 255 printable'),
    ({'name': '\U0001f600'}, 'flavor.name: must be 1 to 255 printable'),
    ({'name': 'a' * 256}, 'flavor.name: must be 1 to 255 printable'),
    ({'name': ['a']}, 'flavor.name: must be 1 to 255 printable'),
    ({'description': 'a\x00'}, 'flavor.description: must be 0 to 65535 printable characters, or '
                               "null, not 'a\\x00'"),
    ({'description': 'a' * 65536}, 'flavor.description: must be 0 to 65535 printable'),
    ({'description': 1}, 'flavor.description: must be 0 to 65535 printable'),
    ({'is_public': 'true'}, "flavor.is_public: must be true or false, not 'true'"),
    ({'is_public': 1}, 'flavor.is_public: must be true or false, not 1'),
    ({'public': None}, 'flavor.public: must be true or false, not null'),
    ({'promoted': 0}, 'flavor.promoted: must be true or false, not 0'),
    ({'extra_specs': []}, 'flavor.extra_specs: must be an object of texts, not []'),
    ({'extra_specs': {'a': 1}}, 'flavor.extra_specs.a: must be 0 to 255 printable characters, '
                                'not 1'),
    ({'extra_specs': {'a': None}}, 'flavor.extra_specs.a: must be 0 to 255 printable characters, '
                                   'not null'),
    ({'extra_specs': {'a': 'x' * 256}}, 'flavor.extra_specs.a: must be 0 to 255 printable'),
    ({'extra_specs': {'a': 'x\r\n'}}, 'flavor.extra_specs.a: must be 0 to 255 printable'),
    ({'extra_specs': {'': 'x'}}, 'flavor.extra_specs: each key must be 1 to 255 letters, digits, '
                                 "blanks and _ - : ., not ''"),
    ({'extra_specs': {'a\n': 'x'}}, 'flavor.extra_specs: each key must be 1 to 255 letters'),
    ({'extra_specs': {'a/b': 'x'}}, 'flavor.extra_specs: each key must be 1 to 255 letters'),
    ({'extra_specs': {'a' * 256: 'x'}}, 'flavor.extra_specs: each key must be 1 to 255 letters'),
    ({'properties': {'cpu_arch': []}}, 'flavor.properties.cpu_arch: must be a text of at most 255 '
                                       'printable characters, a number, true or false, not []'),
    ({'properties': {'cpu_speed_mhz': 10 ** 30}}, 'flavor.properties.cpu_speed_mhz: must be'),
    ({'projects': 'a'}, 'flavor.projects: must be a list of at most 1000 different project ids, '
                        "not 'a'"),
    ({'projects': ['a', 'a']}, 'flavor.projects: must be a list of at most 1000 different'),
    ({'projects': ['a', '']}, 'flavor.projects[1]: must be 1 to 64 printable'),
    ({'projects': ['a' * 65]}, 'flavor.projects[0]: must be 1 to 64 printable'),
    ({'projects': [str(n) for n in range(1001)]}, 'flavor.projects: must be a list of at most'),
    ({'projects': [None]}, 'flavor.projects[0]: must be 1 to 64 printable'),
    ({'colour': 'red'}, 'flavor.colour: unknown field'),
    ({'Name': 'x'}, 'flavor.Name: unknown field'),
    ({'generation': 1}, 'flavor.generation: is read-only'),
    ({'project_id': 'a'}, 'flavor.project_id: is read-only'),
    ({'status': 'active'}, 'flavor.status: is read-only'),
    ({'regions': []}, 'flavor.regions: is read-only'),
    ({'created_at': ''}, 'flavor.created_at: is read-only'),
    ({'updated_at': None}, 'flavor.updated_at: is read-only'),
    ({'links': []}, 'flavor.links: is read-only'),
]

#: (body, what is said of it)
WRONG_BODIES = [
    (b'', 'body: is not JSON'),
    (b'{', 'body: is not JSON'),
    (b'\xff\xfe', 'body: is not JSON'),
    (b'{"flavor": {}} {}', 'body: is not JSON'),
    (b"{'flavor': {}}", 'body: is not JSON'),
    (b'null', 'body: must be an object with the key flavor, not null'),
    (b'[]', 'body: must be an object with the key flavor, not []'),
    (b'"flavor"', "body: must be an object with the key flavor, not 'flavor'"),
    (b'5', 'body: must be an object with the key flavor, not 5'),
    (b'{}', 'flavor: is missing'),
    (b'{"flavor": null}', 'flavor: must be an object, not null'),
    (b'{"flavor": []}', 'flavor: must be an object, not []'),
    (b'{"flavor": "x"}', "flavor: must be an object, not 'x'"),
    (b'{"flavors": []}', 'flavor: is missing'),
    (b'{"flavor": {"name": "a", "name": "b"}}', "body: is not JSON: the key 'name' is repeated"),
    (b'{"flavor": {"rxtx_factor": NaN}}', 'body: is not JSON: NaN is not a number of JSON'),
    (b'{"flavor": {"rxtx_factor": -Infinity}}', 'body: is not JSON: -Infinity is not a number'),
    (b'{"flavor": {"rxtx_factor": 1e400}}', 'body: is not JSON: 1e400 is too large a number'),
    (b'{"flavor": {"ram": ' + b'9' * 5000 + b'}}', 'body: is not JSON: '),
    (b'{"flavor": {"name": "\\ud800"}}', 'flavor.name: must be 1 to 255 printable'),
    (b'[' * 100_000, 'body: is nested too deeply'),
    (b'{"flavor":' * 100_000, 'body: is nested too deeply'),
    (b'{"flavor": ' + b'[' * 900 + b']' * 900 + b'}', ''),
]


def post(site, body, path='/v1/flavors', method='POST'):
    request = webob.Request.blank(path, method=method)
    request.headers['OpenStack-API-Version'] = 'flavorsvc 1.1'
    request.headers['X-Auth-Token'] = 'manager'
    request.content_type = 'application/json'
    request.body = body
    return request.get_response(site.app)


def details(response):
    return [error['detail'] for error in response.json['errors']]


@pytest.mark.parametrize(('changes', 'said'), WRONG_FIELDS, ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named(embedded, changes, said):
    response = post(embedded, json.dumps({'flavor': {**RIGHT, **changes}}).encode())
    assert response.status_int == 400
    assert [detail[:len(said)] for detail in details(response)] == [said]


@pytest.mark.parametrize('changes', [changes for changes, _ in WRONG_FIELDS],
                         ids=lambda value: str(value)[:50])
def test_a_wrong_field_is_named_in_a_change_too(embedded, changes):
    response = post(embedded, json.dumps({'flavor': changes}).encode(), '/v1/flavors/any', 'PATCH')
    assert response.status_int == 400
    assert details(response)[0].startswith(f'flavor.{next(iter(changes))}')


@pytest.mark.parametrize('missing', RIGHT)
def test_a_missing_field_is_named(embedded, missing):
    rest = {name: value for name, value in RIGHT.items() if name != missing}
    response = post(embedded, json.dumps({'flavor': rest}).encode())
    assert response.status_int == 400
    assert details(response) == [f'flavor.{missing}: is missing']


@pytest.mark.parametrize(('body', 'said'), WRONG_BODIES, ids=lambda value: str(value)[:40])
def test_a_wrong_body_is_refused(embedded, body, said):
    response = post(embedded, body)
    assert response.status_int == 400
    assert details(response)[0].startswith(said)


def test_an_id_cannot_be_changed(embedded):
    response = post(embedded, b'{"flavor": {"id": "x"}}', '/v1/flavors/any', 'PATCH')
    assert details(response) == ['flavor.id: cannot be changed']


def test_each_fault_of_a_body_has_an_error_of_its_own(embedded):
    response = post(embedded, b'{"flavor": {"name": "", "vcpus": 0, "ram": "x"}}')
    assert sorted(detail.partition(':')[0] for detail in details(response)) == [
        'flavor.disk', 'flavor.name', 'flavor.ram', 'flavor.vcpus']


def test_not_all_of_very_many_faults_are_told(embedded):
    projects = list(range(100_000))
    response = post(embedded, json.dumps({'flavor': {**RIGHT, 'projects': projects}}).encode())
    assert response.status_int == 400
    assert len(details(response)) == 10


@pytest.mark.parametrize('char', ['a', '1'])
def test_many_items_of_several_kinds_are_compared_quickly(embedded, char):
    # each with each would take hours
    projects = [char, 1] * 100_000
    response = post(embedded, json.dumps({'flavor': {**RIGHT, 'projects': projects}}).encode())
    assert response.status_int == 400


def test_a_body_may_be_as_large_as_the_limit(embedded):
    limit = embedded.conf.oslo_middleware.max_request_body_size
    assert limit == 1024 * 1024
    response = post(embedded, b'{}'.ljust(limit))
    assert details(response) == ['flavor: is missing']


def test_a_larger_body_is_refused(embedded):
    limit = embedded.conf.oslo_middleware.max_request_body_size
    response = post(embedded, b'{}'.ljust(limit + 1))
    assert response.status_int == 413
    assert response.content_type == 'application/json'
    assert details(response) == ['The body is larger than 1048576 bytes.']
    assert response.json['errors'][0]['request_id'].startswith('req-')
