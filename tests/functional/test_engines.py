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

"""Two engines on one database of each kind: caps, turns, leases and slow regions, for real."""

import collections
import threading

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import compare
from tests.functional import site as sites
from tests.functional import test_engine


@pytest.fixture
def world(database_url, tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', database_url, engine={
        'poll_interval': 0.05, 'retry_min': 0.05, 'retry_max': 0.2, 'lease': 5, 'per_region': 2,
        'slow_after': 5})
    made = test_engine.World(conf)
    yield made
    made.db.dispose()


def lease(world, flavor_id, region):
    def read(session):
        return session.scalar(
            sa.select(tables.Installation.lease_until)
            .join(tables.Installation.flavor).join(tables.Installation.region)
            .where(tables.Flavor.id == flavor_id, tables.Region.name == region))
    return world.db.read(read)


def test_together_they_stay_within_the_cap_and_create_nothing_twice(world):
    in_progress = set()

    def look(region, call):
        in_progress.add(world.db.read(regions.get, 'RegionOne', 2)['in_progress'])
    world.cloud['RegionOne'].before = look
    world.install(*[f'f{number}' for number in range(15)])
    with world.conductors(2):
        world.until(lambda: world.statuses() == {'active': 45})
    assert in_progress <= {1, 2} and in_progress
    for name in sites.OWNERS:
        created = [call.spec.id for call in world.cloud[name].calls
                   if isinstance(call, compare.Create)]
        assert len(created) == len(set(created)) == 15


def test_a_lease_is_renewed_during_a_long_call_and_nobody_takes_over(world):
    under_way, go_on = threading.Event(), threading.Event()

    def long(region, call):
        under_way.set()
        assert go_on.wait(60)
    world.cloud['RegionOne'].before = long
    with world.conductors(2):
        world.install('f1')
        assert under_way.wait(30)
        first = lease(world, 'f1', 'RegionOne')
        # until the first lease would have been over, the other one looks for it all the time
        world.until(lambda: timeutils.utcnow() > first)
        assert lease(world, 'f1', 'RegionOne') > first
        assert world.cloud['RegionOne'].flavors == {}
        go_on.set()
        world.until(lambda: world.statuses() == {'active': 3})
    assert len(world.cloud['RegionOne'].calls) == len(world.cloud['RegionTwo'].calls)


def test_a_region_that_answers_slowly_is_called_so_and_the_others_go_on(world):
    world.cloud['RegionTwo'].answer_s = 12.0
    with world.conductors(2):
        world.install(*[f'f{number}' for number in range(4)])
        world.until(lambda: world.statuses() == {'active': 12})
        world.until(lambda: states(world)['RegionTwo'] == 'slow')
    assert 'slow' not in {states(world)['RegionOne'], states(world)['RegionThree']}
    region = world.db.read(regions.get, 'RegionTwo', 4)
    assert region['reason'] == 'Its answers take 12.0 s on average.'


def states(world):
    page = {'limit': 10, 'marker': None, 'sort_key': 'name', 'sort_dir': 'asc'}
    return {row['name']: row['state'] for row in world.db.read(regions.list_page, {}, page, 2)}


def test_maintenance_begins_and_ends_under_load(world):
    world.install(*[f'f{number}' for number in range(10)])
    change = {'maintenance': True}
    world.db.write(regions.update, 'RegionTwo', change, 2, timeutils.utcnow())
    with world.conductors(2):
        world.until(lambda: world.statuses() == {'active': 20, 'pending': 10})
        assert world.cloud['RegionTwo'].calls == []
        assert collections.Counter(row['reason'] for row in world.rows(region='RegionTwo')) == {
            'maintenance': 10}
        world.db.write(regions.update, 'RegionTwo', {'maintenance': False}, 2, timeutils.utcnow())
        world.until(lambda: world.statuses() == {'active': 30})
