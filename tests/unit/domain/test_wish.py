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

"""Which catalogue is meant, and what of it concerns which region."""

import dataclasses
import itertools

from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle
from flavorsvc.domain import plan
from flavorsvc.domain import wish as wishes

TODAY = '2026-11-21'
PRESENT, ABSENT = installation.Desired
ACTIVE, ERROR = installation.State.ACTIVE, installation.State.ERROR
NEW = {'vcpus': 1, 'ram_mib': 512, 'disk_gib': 5}
NOVA = (2, 96)


def stored(flavor_id, **more):
    """A flavor of the catalogue, as it crosses RPC."""
    return {**NEW, **flavor.DEFAULTS, 'id': flavor_id, 'name': flavor_id, 'generation': 1,
            'status': 'active', 'deprecated_on': None, 'successor': None,
            'deprecation_reason': None, 'project_id': 'p1', **more}


def keyed(*flavors):
    return {each['id']: each for each in flavors}


def row(values, desired=PRESENT, status=ACTIVE, revision=1):
    return {'desired': desired, 'status': status, 'revision': revision,
            'installed': [flavor.fixed(values)]}


def recorded(*flavors, **regions):
    """What is recorded: flavors, and for each region dict of flavor id to row."""
    return {'flavors': keyed(*flavors),
            'regions': {name: {'state': 'up', 'installations': rows}
                        for name, rows in regions.items()}}


def completed(given_flavors, *before, table=capabilities.TABLE):
    numbers = itertools.count(1)
    return wishes.completed(given_flavors, keyed(*before), 'p9', lambda: f'new-{next(numbers)}',
                            table, TODAY)


def make(records, given_flavors=None, regions='all', prune=False, on_immutable='refuse'):
    flavors = given_flavors
    if flavors is not None:
        flavors = completed(flavors, *records['flavors'].values())
    return wishes.Wish({'regions': regions, 'prune': prune, 'on_immutable': on_immutable,
                        'flavors': flavors}, records, capabilities.TABLE, False)


def acts(actions):
    return [(each.flavor_id, str(each.act), each.refused and str(each.refused))
            for each in actions]


class TestCompleted:
    """What was given, as it is kept."""

    def test_what_is_new_gets_what_nobody_said(self):
        [values] = completed([{'name': 'x', **NEW}])
        assert (values['id'], values['project_id'], values['status']) == ('new-1', 'p9', 'active')
        assert set(stored('f')) - set(values) == {'generation'}

    def test_a_name_stands_for_the_flavor_that_has_it(self):
        [values] = completed([{'name': 'f1', **NEW}], stored('f1', description='d'))
        assert values['id'] == 'f1'
        assert 'description' not in values, 'what is not named stays as it is'

    def test_whoever_deprecates_without_a_date_means_today(self):
        [values] = completed([{'name': 'f1', **NEW, 'status': 'deprecated'}], stored('f1'))
        assert values['deprecated_on'] == TODAY

    def test_what_is_used_again_is_not_deprecated_by_anything(self):
        before = stored('f1', status='deprecated', deprecated_on=TODAY, successor='f2')
        [values] = completed([{'name': 'f1', **NEW, 'status': 'active'}], before, stored('f2'))
        assert (values['deprecated_on'], values['successor']) == (None, None)

    def test_a_successor_may_come_with_the_same_catalogue(self):
        values = completed([{'name': 'f1', **NEW, 'status': 'deprecated', 'successor': 'f2'},
                            {'name': 'f2', 'id': 'f2', **NEW}], stored('f1'))
        assert values[0]['successor'] == 'f2'

    def test_a_successor_that_is_known_already_is_not_looked_at_again(self):
        before = stored('f1', status='deprecated', deprecated_on=TODAY, successor='gone')
        assert completed([{'name': 'f1', **NEW, 'successor': 'gone'}], before)

    @pytest.mark.parametrize(('values', 'reason'), [
        ({'name': 'x'}, "'x': flavor: a new one needs vcpus, ram_mib, disk_gib"),
        ({'id': 'f1'}, "'f1': flavor: a new one needs name"),
        ({'name': 'x', **NEW, 'id': '..'}, "'x': id: '..' would mean another URL"),
        ({'name': 'x', **NEW, 'promoted': True}, "'x': promoted: a flavor cannot be promoted and"),
        ({'name': 'x', **NEW, 'status': 'draft', 'public': True}, "'x': public: a draft cannot"),
        ({'name': 'x', **NEW, 'properties': {'cpu_arch': 'x86_64'},
          'extra_specs': {capabilities.TABLE['cpu_arch'].extra_spec: 'no'}},
         "'x': extra_specs: "),
        ({'name': 's1', **NEW, 'status': 'deprecated', 'successor': 's1'},
         "'s1': successor: a flavor cannot be its own successor"),
        ({'name': 's1', **NEW, 'status': 'deprecated', 'successor': 'leaving'},
         "'s1': successor: there is no flavor 'leaving'"),
    ])
    def test_what_cannot_be_is_told_by_name(self, values, reason):
        with pytest.raises(errors.Invalid) as error:
            completed([values], stored('s1'), stored('leaving', status='deleting'))
        assert error.value.reason.startswith(f'plan.flavors: {reason}')

    @pytest.mark.parametrize('second', [{'name': 'x'}, {'name': 'y', 'id': 'f1'}])
    def test_nothing_is_given_twice(self, second):
        with pytest.raises(errors.Invalid, match='is given twice'):
            completed([{'name': 'x', 'id': 'f1', **NEW}, {**NEW, **second}])

    def test_what_takes_a_decision_is_left_to_the_plan(self):
        assert completed([{'name': 'f1', **NEW, 'public': False}], stored('f1', public=True))


class TestScope:
    """Which regions a wish is about."""

    def test_regions_that_are_gone_are_no_part_of_all(self):
        records = recorded(stored('f1'), RegionOne={}, RegionTwo={})
        records['regions']['RegionTwo']['state'] = 'gone'
        assert make(records).named == {'RegionOne'}
        with pytest.raises(errors.UnknownRegion):
            make(records, regions=['RegionTwo'])

    def test_what_changes_touches_every_region_that_has_it(self):
        f1, f2 = stored('f1'), stored('f2')
        records = recorded(f1, f2, RegionOne={'f1': row(f1)}, RegionTwo={'f1': row(f1)},
                           RegionThree={'f2': row(f2)})
        wish = make(records, [{'name': 'f1', **NEW, 'description': 'd'}], regions=['RegionOne'])
        assert wish.touched == {'RegionOne', 'RegionTwo'}
        assert wish.wanted_ids('RegionTwo') == {'f1'}

    def test_every_region_that_is_named_is_to_have_what_is_given(self):
        wish = make(recorded(stored('f1'), RegionOne={}, RegionTwo={}),
                    [{'name': 'f1', **NEW}, {'name': 'f2', **NEW}], regions=['RegionTwo'])
        assert wish.wanted_ids('RegionTwo') == {'f1', 'new-1'}
        assert wish.wanted_ids('RegionOne') == set()

    @pytest.mark.parametrize('status', [each for each in lifecycle.Status
                                        if each not in lifecycle.USABLE])
    def test_what_cannot_be_used_is_wanted_nowhere(self, status):
        f1 = stored('f1', status=str(status))
        wish = make(recorded(f1, RegionOne={'f1': row(f1)}))
        assert wish.wanted_ids('RegionOne') == set()

    def test_without_flavors_each_is_wanted_where_it_is(self):
        f1, f2 = stored('f1'), stored('f2')
        wish = make(recorded(f1, f2, RegionOne={'f1': row(f1), 'f2': row(f2, ABSENT)}))
        assert wish.wanted_ids('RegionOne') == {'f1'}
        assert wish.in_catalogue(()) == []


class TestActions:
    """What is done, in the catalogue and in regions."""

    def test_a_part_of_the_regions_loses_but_the_catalogue_keeps(self):
        f1 = stored('f1')
        records = recorded(f1, RegionOne={'f1': row(f1)}, RegionTwo={'f1': row(f1)})
        there = {'f1': flavor.wanted(f1, {})}
        some = make(records, [], regions=['RegionOne'], prune=True)
        assert some.in_catalogue(()) == []
        assert acts(some.in_region('RegionOne', there, NOVA)) == [('f1', 'remove', None)]
        every = make(records, [], prune=True)
        assert acts(every.in_catalogue(())) == [('f1', 'remove', None)]

    def test_what_the_catalogue_refuses_is_refused_in_regions(self):
        f1 = stored('f1', public=True)
        wish = make(recorded(f1, RegionOne={'f1': row(f1)}),
                    [{'name': 'f1', **NEW, 'public': False, 'description': 'd'}])
        assert acts(wish.in_catalogue(())) == [('f1', 'change', 'status')]
        assert acts(wish.in_region('RegionOne', {'f1': flavor.wanted(f1, {})}, NOVA)) == [
            ('f1', 'change', 'catalogue')]

    def test_properties_that_the_table_lost_are_refused(self):
        f1 = stored('f1', properties={'lost': 1})
        wish = make(recorded(f1, RegionOne={'f1': row(f1)}))
        assert acts(wish.in_region('RegionOne', {}, NOVA)) == [('f1', 'change', 'catalogue')]

    def test_a_region_is_not_asked_for_what_its_nova_cannot_hold(self):
        f1 = stored('f1', description='d')
        wish = make(recorded(f1, RegionOne={'f1': row(f1)}))
        found = {'f1': dataclasses.replace(flavor.wanted(f1, {}), description=None)}
        assert wish.in_region('RegionOne', found, (2, 53)) == []
        assert acts(wish.in_region('RegionOne', found, NOVA)) == [('f1', 'change', None)]

    def test_of_a_region_that_was_not_read_all_that_matters_is_refused(self):
        f1, f2, f3, f4 = map(stored, ('f1', 'f2', 'f3', 'f4'))
        records = recorded(f1, f2, f3, f4, RegionOne={
            'f1': row(f1), 'f2': row(f2), 'f3': row(f3, status=ERROR), 'f4': row(f4)})
        wish = make(records, [{'name': 'f1', **NEW}, {'name': 'f2', **NEW, 'description': 'd'},
                              {'name': 'f3', **NEW}, {'name': 'f5', **NEW}], prune=True)
        actions = wish.unseen({'RegionOne': 'No route.'})
        assert {each.because for each in actions} == {'No route.'}
        assert acts(actions) == [
            (flavor_id, act, 'region_unreachable') for flavor_id, act in (
                ('f2', 'change'), ('f3', 'change'), ('f4', 'remove'), ('new-1', 'create'))]
        assert acts(wish.in_catalogue({'RegionOne'})) == [
            ('f2', 'change', None), ('new-1', 'create', None),
            ('f4', 'remove', 'region_unreachable')]

    def test_what_a_region_has_is_known_by_how_it_differs(self):
        f1 = stored('f1')
        wish = make(recorded(f1, RegionOne={'f1': row(f1)}),
                    [{'name': 'f1', **NEW, 'vcpus': 2}], on_immutable='replace')
        found = dataclasses.replace(flavor.wanted(f1, {}), ram_mib=7)
        [action] = wish.in_region('RegionOne', {'f1': found}, NOVA)
        assert action.act == plan.Act.REPLACE
        assert wish.fixed('f1', action.differences) == flavor.fixed(vars(found))


rows = st.builds(row, st.just(stored('f1')), st.sampled_from([PRESENT, ABSENT]),
                 st.sampled_from([each for each in installation.State
                                  if each is not installation.State.GONE]),
                 st.integers(1, 3))


@given(rows, rows)
def test_only_what_was_wished_moves_a_catalogue(before, after):
    """Whoever works on a wish does not; nor does one to be gone that is fulfilled."""
    def facts(*found):
        return make(recorded(stored('f1'), RegionOne=dict(found))).facts()
    is_same = (before['desired'], before['desired'] == PRESENT and before['revision']) == (
        after['desired'], after['desired'] == PRESENT and after['revision'])
    assert (facts(('f1', before)) == facts(('f1', after))) == is_same
    if before['desired'] == ABSENT:
        assert facts(('f1', before)) == facts()


@pytest.mark.parametrize(('given_flavors', 'is_same'), [
    (None, True),
    ([{'name': 'f2', **NEW}], True),
    ([{'name': 'f1', **NEW}], False),
])
def test_what_leaves_anyway_matters_only_where_it_is_given(given_flavors, is_same):
    leaving, f2 = stored('f1', status='deleting'), stored('f2')
    facts, without = (make(recorded(*flavors), given_flavors).facts()
                      for flavors in ([leaving, f2], [f2]))
    assert (facts == without) == is_same


@given(st.lists(st.sampled_from(['f1', 'f2', 'f3', 'f4']), unique=True),
       st.lists(st.sampled_from(['f1', 'f2', 'f3', 'f4']), unique=True),
       st.dictionaries(st.sampled_from(['f1', 'f2', 'f3', 'f4']), rows), st.booleans())
def test_doing_a_plan_once_is_enough(in_catalogue, given_ids, in_region, prune):
    """Where all of it was done, another plan of the same finds nothing to do."""
    assume(in_region.keys() <= set(in_catalogue))
    flavors = [stored(each) for each in in_catalogue]
    wanted = [{'name': each, 'id': each, **NEW, 'description': 'new'} for each in given_ids]
    there = {each: flavor.wanted(stored(each), {}) for each in in_region}
    first = make(recorded(*flavors, RegionOne=in_region), wanted, prune=prune)
    actions = first.in_region('RegionOne', there, NOVA)
    assert not [each for each in actions if each.refused]

    gone = {each.flavor_id for each in (*first.in_catalogue(()), *actions)
            if each.act == plan.Act.REMOVE}
    after = {**keyed(*flavors), **keyed(*(stored(each, description='new') for each in given_ids))}
    kept = [values for flavor_id, values in after.items() if flavor_id not in gone]
    asked = first.wanted_ids('RegionOne')
    second = make(recorded(*kept, RegionOne={
        values['id']: row(values) for values in kept if values['id'] in asked}), wanted,
        prune=prune)
    have = {**{flavor_id: spec for flavor_id, spec in there.items() if flavor_id not in gone},
            **{flavor_id: flavor.wanted(after[flavor_id], {}) for flavor_id in asked}}
    assert second.in_catalogue(()) == []
    assert second.in_region('RegionOne', have, NOVA) == []
