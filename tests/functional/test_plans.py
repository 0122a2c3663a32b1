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

"""Plans on a real database, against models of regions: made, applied, and no more true."""

import contextlib
import dataclasses
import datetime
import re
import threading

from oslo_utils import timeutils
import pytest

from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import flavors as catalogue
from flavorsvc.conductor.operations import plans as operations
from flavorsvc.db import flavors
from flavorsvc.db import plans
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine

world = test_engine.world
NOW = datetime.datetime(2026, 11, 21, 12)


def given(flavor_id, **more):
    """A flavor of a catalogue that is given, as a caller may say it."""
    return {'id': flavor_id, 'name': flavor_id, 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 5, **more}


class Planning:
    """A world of which plans are made."""

    def __init__(self, world):
        self.world, self.db, self.cloud = world, world.db, world.cloud
        self.plans = operations.Plans(self.db, novas.Novas(self.db, self.cloud, 'RegionOne'),
                                      capabilities.TABLE, world.conf)

    def make(self, *flavors, regions='all', **asked):
        """Make a plan of the flavors that are given, or of the stored ones where none are."""
        return self.plans.make({
            'regions': regions, 'prune': False, 'on_immutable': 'refuse',
            'flavors': list(flavors) or None, 'project_id': 'p1', **asked},
            'someone', 'req-plan', NOW)

    def apply(self, made, now=NOW):
        return self.plans.apply(made['id'], 'another', 'req-apply', now)

    def get(self, made):
        return self.db.read(plans.get, made['id'], NOW)

    def have(self, *flavors):
        """Have all regions have flavors, and nothing under way."""
        with self.world.conductors():
            self.apply(self.make(*flavors))
            self.settle()
        self.forget_calls()

    def settle(self, **statuses):
        self.world.until(lambda: self.world.statuses() == (
            statuses or {'active': len(self.world.rows())}))

    def do(self, made):
        """Apply a plan and have conductors do it."""
        applied = self.apply(made)
        with self.world.conductors():
            self.world.until(lambda: not self.get(applied)['progress']['under_way'])
        return self.get(applied)

    def forget_calls(self):
        for name in sites.OWNERS:
            self.cloud[name].calls.clear()

    def calls(self, name='RegionOne'):
        return self.cloud[name].calls

    def update(self, flavor_id, **changes):
        return self.db.write(catalogue.update, flavor_id, changes, None, capabilities.TABLE,
                             'req-other', timeutils.utcnow())

    def edit(self, name, flavor_id, **changes):
        found = self.cloud[name].flavors
        found[flavor_id] = dataclasses.replace(found[flavor_id], **changes)


@pytest.fixture
def planning(world):
    yield Planning(world)
    world.conf.clear_override('max_flavors', 'audit')


def told(made, **only):
    """(region, flavor, act, why it is refused) of each action."""
    return [(each['region'], each['flavor_id'], each['act'], each['refused'])
            for each in made['actions'] if all(each[key] == only[key] for key in only)]


def statuses(made):
    return {(each['region'], each['flavor_id']): each['status'] for each in made['actions']}


def test_a_catalogue_that_is_given_comes_to_be_in_all_regions(planning):
    made = planning.make(given('f1', extra_specs={'a': 'b'}), given('f2', is_public=False,
                                                                  projects=['p1', 'p2']))
    assert told(made) == [(region, flavor_id, 'create', None)
                          for region in (None, 'RegionOne', 'RegionThree', 'RegionTwo')
                          for flavor_id in ('f1', 'f2')]
    assert made['summary'] == {'create': 6, 'change': 0, 'replace': 0, 'adopt': 0, 'remove': 0,
                               'catalogue': 2, 'refused': 0, 'destructive': 0, 'servers': 0}
    assert (made['state'], made['created_by'], made['of_stored']) == ('ready', 'someone', False)
    assert planning.world.rows() == []
    assert planning.db.read(flavors.living) == {}
    done = planning.do(made)
    assert set(statuses(done).values()) == {'done'}
    assert (done['state'], done['applied_by'], done['applied_request_id']) == (
        'applied', 'another', 'req-apply')
    for name in sites.OWNERS:
        assert planning.cloud[name].flavors['f1'].extra_specs == {'a': 'b'}
        assert planning.cloud[name].flavors['f2'].projects == {'p1', 'p2'}
    assert planning.db.read(flavors.get, 'f1')['project_id'] == 'p1'


def test_what_agrees_costs_one_request_to_plan_and_one_to_apply(planning):
    catalogue = [given(f'f{number}') for number in range(20)]
    planning.have(*catalogue)
    made = planning.make(*catalogue)
    assert made['actions'] == []
    assert planning.calls() == ['list']
    planning.apply(made)
    assert planning.calls() == ['list', 'list']


def test_only_access_lists_cost_a_request_more_each(planning):
    catalogue = [given('f1'), given('f2', is_public=False, projects=['p1'])]
    planning.have(*catalogue)
    planning.cloud['RegionOne'].flavors['theirs'] = flavor.Spec('theirs', 'theirs', 1, 1, 1,
                                                               is_public=False)
    assert planning.make(*catalogue)['actions'] == []
    assert planning.calls() == ['list', 'access']


def test_without_flavors_a_plan_is_of_what_is_stored_and_where(planning):
    planning.have(given('f1'), given('f2'))
    del planning.cloud['RegionOne'].flavors['f1']
    planning.edit('RegionTwo', 'f2', description='edited')
    made = planning.make()
    assert told(made) == [('RegionOne', 'f1', 'create', None), ('RegionTwo', 'f2', 'change', None)]
    assert made['of_stored']
    assert made['actions'][1]['differences'] == [
        {'field': 'description', 'key': None, 'wanted': None, 'found': 'edited'}]
    planning.do(made)
    assert planning.make()['actions'] == []


def test_only_the_regions_that_are_named_are_planned(planning):
    made = planning.make(given('f1'), regions=['RegionTwo'])
    assert told(made) == [(None, 'f1', 'create', None), ('RegionTwo', 'f1', 'create', None)]
    assert planning.calls() == []
    with pytest.raises(errors.UnknownRegion, match='RegionNine'):
        planning.make(given('f1'), regions=['RegionTwo', 'RegionNine'])


def test_what_changes_is_planned_wherever_it_is(planning):
    planning.have(given('f1'))
    made = planning.make(given('f1', description='new'), regions=['RegionTwo'])
    assert told(made) == [(None, 'f1', 'change', None)] + [
        (region, 'f1', 'change', None) for region in ('RegionOne', 'RegionThree', 'RegionTwo')]


def test_what_is_not_given_goes_only_by_pruning(planning):
    planning.have(given('f1'), given('f2'))
    assert planning.make(given('f1'))['actions'] == []
    planning.cloud['RegionOne'].servers['f2'] = 3
    here = planning.make(given('f1'), regions=['RegionOne'], prune=True)
    assert told(here) == [('RegionOne', 'f2', 'remove', None)]
    assert here['summary'] == {'create': 0, 'change': 0, 'replace': 0, 'adopt': 0, 'remove': 1,
                               'catalogue': 0, 'refused': 0, 'destructive': 1, 'servers': 3}
    everywhere = planning.make(given('f1'), prune=True)
    assert told(everywhere) == [(region, 'f2', 'remove', None) for region
                                in (None, 'RegionOne', 'RegionThree', 'RegionTwo')]
    done = planning.do(everywhere)
    assert set(statuses(done).values()) == {'done'}
    assert [set(planning.cloud[name].flavors) for name in sites.OWNERS] == [{'f1'}] * 3
    assert set(planning.db.read(flavors.living)) == {'f1'}


def test_what_is_not_ours_never_goes(planning):
    planning.have(given('f1'))
    planning.cloud['RegionOne'].flavors['theirs'] = flavor.Spec('theirs', 'theirs', 1, 1, 1)
    assert planning.make(given('f1'), prune=True)['actions'] == []


def test_sizes_change_only_where_somebody_said_so(planning):
    planning.have(given('f1'))
    refused = planning.make(given('f1', vcpus=2))
    assert told(refused) == [(None, 'f1', 'change', 'sizes_differ')] + [
        (region, 'f1', 'replace', 'sizes_differ')
        for region in ('RegionOne', 'RegionThree', 'RegionTwo')]
    assert {each['status'] for each in planning.do(refused)['actions']} == {'refused'}
    assert planning.db.read(flavors.get, 'f1')['vcpus'] == 1
    replaced = planning.make(given('f1', vcpus=2), on_immutable='replace')
    assert {each['status'] for each in planning.do(replaced)['actions']} == {'done'}
    assert {planning.cloud[name].flavors['f1'].vcpus for name in sites.OWNERS} == {2}


def test_a_region_whose_servers_forbid_it_keeps_what_it_has(planning):
    planning.world.conf.set_override('in_use_interval', 0.1, 'engine')
    planning.have(given('f1'))
    planning.cloud['RegionTwo'].servers['f1'] = 2
    made = planning.make(given('f1', vcpus=2), on_immutable='replace-if-unused')
    assert told(made, region='RegionTwo') == [('RegionTwo', 'f1', 'replace', 'in_use')]
    assert made['actions'][-1]['servers'] == 2
    planning.cloud['RegionTwo'].servers.clear()
    done = planning.do(made)
    assert statuses(done)['RegionTwo', 'f1'] == 'refused'
    # what the plan refused is not done later either
    with planning.world.conductors():
        planning.settle(active=2, error=1)
    assert planning.cloud['RegionTwo'].flavors['f1'].vcpus == 1
    assert planning.cloud['RegionOne'].flavors['f1'].vcpus == 2
    again = planning.make()
    assert told(again) == [('RegionTwo', 'f1', 'replace', 'sizes_differ')]
    assert {each['status'] for each in planning.do(
        planning.make(on_immutable='replace-if-unused'))['actions']} == {'done'}
    assert planning.cloud['RegionTwo'].flavors['f1'].vcpus == 2


def test_servers_that_come_in_between_are_seen_by_the_conductor(planning):
    planning.world.conf.set_override('in_use_interval', 60, 'engine')
    planning.have(given('f1'))
    made = planning.make(given('f1', vcpus=2), on_immutable='replace-if-unused')
    planning.cloud['RegionTwo'].servers['f1'] = 2
    planning.apply(made)
    with planning.world.conductors():
        planning.settle(active=2, retrying=1)
    done = planning.get(made)
    [waiting] = [each for each in done['actions'] if each['region'] == 'RegionTwo']
    assert (waiting['status'], waiting['error']) == ('under_way', "2 servers use the flavor 'f1'.")
    assert planning.cloud['RegionTwo'].flavors['f1'].vcpus == 1


def test_nobody_is_replaced_who_cannot_be_counted(planning):
    def forbid(region, call):
        if call == 'count':
            raise failures.Refused('forbidden', 'Policy does not allow it.')
    planning.have(given('f1'))
    planning.cloud['RegionOne'].before = forbid
    made = planning.make(given('f1', vcpus=2), on_immutable='replace')
    assert [(each['refused'], each['because']) for each in made['actions']
            if each['region'] == 'RegionOne'] == [('servers_unknown', 'Policy does not allow it.')]
    assert made['silent'] == {}


def test_what_somebody_resized_is_put_right_if_somebody_says_so(planning):
    planning.have(given('f1'))
    planning.edit('RegionOne', 'f1', vcpus=64)
    assert told(planning.make()) == [('RegionOne', 'f1', 'replace', 'sizes_differ')]
    done = planning.do(planning.make(on_immutable='replace'))
    assert set(statuses(done).values()) == {'done'}
    assert planning.cloud['RegionOne'].flavors['f1'].vcpus == 1


def test_what_somebody_else_has_is_refused(planning):
    theirs = flavor.Spec('f1', 'theirs', 8, 8, 8)
    planning.cloud['RegionOne'].flavors['f1'] = theirs
    planning.cloud['RegionTwo'].flavors['x'] = flavor.Spec('x', 'f1', 1, 1, 1)
    made = planning.make(given('f1'), on_immutable='replace')
    assert told(made) == [
        (None, 'f1', 'create', None), ('RegionOne', 'f1', 'replace', 'not_ours'),
        ('RegionThree', 'f1', 'create', None), ('RegionTwo', 'f1', 'create', 'name_taken')]
    done = planning.do(made)
    assert done['progress'] == {'planned': 0, 'refused': 2, 'under_way': 0, 'done': 2, 'failed': 0,
                                'superseded': 0}
    assert planning.cloud['RegionOne'].flavors == {'f1': theirs}


def test_what_is_there_just_so_is_adopted(planning):
    planning.cloud['RegionOne'].flavors['f1'] = flavor.Spec('f1', 'f1', 1, 512, 5)
    made = planning.make(given('f1'), regions=['RegionOne'])
    assert told(made, region='RegionOne') == [('RegionOne', 'f1', 'adopt', None)]
    planning.forget_calls()
    assert set(statuses(planning.do(made)).values()) == {'done'}
    assert [row['origin'] for row in planning.world.rows()] == ['adopted']
    assert not [call for call in planning.calls() if isinstance(call, compare.Delete)]


def test_names_change_places(planning):
    planning.have(given('f1', name='x'), given('f2', name='y'))
    made = planning.make(given('f1', name='y'), given('f2', name='x'), on_immutable='replace')
    assert made['summary']['replace'] == 6
    assert set(statuses(planning.do(made)).values()) == {'done'}
    for name in sites.OWNERS:
        assert {each.id: each.name for each in planning.cloud[name].flavors.values()} == {
            'f1': 'y', 'f2': 'x'}
    assert planning.make(given('f1', name='y'), given('f2', name='x'))['actions'] == []


def test_a_name_is_passed_on_to_a_new_flavor(planning):
    planning.have(given('f1', name='x'))
    made = planning.make(given('f1', name='y'), given('f2', name='x'), on_immutable='replace')
    assert made['summary']['refused'] == 0
    assert set(statuses(planning.do(made)).values()) == {'done'}
    assert planning.cloud['RegionOne'].flavors['f2'].name == 'x'


def test_a_life_ends_by_plan(planning):
    planning.have(given('f1'), given('f2'), given('f3'))
    made = planning.make(given('f1', status='deprecated', successor='f4'),
                         given('f2', status='retired'), given('f3'), given('f4'),
                         given('f5', status='draft'), prune=True)
    assert (None, 'f5', 'create', None) in told(made)
    assert told(made, flavor_id='f2')[1:] == [(region, 'f2', 'remove', None) for region
                                              in ('RegionOne', 'RegionThree', 'RegionTwo')]
    planning.cloud['RegionThree'].servers['f2'] = 1
    planning.apply(made)
    with planning.world.conductors():
        planning.settle(active=9, retrying=1)
    assert statuses(planning.get(made))['RegionThree', 'f2'] == 'under_way'
    stored = planning.db.read(flavors.living)
    assert {each: stored[each]['status'] for each in stored} == {
        'f1': 'deprecated', 'f2': 'retired', 'f3': 'active', 'f4': 'active', 'f5': 'draft'}
    assert (stored['f1']['successor'], stored['f1']['deprecated_on']) == ('f4', '2026-11-21')
    assert [set(planning.cloud[name].flavors) for name in ('RegionOne', 'RegionThree')] == [
        {'f1', 'f3', 'f4'}, {'f1', 'f2', 'f3', 'f4'}]


def test_the_regions_own_words_are_told_of_what_fails(planning):
    made = planning.make(given('bad', extra_specs={'a': 'b'}), given('good'))
    planning.cloud['RegionTwo'].refuse = lambda step: (
        failures.Refused('rejected', 'Not a valid extra spec.')
        if isinstance(step, compare.SetExtraSpecs) else None)
    done = planning.do(made)
    assert done['progress'] == {'planned': 0, 'refused': 0, 'under_way': 0, 'done': 7, 'failed': 1,
                                'superseded': 0}
    [failed] = [each for each in done['actions'] if each['status'] == 'failed']
    assert (failed['region'], failed['flavor_id'], failed['error']) == (
        'RegionTwo', 'bad', 'Not a valid extra spec.')


def test_what_others_want_since_is_no_more_of_the_plan(planning):
    done = planning.do(planning.make(given('f1')))
    planning.update('f1', description='later')
    planning.db.write(catalogue.uninstall, 'f1', ['RegionTwo'], 'req-9', timeutils.utcnow())
    with planning.world.conductors():
        planning.settle(active=2)
    now = statuses(planning.get(done))
    assert (now[None, 'f1'], now['RegionOne', 'f1'], now['RegionTwo', 'f1']) == (
        'done', 'superseded', 'superseded')


def test_a_plan_is_applied_once(planning):
    made = planning.make(given('f1'))
    planning.apply(made)
    with pytest.raises(errors.Conflict, match='applied already'):
        planning.apply(made)


def race(*calls):
    """Call functions at once, a single one twice; return what they say, or the code of an error."""
    calls = calls * 2 if len(calls) == 1 else calls
    barrier, results = threading.Barrier(len(calls)), []

    def run(call):
        barrier.wait(30)
        try:
            results.append(call())
        except errors.FlavorsvcError as error:
            results.append(error.code)
    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return sorted(results)


@pytest.mark.parametrize('move', [
    lambda planning: planning.update('f1', description='other'),
    lambda planning: planning.update('f2', public=True),
    lambda planning: planning.db.write(catalogue.create, {
        **test_claims.VALUES, 'id': 'f9', 'name': 'f9'}, capabilities.TABLE),
    lambda planning: planning.db.write(catalogue.delete, 'f2', None, 'r', timeutils.utcnow()),
    lambda planning: planning.db.write(catalogue.uninstall, 'f2', ['RegionOne'], 'r',
                                       timeutils.utcnow()),
    lambda planning: planning.edit('RegionOne', 'f2', vcpus=9),
    lambda planning: planning.edit('RegionOne', 'f2', extra_specs={'x': 'y'}),
    lambda planning: planning.edit('RegionOne', 'f3', projects=frozenset(['p2'])),
    lambda planning: planning.cloud['RegionTwo'].flavors.pop('f2'),
    lambda planning: planning.cloud['RegionTwo'].flavors.update(
        theirs=flavor.Spec('theirs', 'theirs', 1, 1, 1))],
    ids=['changed', 'published', 'added', 'deleted', 'uninstalled', 'resized', 'spelt', 'shared',
         'lost', 'strange'])
def test_nothing_is_done_when_anything_moved_since(planning, move):
    planning.have(given('f1'), given('f2'), given('f3', is_public=False, projects=['p1']))
    made = planning.make(given('f1', description='new'), given('f4'))
    move(planning)
    rows = planning.world.rows()
    with pytest.raises(errors.Conflict, match='moved since the plan was made'):
        planning.apply(made)
    assert planning.world.rows() == rows
    assert planning.get(made)['state'] == 'ready'


def test_what_comes_between_the_look_at_the_regions_and_the_decision_is_noticed(planning):
    planning.have(given('f1'))
    made = planning.make(given('f1', description='new'))
    moved = iter([True])

    def interfere(region, call):
        if next(moved, False):
            planning.update('f1', description='other')
    planning.cloud['RegionOne'].before = interfere
    with pytest.raises(errors.Conflict, match='catalogue has moved'):
        planning.apply(made)
    assert planning.db.read(flavors.get, 'f1')['description'] == 'other'


def test_what_conductors_finish_does_not_spoil_a_plan(planning):
    def fail(region, call):
        raise failures.Passing('server_error', 'Oops.')
    planning.have(given('f1'), given('f2'))
    planning.cloud['RegionOne'].before = fail
    planning.update('f1', description='d')
    with planning.world.conductors():
        planning.settle(active=5, retrying=1)
    # the region has it already, only that nobody knows yet
    planning.cloud['RegionOne'].before = lambda region, call: None
    planning.edit('RegionOne', 'f1', description='d')
    made = planning.make(given('f3'))
    with planning.world.conductors():
        planning.settle()
    assert set(statuses(planning.do(made)).values()) == {'done'}


def test_what_left_the_catalogue_anyway_does_not_spoil_a_plan(planning):
    planning.have(given('f1'))
    planning.db.write(catalogue.create, {**test_claims.VALUES, 'id': 'f9', 'name': 'f9'},
                      capabilities.TABLE)
    planning.db.write(catalogue.install, 'f9', ['RegionTwo'], 'r', timeutils.utcnow())
    planning.db.write(catalogue.delete, 'f9', None, 'r', timeutils.utcnow())
    made = planning.make(given('f2'))
    with planning.world.conductors():
        planning.settle()
    assert 'f9' not in planning.db.read(flavors.living)
    assert planning.apply(made)['state'] == 'applied'


def test_what_was_given_and_left_the_catalogue_spoils_a_plan(planning):
    planning.have(given('f1'), given('f9'))
    planning.db.write(catalogue.delete, 'f9', None, 'r', timeutils.utcnow())
    made = planning.make(given('f1', description='new'), given('f9', description='new'))
    with planning.world.conductors():
        planning.settle()
    assert 'f9' not in planning.db.read(flavors.living)
    with pytest.raises(errors.Conflict, match='catalogue has moved'):
        planning.apply(made)


@contextlib.contextmanager
def silenced(planning, name):
    def dead(region, call):
        raise failures.Unreachable('unreachable', 'No route to host.')
    planning.cloud[name].before = dead
    yield
    planning.cloud[name].before = lambda region, call: None


def test_a_region_that_was_not_read_is_told_and_left_alone(planning):
    planning.have(given('f1'), given('f2'))
    with silenced(planning, 'RegionTwo'):
        made = planning.make(given('f1', vcpus=2), given('f3'), on_immutable='replace',
                             prune=True)
    assert list(made['silent']) == ['RegionTwo']
    assert 'No route to host.' in made['silent']['RegionTwo']
    assert told(made, region='RegionTwo') == [
        ('RegionTwo', 'f1', 'change', 'region_unreachable'),
        ('RegionTwo', 'f2', 'remove', 'region_unreachable'),
        ('RegionTwo', 'f3', 'create', 'region_unreachable')]
    assert told(made, region=None, flavor_id='f2') == [(None, 'f2', 'remove', 'region_unreachable')]
    planning.apply(made)
    with planning.world.conductors():
        planning.settle(active=5, error=1)
    assert planning.cloud['RegionTwo'].flavors['f1'].vcpus == 1
    assert set(planning.cloud['RegionTwo'].flavors) == {'f1', 'f2'}
    assert set(planning.cloud['RegionOne'].flavors) == {'f1', 'f3'}



def test_a_region_that_had_left_replaces_nothing_when_it_is_back(planning):
    planning.have(given('f1'))
    everywhere = {name: f'http://{name}' for name in sites.OWNERS}
    planning.db.write(probing.announce, {name: url for name, url in everywhere.items()
                                         if name != 'RegionTwo'}, NOW)
    pruned = planning.make(given('f2'), prune=True)
    assert told(pruned, region=None, flavor_id='f1') == [
        (None, 'f1', 'remove', 'region_unreachable')]
    made = planning.make(given('f1', vcpus=2), on_immutable='replace')
    assert told(made, region='RegionTwo') == []
    planning.apply(made)
    planning.db.write(probing.announce, everywhere, NOW)
    with planning.world.conductors():
        planning.settle(active=2, error=1)
    assert planning.cloud['RegionTwo'].flavors['f1'].vcpus == 1
    assert planning.cloud['RegionOne'].flavors['f1'].vcpus == 2


def test_a_region_in_maintenance_is_not_asked(planning):
    planning.have(given('f1'))
    for is_on in (True, False):
        planning.db.write(regions.update, 'RegionTwo', {'maintenance': is_on}, 4, NOW)
        made = planning.make(given('f1'), given('f2'))
        assert list(made['silent'].values()) == is_on * ['Region RegionTwo: It is in maintenance.']
        assert ('list' in planning.calls('RegionTwo')) is not is_on
        assert told(made, region='RegionTwo', flavor_id='f2') == [
            ('RegionTwo', 'f2', 'create', 'region_unreachable' if is_on else None)]


def test_a_region_that_is_not_read_again_keeps_the_plan_from_being_applied(planning):
    made = planning.make(given('f1'))
    with silenced(planning, 'RegionTwo'), pytest.raises(errors.Conflict, match='RegionTwo.*No ro'):
        planning.apply(made)
    assert planning.apply(made)['state'] == 'applied'


def test_a_region_with_too_much_in_it_is_not_read(planning):
    planning.have(given('f1'), given('f2'))
    planning.world.conf.set_override('max_flavors', 1, 'audit')
    few = operations.Plans(planning.db, novas.Novas(planning.db, planning.cloud, 'RegionOne'),
                           capabilities.TABLE, planning.world.conf)
    planning.plans = few
    assert set(planning.make()['silent']) == set(sites.OWNERS)


@pytest.mark.parametrize(('flavors', 'reason'), [
    ([{'id': 'f1', 'name': 'x', 'vcpus': 1}], "'x'.*a new one needs ram_mib, disk_gib"),
    ([given('f1'), given('f1', name='g')], "'g' is given twice"),
    ([given('f1', name='g'), given('f2', name='g')], "'g' is given twice"),
    ([given('f1', status='retired')], "'f1'.*status: must be active or draft"),
    ([given('f1', projects=['p'])], "'f1'.*projects: only a flavor whose is_public is false"),
    ([given('f1', extra_specs={'hw:cpu_arch': 'x'}, properties={'no-such': 1})], "'f1': prop"),
    ([given('s1', status='deprecated', successor='none')], "'s1'.*there is no flavor 'none'"),
    ([given('s1', status='deprecated', successor='s2'),
      given('s2', status='deprecated', successor='s1')], "'s1'.*circle"),
])
def test_what_cannot_be_is_refused_with_the_flavor_and_the_reason(planning, flavors, reason):
    planning.have(given('s1'), given('s2'))
    with pytest.raises(errors.Invalid) as error:
        planning.make(*flavors)
    assert re.match(f'plan.flavors: {reason}', error.value.reason)


def test_only_a_catalogue_that_is_given_is_pruned_by(planning):
    with pytest.raises(errors.Invalid, match='needs flavors'):
        planning.make(prune=True)


def test_a_plan_of_too_many_actions_is_not_made(planning):
    planning.world.conf.set_override('max_actions', 7, 'plans')
    few = operations.Plans(planning.db, novas.Novas(planning.db, planning.cloud, 'RegionOne'),
                           capabilities.TABLE, planning.world.conf)
    planning.world.conf.clear_override('max_actions', 'plans')
    planning.plans = few
    with pytest.raises(errors.Invalid, match='would have 8 actions, and the most is 7'):
        planning.make(given('f1'), given('f2'))
    assert planning.make(given('f1'))['summary']['create'] == 3


@pytest.fixture
def elsewhere(database_url, tmp_path):
    """Planning on each kind of database."""
    made = test_engine.World(sites.configuration(tmp_path, 'fake:///', database_url))
    yield Planning(made)
    made.db.dispose()


def test_a_large_catalogue_is_planned_and_applied_on_every_database(elsewhere):
    catalogue = [given(f'f{number}', description='é' * 1000, extra_specs={'a': 'b'})
                 for number in range(200)]
    made = elsewhere.make(*catalogue)
    assert len(made['actions']) == 800
    assert all(each['servers'] is None for each in elsewhere.get(made)['actions'])
    applied = elsewhere.apply(made)
    assert applied['progress']['under_way'] == 600
    assert applied['progress']['done'] == 200
    page = {**test_claims.PAGE, 'limit': 10}
    [listed] = elsewhere.db.read(plans.list_page, page, NOW)
    assert 'actions' not in listed
    assert listed['summary']['create'] == 600
    stored = elsewhere.make()
    assert (stored['of_stored'], stored['summary']['create']) == (True, 600)
    assert elsewhere.db.read(plans.made, stored['id'], NOW)['flavors'] is None


def test_of_two_who_apply_a_plan_one_does_on_every_database(elsewhere):
    made = elsewhere.make(*[given(f'f{number}') for number in range(10)])
    assert race(lambda: elsewhere.apply(made)['state']) == ['applied', 'flavorsvc.conflict']


def test_whoever_is_faster_than_a_plan_spoils_it_on_every_database(elsewhere):
    made = elsewhere.make(given('f1'))
    elsewhere.apply(made)
    again = elsewhere.make(given('f1', description='planned'))
    results = race(lambda: elsewhere.apply(again)['state'],
                   lambda: elsewhere.update('f1', description='changed')['description'])
    assert elsewhere.db.read(flavors.get, 'f1')['description'] == 'changed'
    assert results in (['changed', 'flavorsvc.conflict'], ['applied', 'changed'])

def test_a_plan_is_kept_for_a_time_and_once_more_after_it_was_applied(planning):
    made = planning.make(given('f1'))
    day = datetime.timedelta(days=1)
    planning.apply(made, NOW + 29 * day)
    assert planning.db.read(plans.get, made['id'], NOW + 58 * day)['state'] == 'applied'
    with pytest.raises(errors.NotFound):
        planning.db.read(plans.get, made['id'], NOW + 60 * day)
    planning.plans.make({'regions': [], 'prune': False, 'on_immutable': 'refuse', 'flavors': None,
                         'project_id': None}, 'u', 'r', NOW + 60 * day)
    with pytest.raises(errors.NotFound):
        planning.db.read(plans.get, made['id'], NOW)
