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

"""What would make a region agree, and in which order a catalogue changes."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import plan
from tests.unit import strategies

PRESENT, ABSENT = installation.Desired
State = installation.State
REFUSE, IF_UNUSED, REPLACE = installation.OnImmutable
SMALL = flavor.Spec('f1', 'n1', 1, 512, 5)
LARGE = dataclasses.replace(SMALL, ram_mib=1024)
DESCRIBED = dataclasses.replace(SMALL, description='what it is for')
IDS = ('f1', 'f2', 'f3')


def ours(spec, desired=PRESENT, status=State.ACTIVE):
    return plan.Ours(desired, status, (flavor.fixed(vars(spec)),))


def actions(wanted=None, found=None, recorded=None, on_immutable=REFUSE, unwanted_go=False):
    keyed = [{spec.id: spec for spec in specs or ()} for specs in (wanted, found)]
    return plan.without_taken_names(plan.in_region(
        'RegionOne', *keyed, recorded or {}, on_immutable, unwanted_go), keyed[1])


def only(*args, **kwargs):
    [action] = actions(*args, **kwargs)
    return action


def test_what_is_there_just_so_needs_nothing():
    assert actions([SMALL], [SMALL], {'f1': ours(SMALL)}) == []


@pytest.mark.parametrize('status', [State.PENDING, State.INSTALLING, State.RETRYING])
def test_what_is_under_way_is_left_to_its_conductor(status):
    assert actions([SMALL], [SMALL], {'f1': ours(SMALL, status=status)}) == []


@pytest.mark.parametrize('recorded', [{}, {'f1': ours(SMALL, status=State.ERROR)},
                                      {'f1': ours(SMALL, ABSENT)}])
def test_what_is_there_just_so_and_not_recorded_is_adopted(recorded):
    assert only([SMALL], [SMALL], recorded).act == plan.Act.ADOPT


def test_what_is_missing_is_created():
    assert only([SMALL]).act == plan.Act.CREATE


def test_what_nova_can_change_is_changed():
    action = only([DESCRIBED], [SMALL], {'f1': ours(SMALL)})
    assert (action.act, action.destructive, action.refused) == (plan.Act.CHANGE, False, None)
    assert action.differences == ({'field': 'description', 'key': None,
                                   'wanted': 'what it is for', 'found': None},)


def test_fixed_fields_are_replaced_only_where_somebody_said_so():
    refused = only([LARGE], [SMALL], {'f1': ours(SMALL)})
    assert (refused.act, refused.refused) == (plan.Act.REPLACE, plan.Refusal.FIXED)
    allowed = only([LARGE], [SMALL], {'f1': ours(SMALL)}, REPLACE)
    assert (allowed.act, allowed.refused, allowed.destructive) == (plan.Act.REPLACE, None, True)


@pytest.mark.parametrize('recorded', [{}, {'f1': ours(LARGE, status=State.ERROR)},
                                      {'f1': ours(LARGE, ABSENT)}])
def test_what_is_not_of_our_making_is_never_replaced(recorded):
    assert only([LARGE], [SMALL], recorded, REPLACE).refused == plan.Refusal.NOT_OURS


def test_what_somebody_changed_that_was_ours_is_replaced():
    action = only([LARGE], [SMALL], {'f1': ours(LARGE)}, REPLACE)
    assert (action.act, action.refused) == (plan.Act.REPLACE, None)


def test_servers_forbid_a_replacement_only_if_unused():
    action = only([LARGE], [SMALL], {'f1': ours(SMALL)}, IF_UNUSED)
    assert plan.counted(action, 0, IF_UNUSED).refused is None
    assert plan.counted(action, 2, IF_UNUSED).refused == plan.Refusal.IN_USE
    counted = plan.counted(action, 2, REPLACE)
    assert (counted.refused, counted.servers) == (None, 2)


def test_what_cannot_be_counted_is_not_replaced():
    [replaced] = actions([LARGE], [SMALL], {'f1': ours(SMALL)}, REPLACE)
    refused = plan.uncounted(replaced, 'Not allowed.')
    assert (refused.refused, refused.because) == (plan.Refusal.UNCOUNTED, 'Not allowed.')
    changed = only([DESCRIBED], [SMALL], {'f1': ours(SMALL)})
    assert plan.uncounted(changed, 'Not allowed.') == changed


def test_servers_are_counted_of_what_is_touched_or_would_be():
    assert plan.counts_servers(only([LARGE], [SMALL], {'f1': ours(SMALL)}, REFUSE))
    assert plan.counts_servers(only([DESCRIBED], [SMALL], {'f1': ours(SMALL)}))
    assert plan.counts_servers(only([], [SMALL], {'f1': ours(SMALL)}, unwanted_go=True))
    assert not plan.counts_servers(only([LARGE], [SMALL], {}, REPLACE))
    assert not plan.counts_servers(only([SMALL]))


def test_what_is_ours_and_not_wanted_goes_where_that_is_wished():
    assert actions([], [SMALL], {'f1': ours(SMALL)}) == []
    assert only([], [SMALL], {'f1': ours(SMALL)}, unwanted_go=True).act == plan.Act.REMOVE
    assert only([], [SMALL], {'f1': ours(SMALL, ABSENT)}).act == plan.Act.REMOVE


@pytest.mark.parametrize('recorded', [{}, {'f1': ours(LARGE)}])
def test_what_is_not_of_our_making_never_goes(recorded):
    assert actions([], [SMALL], recorded, unwanted_go=True) == []


def test_a_name_that_another_flavor_keeps_is_not_taken():
    stranger = dataclasses.replace(SMALL, id='other')
    action = only([SMALL], [stranger])
    assert (action.refused, action.because) == (plan.Refusal.NAME,
                                                "The flavor whose id is 'other' has it.")


def test_a_name_is_taken_that_another_flavor_gives_up():
    before = dataclasses.replace(SMALL, id='f2')
    created, removed = actions([SMALL], [before], {'f2': ours(before)}, unwanted_go=True)
    assert (created.act, created.refused, removed.act) == (plan.Act.CREATE, None, plan.Act.REMOVE)


def test_who_keeps_a_name_because_it_is_refused_keeps_others_from_it():
    first, second, third = [dataclasses.replace(SMALL, id=f'f{each}', name=f'n{each}')
                            for each in (1, 2, 3)]
    wanted = [dataclasses.replace(first, name='n2'), dataclasses.replace(second, name='n3'),
              dataclasses.replace(third, name='n4')]
    recorded = {each.id: ours(each) for each in (first, second, third)}
    found = [first, second, third]
    assert {each.refused for each in actions(wanted, found, recorded, REPLACE)} == {None}
    planned = plan.in_region('RegionOne', {each.id: each for each in wanted},
                             {each.id: each for each in found}, recorded, IF_UNUSED, False)
    counted = [plan.counted(each, 1 if each.flavor_id == 'f3' else 0, IF_UNUSED)
               for each in planned]
    kept = plan.without_taken_names(counted, {each.id: each for each in found})
    assert [each.refused for each in kept] == [
        plan.Refusal.NAME, plan.Refusal.NAME, plan.Refusal.IN_USE]


def test_names_that_change_places_in_a_region_are_both_taken():
    first, second = dataclasses.replace(SMALL, name='x'), dataclasses.replace(LARGE, id='f2',
                                                                              name='y')
    wanted = [dataclasses.replace(first, name='y'), dataclasses.replace(second, name='x')]
    recorded = {'f1': ours(first), 'f2': ours(second)}
    assert {each.refused for each in actions(wanted, [first, second], recorded, REPLACE)} == {None}


@st.composite
def regions(draw):
    """Draw what a region has, what it should have, and what of it is ours."""
    found = {each: draw(strategies.specs(each)) for each in IDS if draw(st.booleans())}
    wanted = {each: draw(strategies.specs(each)) for each in IDS if draw(st.booleans())}
    recorded = {each: plan.Ours(draw(st.sampled_from([PRESENT, ABSENT])),
                                draw(st.sampled_from([State.ACTIVE, State.ERROR, State.PENDING])),
                                (flavor.fixed(vars(draw(st.sampled_from(
                                    [found.get(each), wanted.get(each), SMALL])) or SMALL)),))
                for each in IDS if draw(st.booleans())}
    return wanted, found, recorded


@given(regions(), st.sampled_from(installation.OnImmutable), st.booleans())
def test_whoever_does_what_is_not_refused_has_what_is_wanted(region, on_immutable, unwanted_go):
    wanted, found, recorded = region
    refused = set()
    after = dict(found)
    for action in plan.in_region('RegionOne', wanted, found, recorded, on_immutable, unwanted_go):
        if action.refused:
            refused.add(action.flavor_id)
        elif action.act == plan.Act.REMOVE:
            del after[action.flavor_id]
        else:
            after[action.flavor_id] = wanted[action.flavor_id]
    for flavor_id in wanted.keys() - refused:
        assert after[flavor_id] == wanted[flavor_id]
    for flavor_id in refused:
        assert after.get(flavor_id) == found.get(flavor_id)


@given(regions(), st.sampled_from(installation.OnImmutable), st.booleans())
def test_nothing_is_destroyed_that_is_not_ours(region, on_immutable, unwanted_go):
    wanted, found, recorded = region
    for action in plan.in_region('RegionOne', wanted, found, recorded, on_immutable, unwanted_go):
        if action.destructive and not action.refused:
            record = recorded[action.flavor_id]
            if action.act == plan.Act.REMOVE:
                assert flavor.has_any(found[action.flavor_id], record.installed)
            assert record.made(found[action.flavor_id])


@given(regions(), st.sampled_from(installation.OnImmutable), st.booleans())
def test_names_in_a_region_stay_unique(region, on_immutable, unwanted_go):
    wanted, found, recorded = region
    names = {spec.name for spec in wanted.values()}
    if len(names) < len(wanted) or len({each.name for each in found.values()}) < len(found):
        return
    after = {spec.id: spec.name for spec in found.values()}
    for action in plan.without_taken_names(plan.in_region(
            'RegionOne', wanted, found, recorded, on_immutable, unwanted_go), found):
        if not action.refused:
            after[action.flavor_id] = None if action.act == plan.Act.REMOVE else action.name
    left = [name for name in after.values() if name]
    assert len(left) == len(set(left))


@given(regions(), st.sampled_from(installation.OnImmutable))
def test_a_summary_counts_each_action_once(region, on_immutable):
    wanted, found, recorded = region
    planned = plan.in_region('RegionOne', wanted, found, recorded, on_immutable, True)
    told = plan.summary(planned)
    assert sum(told[str(act)] for act in plan.Act) + told['refused'] == len(planned)
    assert told['destructive'] == told['replace'] + told['remove']


def test_a_catalogue_change_is_told_key_by_key():
    before = values('f1', 'x', extra_specs={'a': '1', 'b': '2'}, projects=['p1'], is_public=False)
    [action] = in_catalogue([{'id': 'f1', 'name': 'x', 'extra_specs': {'a': '1', 'c': '3'},
                              'projects': ['p2'], 'description': 'd'}], [before])
    assert [tuple(each.values()) for each in action.differences] == [
        ('description', None, 'd', None), ('extra_specs', 'b', None, '2'),
        ('extra_specs', 'c', '3', None), ('projects', 'p1', None, True),
        ('projects', 'p2', True, None)]


def test_every_action_that_was_asked_for_has_an_outcome():
    wish = plan.Act.CREATE, 3
    assert plan.outcome(*wish, (3, State.ACTIVE)) == plan.Outcome.DONE
    assert plan.outcome(*wish, (3, State.ERROR)) == plan.Outcome.FAILED
    assert plan.outcome(*wish, (4, State.ACTIVE)) == plan.Outcome.SUPERSEDED
    assert plan.outcome(*wish, None) == plan.Outcome.SUPERSEDED
    assert plan.outcome(plan.Act.REMOVE, 3, None) == plan.Outcome.DONE
    assert {plan.outcome(*wish, (3, state)) for state in State} == {
        plan.Outcome.DONE, plan.Outcome.FAILED, plan.Outcome.UNDER_WAY}


def test_every_word_has_its_meaning():
    assert plan.MEANING.keys() == {*plan.Act, *plan.Refusal, *plan.Outcome}


def in_catalogue(given_flavors, stored, placed=(), on_immutable=REFUSE, prune=False):
    return plan.in_catalogue({values['id']: values for values in given_flavors},
                             {values['id']: values for values in stored}, placed, on_immutable,
                             prune)


def values(flavor_id, name, **more):
    return {**strategies.values_of(dataclasses.replace(SMALL, id=flavor_id, name=name)),
            'status': 'active', 'deprecated_on': None, 'successor': None,
            'deprecation_reason': None, **more}


def test_a_catalogue_that_says_the_same_changes_nothing():
    assert in_catalogue([values('f1', 'x')], [values('f1', 'x'), values('f2', 'y')]) == []


def test_what_a_flavor_does_not_name_stays():
    [action] = in_catalogue([{'id': 'f1', 'name': 'x', 'ram_mib': 7}], [values('f1', 'x')])
    assert [each['field'] for each in action.differences] == ['ram_mib']


def test_what_is_not_given_is_deleted_only_by_pruning():
    [action] = in_catalogue([], [values('f1', 'x'), values('f2', 'y', status='deleting')],
                            prune=True)
    assert (action.act, action.flavor_id) == (plan.Act.REMOVE, 'f1')


def test_fixed_fields_of_what_is_installed_are_refused():
    changed = [{'id': 'f1', 'name': 'x', 'ram_mib': 7}]
    assert in_catalogue(changed, [values('f1', 'x')])[0].refused is None
    assert in_catalogue(changed, [values('f1', 'x')], {'f1'})[0].refused == plan.Refusal.FIXED
    assert in_catalogue(changed, [values('f1', 'x')], {'f1'}, REPLACE)[0].refused is None


def test_names_are_freed_before_they_are_taken():
    stored = [values('f1', 'x'), values('f2', 'y')]
    ordered = in_catalogue([{'id': 'f1', 'name': 'y'}, {'id': 'f2', 'name': 'z'}], stored)
    assert [(action.flavor_id, action.refused) for action in ordered] == [
        ('f2', None), ('f1', None)]


def test_names_may_change_places():
    stored = [values('f1', 'x'), values('f2', 'y')]
    ordered = in_catalogue([{'id': 'f1', 'name': 'y'}, {'id': 'f2', 'name': 'x'}], stored)
    assert [(each.name, each.refused) for each in ordered] == [('y', None), ('x', None)]


def test_a_name_that_is_kept_is_refused_and_so_is_whoever_waits_for_that():
    stored = [values('f1', 'x'), values('f2', 'y'), values('f3', 'z')]
    ordered = in_catalogue([{'id': 'f1', 'name': 'y'}, {'id': 'f2', 'name': 'z'}], stored)
    assert {each.flavor_id: each.refused for each in ordered} == {
        'f1': plan.Refusal.NAME, 'f2': plan.Refusal.NAME}


def test_what_was_published_stays_so():
    [action] = in_catalogue([{'id': 'f1', 'name': 'x', 'public': False}],
                            [values('f1', 'x', public=True)])
    assert action.refused == plan.Refusal.STATUS
