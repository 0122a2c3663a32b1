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

"""Whatever is sent to Nova's API, the answer is one of Nova's."""

import json
import urllib.parse

import hypothesis
from hypothesis import strategies
import pytest
import webob

from flavorsvc import context
from flavorsvc.api import root
from tests import tally
from tests.functional import generated
from tests.functional import test_claims

TREE = root.routes(None, None, 1)
PATHS = sorted(TREE.keys() - root.own(TREE).keys())
ROUTES = [(method, f'{prefix}{path}') for prefix in ('', 'regions/*/') for path in PATHS
          for method in TREE[path]]
SERVER = '6f70656e-7374-4163-b204-206576657200'
NAMES = ['badRequest', 'itemNotFound', 'conflictingRequest', 'forbidden', 'badMediaType',
         'overLimit', 'serviceUnavailable', 'computeFault']

texts = strategies.one_of(
    strategies.sampled_from(['f1', 'a', SERVER, 'RegionOne', 'detail', '..', '5', '-1', '1e9',
                             'None', 'auto', '\x00', '\ud800', '😀', "'", '%', '9' * 400]),
    strategies.text(max_size=20))
leaves = strategies.one_of(
    strategies.none(), strategies.booleans(), texts, strategies.floats(),
    strategies.integers(), strategies.sampled_from([2 ** 31, -1, 10 ** 400, 1e308]))
keys = strategies.one_of(texts, strategies.sampled_from([
    'name', 'id', 'ram', 'vcpus', 'disk', 'swap', 'rxtx_factor', 'description', 'tenant',
    'OS-FLV-EXT-DATA:ephemeral', 'os-flavor-access:is_public', 'hw:cpu_policy', 'imageRef']))
values = strategies.recursive(leaves, lambda inner: strategies.one_of(
    strategies.lists(inner, max_size=3), strategies.dictionaries(keys, inner, max_size=6)))
around = strategies.sampled_from(['flavor', 'extra_specs', 'addTenantAccess',
                                  'removeTenantAccess', 'server', 'rebuild', 'a'])
bodies = strategies.one_of(values, strategies.dictionaries(around, values, max_size=2))
parameters = strategies.dictionaries(
    strategies.sampled_from(['limit', 'marker', 'is_public', 'minRam', 'minDisk', 'sort_key',
                             'sort_dir', 'name', 'foo']),
    strategies.text(alphabet='0aZ-. ()*+?[]^$\\{}|\x00é', max_size=12), max_size=3)


@pytest.fixture(scope='module')
def app(embedded):
    embedded.reset()
    embedded.conductor.flavor_create(context.RequestContext(),
                                     {**test_claims.VALUES, 'is_public': False})
    return embedded.app


def check(app, method, path, content, version, query=()):
    request = webob.Request.blank('/', method=method, headers={
        'X-Auth-Token': 'manager', 'OpenStack-API-Version': f'compute {version}',
        'Content-Type': 'application/json'})
    request.path_info = path
    if query:
        request.query_string = urllib.parse.urlencode(query)
    request.body = content
    response = request.get_response(app)
    tally.statuses[str(response.status_int)] += 1
    assert response.status_int < 500 or response.status_int == 503, response.text
    if response.status_int >= 400:
        [(name, fault)] = response.json.items()
        assert name in NAMES
        assert fault['code'] == response.status_int
        assert fault['message']


@pytest.mark.parametrize(('method', 'path'), ROUTES, ids=' '.join)
def test_junk(method, path, app):
    @hypothesis.settings(max_examples=generated.share(0.01), **generated.SETTINGS)
    @hypothesis.given(strategies.lists(texts, min_size=3, max_size=3), bodies, parameters,
                      strategies.sampled_from(['2.1', '2.55', '2.86', '2.104']))
    def send(segments, body, query, version):
        filled = path
        for segment in segments:
            filled = filled.replace('*', segment.replace('\ud800', '') or 'f1', 1)
        check(app, method, f'/{filled}', json.dumps(body).encode(), version, query)
    send()


@pytest.mark.parametrize('content', [
    b'[' * 100000, b'{"a":' * 100000, b'\xff', b'{"flavor": NaN}', b'{"a": 1, "a": 2}', b'',
    b'{"flavor": {"ram": 1' + b'0' * 5000 + b'}}', b'"\\ud800"'])
def test_a_body_that_is_none(content, app):
    for method, path in ROUTES:
        if method in ('POST', 'PUT'):
            check(app, method, f'/{path.replace("*", "f1")}', content, '2.104')
