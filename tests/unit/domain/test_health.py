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

"""Slow regions: when they are called so, for how long, and what they get."""

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import health

_times = st.floats(0, 1000)
_ages = st.floats(0, 10 ** 6)


@hypothesis.given(_times, _times, _ages)
def test_an_average_lies_between_what_was_known_and_what_was_measured(before, measured, age):
    average = health.average(before, measured, age)
    assert min(before, measured) - 1e-9 <= average <= max(before, measured) + 1e-9


@hypothesis.given(_times, _ages)
def test_the_first_measure_is_the_average(measured, age):
    assert health.average(None, measured, age) == measured


@hypothesis.given(_times, _times, st.floats(0, 10 ** 4), st.floats(0, 10 ** 4))
def test_two_measures_that_agree_count_as_one_for_the_whole_time(before, measured, first, second):
    in_two = health.average(health.average(before, measured, first), measured, second)
    assert in_two == pytest.approx(health.average(before, measured, first + second), abs=1e-6)


@hypothesis.given(_times, _times, _ages, _ages)
def test_what_is_older_counts_less(before, measured, younger, older):
    younger, older = sorted([younger, older])
    assert (abs(health.average(before, measured, older) - measured)
            <= abs(health.average(before, measured, younger) - measured) + 1e-9)


@hypothesis.given(_times, st.floats(0.01, 100))
def test_a_region_that_was_slow_has_to_become_faster_than_one_that_was_not(average, limit):
    if health.state(average, 'up', limit) == 'slow':
        assert average >= limit
        assert health.state(average, 'slow', limit) == 'slow'
    if health.state(average, 'slow', limit) == 'up':
        assert average < limit


@hypothesis.given(st.sampled_from(['up', 'slow', 'down', 'unknown']), st.floats(0.01, 100))
def test_who_was_never_measured_is_up(before, limit):
    assert health.state(None, before, limit) == 'up'


@hypothesis.given(st.floats(0.1, 100), st.floats(0, 1000), st.floats(0.01, 0.05))
def test_a_region_that_is_fast_again_is_up_again_after_some_probes(limit, was, probe):
    average, state, probes = was, health.state(was, 'up', limit), 0
    while state == 'slow':
        average = health.average(average, probe, 60)
        state = health.state(average, state, limit)
        probes += 1
    assert probes <= 25, 'a few, even if it took a thousand times too long'


@hypothesis.given(st.integers(1, 1000))
def test_fewer_calls_go_where_they_take_long_and_one_where_nobody_answers(most):
    assert health.cap('up', most) == health.cap('unknown', most) == most
    assert 1 <= health.cap('slow', most) <= max(1, most / 4)
    assert health.cap('down', most) == 1
