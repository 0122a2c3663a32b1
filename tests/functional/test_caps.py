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

"""What regions get of all conductors together: caps, fair turns, probes, nothing in maintenance."""

import collections
from concurrent import futures
import itertools
import threading

import pytest

from flavorsvc.db import claims
from flavorsvc.db import installations
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import installation
from tests.functional import test_claims
from tests.functional.test_claims import NOW
from tests.functional.test_claims import later

catalogue = test_claims.catalogue


def wish(catalogue, count, names='all'):
    for number in range(count):
        catalogue.flavor(f'f{number}')
        catalogue.install(f'f{number}', names)


def test_conductors_that_begin_together_stay_within_the_cap(catalogue):
    """Each counts what is under way; were that not one after the other, both would see none."""
    wish(catalogue, 15, ['RegionOne', 'RegionTwo'])
    for _ in range(6):
        together = threading.Barrier(4)

        def begin(name, together=together):
            together.wait(30)
            return catalogue.take(name, room=10, cap=3)
        with futures.ThreadPoolExecutor(4) as pool:
            held = list(itertools.chain(*pool.map(begin, 'abcd')))
        taken = collections.Counter(claim.region for claim in held)
        assert taken == {'RegionOne': 3, 'RegionTwo': 3}
        for claim in held[:2]:
            catalogue.finish(claim)
        for claim in held[2:]:
            catalogue.db.write(claims.release, claim.owner)


def test_the_cap_holds_while_conductors_come_and_go(catalogue):
    wish(catalogue, 20, ['RegionOne'])
    at_work, most, lock = set(), [0], threading.Lock()

    def conductor(name):
        done = 0
        while catalogue.statuses() != ['active'] * 20:
            for claim in catalogue.take(name, room=2, cap=3):
                with lock:
                    at_work.add(claim.id)
                    most[0] = max(most[0], len(at_work))
                    at_work.remove(claim.id)
                assert catalogue.finish(claim)
                done += 1
        return done
    with futures.ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(conductor, 'abc')) == 20
    assert most[0] <= 3


def test_the_next_worker_goes_where_the_fewest_are_at_work(catalogue):
    wish(catalogue, 5)
    first = [claim.region for _ in range(3) for claim in catalogue.take('one', room=1)]
    assert sorted(first) == ['RegionOne', 'RegionThree', 'RegionTwo']
    second = catalogue.take('other', room=2)
    assert len({claim.region for claim in second}) == 2


def test_of_regions_where_equally_many_are_at_work_the_one_that_waited_longest_is_next(catalogue):
    """With one worker for three regions, no region waits for the last flavor of another."""
    wish(catalogue, 4)
    served = []
    for second in range(12):
        claim, = catalogue.take(room=1, now=later(second))
        served.append(claim.region)
        catalogue.finish(claim)
    for turn in range(4):
        assert len(set(served[3 * turn:3 * turn + 3])) == 3, served


def test_a_region_whose_cap_is_reached_takes_no_worker_from_others(catalogue):
    wish(catalogue, 5)
    catalogue.db.write(regions.update, 'RegionOne', {'max_concurrency': 1}, 4, NOW)
    taken = collections.Counter(claim.region for claim in catalogue.take(room=9, cap=4))
    assert taken == {'RegionOne': 1, 'RegionTwo': 4, 'RegionThree': 4}


def measure(catalogue, name, answer_s, now):
    pk = next(pk for pk, _, url, _ in catalogue.db.write(probing.to_probe, now, 'discovered')
              if url == f'http://{name}')
    catalogue.db.write(probing.answered, pk, now)
    catalogue.db.write(probing.measured, pk, answer_s, now, 5.0)


def test_a_slow_region_gets_a_quarter_until_it_is_fast_again(catalogue):
    wish(catalogue, 20, ['RegionOne'])
    measure(catalogue, 'RegionOne', 20.0, NOW)
    region = catalogue.db.read(regions.get, 'RegionOne', 4)
    assert (region['state'], region['reason']) == (
        'slow', 'Its answers take 20.0 s on average.')
    held = catalogue.take(cap=8)
    assert len(held) == 2
    assert catalogue.db.read(regions.get, 'RegionOne', 4)['in_progress'] == 2
    catalogue.db.write(claims.release, 'me')
    for minute in range(1, 4):
        measure(catalogue, 'RegionOne', 0.1, later(60 * minute))
    region = catalogue.db.read(regions.get, 'RegionOne', 4)
    assert (region['state'], region['reason']) == ('up', None)
    assert len(catalogue.take(now=later(240), cap=8)) == 8


def test_one_slow_answer_among_many_makes_no_region_slow(catalogue):
    measure(catalogue, 'RegionOne', 0.1, NOW)
    measure(catalogue, 'RegionOne', 25.0, later(5))
    region = catalogue.db.read(regions.get, 'RegionOne', 4)
    assert region['state'] == 'up'
    assert 0.1 < region['answer_s'] < 5


def test_a_slow_region_that_goes_down_is_down(catalogue):
    measure(catalogue, 'RegionOne', 20.0, NOW)
    wish(catalogue, 1, ['RegionOne'])
    claim, = catalogue.take()
    catalogue.db.write(probing.silent, claim.region_pk, NOW,
                       failures.Unreachable('unreachable', 'No route.'), lambda _: 10)
    catalogue.db.write(probing.measured, claim.region_pk, 30.0, NOW, 5.0)
    assert catalogue.db.read(regions.get, 'RegionOne', 4)['state'] == 'down'


def test_nothing_is_done_in_maintenance_and_everything_afterwards(catalogue):
    wish(catalogue, 2)
    before, = catalogue.take(room=1)
    change = {'maintenance': True, 'maintenance_reason': 'New switches.'}
    shown = catalogue.db.write(regions.update, before.region, change, 4, NOW)
    assert (shown['maintenance'], shown['in_progress']) == (True, 1)
    assert before.region not in {claim.region for claim in catalogue.take('other')}
    probed = catalogue.db.write(probing.to_probe, later(1), 'discovered')
    assert before.endpoint not in {url for _, _, url, _ in probed}
    assert catalogue.finish(before), 'what was under way is recorded'
    assert catalogue.db.read(regions.get, before.region, 4)['in_progress'] == 0

    catalogue.flavor('late')
    row, = catalogue.install('late', [before.region])
    assert (row['status'], row['reason'], row['error']) == (
        'pending', 'maintenance', 'It is in maintenance: New switches.')
    catalogue.db.write(installations.retry, row['id'], 'req-2', NOW)
    assert catalogue.take('other', now=later(10)) == []

    catalogue.db.write(regions.update, before.region, {'maintenance': False}, 4, later(10))
    after = catalogue.take('other', now=later(10))
    assert {claim.region for claim in after} == {before.region}
    assert len(after) == 2
    assert {row['reason'] for row in catalogue.rows(region=before.region)} == {None}


def test_a_region_that_was_down_is_asked_at_once_after_its_maintenance(catalogue):
    wish(catalogue, 1, ['RegionOne'])
    claim, = catalogue.take()
    at = catalogue.db.write(probing.silent, claim.region_pk, NOW,
                            failures.Unreachable('unreachable', 'No route.'), lambda _: 3600)
    catalogue.db.write(outcomes.fail, claim, installation.Event.FAIL, 'unreachable', 'No route.',
                       later(0), 1)
    assert at == later(3600)
    for is_on in (True, False):
        catalogue.db.write(regions.update, 'RegionOne', {'maintenance': is_on}, 4, later(5))
    assert len(catalogue.take(now=later(6))) == 1


def test_a_reason_needs_a_maintenance(catalogue):
    with pytest.raises(errors.Invalid, match='maintenance'):
        catalogue.db.write(regions.update, 'RegionOne', {'maintenance_reason': 'x'}, 4, NOW)


def test_each_region_is_asked_once_an_interval_by_however_many_conductors(catalogue):
    asked = collections.Counter()
    for second in range(0, 600, 20):  # three conductors, a minute each, out of step
        for _, _, url, _ in catalogue.db.write(probing.to_probe, later(second), 'discovered',
                                               every_s=60):
            asked[url] += 1
    assert set(asked.values()) == {9}, 'they were announced, and asked, at 0'

    with futures.ThreadPoolExecutor(4) as pool:
        together = list(itertools.chain(*pool.map(
            lambda _: catalogue.db.write(probing.to_probe, later(700), 'discovered', every_s=60),
            range(4))))
    assert len(together) == len(set(together)) == 3


def test_a_dead_region_costs_one_probe_an_interval(catalogue):
    """Two conductors for half an hour, with flavors that wait: engines and regular questions."""
    wish(catalogue, 5, ['RegionOne'])
    interval, probes, jitters = 60, [], itertools.cycle([0.5, 0.9, 0.6, 1.0, 0.7])

    def silence(count):
        return min(2 ** (count - 1), interval * 4 / 3) * next(jitters)

    def fail(pk, now):
        probes.append(now)
        return catalogue.db.write(probing.silent, pk, now,
                                  failures.Unreachable('unreachable', 'No route.'), silence)
    for second in range(1800):
        now = later(second)
        if second % interval in (7, 31):  # each conductor's own beat
            for pk, _, url, _ in catalogue.db.write(probing.to_probe, now, 'discovered',
                                                    every_s=interval):
                if url == 'http://RegionOne':
                    fail(pk, now)
        if second % 4 == 0:
            for claim in [*catalogue.take('one', now=now), *catalogue.take('two', now=now)]:
                at = fail(claim.region_pk, now)
                catalogue.db.write(outcomes.fail, claim, installation.Event.FAIL, 'unreachable',
                                   'No route.', at, claim.attempts + 1)
    settled = [probe for probe in probes if probe > later(300)]
    assert 12 <= len(settled) <= 1500 / interval * 1.2
