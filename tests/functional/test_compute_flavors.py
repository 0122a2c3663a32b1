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

"""What Nova's API does: the default region first, then the record, then the other regions."""

import contextlib
import dataclasses
import datetime

import hypothesis
from hypothesis import strategies
from oslo_utils import timeutils
import pytest
import webob.multidict

from flavorsvc.api.compute import faults
from flavorsvc.api.compute import queries
from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import compute_flavors as operations
from flavorsvc.conductor.operations import flavors as catalogue_operations
from flavorsvc.db import compute_flavors
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine

NOW = timeutils.utcnow()
ASKED = operations.Asked('req-1', NOW)
LONG_AGO = operations.Asked('req-1', NOW - datetime.timedelta(hours=1))
LEAST = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1, 'project_id': None}
SPEC = flavor.Spec('f1', 'n1', 1, 512, 1)
DOWN = failures.Unreachable('unreachable', 'timed out')
LOST = failures.Passing('server_error', 'nobody knows')
REFUSED = failures.Refused('rejected', 'Validation failed.')


class World(test_engine.World):
    """A catalogue, three regions, and what Nova's API asks for, the first being the default."""

    def __init__(self, conf):
        super().__init__(conf)
        self.do = operations.ComputeFlavors(
            self.db, novas.Novas(self.db, self.cloud, 'RegionOne'), capabilities.TABLE)
        self.default = self.cloud['RegionOne']

    def refuse(self, kind, failure):
        """Have the default region fail at one kind of step."""
        self.default.refuse = lambda step: failure if isinstance(step, kind) else None

    def stored(self, flavor_id='f1'):
        return self.db.read(flavors.get, flavor_id)

    def is_known(self, flavor_id='f1'):
        return flavor_id in self.db.read(flavors.living)

    def wished(self):
        """Region → what is wanted there."""
        return {row['region']: row['desired']
                for row in self.db.read(installations.list_page, {}, test_claims.PAGE)}


@pytest.fixture
def world(migrated_url, tmp_path):
    world = World(sites.configuration(
        tmp_path, 'fake:///', migrated_url,
        engine={'poll_interval': 0.05, 'retry_min': 0.05, 'retry_max': 0.2}))
    yield world
    world.db.dispose()


def down(region, call):
    raise DOWN


def test_a_flavor_is_in_the_default_region_when_it_is_answered_and_wished_into_the_others(world):
    made = world.do.create(LEAST, ['all'], ASKED)
    assert (made['status'], made['regions']) == ('active', ['RegionOne'])
    assert world.default.flavors == {'f1': SPEC}
    assert world.wished() == dict.fromkeys(sites.OWNERS, 'present')
    with world.conductors():
        world.until(lambda: world.stored()['regions'] == sorted(sites.OWNERS))
    assert len(world.default.calls) == 2  # the look and the create: nobody looked again


def test_it_goes_to_the_regions_that_are_configured_as_far_as_there_are_such(world):
    world.do.create(LEAST, ['RegionThree', 'RegionNine'], ASKED)
    assert world.wished().keys() == {'RegionOne', 'RegionThree'}


def test_an_id_is_made_up(world):
    made = world.do.create({**LEAST, 'id': None}, [], ASKED)
    assert world.default.flavors.keys() == {made['id']}


@pytest.mark.parametrize(('spec', 'told'), [
    (SPEC, 'Flavor with ID f1 already exists.'),
    (dataclasses.replace(SPEC, id='f2'), 'Flavor n1 already exists.')])
def test_what_the_region_has_already_is_in_the_way(world, spec, told):
    world.default.flavors = {spec.id: spec}
    with pytest.raises(errors.Conflict) as refused:
        world.do.create(LEAST, ['all'], ASKED)
    assert refused.value.reason == told
    assert not world.is_known()
    assert world.wished() == {}
    assert world.default.flavors == {spec.id: spec}


@pytest.mark.parametrize('changes', [{'name': 'n2'}, {'id': 'f2'}])
def test_what_the_catalogue_has_already_is_in_the_way(world, changes):
    world.do.create(LEAST, [], ASKED)
    world.default.flavors = {}
    with pytest.raises(errors.AlreadyExists):
        world.do.create({**LEAST, **changes}, [], ASKED)
    assert world.default.flavors == {}


def test_a_refusal_is_the_answer_and_leaves_nothing_behind(world):
    world.refuse(compare.Create, REFUSED)
    with pytest.raises(errors.Invalid, match='Validation failed.'):
        world.do.create(LEAST, ['all'], ASKED)
    assert not world.is_known()
    assert world.wished() == {}
    world.refuse(compare.Create, None)
    world.do.create(LEAST, ['all'], ASKED)


def test_nothing_is_stored_for_a_region_that_does_not_answer(world):
    world.default.before = down
    with pytest.raises(errors.RegionUnreachable):
        world.do.create(LEAST, ['all'], ASKED)
    assert not world.is_known()


def test_a_default_region_that_there_is_not_does_not_answer(world):
    nowhere = operations.ComputeFlavors(world.db, novas.Novas(world.db, world.cloud, 'RegionNine'),
                                        capabilities.TABLE)
    with pytest.raises(errors.RegionUnreachable, match='has not been discovered'):
        nowhere.create(LEAST, ['all'], ASKED)


def test_where_nobody_knows_whether_it_was_made_it_is_taken_out_again(world):
    def make_and_lose(region, call):
        if isinstance(call, compare.Create):
            region.before = lambda region, call: None
            region.do(call)
            raise LOST
    world.default.before = make_and_lose
    with pytest.raises(errors.RegionUnreachable):
        world.do.create(LEAST, ['all'], ASKED)
    assert world.default.flavors == {'f1': SPEC}
    assert world.stored()['status'] == 'deleting'
    with world.conductors():
        world.until(lambda: not world.is_known())
    assert world.default.flavors == {}


class Crash(BaseException):
    """The end of a process."""


def test_so_it_is_where_the_conductor_died_meanwhile(world):
    def die(region, call):
        if isinstance(call, compare.Create):
            region.flavors['f1'] = SPEC
            raise Crash
    world.default.before = die
    with pytest.raises(Crash):
        world.do.create(LEAST, ['all'], LONG_AGO)
    world.default.before = lambda region, call: None
    with world.conductors():
        world.until(lambda: not world.is_known())
    assert world.default.flavors == {}


def test_a_deleted_flavor_has_left_the_default_region_and_its_name_is_free(world):
    world.do.create(LEAST, [], ASKED)
    world.do.delete('f1', ASKED)
    assert world.default.flavors == {}
    assert not world.is_known()
    world.do.create(LEAST, [], ASKED)


def test_until_the_other_regions_have_lost_it_its_name_is_taken(world):
    world.do.create(LEAST, ['all'], ASKED)
    world.do.delete('f1', ASKED)
    assert world.wished() == {'RegionTwo': 'absent', 'RegionThree': 'absent'}
    with pytest.raises(errors.Leaving, match='RegionThree, RegionTwo'):
        world.do.create(LEAST, ['all'], ASKED)
    for act in (world.do.delete, lambda *more: world.do.describe('f1', 'd', ASKED)):
        with pytest.raises(errors.NotFound):
            act('f1', ASKED)
    with world.conductors():
        world.until(lambda: not world.is_known())


def test_a_delete_that_the_region_refuses_changes_nothing(world):
    world.do.create(LEAST, [], ASKED)
    world.refuse(compare.Delete, failures.Refused('forbidden', 'no'))
    with pytest.raises(errors.Denied):
        world.do.delete('f1', ASKED)
    assert world.stored()['status'] == 'active'


def test_a_delete_that_fails_because_someone_else_was_faster_has_succeeded(world):
    world.do.create(LEAST, [], ASKED)

    def be_slower(region, call):
        if isinstance(call, compare.Delete):
            del region.flavors['f1']
            raise LOST
    world.default.before = be_slower
    world.do.delete('f1', ASKED)
    assert not world.is_known()


def test_another_flavor_of_that_id_stays(world):
    world.do.create(LEAST, [], ASKED)
    world.default.flavors['f1'] = dataclasses.replace(SPEC, vcpus=9)
    world.do.delete('f1', ASKED)
    assert world.default.flavors['f1'].vcpus == 9
    assert not world.is_known()


CHANGES = [
    (lambda do: do.describe('f1', 'd', ASKED), 'description', 'd', compare.SetDescription),
    (lambda do: do.set_extra_specs('f1', {'a': 'b'}, ASKED), 'extra_specs', {'a': 'b'},
     compare.SetExtraSpecs),
    (lambda do: do.add_access('f1', 'p', ASKED), 'projects', ['p'], compare.AddAccess)]


@pytest.mark.parametrize(('change', 'field', 'value', 'step'), CHANGES)
def test_a_change_is_made_in_the_default_region_and_wished_into_the_others(world, change, field,
                                                                           value, step):
    world.do.create({**LEAST, 'is_public': False}, ['all'], ASKED)
    with world.conductors():
        world.until(lambda: world.stored()['regions'] == sorted(sites.OWNERS))
    assert change(world.do)[field] == value
    assert isinstance(world.default.calls[-1], step)
    with world.conductors():
        world.until(lambda: world.cloud['RegionTwo'].flavors == world.default.flavors)


@pytest.mark.parametrize(('change', 'field', 'value', 'step'), CHANGES)
@pytest.mark.parametrize('failure', [REFUSED, DOWN, LOST])
def test_a_change_that_fails_there_is_not_recorded(world, change, field, value, step, failure):
    world.do.create({**LEAST, 'is_public': False}, [], ASKED)
    before = world.stored()
    world.refuse(step, failure)
    with pytest.raises(errors.FlavorsvcError, match=failure.text):
        change(world.do)
    assert world.stored() == before


def test_what_was_half_done_is_put_back_as_it_is_recorded(world):
    world.do.create(LEAST, [], ASKED)

    def do_and_lose(region, call):
        if isinstance(call, compare.SetDescription):
            region.before = lambda region, call: None
            region.do(call)
            raise LOST
    world.default.before = do_and_lose
    with pytest.raises(errors.RegionUnreachable):
        world.do.describe('f1', 'd', ASKED)
    assert world.default.flavors['f1'].description == 'd'
    with world.conductors():
        world.until(lambda: world.default.flavors['f1'].description is None)


def test_changes_of_two_are_both_made(world):
    world.do.create(LEAST, [], ASKED)

    def interfere(region, call):
        region.before = lambda region, call: None
        world.do.set_extra_specs('f1', {'theirs': '1'}, ASKED)
    world.default.before = interfere
    world.do.set_extra_specs('f1', {'ours': '1'}, ASKED)
    assert world.stored()['extra_specs'] == {'ours': '1', 'theirs': '1'}
    assert world.default.flavors['f1'].extra_specs == {'ours': '1', 'theirs': '1'}


def test_an_extra_spec_is_removed(world):
    world.do.create(LEAST, [], ASKED)
    world.do.set_extra_specs('f1', {'a': '1', 'b': '2'}, ASKED)
    world.do.unset_extra_spec('f1', 'a', ASKED)
    assert world.default.flavors['f1'].extra_specs == {'b': '2'}


def test_access_is_given_once_and_taken_once(world):
    world.do.create({**LEAST, 'is_public': False}, [], ASKED)
    world.do.add_access('f1', 'p', ASKED)
    with pytest.raises(errors.Conflict, match='already exists'):
        world.do.add_access('f1', 'p', ASKED)
    world.do.remove_access('f1', 'p', ASKED)
    assert world.default.flavors['f1'].projects == frozenset()
    with pytest.raises(errors.NotFound):
        world.do.remove_access('f1', 'p', ASKED)


def test_what_only_other_regions_have_is_changed_there(world):
    world.install('f1', extra_specs={})
    with world.conductors():
        world.until(lambda: world.stored()['regions'] == sorted(sites.OWNERS))
    world.db.write(test_engine.operations.uninstall, 'f1', ['RegionOne'], 'req-1', NOW)
    with world.conductors():
        world.until(lambda: not world.default.flavors)
    world.default.before = down
    world.do.describe('f1', 'd', ASKED)
    world.do.delete('f1', ASKED)
    assert world.stored()['status'] == 'deleting'


def test_a_region_that_lost_a_flavor_gets_it_anew(world):
    world.do.create(LEAST, [], ASKED)
    world.default.flavors = {}
    world.do.describe('f1', 'd', ASKED)
    with world.conductors():
        world.until(lambda: world.default.flavors.keys() == {'f1'})


PAGE = {'limit': 1000, 'marker': None, 'sort_key': 'pk', 'sort_dir': 'asc'}


def paged(world, sort_key, direction):
    """The names of all flavors, read in pages of one."""
    found, page = [], {**PAGE, 'limit': 1, 'sort_key': sort_key, 'sort_dir': direction}
    while each := world.db.read(compute_flavors.list_page, {}, page, '', True):
        found.append(each[0]['name'])
        page['marker'] = each[0]['id']
    return found


def test_pages_have_everything_once(world):
    names = ['n1', 'n2', 'n3']
    for name, description in zip(names, ('z', None, 'a'), strict=True):
        world.do.create({**LEAST, 'id': name, 'name': name, 'description': description}, [],
                        ASKED)
    for sort_key in compute_flavors.SORT_KEYS - {'description'}:
        assert paged(world, sort_key, 'asc') == names, sort_key
        assert paged(world, sort_key, 'desc') == names[::-1], sort_key
    assert paged(world, 'description', 'asc') == ['n2', 'n3', 'n1']
    assert paged(world, 'description', 'desc') == ['n1', 'n3', 'n2']


def seen(world, project, everything):
    found, ids = world.db.read(compute_flavors.list_all, project, everything)
    assert ids == {'f1', 'hidden', 'leaving', 'nowhere'}
    assert all(each['managed'] for each in found)
    return [each['id'] for each in found]


def test_all_that_one_sees_comes_with_the_ids_of_all_that_there_is(world):
    world.do.create(LEAST, [], ASKED)
    world.do.create({**LEAST, 'id': 'hidden', 'name': 'h', 'is_public': False,
                     'projects': ['p']}, [], ASKED)
    world.do.create({**LEAST, 'id': 'leaving', 'name': 'l'}, ['RegionTwo'], ASKED)
    world.do.delete('leaving', ASKED)
    world.db.write(flavors.create, {**test_claims.VALUES, 'id': 'nowhere', 'name': 'nowhere'})
    assert seen(world, 'p', True) == ['f1', 'hidden', 'nowhere']
    assert seen(world, 'p', False) == ['f1', 'hidden']
    assert seen(world, '', False) == ['f1']


def named(world, pattern):
    read = queries.Listing().read(webob.multidict.MultiDict(name=pattern), (2, 102), 1000)
    return [each['name'] for each in world.db.read(
        compute_flavors.list_page, {**read['filters'], 'is_public': None}, PAGE, '', True)]


PATTERNS = [
    ('', ['m1.tiny', 'm1 large', 'gpu[2]']), ('m1', ['m1.tiny', 'm1 large']),
    ('^m1.tiny$', ['m1.tiny']), (r'm1\.', ['m1.tiny']), ('m1.', ['m1.tiny', 'm1 large']),
    ('t*y', ['m1.tiny']), ('^m.*y$', ['m1.tiny']), ('a|u', ['m1 large', 'gpu[2]']),
    (r'\[2\]', ['gpu[2]']), ('[0-9]$', []), ('[^m]1', []), ('[x-z]', ['m1.tiny']),
    ('nothing', [])]


def test_a_pattern_finds_the_same_names_everywhere(world):
    for name in ('m1.tiny', 'm1 large', 'gpu[2]'):
        world.do.create({**LEAST, 'id': None, 'name': name}, [], ASKED)
    assert {pattern: named(world, pattern) for pattern, _ in PATTERNS} == dict(PATTERNS)


@hypothesis.settings(deadline=None, derandomize=True, max_examples=300, database=None,
                     suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(pattern=strategies.text(alphabet='a1 .-:^$|*+?[]\\(){}"\'%_é', max_size=8))
def test_no_pattern_that_is_let_through_is_too_much_for_a_database(world, pattern):
    with contextlib.suppress(faults.Fault):
        named(world, pattern)


def test_a_flavor_that_waits_for_its_replacement_leaves_as_it_was_installed(world):
    world.do.create(LEAST, [], ASKED)
    world.db.write(catalogue_operations.update, 'f1', {'vcpus': 4}, None, capabilities.TABLE,
                   'req-2', NOW, 'replace')
    world.do.delete('f1', ASKED)
    assert world.default.flavors == {}
    assert not world.is_known()


def test_only_what_may_be_used_is_listed(world):
    page = {'limit': 100, 'marker': None, 'sort_key': 'id', 'sort_dir': 'asc'}
    filters = dict.fromkeys(['is_public', 'min_ram_mib', 'min_disk_gib', 'name_pattern'])
    for status in ('active', 'deprecated', 'retired'):
        world.do.create({**LEAST, 'id': status, 'name': status}, [], ASKED)
        world.db.write(catalogue_operations.update, status, {'status': status}, None,
                       capabilities.TABLE, 'req-2', NOW)
    world.db.write(catalogue_operations.create, {
        **test_claims.VALUES, 'id': 'draft', 'status': 'draft'}, capabilities.TABLE)
    listed = world.db.read(compute_flavors.list_page, filters, page, '', True)
    assert [each['id'] for each in listed] == ['active', 'deprecated']
    for status in ('draft', 'retired'):
        with pytest.raises(errors.NotFound):
            world.do.describe(status, 'd', ASKED)


def test_a_description_keeps_what_it_says_of_the_deprecation(world):
    telling = operations.ComputeFlavors(
        world.db, novas.Novas(world.db, world.cloud, 'RegionOne'), capabilities.TABLE,
        tells_deprecation=True)
    telling.create(LEAST, [], ASKED)
    world.db.write(catalogue_operations.update, 'f1', {
        'status': 'deprecated', 'deprecated_on': '2027-01-01'}, None, capabilities.TABLE, 'req-2',
        NOW)
    assert telling.describe('f1', 'Small.', ASKED)['description'] == 'Small.'
    assert world.default.flavors['f1'].description == 'Small. Deprecated as of 2027-01-01.'
