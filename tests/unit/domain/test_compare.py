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

"""Laws of the steps from what a region has to what it should have."""

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.unit import nova_model
from tests.unit import strategies


@hypothesis.given(st.data())
def test_steps_reach_the_wanted_flavor(data):
    wanted = data.draw(strategies.specs())
    found = data.draw(st.none() | strategies.similar(wanted))
    for step in compare.steps_to_present(wanted, found):
        found = nova_model.apply(step, found)
    assert found == wanted


@hypothesis.given(strategies.specs())
def test_nothing_is_done_where_nothing_differs(wanted):
    assert compare.steps_to_present(wanted, wanted) == []


@hypothesis.given(strategies.specs())
def test_a_new_flavor_costs_one_create_and_one_set_of_extra_specs(wanted):
    steps = compare.steps_to_present(wanted, None)
    projects = [step for step in steps if isinstance(step, compare.AddAccess)]
    assert len(steps) == 1 + bool(wanted.extra_specs) + len(projects)
    assert len(projects) == len(wanted.projects)


@hypothesis.given(strategies.specs(), strategies.specs())
def test_other_fixed_fields_are_refused_and_named(wanted, found):
    differences = flavor.immutable_differences(wanted, found)
    hypothesis.assume(differences)
    with pytest.raises(failures.Refused) as refused:
        compare.steps_to_present(wanted, found)
    assert refused.value.reason == 'sizes_differ'
    assert all(name in refused.value.text for name in differences)


@hypothesis.given(strategies.specs(), st.none() | strategies.specs())
def test_only_the_flavor_that_was_described_is_deleted(described, found):
    steps = compare.steps_to_absent(described, found)
    if found is None or flavor.immutable_differences(described, found):
        assert steps == []
    else:
        assert steps == [compare.Delete(described.id)]


def test_differences_are_put_into_words():
    assert compare.describe({'vcpus': (4, 2), 'name': ('a', 'b')}) == (
        "vcpus is 2, not 4, name is 'b', not 'a'")
