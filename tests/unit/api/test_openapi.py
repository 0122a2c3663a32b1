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

"""The document of the API: valid, and no other than what serves the requests."""

import json

import openapi_spec_validator
import pytest

from flavorsvc.api import root
from flavorsvc.api import types
from flavorsvc.api.openapi import document
from flavorsvc.api.openapi import schemas

TREE = root.own(root.routes(None, None, 1))
ROUTES = document.Routes(TREE, 'api/', root.PUBLIC, root.DISCOVERY)


@pytest.fixture(params=[types.CONTRACT, types.CONVENTIONAL, types.NEWEST],
                ids=['1.0', '1.1', '1.2'])
def found(request):
    return document.document(ROUTES, request.param)


def operations(found):
    return [each for item in found['paths'].values()
            for method, each in item.items() if method != 'parameters']


def test_it_is_valid(found):
    openapi_spec_validator.validate(json.loads(json.dumps(found)))


def test_every_operation_has_an_id_of_its_own_a_summary_and_a_tag(found):
    ids = [each['operationId'] for each in operations(found)]
    assert len(set(ids)) == len(ids)
    assert all(each['summary'] and len(each['tags']) == 1 for each in operations(found))


def test_every_operation_says_what_goes_wrong(found):
    for each in operations(found):
        assert {'400', '406'} <= set(each['responses'])
        assert ('401' in each['responses']) == ('security' not in each)
        assert ('415' in each['responses']) == ('requestBody' in each)


def test_nothing_is_named_that_is_not_used(found):
    text = json.dumps(found)
    for kind in ('schemas', 'responses', 'parameters', 'headers'):
        for name in found['components'][kind]:
            assert f'"#/components/{kind}/{name}"' in text


def test_patterns_are_not_only_those_of_python(found):
    assert r'\\Z' not in json.dumps(found)


@pytest.mark.parametrize(('bounds', 'told'), [
    ({'pattern': r'^a\Z', 'format': 'printable'}, {'pattern': '^a$'}),
    ({'type': 'string', 'format': 'date-time'}, {'type': 'string', 'format': 'date-time'}),
    ({'items': {'pattern': r'a\Z'}}, {'items': {'pattern': 'a$'}}),
    ({'properties': {'a': {'not': {}}, 'b': {}}}, {'properties': {'b': {}}})])
def test_bounds_as_others_read_them(bounds, told):
    kept = json.dumps(bounds)
    assert schemas.portable(bounds) == told
    assert json.dumps(bounds) == kept


def test_what_is_never_answered_is_only_written():
    found = document.document(ROUTES, types.CONVENTIONAL)['components']['schemas']
    assert found['RegistrationCreate']['properties']['password']['writeOnly'] is True
    assert 'password' not in found['Infrastructure']['properties']
    assert found['Flavor']['properties']['generation']['readOnly'] is True
    assert 'generation' not in found['FlavorCreate']['properties']


def test_the_versions_have_the_names_of_their_own():
    seeds = document.document(ROUTES, types.CONTRACT)
    assert 'nodes' in seeds['components']['schemas']['Flavor']['properties']
    assert 'swap' in seeds['components']['schemas']['FlavorCreate']['required']
    newest = document.document(ROUTES, types.NEWEST)
    assert 'regions' in newest['components']['schemas']['Flavor']['properties']
    assert 'swap' not in newest['components']['schemas']['FlavorCreate']['required']
