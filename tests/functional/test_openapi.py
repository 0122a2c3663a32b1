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

"""/v1/openapi.json, as anybody reads it."""

import urllib.parse

import openapi_spec_validator
import pytest

from flavorsvc.api.openapi import document
from tests.functional import generated


def read(furnished, version, **headers):
    headers = {'OpenStack-API-Version': f'flavorsvc {version}', **headers}
    return furnished.ask('GET', '/v1/openapi.json', token=None, headers=headers)


@pytest.fixture(params=generated.VERSIONS)
def found(request, furnished):
    response = read(furnished, request.param)
    assert response.status_int == 200, response.text
    assert response.content_type == 'application/json'
    assert response.json['info']['version'] == request.param
    return response.json


def test_it_is_valid(found):
    openapi_spec_validator.validate(found)


def test_every_route_is_in_it_and_nothing_else(found):
    told = {(method.upper(), urllib.parse.urlsplit(server['url']).path + path)
            for path, item in found['paths'].items()
            for method in item if method not in ('parameters', 'servers')
            for server in item.get('servers', found['servers'])}
    version = tuple(map(int, found['info']['version'].split('.')))
    assert told == {(method, document.templated(path, methods))
                    for path, methods in generated.TREE.items()
                    for method, controller in methods.items()
                    if controller.exposed.since <= version}


def test_without_a_version_it_is_that_of_the_seeds(furnished):
    response = furnished.ask('GET', '/v1/openapi.json', token=None)
    assert response.json['info']['version'] == '1.0'
    assert response.headers['OpenStack-API-Version'] == 'flavorsvc 1.0'


def test_it_names_the_host_that_was_asked(furnished):
    response = read(furnished, '1.1', Host='flavors.test:9890')
    assert response.json['servers'] == [{'url': 'http://flavors.test:9890'}]
    assert [server['url'] for server in response.json['paths']['/v1/flavors']['servers']] == [
        'http://flavors.test:9890', 'http://flavors.test:9890/api']


def test_it_is_json_alone(furnished):
    assert read(furnished, '1.1', Accept='application/xml').status_int == 406
    both = read(furnished, '1.1', Accept='application/xml, application/json;q=0.1')
    assert (both.status_int, both.content_type) == (200, 'application/json')


def test_it_takes_no_parameters(furnished):
    response = furnished.ask('GET', '/v1/openapi.json?x=1', token=None)
    assert response.status_int == 400
    assert generated.details(response) == ['x: unknown query parameter']


def test_what_a_reader_looks_for(furnished):
    told = read(furnished, '1.1').json
    create = told['paths']['/v1/flavors']['post']
    assert create['operationId'] == 'flavors_create'
    assert create['tags'] == ['flavors']
    assert set(create['requestBody']['content']) == {'application/json', 'application/xml'}
    assert create['responses']['201']['headers'].keys() >= {'ETag', 'Location'}
    install = told['paths']['/v1/flavors/{flavor_id}/install']['post']
    assert {'$ref': '#/components/parameters/Prefer'} in install['parameters']
    assert {'200', '202', '404', '409'} <= set(install['responses'])
    assert '412' in told['paths']['/v1/flavors/{flavor_id}']['patch']['responses']
    assert told['paths']['/v1/nodes']['get']['deprecated'] is True
    assert told['paths']['/v1']['get']['security'] == []


def test_what_the_seeds_say_in_plain_text(furnished):
    told = read(furnished, '1.0').json
    refused = told['paths']['/v1/promotedflavors']['post']['responses']['405']['content']
    assert refused['text/plain']['schema']['examples'][0].startswith('The method specified')
    assert 'Infrastructures' in str(told['paths']['/v1/regions']['get']['responses']['200'])
