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

"""Names that move between flavors of a region."""

import hypothesis
from hypothesis import strategies as st

from flavorsvc.domain import names
from flavorsvc.domain.names import Verdict

HELD = {'a': 'x', 'b': 'y', 'c': 'z'}


def way(flavor_id, held, moving):
    return names.way(flavor_id, moving[flavor_id], held, moving)


def test_a_name_that_nobody_has_is_free():
    assert way('a', HELD, {'a': 'new'}) == names.Way(Verdict.FREE)
    assert way('a', HELD, {'a': 'x'}) == names.Way(Verdict.FREE)


def test_a_name_of_a_flavor_that_stays_is_taken():
    assert way('a', HELD, {'a': 'y'}) == names.Way(Verdict.TAKEN, ('b',))
    assert way('a', HELD, {'a': 'y', 'b': 'y'}) == names.Way(Verdict.TAKEN, ('b',))


def test_a_name_that_is_being_given_up_is_waited_for():
    assert way('b', HELD, {'a': 'new', 'b': 'x'}) == names.Way(Verdict.WAIT, ('a',))
    assert way('b', HELD, {'a': None, 'b': 'x'}) == names.Way(Verdict.WAIT, ('a',))
    assert way('b', HELD, {'a': 'z', 'b': 'x'}).verdict is Verdict.WAIT, 'c stays in the way of a'


def test_one_of_a_circle_goes_first():
    circle = {'a': 'y', 'b': 'z', 'c': 'x'}
    assert {each: way(each, HELD, circle).verdict for each in circle} == {
        'a': Verdict.FIRST, 'b': Verdict.WAIT, 'c': Verdict.WAIT}
    assert way('a', HELD, circle).holders == ('b', 'c')


def test_who_waits_for_a_circle_of_others_opens_none():
    held = {**HELD, 'd': 'w'}
    assert way('a', {'a': 'v', 'b': 'y', 'c': 'z'}, {'a': 'y', 'b': 'z', 'c': 'y'}).verdict is (
        Verdict.WAIT)
    assert way('d', held, {'a': 'y', 'b': 'x', 'd': 'x'}).verdict is Verdict.WAIT


@hypothesis.given(st.data())
def test_all_names_arrive_whatever_the_order(data):
    """Chains, circles and flavors that leave; strangers keep what they have."""
    ids = data.draw(st.lists(st.sampled_from('abcdefgh'), min_size=1, unique=True))
    held = {each: f'n{number}' for number, each in enumerate(ids)}
    pool = [f'n{number}' for number in range(len(ids) + 2)]
    wanted = dict(zip(ids, data.draw(st.permutations(pool)), strict=False))
    for leaving in data.draw(st.sets(st.sampled_from(ids))):
        wanted[leaving] = None
    held['stranger'] = 'foreign'
    deleted = set()
    for _ in range(3 * len(ids)):
        for each in data.draw(st.permutations(ids)):
            name = wanted[each]
            if name is None:
                held.pop(each, None)
                continue
            moving = {one: to for one, to in wanted.items()
                      if held.get(one) != to and (one in held or one in deleted)}
            verdict = names.way(each, name, held, moving).verdict
            assert verdict is not Verdict.TAKEN
            if verdict is Verdict.FREE:
                held[each] = name
            elif verdict is Verdict.FIRST:
                del held[each]
                deleted.add(each)
        assert len(set(held.values())) == len(held)
    assert held == {**{each: name for each, name in wanted.items() if name is not None},
                    'stranger': 'foreign'}
