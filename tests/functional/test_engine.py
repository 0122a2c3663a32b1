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

"""The engine's threads on a real database, against models of regions that misbehave."""

import collections
import contextlib
import datetime
import threading

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa
import tenacity

from flavorsvc.conductor import engine
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import claims
from flavorsvc.db import engine as db_engine
from flavorsvc.db import installations
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import schema
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from tests.functional import site as sites
from tests.functional import test_claims
from tests.unit import nova_model

PAGE = test_claims.PAGE


class Cloud:
    """Three regions that only tests can see."""

    def __init__(self):
        self.regions = {f'http://{name}': nova_model.Region() for name in sites.OWNERS}

    def __getitem__(self, name):
        return self.regions[f'http://{name}']

    def of(self, access):
        return self

    def negotiate(self, endpoint, region):
        return '2.96'

    def nova(self, endpoint, microversion, request_id, region, may_change=None):
        return self.regions[endpoint]


class World:
    """A catalogue, regions, and the engines that join them."""

    def __init__(self, conf):
        self.conf, self.cloud = conf, Cloud()
        self.db = db_engine.Database(conf)
        schema.upgrade(self.db)
        self.db.write(sites.empty)
        self.db.write(probing.announce, {name: f'http://{name}' for name in sites.OWNERS},
                      timeutils.utcnow())

    @contextlib.contextmanager
    def conductors(self, number=1):
        engines = [engine.Engine(self.db, self.cloud, self.conf, capabilities.TABLE, f'c{each}')
                   for each in range(number)]
        for each in engines:
            each.start()
        yield
        for each in engines:
            each.stop()

    def install(self, *flavor_ids, **changes):
        for flavor_id in flavor_ids:
            self.db.write(operations.create, {**test_claims.VALUES, 'extra_specs': {'a': 'b'},
                                              'id': flavor_id, 'name': flavor_id, **changes},
                          capabilities.TABLE)
            self.db.write(operations.install, flavor_id, 'all', 'req-1', timeutils.utcnow())

    def turn_down(self, name, failure):
        pk = self.db.read(lambda session: session.scalar(
            sa.select(tables.Region.pk).where(tables.Region.name == name)))
        self.db.write(probing.answered, pk, timeutils.utcnow(), '2.96')
        self.db.write(probing.silent, pk, timeutils.utcnow(), failure, lambda count: 0)

    def rows(self, **filters):
        return self.db.read(installations.list_page, filters, PAGE)

    def statuses(self, **filters):
        return collections.Counter(row['status'] for row in self.rows(**filters))

    def until(self, condition):
        tenacity.Retrying(
            wait=tenacity.wait_fixed(0.02), stop=tenacity.stop_after_delay(30), reraise=True,
            retry=tenacity.retry_if_exception_type(AssertionError))(self._check, condition)

    def _check(self, condition):
        assert condition(), self.statuses()


@pytest.fixture
def world(new_database, tmp_path):
    with new_database('sqlite') as database_url:
        # not by set_override: that is of the options, which all configurations share
        conf = sites.configuration(tmp_path, 'fake:///', database_url, engine={
            'poll_interval': 0.05, 'retry_min': 0.05, 'retry_max': 0.2, 'lease': 5})
        made = World(conf)
        yield made
        made.db.dispose()


def test_every_region_gets_every_flavor(world):
    names = [f'f{number}' for number in range(30)]
    with world.conductors():
        world.install(*names)
        world.until(lambda: world.statuses() == {'active': 90})
    for name in sites.OWNERS:
        assert set(world.cloud[name].flavors) == set(names)
        assert all(spec.extra_specs == {'a': 'b'} for spec in world.cloud[name].flavors.values())


def test_two_conductors_create_nothing_twice(world):
    world.install(*[f'f{number}' for number in range(30)])
    with world.conductors(2):
        world.until(lambda: world.statuses() == {'active': 90})
    for name in sites.OWNERS:
        created = [call.spec.id for call in world.cloud[name].calls
                   if isinstance(call, compare.Create)]
        assert len(created) == len(set(created)) == 30


def test_a_dead_region_stops_no_other_and_recovers_by_itself(world):
    def dead(region, call):
        raise failures.Unreachable('unreachable', 'No route to host.')
    world.cloud['RegionTwo'].before = dead
    with world.conductors():
        world.install(*[f'f{number}' for number in range(5)])
        world.until(lambda: world.statuses() == {'active': 10, 'retrying': 5})
        assert {(row['reason'], row['error']) for row in world.rows(status='retrying')} == {
            ('unreachable', 'No route to host.')}
        world.cloud['RegionTwo'].before = lambda region, call: None
        world.until(lambda: world.statuses() == {'active': 15})
    assert world.db.read(regions.get, 'RegionTwo', 4)['state'] == 'up'


def test_a_region_that_answers_everything_with_errors_stays_down(world):
    """Not up and down in turns, with a try of each flavor each time."""
    oops, asked = failures.Passing('server_error', 'Oops.'), []

    def broken(region, call):
        asked.append(call)
        raise oops

    def negotiate(endpoint, region):
        if world.cloud.regions[endpoint].before is broken:
            raise oops
        return '2.96'
    world.cloud['RegionTwo'].before, world.cloud.negotiate = broken, negotiate
    world.turn_down('RegionTwo', oops)
    since = world.db.read(regions.get, 'RegionTwo', 4)['since']
    with world.conductors():
        world.install(*[f'f{number}' for number in range(5)])
        world.until(lambda: len(asked) > 3)
        region = world.db.read(regions.get, 'RegionTwo', 4)
        assert (region['state'], region['reason'], region['since']) == ('down', 'Oops.', since)
        world.cloud['RegionTwo'].before = lambda region, call: None
        world.until(lambda: world.statuses() == {'active': 15})


def test_a_flavor_that_a_region_stumbles_over_does_not_keep_it_down(world):
    world.turn_down('RegionOne', failures.Unreachable('unreachable', 'No route to host.'))
    world.cloud['RegionOne'].refuse = (
        lambda step: failures.Passing('server_error', 'Oops.')
        if isinstance(step, compare.Create) and step.spec.id == 'bad' else None)
    with world.conductors():
        world.install('bad', 'f1', 'f2')
        world.until(lambda: world.statuses() == {'active': 8, 'retrying': 1})
    assert world.db.read(regions.get, 'RegionOne', 4)['state'] == 'up'


def test_one_bad_flavor_stops_no_other(world):
    for name in sites.OWNERS:
        world.cloud[name].refuse = (
            lambda step: failures.Refused('rejected', 'Not a valid extra spec.')
            if isinstance(step, compare.SetExtraSpecs) and step.id == 'bad' else None)
    with world.conductors():
        world.install('f1', 'bad', 'f2')
        world.until(lambda: world.statuses() == {'active': 6, 'error': 3})
    assert {row['error'] for row in world.rows(flavor='bad')} == {'Not a valid extra spec.'}
    assert all('bad' not in world.cloud[name].flavors for name in sites.OWNERS)


def test_a_passing_failure_is_tried_again(world):
    oops = iter([failures.Passing('server_error', 'Oops.')] * 2)
    world.cloud['RegionOne'].refuse = lambda step: next(oops, None)
    with world.conductors():
        world.install('f1')
        world.until(lambda: world.statuses() == {'active': 3})
    assert {row['attempts'] for row in world.rows()} == {0}


def test_a_fault_of_our_own_is_recorded_and_tried_again(world):
    faults = iter([ZeroDivisionError('secret')])

    def fault(region, call):
        for error in faults:
            raise error
    world.cloud['RegionOne'].before = fault
    with world.conductors():
        world.install('f1')
        world.until(lambda: world.statuses() == {'active': 3})


def test_a_property_that_the_table_lost_is_refused_with_the_reason(world):
    world.install('f1', properties={'cpu_arch': 'x86_64'})
    lost = engine.Engine(world.db, world.cloud, world.conf, {}, 'lost')
    lost.start()
    world.until(lambda: world.statuses() == {'error': 3})
    lost.stop()
    assert {row['reason'] for row in world.rows()} == {'invalid'}


def test_a_flavor_is_taken_out_everywhere(world):
    with world.conductors():
        world.install('f1', 'f2')
        world.until(lambda: world.statuses() == {'active': 6})
        world.db.write(operations.delete, 'f1', None, 'req-2', timeutils.utcnow())
        world.until(lambda: world.statuses() == {'active': 3})
    assert all(set(world.cloud[name].flavors) == {'f2'} for name in sites.OWNERS)


def test_a_change_follows_everywhere_while_installs_run(world):
    with world.conductors(2):
        world.install(*[f'f{number}' for number in range(10)])
        for number in range(10):
            world.db.write(operations.update, f'f{number}', {'extra_specs': {'c': 'd'}}, None,
                           capabilities.TABLE, 'req-2', timeutils.utcnow())
        world.until(lambda: world.statuses() == {'active': 30})
    for name in sites.OWNERS:
        assert {tuple(spec.extra_specs.items()) for spec in world.cloud[name].flavors.values()} == {
            (('c', 'd'),)}


def test_an_engine_that_stops_lets_its_work_finish(world):
    under_way, finish = threading.Event(), threading.Event()

    def slow(region, call):
        under_way.set()
        finish.wait(30)
    world.cloud['RegionOne'].before = slow
    stopping = engine.Engine(world.db, world.cloud, world.conf, capabilities.TABLE, 'stopping')
    stopping.start()
    world.install('f1')
    assert under_way.wait(30)
    stop = threading.Thread(target=stopping.stop)
    stop.start()
    finish.set()
    stop.join(30)
    assert world.statuses(region='RegionOne') == {'active': 1}


def test_a_conductor_that_lost_a_lease_changes_nothing_more_under_it(world):
    """Nor does it begin the same anew while it is still at the old: the others do that."""
    under_way, go_on, may_change = threading.Event(), threading.Event(), []

    def stuck(region, call):
        under_way.set()
        assert go_on.wait(60)
    world.cloud['RegionOne'].before = stuck
    world.cloud.nova = lambda endpoint, version, request_id, region, may_change_now: (
        may_change.append(may_change_now) if region == 'RegionOne' else None
    ) or world.cloud.regions[endpoint]
    with world.conductors():
        world.install('f1')
        assert under_way.wait(30)
        world.until(lambda: world.statuses()['active'] == 2)
        soon = timeutils.utcnow() + datetime.timedelta(seconds=world.conf.engine.lease * 2)
        over, = world.db.write(claims.take, 'other', 9, soon, world.conf.engine.lease, 9)
        assert world.db.write(outcomes.finish, over, 'created', soon)
        assert world.statuses() == {'active': 3}
        world.db.write(operations.update, 'f1', {'extra_specs': {'a': 'c'}}, None,
                       capabilities.TABLE, 'req-2', timeutils.utcnow())
        world.until(lambda: not may_change[0]())
        assert len(may_change) == 1
        assert world.statuses(region='RegionOne') == {'pending': 1}
        go_on.set()
        world.until(lambda: world.statuses() == {'active': 3})
    assert world.cloud['RegionOne'].flavors['f1'].extra_specs == {'a': 'c'}
