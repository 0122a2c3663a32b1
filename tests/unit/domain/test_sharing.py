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

"""Fair shares of workers, and waits that grow."""

import hypothesis
from hypothesis import strategies as st

from flavorsvc.domain import backoff
from flavorsvc.domain import fairness

_counts = st.dictionaries(st.sampled_from('abcde'), st.integers(0, 50))


@hypothesis.given(_counts, st.integers(0, 40), _counts)
def test_shares_are_within_what_waits_and_the_room(due, room, busy):
    shares = fairness.shares(due, room, busy)
    assert all(0 < share <= due[region] for region, share in shares.items())
    assert sum(shares.values()) == min(room, sum(due.values()))


@hypothesis.given(_counts, st.integers(0, 40), _counts)
def test_no_region_that_gets_one_has_two_more_than_one_that_still_waits(due, room, busy):
    shares = fairness.shares(due, room, busy)
    after = {region: busy.get(region, 0) + shares.get(region, 0) for region in due}
    for region, waiting in due.items():
        if shares.get(region, 0) < waiting:
            assert all(after[other] <= after[region] + 1 for other in shares)


@hypothesis.given(st.lists(st.sampled_from('abcde'), unique=True, min_size=1))
def test_the_one_in_front_goes_first(queue):
    assert list(fairness.shares(dict.fromkeys(queue, 3), 1, {})) == queue[:1]


@hypothesis.given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_stay_between_half_the_minimum_and_the_maximum(attempt, jitter):
    assert 0.5 <= backoff.delay_s(attempt, 1.0, 300.0, jitter) <= 300.0


@hypothesis.given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_never_shrink(attempt, jitter):
    assert (backoff.delay_s(attempt, 1.0, 300.0, jitter)
            <= backoff.delay_s(attempt + 1, 1.0, 300.0, jitter))
