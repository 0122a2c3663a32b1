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

"""The JSON schema that is derived from a type, and what is said of a body that breaks it."""

import json

from hypothesis import given
from hypothesis import strategies as st
import jsonschema
import pytest

from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import openstack_flavors
from flavorsvc.api.v1 import regions


class Thing(types.Resource):
    id = types.Attr(types.Name, fixed=True)
    size_gib = types.Attr(types.integer(1, 9), mandatory=True, name='size')
    note = types.Attr(types.text(0, 5), nullable=True)
    tags = types.Attr(types.Map(types.text(1, 3), types.Boolean, 'an object of truth values'))
    made_by = types.readonly(str)


THING = types.Single('thing', Thing)


def said(data, purpose=schema.CREATE):
    return [': '.join(fault) for fault in schema.faults(THING, data, purpose)]


def test_the_schema_of_a_new_thing():
    thing = schema.derive(THING)['properties']['thing']
    assert thing['required'] == ['size']
    assert thing['additionalProperties'] is False
    assert set(thing['properties']) == {'id', 'size', 'note', 'tags', 'made_by', 'links'}
    assert thing['properties']['size'] == {
        'type': 'integer', 'minimum': 1, 'maximum': 9,
        'description': 'an integer from 1 to 9'}
    assert thing['properties']['note']['type'] == ['string', 'null']
    assert thing['properties']['made_by']['readOnly']


def test_the_schema_of_a_change():
    thing = schema.derive(THING, schema.UPDATE)['properties']['thing']
    assert 'required' not in thing
    assert thing['properties']['id']['readOnly']


@pytest.mark.parametrize('shape', [
    flavors.FLAVOR, openstack_flavors.FLAVOR, flavors.CHANGE, regions.REGION,
    regions.Choice, regions.Arrival, regions.Departure,
    openstack_flavors.RegistrationChoice])
@pytest.mark.parametrize('purpose', [schema.CREATE, schema.UPDATE])
def test_a_schema_is_one_that_others_understand(shape, purpose):
    derived = schema.derive(shape, purpose)
    jsonschema.Draft202012Validator.check_schema(derived)
    json.dumps(derived)


@pytest.mark.parametrize('thing', [
    {'size': 1}, {'size': 9, 'note': None, 'id': 'x', 'tags': {}},
    {'size': 2, 'note': '', 'tags': {'a': True, 'b': False}}])
def test_what_is_right(thing):
    assert said({'thing': thing}) == []


@pytest.mark.parametrize(('data', 'expected'), [
    ({'thing': {}}, ['thing.size: is missing']),
    ({'thing': {'size': 0}}, ['thing.size: must be an integer from 1 to 9, not 0']),
    ({'thing': {'size': 1.0}}, ['thing.size: must be an integer from 1 to 9, not 1.0']),
    ({'thing': {'size': True}}, ['thing.size: must be an integer from 1 to 9, not true']),
    ({'thing': {'size': None}}, ['thing.size: must be an integer from 1 to 9, not null']),
    ({'thing': {'size_gib': 1, 'size': 1}}, ['thing.size_gib: unknown field']),
    ({'thing': {'size': 1, 'note': 'longer'}},
     ["thing.note: must be 0 to 5 printable characters, or null, not 'longer'"]),
    ({'thing': {'size': 1, 'made_by': 'me'}}, ['thing.made_by: is read-only']),
    ({'thing': {'size': 1, 'tags': {'abcd': True}}},
     ["thing.tags: each key must be 1 to 3 printable characters, not 'abcd'"]),
    ({'thing': {'size': 1, 'tags': {'a': 0}}}, ['thing.tags.a: must be true or false, not 0']),
    ({'thing': []}, ['thing: must be an object, not []']),
    ([], ['body: must be an object with the key thing, not []']),
    ({}, ['thing: is missing']),
    ({'thing': {'size': 1}, 'other': 1}, ['other: unknown field']),
    ({'thing': {'size': 1, '': 1}}, ["thing.'': unknown field"]),
    ({'thing': {'size': 1, 'a\n': 1}}, ["thing.'a\\n': unknown field"]),
])
def test_what_is_wrong(data, expected):
    assert said(data) == expected


def test_a_fault_is_told_once():
    # too long and not printable
    assert len(said({'thing': {'size': 1, 'note': '\x00' * 9}})) == 1


def test_a_change_needs_a_change():
    assert said({'thing': {}}, schema.UPDATE) == [
        'thing: must be an object with at least one change, not {}']


def test_what_is_fixed_is_not_changed():
    assert said({'thing': {'id': 'x'}}, schema.UPDATE) == ['thing.id: cannot be changed']


def test_a_long_value_is_cut():
    assert schema.shown('x' * 1000) == "'" + 'x' * 59 + '…'
    assert schema.shown([1] * 1000) == '[' + '1, ' * 19 + '1,…'


def test_no_password_in_a_url_is_repeated():
    assert schema.shown('http://frodo:friend@mordor.test/') == "'http://***@mordor.test/'"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(JSON | st.fixed_dictionaries({'flavor': st.dictionaries(
    st.sampled_from(['name', 'vcpus', 'extra_specs', 'projects', 'rxtx_factor', 'x']), JSON)}))
def test_whatever_json_says_has_reasons_or_is_right(data):
    for field, reason in schema.faults(flavors.FLAVOR, data):
        assert field
        assert reason.startswith(('must be', 'is missing', 'unknown', 'is read-only', 'each key'))


@pytest.mark.parametrize('text', ['', 'a b', 'größe', '漢', ' ', '\u00a0', 'a' * 9999])
def test_what_is_printable(text):
    assert types.is_printable(text)


@pytest.mark.parametrize('text', ['\x00', '\n', '\x7f', '\x85', '\u200b', '\u2028', '\ud800',
                                  '\ue000', '\U0001f600'])
def test_what_is_not_printable(text):
    assert not types.is_printable(f'a{text}b')


@pytest.mark.parametrize('text', [' a', 'a ', '\u00a0a', ' '])
def test_a_name_has_no_blank_at_either_end(text):
    assert not types.is_name(text)


def test_a_field_of_a_later_microversion_is_told_from_an_unknown_one():
    body = {'flavor': {'name': 'a', 'vcpus': 1, 'ram': 1, 'disk': 1, 'swap': 0, 'ephemeral': 1,
                       'colour': 'red'}}
    assert dict(schema.faults(flavors.FLAVOR, body, version=types.CONTRACT)) == {
        'flavor.ephemeral': 'needs microversion 1.1 (header OpenStack-API-Version: flavorsvc 1.1)',
        'flavor.colour': 'unknown field'}
