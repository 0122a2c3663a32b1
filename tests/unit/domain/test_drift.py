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

from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain.drift import Kind
from flavorsvc.domain.drift import State
from tests.unit import nova_model
from tests.unit import strategies

WORDS = [*Kind, *State, *drift.Policy]

ids = st.sampled_from('abcd')
findings = st.builds(drift.Finding, ids, st.just('n'), st.sampled_from(Kind), st.sampled_from(
    [(), ({'field': 'vcpus', 'key': None, 'wanted': 1, 'found': 2},),
     ({'field': 'description', 'key': None, 'wanted': 'a', 'found': None},)]))


def by_id(values):
    return st.lists(values, max_size=4).map(
        lambda listed: {each.flavor_id: each for each in listed})


recorded = by_id(findings).flatmap(lambda known: st.fixed_dictionaries({
    flavor_id: st.tuples(st.sampled_from([State.OPEN, State.ACCEPTED]), st.just(each))
    for flavor_id, each in known.items()}))


def test_every_word_has_a_meaning():
    assert set(drift.MEANING) == set(WORDS)


def test_every_state_can_be_reached_and_nothing_leaves_the_last():
    assert set(drift.TRANSITIONS.values()) == set(State)
    for event in drift.Event:
        assert (State.RESOLVED, event) not in drift.TRANSITIONS
        with pytest.raises(ValueError, match=f'{event} cannot happen'):
            drift.after('resolved', event)


@given(strategies.specs(), strategies.specs() | st.none())
def test_there_is_no_drift_exactly_where_nothing_is_to_be_done(wanted, found):
    try:
        steps = compare.steps_to_present(wanted, found)
    except failures.Refused:
        steps = [None]
    assert (drift.compare(wanted, found) is None) == (steps == [])


@given(strategies.specs(), strategies.specs() | st.none())
def test_what_is_repaired_safely_takes_no_deletion_and_agrees_afterwards(wanted, found):
    finding = drift.compare(wanted, found)
    if finding and drift.is_repaired('repair-safe', finding.kind, finding.differences):
        for step in compare.steps_to_present(wanted, found):
            assert not isinstance(step, compare.Delete)
            found = nova_model.apply(step, found)
        assert drift.compare(wanted, found) is None


@given(strategies.specs(), strategies.specs())
def test_differences_name_both_values(wanted, found):
    for each in drift.differences(wanted, found):
        assert each['wanted'] != each['found']
        for spec, told in ((wanted, each['wanted']), (found, each['found'])):
            assert told == drift.value(spec, each['field'], each['key'])


@given(strategies.specs())
def test_what_is_not_wanted_at_all_is_told_in_full(found):
    finding = drift.compare(None, found)
    assert (finding.kind, finding.name) == (Kind.UNMANAGED, found.name)
    assert {each['field'] for each in finding.differences} >= set(flavor.IMMUTABLE)
    assert not drift.is_repaired('repair-all', finding.kind, finding.differences)


def test_a_single_precision_number_is_no_drift():
    spec = flavor.Spec('f', 'f', 1, 1, 1, rxtx_factor=1.1)
    assert drift.compare(spec, dataclasses.replace(spec, rxtx_factor=1.10000002384)) is None


def test_a_text_of_any_length_is_kept_short():
    spec = flavor.Spec('f', 'f', 1, 1, 1)
    [told] = drift.differences(spec, dataclasses.replace(spec, description='x' * 65535))
    assert len(told['found']) < 1100


@pytest.mark.parametrize(('policy', 'repaired'), [
    ('ignore', []), ('report', []), ('repair-safe', ['missing', 'changed']),
    ('repair-all', ['missing', 'changed', 'resized'])])
def test_what_a_policy_repairs(policy, repaired):
    spec = flavor.Spec('f', 'f', 1, 1, 1)
    found = {'missing': drift.compare(spec, None), 'unmanaged': drift.compare(None, spec),
             'changed': drift.compare(spec, dataclasses.replace(spec, description='x')),
             'resized': drift.compare(spec, dataclasses.replace(spec, vcpus=2))}
    assert [name for name, each in found.items()
            if drift.is_repaired(policy, each.kind, each.differences)] == [
        name for name in found if name in repaired]


@given(recorded, by_id(findings), st.frozensets(ids))
def test_after_an_audit_the_records_say_what_was_found(recorded, found, moved):
    verdict = drift.judge(recorded, found, moved)
    after = {flavor_id: finding for flavor_id, (_, finding) in recorded.items()
             if flavor_id not in verdict.resolved}
    assert not {each.flavor_id for each in verdict.opened} & after.keys()
    after |= {each.flavor_id: each for each in verdict.opened} | verdict.changed
    for flavor_id in {*recorded, *found} - moved:
        assert after.get(flavor_id) == found.get(flavor_id)
    again = drift.judge({flavor_id: (State.OPEN, each) for flavor_id, each in after.items()},
                        found, moved)
    assert (again.opened, again.changed, again.resolved) == ([], {}, set())


@given(recorded, by_id(findings), st.frozensets(ids))
def test_of_what_moved_nothing_is_said(recorded, found, moved):
    verdict = drift.judge(recorded, found, moved)
    assert not moved & {*verdict.resolved, *verdict.changed,
                        *(each.flavor_id for each in verdict.opened)}


@given(recorded)
def test_what_was_accepted_is_not_opened_while_it_stays_as_it_is(recorded):
    found = {flavor_id: each for flavor_id, (_, each) in recorded.items()}
    assert drift.judge(recorded, found, ()) == drift.Verdict([], {}, set())


def test_another_difference_than_the_accepted_one_is_opened():
    first, second = (drift.Finding('a', 'a', Kind.DIFFERENT, ({'field': name},)) for name in 'xy')
    verdict = drift.judge({'a': (State.ACCEPTED, first)}, {'a': second}, ())
    assert verdict == drift.Verdict([second], {}, {'a'})


def test_an_accepted_stranger_may_change():
    first, second = (drift.Finding('a', 'a', Kind.UNMANAGED, ({'field': name},)) for name in 'xy')
    verdict = drift.judge({'a': (State.ACCEPTED, first)}, {'a': second}, ())
    assert verdict == drift.Verdict([], {'a': second}, set())


@given(st.integers(0, 10 ** 6), st.floats(1, 10 ** 6))
def test_repairs_that_are_undone_come_ever_less_often(repairs, interval_s):
    pause = drift.pause_s(repairs, interval_s)
    assert pause <= drift.pause_s(repairs + 1, interval_s) <= 24 * 3600
    assert drift.pause_s(0, interval_s) == 0
    assert drift.goes_on(repairs, pause, interval_s) == (repairs > 0)
    assert not drift.goes_on(repairs, 2 * 24 * 3600, interval_s)


@given(strategies.specs(), strategies.specs())
def test_what_was_taken_over_is_as_the_region_has_it(ours, found):
    values = strategies.values_of(ours)
    changes = drift.taken_over(values, ours, found, {})
    assert drift.compare(flavor.wanted({**values, **changes}, {}), found) is None
    assert changes == flavor.changed(values, changes)


@given(strategies.specs(), strategies.specs())
def test_an_old_nova_does_not_take_the_description_away(ours, found):
    old = dataclasses.replace(found, description=None)
    assert 'description' not in drift.taken_over(
        strategies.values_of(ours), flavor.fit(ours, (2, 53)), old, {})



@pytest.mark.parametrize(('theirs', 'taken'), [
    ('Another. Deprecated as of 2026-11-21.', 'Another.'), ('Another.', 'Another.'),
    ('Deprecated as of 2026-11-21.', 'Deprecated as of 2026-11-21.'), (None, None)])
def test_what_was_only_added_for_regions_is_not_taken_over(theirs, taken):
    values = {**strategies.values_of(flavor.Spec('i', 'n', 1, 1, 0, description='Ours.')),
              'status': 'deprecated', 'deprecated_on': '2026-11-21', 'successor': None,
              'deprecation_reason': None}
    wanted = flavor.wanted(values, {}, tells_deprecation=True)
    found = dataclasses.replace(wanted, description=theirs)
    assert drift.taken_over(values, wanted, found, {}) == {'description': taken}


def test_properties_are_not_taken_over_by_their_extra_specs():
    spec = flavor.Spec('f', 'f', 1, 1, 1)
    values = strategies.values_of(spec, properties={'cpu_arch': 'x86_64'})
    same = dataclasses.replace(spec, vcpus=2, extra_specs={'capabilities:cpu_info:arch': 'x86_64'})
    ours = flavor.wanted(values, capabilities.TABLE)
    assert drift.taken_over(values, ours, same, capabilities.TABLE) == {'vcpus': 2}
    with pytest.raises(errors.Conflict, match='change the properties'):
        drift.taken_over(values, ours, spec, capabilities.TABLE)
