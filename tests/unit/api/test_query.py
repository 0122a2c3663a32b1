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

"""What a list may be asked."""

from hypothesis import given
from hypothesis import strategies as st
import pytest
import webob
from webob import multidict

from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.domain import errors

QUERY = query.Query(filters={'name': types.Name, 'public': types.Boolean},
                    sort_keys={'name': 'name', 'disk': 'disk_gib'})


def read(*pairs, version=types.CONVENTIONAL):
    found = QUERY.read(multidict.MultiDict(pairs), max_limit=100, version=version)
    return found['filters'], found['page']


def test_nothing():
    assert read() == ({}, {'limit': 100, 'marker': None, 'sort_key': 'name', 'sort_dir': 'asc'})


def test_everything():
    assert read(('name', 'a'), ('public', 'false'), ('limit', '5'), ('marker', 'x'),
                ('sort_key', 'disk'), ('sort_dir', 'desc')) == (
        {'name': 'a', 'public': False},
        {'limit': 5, 'marker': 'x', 'sort_key': 'disk_gib', 'sort_dir': 'desc'})


def test_more_than_fits_in_a_page():
    assert read(('limit', '100000'))[1]['limit'] == 100


def test_whoever_names_no_limit_at_1_0_gets_everything():
    assert read(version=types.CONTRACT)[1]['limit'] is None
    assert read(('limit', '5'), version=types.CONTRACT)[1]['limit'] == 5


def test_a_truth_may_be_written_as_python_does():
    assert read(('public', 'True'))[0] == {'public': True}


@pytest.mark.parametrize(('pairs', 'field'), [
    ([('colour', 'red')], 'colour'), ([('Name', 'a')], 'Name'), ([('name', '')], 'name'),
    ([('name', 'a\x00')], 'name'), ([('name', 'a'), ('name', 'a')], 'name'),
    ([('public', '')], 'public'), ([('public', 'yes')], 'public'), ([('public', '1')], 'public'),
    ([('limit', '0')], 'limit'), ([('limit', '-1')], 'limit'), ([('limit', '1.0')], 'limit'),
    ([('limit', '９')], 'limit'), ([('limit', '9' * 5000)], 'limit'), ([('limit', '')], 'limit'),
    ([('marker', '')], 'marker'), ([('sort_key', 'disk_gib')], 'sort_key'),
    ([('sort_dir', 'DESC')], 'sort_dir')])
def test_what_is_refused(pairs, field):
    with pytest.raises(errors.Invalid) as raised:
        read(*pairs)
    assert raised.value.field == field


@given(st.lists(st.tuples(st.sampled_from(['name', 'public', 'limit', 'marker', 'x']), st.text())))
def test_whatever_is_asked_is_read_or_refused(pairs):
    try:
        filters, page = read(*pairs)
    except errors.Invalid as error:
        assert error.reason
    else:
        assert 1 <= page['limit'] <= 100


def test_a_request_that_takes_no_parameter():
    query.none(multidict.MultiDict())
    with pytest.raises(errors.Invalid):
        query.none(multidict.MultiDict([('x', '1')]))


class Item:
    def __init__(self, name):
        self.name = name


def test_the_next_page():
    request = webob.Request.blank('/things?name=a%26b&marker=old&limit=2', base_url='http://h.test')
    following = query.following(request, {'limit': 2}, [Item('x'), Item('y z')], 'name')
    assert following == 'http://h.test/things?name=a%26b&limit=2&marker=y+z'


def test_no_next_page():
    request = webob.Request.blank('/things')
    assert query.following(request, {'limit': 2}, [Item('x')], 'name') is None
