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


import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import adoption
from flavorsvc.domain import flavor
from flavorsvc.domain.adoption import Choice
from flavorsvc.domain.adoption import Reason
from flavorsvc.domain.adoption import Result
from tests.unit import strategies

SPEC = flavor.Spec('f', 'f', 1, 1, 1)
LARGER = dataclasses.replace(SPEC, vcpus=2)
SPELT = dataclasses.replace(SPEC, extra_specs={'a': 'b'})
conflicts = st.lists(st.builds(adoption.Conflict, st.sampled_from([None, 'RegionTwo']),
                               st.sampled_from(Reason), st.just('f')), max_size=3)
choices = st.sampled_from([None, *Choice])


def reasons(*args):
    return [(each.region, each.reason) for each in adoption.conflicts(*args)]


def test_every_word_has_a_meaning():
    assert set(adoption.MEANING) == {*Result, *Reason}


def test_what_nobody_knows_has_no_conflicts():
    assert reasons(SPEC, None, None, {'RegionTwo': []}) == []


def test_what_is_the_same_everywhere_has_no_conflicts():
    assert reasons(SPEC, (SPEC, 'active'), 'f', {'RegionTwo': [SPEC]}) == []


@pytest.mark.parametrize(('known', 'holder', 'elsewhere', 'told'), [
    ((LARGER, 'active'), 'f', {}, [(None, Reason.ID)]),
    ((SPELT, 'active'), 'f', {}, [(None, Reason.ID)]),
    ((SPEC, 'deleting'), 'f', {}, [(None, Reason.STATUS)]),
    ((LARGER, 'draft'), 'f', {}, [(None, Reason.STATUS)]),
    (None, 'g', {}, [(None, Reason.NAME)]),
    (None, None, {'RegionTwo': [LARGER]}, [('RegionTwo', Reason.ID)]),
    # convergence would put that right
    (None, None, {'RegionTwo': [SPELT]}, []),
    (None, None, {'RegionTwo': [dataclasses.replace(SPEC, id='g')]}, [('RegionTwo', Reason.NAME)]),
    (None, None, {'RegionTwo': [dataclasses.replace(LARGER, name='g')]},
     [('RegionTwo', Reason.ID)])])
def test_what_stands_against_it(known, holder, elsewhere, told):
    assert reasons(SPEC, known, holder, elsewhere) == told


@pytest.mark.parametrize('odd', [
    {'id': 'detail'}, {'id': 'a/b'}, {'extra_specs': {'..': ''}},
    {'is_public': False, 'projects': frozenset(['p' * 65])}])
def test_what_the_catalogue_cannot_say_cannot_be_managed(odd):
    listed = adoption.conflicts(dataclasses.replace(SPEC, **odd), None, None, {})
    assert [each.reason for each in listed] == [Reason.UNUSABLE]
    assert adoption.decide(False, listed, Choice.MANAGE) == Result.CONFLICT


def test_a_conflict_names_both_values():
    [conflict] = adoption.conflicts(SPEC, None, None, {'RegionTwo': [LARGER]})
    assert conflict.differences == (
        {'field': 'vcpus', 'key': None, 'wanted': 2, 'found': 1},)


@given(strategies.specs(), strategies.specs())
def test_the_same_id_conflicts_exactly_where_it_differs(found, known):
    listed = adoption.conflicts(found, (known, 'active'), found.id, {})
    same = found == dataclasses.replace(known, rxtx_factor=found.rxtx_factor)
    assert (listed == []) == same


@given(st.booleans(), conflicts, choices)
def test_nothing_with_a_conflict_is_adopted_without_being_chosen(is_managed, listed, choice):
    result = adoption.decide(is_managed, listed, choice)
    if is_managed:
        assert result == Result.MANAGED
    elif result == Result.ADOPTED:
        assert choice == Choice.MANAGE or (choice is None and not listed)
        assert all(each.can_be_managed for each in listed)
    elif choice in (Choice.SKIP, Choice.EXCEPTION):
        assert result in (Result.SKIPPED, Result.EXCEPTED)
    else:
        assert result == Result.CONFLICT and listed
