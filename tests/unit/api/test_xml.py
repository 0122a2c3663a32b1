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

"""XML as the FIWARE document has it, and whatever else may come in its place."""

import defusedxml.ElementTree
from hypothesis import given
from hypothesis import strategies as st
import pytest

from flavorsvc.api import formats
from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import regions
from flavorsvc.domain import errors

HPC = {'id': 'd1fb4620', 'name': 'hpc', 'vcpus': 16, 'ram_mib': 16384, 'disk_gib': 100,
       'swap_mib': 0, 'promoted': False, 'public': True, 'regions': ['SaoPaulo', 'Spain2']}


def element(text):
    return defusedxml.ElementTree.fromstring(text)


def read(body, shape=flavors.FLAVOR, version=types.CONTRACT):
    return formats.XML.read(body.encode() if isinstance(body, str) else body, shape, version)


def test_a_flavor_is_written_as_the_document_shows_it():
    assert formats.XML.write(flavors.FLAVOR, flavors.Flavor.of(HPC), types.CONTRACT) == (
        b'<flavor id="d1fb4620"><name>hpc</name><vcpus>16</vcpus><ram>16384</ram>'
        b'<disk>100</disk><swap>0</swap><promoted>false</promoted><public>true</public>'
        b'<node>SaoPaulo</node><node>Spain2</node></flavor>')


def test_no_flavor_is_an_empty_element():
    assert formats.XML.write(flavors.FLAVORS, [], types.CONTRACT) == b'<flavors />'


def test_regions_are_infrastructures():
    region = regions.Region.of({'name': 'Spain2', 'state': 'up'}, id='Spain2')
    assert formats.XML.write(regions.REGIONS, [region], types.CONTRACT) == (
        b'<Infrastructures><infrastructure id="Spain2"><name>Spain2</name></infrastructure>'
        b'</Infrastructures>')


def test_the_order_of_elements_does_not_matter():
    assert read('<flavor><ram>1</ram><name>a</name><public>1</public></flavor>') == {
        'flavor': {'ram': 1, 'name': 'a', 'public': True}}


def test_the_id_is_an_attribute():
    assert read('<flavor id="21"/>') == {'flavor': {'id': '21'}}


def test_each_node_is_an_element_of_its_own():
    body = '<flavor><node>Mordor</node><node>Spain2</node></flavor>'
    assert read(body, flavors.MODIFICATION) == {'flavor': {'nodes': ['Mordor', 'Spain2']}}
    assert read(body.replace('node', 'region'), flavors.MODIFICATION, types.CONVENTIONAL) == {
        'flavor': {'regions': ['Mordor', 'Spain2']}}


@pytest.mark.parametrize('whole', ['<nodes>all</nodes>', '<nodes nil="true"/>'])
def test_a_list_and_its_items_are_one_too_many(whole):
    for both in (f'{whole}<node>Mordor</node>', f'<node>Mordor</node>{whole}'):
        with pytest.raises(errors.Invalid) as raised:
            read(f'<flavor>{both}</flavor>', flavors.MODIFICATION)
        assert raised.value.args == ('flavor.nodes', 'is given more than once')


def test_words_that_the_first_program_stumbled_on_are_names_like_others():
    assert read('<flavor><name>node public promoted</name></flavor>') == {
        'flavor': {'name': 'node public promoted'}}


def test_what_is_no_value_of_its_type_is_left_to_the_schema():
    data = read('<flavor><name>a</name><vcpus>many</vcpus><ram/><disk>1.5</disk><swap>0x1</swap>'
                '<public>yes</public><published>true</published></flavor>')
    assert dict(schema.faults(flavors.FLAVOR, data, version=types.CONTRACT)).keys() == {
        'flavor.vcpus', 'flavor.ram', 'flavor.disk', 'flavor.swap', 'flavor.public',
        'flavor.published'}


@pytest.mark.parametrize(('body', 'field'), [
    ('<flavor><name>a</name><name>b</name></flavor>', 'flavor.name'),
    ('<flavor id="1"><id>2</id></flavor>', 'flavor.id'),
    ('<flavor name="a"/>', 'flavor.name'),
    ('', 'body'), ('<flavor>', 'body'), ('{"flavor": {}}', 'body'),
    ('<flavor a="1" a="2"/>', 'body'),
    (b'<flavor>\xff</flavor>', 'body'), (b'\xff\xfe', 'body'),
    ('<?xml version="1.0" encoding="klingon"?><flavor/>', 'body'),
    ('<!DOCTYPE flavor><flavor/>', 'body'),
    ('<!DOCTYPE f [<!ENTITY a "b">]><flavor><name>&a;</name></flavor>', 'body'),
    ('<!DOCTYPE f SYSTEM "http://example.com/f.dtd"><flavor/>', 'body'),
    ('<flavor><name>&#0;</name></flavor>', 'body'),
    ('<flavor><name>&unknown;</name></flavor>', 'body'),
    ('<a>' * 100_000, 'body')])
def test_what_is_refused(body, field):
    with pytest.raises(errors.Invalid) as raised:
        read(body)
    assert raised.value.field == field


@pytest.mark.parametrize('body', [
    '<flavors/>', '<flavor xmlns="urn:x"/>', '<flavor><a>1</a></flavor>',
    '<flavor><name><b>a</b></name></flavor>', '<flavor><vcpus nil="true"/></flavor>',
    '<flavor>' + '<a>' * 50_000 + '</a>' * 50_000 + '</flavor>'])
def test_what_the_schema_refuses(body):
    assert schema.faults(flavors.FLAVOR, read(body), version=types.CONTRACT)


def test_another_encoding_is_read_when_it_says_so():
    body = '<?xml version="1.0" encoding="utf-16"?><flavor><name>größe</name></flavor>'
    assert read(body.encode('utf-16')) == {'flavor': {'name': 'größe'}}


texts = st.text(st.characters(codec='utf-8', exclude_categories=('C',)), max_size=20)
written_flavors = st.fixed_dictionaries({'name': texts}, optional={
    'id': texts, 'vcpus': st.integers(-2 ** 40, 2 ** 40), 'promoted': st.booleans(),
    'description': st.one_of(texts), 'rxtx_factor': st.floats(1e-6, 1e6),
    'extra_specs': st.dictionaries(texts, texts, max_size=3),
    'properties': st.dictionaries(texts, st.one_of(texts, st.integers(0, 9), st.booleans()),
                                  max_size=3),
    'projects': st.lists(texts, min_size=1, max_size=3)})


@given(written_flavors)
def test_what_is_written_is_read_back(values):
    flavor = flavors.Flavor.of(values)
    written = formats.XML.write(flavors.FLAVOR, flavor, types.CONVENTIONAL)
    assert read(written, version=types.CONVENTIONAL) == {'flavor': values}


@given(st.text(max_size=30))
def test_whatever_a_region_says_can_be_told(text):
    assert element(formats.XML.dump({'error': {'message': text}})).find('message') is not None


def test_errors_of_the_later_microversions():
    root = element(formats.XML.dump({'errors': [{'status': 404, 'detail': 'a & b', 'links': []}]}))
    assert root.find('error/status').text == '404'
    assert root.find('error/detail').text == 'a & b'


def test_the_next_page_is_a_link():
    root = element(formats.XML.write(flavors.FLAVORS, [], types.CONVENTIONAL, 'http://h.test/?a=1&b'))
    assert root.find('link').attrib == {'rel': 'next', 'href': 'http://h.test/?a=1&b'}
