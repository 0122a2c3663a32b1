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

"""Lists in a path."""

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.api import comma_lists
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import service_types
from flavorsvc.domain import errors
from flavorsvc.domain import flavor

TYPE, ID = service_types.TypeName, flavors.FlavorId
_names = st.from_regex(r'[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}', fullmatch=True)


@hypothesis.given(st.lists(_names, min_size=1, max_size=comma_lists.MAX_ITEMS))
def test_items_come_once_and_in_order(names):
    read = comma_lists.read('service_types', ','.join(names), TYPE)
    assert read == sorted(set(names), key=names.index)


@hypothesis.given(st.text(st.characters(exclude_categories=['C'])), st.sampled_from([TYPE, ID]))
def test_whatever_it_is_it_is_read_or_refused(segment, item):
    try:
        assert comma_lists.read('items', segment, item) == list(dict.fromkeys(segment.split(',')))
    except errors.Invalid as error:
        assert error.field == 'items'


@pytest.mark.parametrize('segment', [
    'redis,', ',redis', 'redis,,mysql', ',', '', 'redis, mysql', ' redis', 'redis ', 'my sql', 'é',
    'redis;mysql', 'a' * 65, '.', '..', 'redis,..', '*', 'redis\n', 'redis/mysql', '%2C'])
def test_a_segment_that_is_no_list_of_types(segment):
    with pytest.raises(errors.Invalid) as refused:
        comma_lists.read('service_types', segment, TYPE)
    assert refused.value.reason.startswith(
        'service_types: each item must be 1 to 64 letters, digits and . _ - that are not . or ..')


@pytest.mark.parametrize('name', ['redis', 'Redis', '...', 'a.b_c-d', '5', '-', 'a' * 64])
def test_a_type_has_a_name_such_as(name):
    assert comma_lists.read('service_types', name, TYPE) == [name]


@pytest.mark.parametrize('segment', ['1,', ',1', '1, 2', ' 1', '1 ', 'a/b', 'é', 'a' * 256])
def test_a_segment_that_is_no_list_of_ids(segment):
    with pytest.raises(errors.Invalid) as refused:
        comma_lists.read('flavor_ids', segment, ID)
    assert refused.value.reason.startswith('flavor_ids: each item must be 1 to 255 letters')


@hypothesis.given(st.text('aA0. _-,/?%é', max_size=20))
def test_ids_are_those_that_nova_can_have(text):
    try:
        items = comma_lists.read('flavor_ids', text, ID)
    except errors.Invalid:
        assert not all(map(flavor.is_id, text.split(',')))
    else:
        assert all(flavor.is_id(each) or each in flavor.PATHS for each in items)


def test_a_list_has_at_most_so_many_different_items():
    most = [f'f{number}' for number in range(comma_lists.MAX_ITEMS)]
    assert comma_lists.read('flavor_ids', ','.join(most * 2), ID) == most
    with pytest.raises(errors.Invalid) as refused:
        comma_lists.read('flavor_ids', ','.join([*most, 'g']), ID)
    assert refused.value.reason == 'flavor_ids: must be at most 100 different items'
