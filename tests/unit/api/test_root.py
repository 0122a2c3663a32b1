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

"""Every route has a rule, and finds its way."""

import pytest
import webob
import webob.exc

from flavorsvc import policies
from flavorsvc.api import root

TREE = root.routes(None, None, 1)
ROOT = root.Root(TREE)


def find(method, path):
    return ROOT._route(path.split('/')[1:], webob.Request.blank('/', method=method))


@pytest.mark.parametrize(('method', 'path', 'name', 'variables'), [
    ('GET', '/', 'index', []),
    ('GET', '/v1', 'show', []),
    ('GET', '/v1/', 'show', []),
    ('GET', '/v1/flavors', 'index', []),
    ('HEAD', '/v1/flavors', 'index', []),
    ('POST', '/v1/flavors/', 'create', []),
    ('GET', '/v1/flavors/install', 'show', ['install']),
    ('DELETE', '/v1/flavors/a.b', 'delete', ['a.b']),
    ('POST', '/v1/flavors/install/install', 'install', ['install']),
    ('POST', '/v1/openstack_flavors/x/register/', 'register', ['x']),
    ('PATCH', '/v1/regions/R 1', 'update', ['R 1']),
    ('GET', '/v1/Flavors/redis,mysql', 'index', ['redis,mysql']),
    ('DELETE', '/v1/service_flavors/1,2', 'delete', ['1,2']),
    ('DELETE', '/v1/service_flavors/redis/1,2', 'unmap', ['redis', '1,2']),
    ('POST', '/v1/Flavors/redis/{"name": "a.b"}', 'create_literally', ['redis', '{"name": "a.b"}']),
    ('POST', '/v1/RegisteredFlavors/redis/1', 'create', ['redis', '1']),
    ('GET', '/v2.1/servers/detail', 'detail', []),
    ('GET', '/v2.1/servers/x', 'show', ['x']),
    ('GET', '/regions/R 1/v2.1', 'show', []),
    ('GET', '/regions/R 1/v2.1/', 'show', []),
    ('GET', '/regions/v2.1/v2.1/servers', 'index', []),
    ('POST', '/regions/R/v2.1/servers/x/action', 'act', ['x']),
    ('DELETE', '/regions/R/v2.1/flavors/f/os-extra_specs/k', 'delete', ['f', 'k'])])
def test_what_is_found(method, path, name, variables):
    controller, found = find(method, path)
    assert controller.__name__ == name
    assert found == variables


@pytest.mark.parametrize('path', ['/v2', '/v1/flavor', '/v1/flavors//', '/v1//flavors', '///',
                                  '/v1/flavors/a/b', '/v1/flavors/a/install/b', '/V1/flavors',
                                  '/v1/flavors/*/x', '/v1/flavors/\x00', '/v1/flavors/edit/new',
                                  '/regions', '/regions/R', '/regions//v2.1', '/regions/R/v1',
                                  '/regions/R/v2.1/nothing', '/regions/\x00/v2.1',
                                  '/regions/R/v2.1/regions/R/v2.1', '/v2.1/regions/R/v2.1',
                                  '/regions/a/b/v2.1', '/v2.1/servers/x/action/y'])
def test_what_is_not(path):
    with pytest.raises(webob.exc.HTTPNotFound):
        find('GET', path)


def test_every_documented_operation_is_a_route():
    operations = {(operation['method'], operation['path'])
                  for rule in policies.list_rules()
                  for operation in getattr(rule, 'operations', [])}
    routes = {(method, '/' + path) for path, methods in TREE.items() for method in methods
              if f'/{path}' not in root.PUBLIC and not path.startswith('api/')}
    refused = {('POST', '/v2.1/servers')}  # whoever asks
    assert {(method, _pattern(path)) for method, path in operations} == routes - refused


def _pattern(path):
    return '/'.join('*' if segment.startswith('{') else segment for segment in path.split('/'))
