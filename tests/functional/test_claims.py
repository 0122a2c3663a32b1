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

"""Leases on real databases: never two at work on one installation, nothing forgotten."""

import collections
from concurrent import futures
import contextlib
import datetime
import threading

import pytest
from sqlalchemy import event

from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import claims
from flavorsvc.db import engine
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import moving
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import installation
from tests.functional import site as sites

NOW = datetime.datetime(2026, 11, 21, 12)
LEASE_S = 60
PAGE = {'limit': 1000, 'marker': None, 'sort_key': 'created_at', 'sort_dir': 'asc'}
VALUES = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1,
          'ephemeral_gib': 0, 'swap_mib': 0, 'rxtx_factor': 1.0, 'description': None,
          'is_public': True, 'extra_specs': {}, 'properties': {}, 'public': False,
          'promoted': False, 'projects': [], 'project_id': None}


def later(seconds):
    return NOW + datetime.timedelta(seconds=seconds)


class Catalogue:
    """A database with three regions, and the calls that the tests make often."""

    def __init__(self, database):
        self.db = database
        self.db.write(probing.announce, {name: f'http://{name}' for name in sites.OWNERS}, NOW)

    def flavor(self, flavor_id, **changes):
        self.db.write(operations.create, {**VALUES, 'id': flavor_id, 'name': flavor_id, **changes},
                      capabilities.TABLE)

    def install(self, flavor_id, names='all', now=NOW):
        return self.db.write(operations.install, flavor_id, names, 'req-1', now)

    def take(self, owner='me', room=100, now=NOW, cap=100):
        return self.db.write(claims.take, owner, room, now, LEASE_S, cap)

    def finish(self, claim, origin='created', now=NOW):
        return self.db.write(outcomes.finish, claim, origin, now)

    def rows(self, **filters):
        return self.db.read(installations.list_page, filters, PAGE)

    def statuses(self, **filters):
        return sorted(row['status'] for row in self.rows(**filters))


@pytest.fixture
def catalogue(migrated_url, tmp_path):
    database = engine.Database(sites.configuration(tmp_path, 'fake:///', migrated_url))
    database.write(sites.empty)
    yield Catalogue(database)
    database.dispose()


def test_many_conductors_never_claim_the_same_installation(catalogue):
    for number in range(30):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}')

    def conductor(name):
        mine = []
        while batch := catalogue.take(name, room=5):
            mine += batch
        return mine
    with futures.ThreadPoolExecutor(8) as pool:
        taken = [claim for batch in pool.map(conductor, 'abcdefgh') for claim in batch]
    assert len(taken) == 90
    assert len({claim.id for claim in taken}) == 90


def test_workers_are_dealt_out_to_regions_in_turn_and_within_the_cap(catalogue):
    for number in range(10):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}')
    first = collections.Counter(claim.region for claim in catalogue.take(room=6, cap=4))
    assert set(first.values()) == {2}
    second = collections.Counter(claim.region for claim in catalogue.take(room=100, cap=4))
    assert set(second.values()) == {2}, 'what another conductor holds counts'
    assert catalogue.take(room=100, cap=4) == []


def test_a_cap_of_the_regions_own_goes_before_the_default(catalogue):
    for number in range(5):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}', ['RegionOne'])
    catalogue.db.write(regions.update, 'RegionOne', {'max_concurrency': 2}, 4, NOW)
    assert len(catalogue.take(cap=4)) == 2


def test_what_a_dead_conductor_held_is_taken_over_after_the_lease(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    held, = catalogue.take('dead')
    assert catalogue.take('alive', now=later(LEASE_S - 1)) == []
    over, = catalogue.take('alive', now=later(LEASE_S + 1))
    assert over.id == held.id
    assert not held.tried
    assert over.tried, 'the dead one may have got somewhere'
    assert catalogue.finish(over) is True
    assert catalogue.finish(held) is False, 'the dead one was only slow: its result is void'
    assert catalogue.statuses() == ['active']


def test_a_renewed_lease_is_not_taken_over(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take('slow')
    assert catalogue.db.write(claims.renew, 'slow', [claim.id], later(2 * LEASE_S)) == [claim.id]
    assert catalogue.take('other', now=later(LEASE_S + 1)) == []
    catalogue.take('other', now=later(3 * LEASE_S))
    assert catalogue.db.write(claims.renew, 'slow', [claim.id], later(4 * LEASE_S)) == []


def test_a_conductor_does_not_begin_anew_what_it_is_still_at(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take('held up')
    over = (100, later(LEASE_S + 1), LEASE_S, 100)
    assert catalogue.db.write(claims.take, 'held up', *over, [claim.id]) == []
    assert len(catalogue.db.write(claims.take, 'other', *over)) == 1


def test_what_a_conductor_is_still_at_takes_no_worker_from_another_region(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne', 'RegionTwo'])
    claim, = catalogue.take('held up', room=1)
    over, = catalogue.db.write(claims.take, 'held up', 1, later(LEASE_S + 1), LEASE_S, 100,
                               [claim.id])
    assert over.region != claim.region


def test_a_wish_counts_on_from_what_is_recorded_now(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take()

    def leave(session):
        row = flavors.lock(session, 'f1')
        regions = [each.region for each in row.installations]
        moving.doubt(session, claim, NOW)  # which locks no flavor
        installations.want(session, row, regions, installation.Desired.ABSENT, 'req-2', NOW)
    catalogue.db.write(leave)
    again, = catalogue.take(now=later(LEASE_S + 1))
    assert again.revision == claim.revision + 2, 'whoever took the doubted one ends nothing'


def test_a_change_asks_no_more_of_the_database_where_more_regions_have_the_flavor(catalogue):
    asked = []
    for names in (['r1'], [f'r{number}' for number in range(20)]):
        catalogue.db.write(sites.empty)
        catalogue.db.write(probing.announce, {name: f'http://{name}' for name in names}, NOW)
        catalogue.flavor('f1')
        catalogue.install('f1')
        for claim in catalogue.take():
            assert catalogue.finish(claim)
        with questions(catalogue.db) as found:
            catalogue.db.write(operations.update, 'f1', {'description': 'd'}, None,
                               capabilities.TABLE, 'req-2', NOW)
        asked.append(len(found))
    assert asked[0] == asked[1]


@contextlib.contextmanager
def questions(database):
    found = []

    def note(connection, cursor, statement, *more):
        found.extend([statement] if statement.startswith('SELECT') else [])
    event.listen(database.engine, 'before_cursor_execute', note)
    yield found
    event.remove(database.engine, 'before_cursor_execute', note)


def test_a_conductor_that_stops_in_order_gives_its_leases_back(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    catalogue.take('stopping')
    catalogue.db.write(claims.release, 'stopping')
    assert len(catalogue.take('other')) == 1


def test_a_change_meanwhile_is_converged_again(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    old, = catalogue.take()
    catalogue.db.write(operations.update, 'f1', {'extra_specs': {'a': 'b'}}, None,
                       capabilities.TABLE, 'req-2', NOW)
    assert catalogue.finish(old) is False
    assert catalogue.statuses() == ['pending']
    new, = catalogue.take()
    assert new.flavor['extra_specs'] == {'a': 'b'}
    assert new.tried
    assert catalogue.finish(new, None)
    row, = catalogue.rows()
    assert (row['status'], row['origin'], row['observed_generation']) == ('active', 'created', 2)


def test_a_claim_never_joins_a_new_wish_with_the_old_flavor(catalogue):
    """The change is committed while the claim, which began before it, waits for its lock."""
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    changed, commit = threading.Event(), threading.Event()

    def change(session):
        operations.update(session, 'f1', {'extra_specs': {'a': 'b'}}, None, capabilities.TABLE,
                          'req-2', NOW)
        changed.set()
        commit.wait(30)
    with futures.ThreadPoolExecutor(2) as pool:
        changing = pool.submit(catalogue.db.write, change)
        assert changed.wait(30)
        claiming = pool.submit(catalogue.take)
        futures.wait([claiming], timeout=0.5)
        commit.set()
        changing.result()
        for claim in claiming.result():
            assert catalogue.finish(claim) == (claim.flavor['extra_specs'] == {'a': 'b'})
    for claim in catalogue.take():
        assert claim.flavor['extra_specs'] == {'a': 'b'}
        assert catalogue.finish(claim)
    row, = catalogue.rows()
    assert (row['status'], row['observed_generation']) == ('active', 2)


def test_retries_and_results_that_meet_disturb_nobody(catalogue):
    catalogue.flavor('f1')
    ids = [row['id'] for row in catalogue.install('f1')]

    def retry(number):
        catalogue.db.write(installations.retry, ids[number % 3], 'req-2', NOW)

    def work(number):
        for claim in catalogue.take(f'c{number}', room=1):
            catalogue.finish(claim)
    with futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(job, number) for number in range(20) for job in (retry, work)]
        for each in waiting:
            each.result()
    while batch := catalogue.take():
        for claim in batch:
            catalogue.finish(claim)
    assert catalogue.statuses() == ['active'] * 3


def test_what_was_never_tried_is_known_to_be(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    catalogue.db.write(operations.uninstall, 'f1', 'all', 'req-2', NOW)
    claim, = catalogue.take()
    assert (claim.desired, claim.tried) == ('absent', False)


def test_a_change_of_mind_meanwhile_is_followed(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    installing, = catalogue.take()
    catalogue.db.write(operations.uninstall, 'f1', 'all', 'req-2', NOW)
    catalogue.finish(installing)
    uninstalling, = catalogue.take()
    assert uninstalling.desired == 'absent'
    catalogue.install('f1', ['RegionOne'])
    assert catalogue.finish(uninstalling, None) is False
    again, = catalogue.take()
    assert again.desired == 'present'


def test_a_wish_that_is_fulfilled_makes_no_work(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1')
    for claim in catalogue.take():
        catalogue.finish(claim)
    catalogue.install('f1')
    assert catalogue.take() == []
    assert catalogue.statuses() == ['active'] * 3


def test_publication_makes_no_work(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1')
    for claim in catalogue.take():
        catalogue.finish(claim)
    catalogue.db.write(operations.update, 'f1', {'public': True}, None, capabilities.TABLE,
                       'req-2', NOW)
    assert catalogue.take() == []


def test_a_refusal_waits_for_a_decision(catalogue):
    catalogue.flavor('f1')
    wished, = catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take()
    catalogue.db.write(outcomes.fail, claim, installation.Event.REFUSE, 'rejected', 'No.', None, 1)
    row, = catalogue.rows()
    assert (row['status'], row['reason'], row['error']) == ('error', 'rejected', 'No.')
    assert catalogue.take(now=later(10 ** 6)) == []
    catalogue.db.write(installations.retry, wished['id'], 'req-2', NOW)
    assert len(catalogue.take()) == 1


def test_a_failure_waits_for_its_time(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take()
    catalogue.db.write(outcomes.fail, claim, installation.Event.FAIL, 'server_error', 'Oops.',
                       later(30), 1)
    assert catalogue.statuses() == ['retrying']
    assert catalogue.take(now=later(29)) == []
    again, = catalogue.take(now=later(30))
    assert again.attempts == 1


def _silence(catalogue, claim, now=NOW, wait_s=10):
    failure = failures.Unreachable('unreachable', 'No route.')
    return catalogue.db.write(probing.silent, claim.region_pk, now, failure, lambda _: wait_s)


def test_a_region_that_does_not_answer_is_backed_off_as_a_whole(catalogue):
    for number in range(5):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}', ['RegionOne'])
    claim, = catalogue.take(cap=1)
    at = _silence(catalogue, claim)
    catalogue.db.write(outcomes.fail, claim, installation.Event.FAIL, 'unreachable', 'No route.',
                       at, 1)
    rows = catalogue.rows()
    assert {(row['status'], row['reason'], row['error']) for row in rows} == {
        ('retrying', 'unreachable', 'No route.')}
    assert catalogue.take(now=later(9)) == []
    assert len(catalogue.take(now=later(10))) == 1, 'one probe, not five'
    region = catalogue.db.read(regions.get, 'RegionOne', 4)
    assert (region['state'], region['reason']) == ('down', 'No route.')


def test_calls_that_fail_together_count_once(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    claim, = catalogue.take()
    waits = []
    for _ in range(3):
        catalogue.db.write(probing.silent, claim.region_pk, NOW,
                           failures.Unreachable('unreachable', 'No.'),
                           lambda count: waits.append(count) or 10)
    assert waits == [1]


def test_a_region_that_answers_again_is_open_again(catalogue):
    for number in range(5):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}', ['RegionOne'])
    claim, = catalogue.take(cap=1)
    at = _silence(catalogue, claim)
    catalogue.db.write(outcomes.fail, claim, installation.Event.FAIL, 'unreachable', 'No route.',
                       at, 1)
    probe, = catalogue.take(now=later(10))
    catalogue.db.write(probing.answered, probe.region_pk, later(10), '2.96')
    assert len(catalogue.take(now=later(11))) == 4
    assert catalogue.db.read(regions.get, 'RegionOne', 4)['state'] == 'up'


def test_a_region_that_the_catalogue_lists_no_more_is_left_alone(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    others = {'RegionTwo': 'http://RegionTwo'}
    catalogue.db.write(probing.announce, others, NOW)
    assert catalogue.take() == []
    row, = catalogue.rows(region='RegionOne')
    assert (row['status'], row['reason']) == ('retrying', 'region_gone')
    assert [row['region'] for row in catalogue.install('f1', 'all')] == ['RegionTwo']
    with pytest.raises(errors.Invalid, match='RegionOne'):
        catalogue.install('f1', ['RegionOne'])
    back = catalogue.db.write(probing.announce, {**others, 'RegionOne': 'http://moved'}, NOW)
    assert 'http://moved' in [endpoint for _, _, endpoint, _ in back]
    assert {claim.endpoint for claim in catalogue.take()} == {'http://moved', 'http://RegionTwo'}


def test_a_region_that_is_gone_for_good_is_forgotten_with_all_that_waits_for_it(catalogue):
    for flavor_id in ('kept', 'leaving'):
        catalogue.flavor(flavor_id)
        catalogue.install(flavor_id, ['RegionOne'])
    for claim in catalogue.take():
        catalogue.finish(claim)
    catalogue.db.write(operations.delete, 'leaving', None, 'req-2', NOW)
    with pytest.raises(errors.Conflict, match='RegionOne'):
        catalogue.db.write(regions.forget, 'RegionOne', NOW)
    catalogue.db.write(probing.announce, {'RegionTwo': 'http://RegionTwo'}, NOW)
    catalogue.db.write(regions.forget, 'RegionOne', NOW)
    assert catalogue.rows() == []
    assert catalogue.db.read(flavors.get, 'kept')['regions'] == []
    with pytest.raises(errors.NotFound):
        catalogue.db.read(flavors.get, 'leaving')
    with pytest.raises(errors.NotFound):
        catalogue.db.read(regions.get, 'RegionOne', 4)
    catalogue.flavor('leaving')


def test_the_last_region_takes_a_deleted_flavor_with_it(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1')
    for claim in catalogue.take():
        catalogue.finish(claim)
    assert len(catalogue.db.write(operations.delete, 'f1', None, 'req-2', NOW)) == 3
    with pytest.raises(errors.Conflict):
        catalogue.install('f1')
    with pytest.raises(errors.AlreadyExists):
        catalogue.flavor('f1')
    for claim in catalogue.take():
        assert catalogue.db.read(flavors.get, 'f1')['status'] == 'deleting'
        assert catalogue.finish(claim, None)
    with pytest.raises(errors.NotFound):
        catalogue.db.read(flavors.get, 'f1')
    assert catalogue.rows() == []
    catalogue.flavor('f1')


def test_fixed_fields_cannot_change_while_a_region_has_the_flavor(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionTwo'])
    with pytest.raises(errors.Conflict, match='vcpus.*RegionTwo'):
        catalogue.db.write(operations.update, 'f1', {'vcpus': 2}, None, capabilities.TABLE,
                           'req-2', NOW)


def test_the_catalogue_tells_a_from_A(catalogue):
    catalogue.flavor('name')
    catalogue.flavor('NAME')
    assert catalogue.db.read(flavors.get, 'NAME')['name'] == 'NAME'
    assert catalogue.db.read(flavors.get, 'name')['name'] == 'name'


def test_simultaneous_wishes_for_one_flavor_make_one_row_a_region(catalogue):
    catalogue.flavor('f1')
    with futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: catalogue.install('f1'), range(16)))
    assert len({row['id'] for answer in answers for row in answer}) == 3
    assert len(catalogue.rows()) == 3


def test_simultaneous_creates_of_one_name_have_one_winner(catalogue):
    def create(number):
        try:
            catalogue.flavor(f'f{number}', name='same')
        except errors.AlreadyExists:
            return 0
        return 1
    with futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(create, range(16))) == 1
