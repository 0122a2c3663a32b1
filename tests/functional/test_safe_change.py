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

"""Replacement and lifecycle by real engines on a real database, against models of regions."""

import threading

from oslo_utils import timeutils
import pytest

from flavorsvc.conductor import engine
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import claims
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from tests.functional import site as sites
from tests.functional import test_engine
from tests.unit.conductor import test_replacement

# a region's fixture, so that pytest finds it here
world = test_engine.world


def change(world, flavor_id, on_immutable=None, **changes):
    return world.db.write(operations.update, flavor_id, changes, None, capabilities.TABLE,
                          'req-2', timeutils.utcnow(), on_immutable)


def row(world, region='RegionOne', **filters):
    [found] = world.rows(region=region, **filters)
    return found


def made(world, name='RegionOne'):
    return [call.spec.id for call in world.cloud[name].calls if isinstance(call, compare.Create)]


@pytest.fixture
def installed(world):
    """A world whose regions have the flavor f1."""
    with world.conductors():
        world.install('f1', description='d', is_public=False, projects=['p1'])
        world.until(lambda: world.statuses() == {'active': 3})
    for name in sites.OWNERS:
        world.cloud[name].calls.clear()
    return world


def test_sizes_change_everywhere_when_the_caller_says_so(installed):
    before = installed.cloud['RegionOne'].flavors['f1']
    with installed.conductors(2):
        change(installed, 'f1', 'replace', vcpus=8, name='f1-large')
        installed.until(lambda: installed.statuses() == {'active': 3})
    for name in sites.OWNERS:
        found = installed.cloud[name].flavors['f1']
        assert (found.vcpus, found.name) == (8, 'f1-large')
        assert (found.description, found.extra_specs, found.projects) == (
            before.description, before.extra_specs, before.projects)
        assert made(installed, name) == ['f1']
    assert row(installed)['on_immutable'] is None
    assert installed.db.read(installations.installed_in, 'f1', 'RegionOne') == []


@pytest.mark.parametrize('on_immutable', [None, 'refuse'])
def test_sizes_of_an_installed_flavor_do_not_change_unasked(installed, on_immutable):
    with pytest.raises(errors.Conflict, match='vcpus.*RegionOne.*on_immutable'):
        change(installed, 'f1', on_immutable, vcpus=8)
    assert installed.db.read(flavors.get, 'f1')['generation'] == 1


def test_a_region_that_uses_it_keeps_it_until_it_is_unused_or_someone_insists(installed):
    installed.conf.set_override('in_use_interval', 0.1, 'engine')
    for name in ('RegionOne', 'RegionTwo'):
        installed.cloud[name].servers['f1'] = 3
    with installed.conductors():
        change(installed, 'f1', 'replace-if-unused', vcpus=8)
        installed.until(lambda: installed.statuses() == {'active': 1, 'retrying': 2}
                        and row(installed)['servers'] == 3)
        waits = row(installed)
        assert (waits['reason'], waits['error']) == ('in_use', "3 servers use the flavor 'f1'.")
        assert installed.cloud['RegionOne'].flavors['f1'].vcpus == 1
        change(installed, 'f1', extra_specs={'c': 'd'})
        installed.cloud['RegionTwo'].servers.clear()
        installed.until(lambda: installed.statuses() == {'active': 2, 'retrying': 1})
        installed.db.write(operations.install, 'f1', ['RegionOne'], 'req-3', timeutils.utcnow(),
                           on_immutable='replace')
        installed.until(lambda: installed.statuses() == {'active': 3})
    for name in sites.OWNERS:
        found = installed.cloud[name].flavors['f1']
        assert (found.vcpus, found.extra_specs) == (8, {'c': 'd'})
    assert row(installed)['servers'] == 3, 'how many had it when it was replaced'


def test_a_choice_can_be_made_anew_for_all_regions(installed):
    installed.cloud['RegionOne'].servers['f1'] = 1
    with installed.conductors():
        change(installed, 'f1', 'replace-if-unused', vcpus=8)
        installed.until(lambda: installed.statuses() == {'active': 2, 'retrying': 1})
        change(installed, 'f1', 'refuse')
        installed.until(lambda: installed.statuses() == {'active': 2, 'error': 1})
        assert row(installed)['reason'] == 'sizes_differ'
        change(installed, 'f1', 'replace')
        installed.until(lambda: installed.statuses() == {'active': 3})


def test_sizes_that_change_twice_before_a_region_follows_are_all_known(installed):
    change(installed, 'f1', 'replace', vcpus=2)
    claim, = [each for each in take(installed, 'dead') if each.region == 'RegionOne']
    installed.cloud['RegionOne'].do(compare.Delete('f1'))
    half = test_replacement.flavor.wanted(claim.flavor, capabilities.TABLE)
    installed.cloud['RegionOne'].do(compare.steps_to_present(half, None)[0])
    # and there it died; the next claim finds what it left, and other sizes in the catalogue
    installed.db.write(claims.release, 'dead')
    change(installed, 'f1', 'replace', vcpus=3)
    change(installed, 'f1', 'replace', vcpus=4)
    with installed.conductors():
        installed.until(lambda: installed.statuses() == {'active': 3})
    assert {installed.cloud[name].flavors['f1'].vcpus for name in sites.OWNERS} == {4}


def test_what_someone_else_has_is_not_ours_by_a_change_that_was_never_tried(world):
    theirs = test_replacement.dataclasses.replace(test_replacement.OLD, vcpus=2)
    world.cloud['RegionOne'].flavors['f1'] = theirs
    with world.conductors():
        world.install('f1')
        world.until(lambda: world.statuses() == {'active': 2, 'error': 1})
    fixed = {name: getattr(theirs, name) for name in test_replacement.flavor.IMMUTABLE}
    change(world, 'f1', 'replace', **fixed)
    change(world, 'f1', 'replace', vcpus=9)
    with world.conductors():
        world.until(lambda: world.statuses() == {'active': 2, 'error': 1})
    assert world.cloud['RegionOne'].flavors['f1'] == theirs


def test_names_are_swapped_in_every_region(world):
    with world.conductors(2):
        world.install('f1', 'f2', 'f3')
        world.until(lambda: world.statuses() == {'active': 9})
        for flavor_id, name in [('f1', 'tmp'), ('f2', 'f1'), ('f3', 'f2'), ('f1', 'f3')]:
            change(world, flavor_id, 'replace-if-unused', name=name)
        world.until(lambda: world.statuses() == {'active': 9})
    for name in sites.OWNERS:
        assert {each.id: each.name for each in world.cloud[name].flavors.values()} == {
            'f1': 'f3', 'f2': 'f1', 'f3': 'f2'}


def test_a_name_is_taken_over_from_a_flavor_that_leaves(world):
    with world.conductors():
        world.install('f1', 'f2')
        world.until(lambda: world.statuses() == {'active': 6})
        change(world, 'f1', 'replace', name='other')
        world.db.write(operations.uninstall, 'f1', 'all', 'req-2', timeutils.utcnow())
        change(world, 'f2', 'replace', name='f1')
        world.until(lambda: world.statuses() == {'active': 3})
    assert {each.name for name in sites.OWNERS
            for each in world.cloud[name].flavors.values()} == {'f1'}


@pytest.mark.parametrize('at', [2, 3, 4, 5], ids=['delete', 'create', 'extra specs', 'access'])
def test_a_conductor_that_is_killed_in_the_middle_is_followed_by_another(installed, at):
    calls = iter(range(at))

    def kill(region, call):
        if next(calls, None) is None:
            region.before = lambda region, call: None
            raise test_replacement.Killed
    installed.cloud['RegionOne'].before = kill
    with installed.conductors(2):
        change(installed, 'f1', 'replace', vcpus=8)
        installed.until(lambda: installed.statuses() == {'active': 3})
    found = installed.cloud['RegionOne'].flavors['f1']
    assert (found.vcpus, found.extra_specs, found.projects, found.description) == (
        8, {'a': 'b'}, {'p1'}, 'd')


def test_whoever_deletes_after_its_lease_ran_out_has_it_looked_at_again(installed):
    """The slow one stands between the look at its lease and the call until another is done."""
    reached, go = threading.Event(), threading.Event()

    def stall(region, call):
        if isinstance(call, compare.Delete):
            region.before = lambda region, call: None
            reached.set()
            go.wait(60)
    slow = installed.cloud['RegionOne']
    slow.before = stall
    stuck = engine.Engine(installed.db, installed.cloud, installed.conf, capabilities.TABLE, 'slow')
    stuck.start()
    change(installed, 'f1', 'replace', vcpus=8)
    assert reached.wait(30)
    installed.db.write(claims.release, 'slow')  # as time does
    with installed.conductors():
        installed.until(lambda: installed.statuses() == {'active': 3})
        oops = iter([failures.Passing('server_error', 'Oops.')])
        slow.refuse = lambda step: (next(oops, None) if isinstance(step, compare.Create) else None)
        go.set()
        stuck.stop()
        installed.until(lambda: installed.statuses() == {'active': 3})
    assert slow.flavors['f1'].vcpus == 8
    assert slow.flavors['f1'].extra_specs == {'a': 'b'}


# the lifecycle


def test_a_draft_is_installed_nowhere(world):
    values = {**test_engine.test_claims.VALUES, 'status': 'draft'}
    world.db.write(operations.create, values, capabilities.TABLE)
    with pytest.raises(errors.Conflict, match='draft'):
        world.db.write(operations.install, 'f1', 'all', 'req-1', timeutils.utcnow())
    change(world, 'f1', status='active')
    with world.conductors():
        world.db.write(operations.install, 'f1', 'all', 'req-1', timeutils.utcnow())
        world.until(lambda: world.statuses() == {'active': 3})


def test_a_deprecated_flavor_tells_it_where_the_deployer_wants_that(installed):
    installed.conf.set_override('describe_deprecation', True, 'lifecycle')
    installed.install('f2')
    with installed.conductors():
        change(installed, 'f1', status='deprecated', deprecated_on='2027-01-01', successor='f2',
               deprecation_reason='too small')
        installed.until(lambda: installed.statuses() == {'active': 6})
        told = {installed.cloud[name].flavors['f1'].description for name in sites.OWNERS}
        assert told == {'d Deprecated as of 2027-01-01; use the flavor f2 instead: too small.'}
        change(installed, 'f1', status='active')
        installed.until(lambda: installed.statuses() == {'active': 6})
    assert installed.cloud['RegionOne'].flavors['f1'].description == 'd'
    assert installed.db.read(flavors.get, 'f1')['successor'] is None


def test_successors_exist_and_do_not_go_round_in_circles(world):
    world.install('f1', 'f2', 'f3')
    with pytest.raises(errors.Invalid, match="no flavor 'f9'"):
        change(world, 'f1', status='deprecated', successor='f9')
    change(world, 'f1', status='deprecated', successor='f2')
    change(world, 'f2', status='deprecated', successor='f3')
    with pytest.raises(errors.Invalid, match='f1 → f2 → f3'):
        change(world, 'f3', status='deprecated', successor='f1')


def test_a_retired_flavor_leaves_where_unused_and_waits_where_used(installed):
    installed.conf.set_override('in_use_interval', 0.1, 'engine')
    installed.cloud['RegionOne'].servers['f1'] = 2
    with installed.conductors():
        change(installed, 'f1', status='retired')
        installed.until(lambda: [row(installed)['status'], row(installed)['servers'],
                                 len(installed.rows())] == ['retrying', 2, 1])
        assert row(installed)['reason'] == 'in_use'
        assert 'f1' in installed.cloud['RegionOne'].flavors
        with pytest.raises(errors.Conflict, match='retired'):
            installed.db.write(operations.install, 'f1', 'all', 'req-3', timeutils.utcnow())
        installed.cloud['RegionOne'].servers.clear()
        installed.until(lambda: installed.rows() == [])
    assert all('f1' not in installed.cloud[name].flavors for name in sites.OWNERS)
    assert installed.db.read(flavors.get, 'f1')['status'] == 'retired'


def test_deleting_a_retired_flavor_takes_it_from_its_last_servers(installed):
    installed.cloud['RegionOne'].servers['f1'] = 2
    with installed.conductors():
        change(installed, 'f1', status='retired')
        installed.until(lambda: len(installed.rows()) == 1)
        installed.db.write(operations.delete, 'f1', None, 'req-3', timeutils.utcnow())
        installed.until(lambda: installed.rows() == [])
    with pytest.raises(errors.NotFound):
        installed.db.read(flavors.get, 'f1')


def test_a_flavor_that_is_to_go_in_any_case_is_not_kept_by_retiring_it(installed):
    installed.cloud['RegionOne'].servers['f1'] = 2
    installed.db.write(operations.uninstall, 'f1', ['RegionOne'], 'req-2', timeutils.utcnow())
    change(installed, 'f1', status='retired')
    with installed.conductors():
        installed.until(lambda: installed.rows() == [])


def test_a_retired_flavor_can_be_used_again(installed):
    installed.cloud['RegionOne'].servers['f1'] = 2
    with installed.conductors():
        change(installed, 'f1', status='retired')
        installed.until(lambda: len(installed.rows()) == 1)
        change(installed, 'f1', status='active')
        installed.db.write(operations.install, 'f1', 'all', 'req-3', timeutils.utcnow())
        installed.until(lambda: installed.statuses() == {'active': 3})
    assert not row(installed)['unless_used']


def take(world, owner):
    return world.db.write(claims.take, owner, 100, timeutils.utcnow(), 60, 100)
