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

"""Laws of a list that the catalogue and a region share."""

import operator
import re

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import errors
from flavorsvc.domain import unmanaged

SORT_KEYS = ['pk', 'id', 'name', 'vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib', 'swap_mib',
             'rxtx_factor', 'description', 'is_public', 'created_at', 'updated_at']
NO_FILTERS = {'is_public': None, 'min_ram_mib': None, 'min_disk_gib': None, 'name_pattern': None}

_ids = st.sampled_from('abcdefgh')
_times = st.sampled_from(['2026-11-21T10:00:00+00:00', '2026-11-21T10:00:00.5+00:00'])


@st.composite
def flavors(draw, in_catalogue):
    """Draw flavors of one side, with few values, so that many are equal."""
    few = st.integers(0, 2)
    times = {name: draw(_times) for name in ('created_at', 'updated_at')} if in_catalogue else {}
    return [{'id': flavor_id, 'name': draw(st.sampled_from(['x', 'X', 'é', 'xy'])),
             **{name: draw(few) for name in ('vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib',
                                             'swap_mib')},
             'rxtx_factor': draw(st.sampled_from([0.5, 1.0])),
             'description': draw(st.sampled_from([None, '', 'd'])),
             'is_public': draw(st.booleans()), **times,
             'projects': draw(st.lists(st.sampled_from(['p', 'q']))) if in_catalogue else None,
             'managed': in_catalogue}
            for flavor_id in draw(st.lists(_ids, unique=in_catalogue))]


filters = st.fixed_dictionaries({
    'is_public': st.none() | st.booleans(), 'min_ram_mib': st.none() | st.integers(-1, 3),
    'min_disk_gib': st.none() | st.integers(-1, 3),
    'name_pattern': st.sampled_from([None, '^x$', 'y', '[a-z]'])})
sort_keys, directions = st.sampled_from(SORT_KEYS), st.sampled_from(['asc', 'desc'])


def read(managed, found, wanted=NO_FILTERS, project='p', hidden=(), **page):
    ids = {each['id'] for each in managed} | set(hidden)
    return unmanaged.page_of(managed, ids, found, project, wanted, {
        'limit': 1000, 'marker': None, 'sort_key': 'id', 'sort_dir': 'asc', **page})


@hypothesis.given(flavors(True), flavors(False), filters, sort_keys, directions,
                  st.integers(1, 4), st.sets(_ids))
def test_the_pages_make_up_the_whole_list(managed, found, wanted, sort_key, sort_dir, limit,
                                          hidden):
    order = {'sort_key': sort_key, 'sort_dir': sort_dir, 'hidden': hidden}
    pages, marker = [], None
    while page := read(managed, found, wanted, **order, limit=limit, marker=marker):
        assert len(page) <= limit
        pages += page
        marker = page[-1]['id']
    assert pages == read(managed, found, wanted, **order)


@hypothesis.given(flavors(True), flavors(False), st.sets(_ids))
def test_every_flavor_is_there_once_the_catalogue_s_where_both_have_it(managed, found, hidden):
    listed = read(managed, found, hidden=hidden)
    ids = [each['id'] for each in listed]
    assert len(ids) == len(set(ids))
    assert [each for each in listed if each['managed']] == sorted(
        managed, key=operator.itemgetter('id'))
    alone = {each['id'] for each in found} - {each['id'] for each in managed} - hidden
    assert {each['id'] for each in listed if not each['managed']} == alone


@hypothesis.given(flavors(True), flavors(False), filters)
def test_what_fits_is_listed_and_nothing_else(managed, found, wanted):
    listed = read(managed, found, wanted)
    for each in read(managed, found):
        usable = each['is_public'] or each['projects'] is None or 'p' in each['projects']
        fits = [each['ram_mib'] >= (wanted['min_ram_mib'] or 0),
                each['disk_gib'] >= (wanted['min_disk_gib'] or 0),
                re.search(wanted['name_pattern'] or '', each['name']),
                {None: True, True: usable, False: not each['is_public']}[wanted['is_public']]]
        assert (each in listed) == all(fits)


@hypothesis.given(flavors(True), flavors(False), sort_keys)
def test_a_list_is_in_order_both_ways(managed, found, sort_key):
    listed = read(managed, found, sort_key=sort_key)
    assert read(managed, found, sort_key=sort_key, sort_dir='desc') == listed[::-1]
    told = [each.get(sort_key) for each in listed]
    if sort_key == 'description':
        told = [value or '' for value in told]
    known = [value for value in told if value is not None]
    assert known == sorted(known)
    assert told[len(known):] == [None] * (len(told) - len(known))


@hypothesis.given(flavors(True), sort_keys, st.data())
def test_what_is_equal_stays_in_the_order_of_the_catalogue(managed, sort_key, data):
    alike = [{**each, sort_key: 1} for each in managed]
    hypothesis.assume(sort_key != 'id')
    alone = [{**each, sort_key: 1} for each in data.draw(flavors(False))]
    listed = read(alike, alone, sort_key=sort_key)
    assert listed[:len(alike)] == alike
    assert [each['id'] for each in listed[len(alike):]] == sorted(
        {each['id'] for each in alone} - {each['id'] for each in alike})


@hypothesis.given(flavors(True), flavors(False), st.sets(_ids))
def test_a_marker_need_not_fit_but_has_to_be_seen(managed, found, hidden):
    hypothesis.assume(not {each['id'] for each in managed} & hidden)
    seen = [each['id'] for each in read(managed, found, hidden=hidden)]
    nothing = {**NO_FILTERS, 'min_ram_mib': 9}
    for flavor_id in 'abcdefgh':
        if flavor_id in seen:
            assert read(managed, found, nothing, hidden=hidden, marker=flavor_id) == []
        else:
            with pytest.raises(errors.Invalid, match='not found'):
                read(managed, found, nothing, hidden=hidden, marker=flavor_id)


def test_no_flavor_is_on_a_page_of_none():
    flavor = {'id': 'a', 'name': 'a', 'ram_mib': 1, 'disk_gib': 1, 'projects': None}
    assert read([], [flavor], limit=1) == [flavor]
    assert read([], [flavor], limit=0) == []
