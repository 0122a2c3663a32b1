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

"""Conductors are killed again and again while flavors are installed, and nothing is lost."""

import concurrent.futures
import os
import random

from oslo_utils import timeutils
import pytest

from flavorsvc import conf
from flavorsvc.db import engine
from flavorsvc.db import figures
from tests.faults import clients
from tests.faults import comparison
from tests.faults import processes
from tests.integration import running

FLAVORS, KILLS = 200, 20
#: A create and its extra specs.
REQUESTS_EACH = 2


@pytest.fixture
def dice():
    """Random numbers; FLAVORSVC_SEED has them come again."""
    seed = int(os.environ.get('FLAVORSVC_SEED') or random.SystemRandom().randrange(2 ** 32))
    print(f'FLAVORSVC_SEED={seed}')
    return random.Random(seed)


@pytest.fixture
def leases(pair):
    """A function: ``leases(pid)`` tells how many installations a conductor has in hand.

    It knows what `flavorsvc-manage engine status` tells.
    """
    folder = pair.directory / 'config'
    database = engine.Database(conf.load_conductor(
        [f'--config-file={folder / name}' for name in ('flavorsvc.conf', 'conductor.conf')]))

    def count(pid):
        found = database.read(figures.read, timeutils.utcnow())['leases']
        return sum(each['number'] for each in found
                   if each['conductor'].split(':')[-2] == str(pid))
    yield count
    database.dispose()


def test_nothing_is_lost_or_made_twice_when_conductors_are_killed(pair, logs, new_flavors, dice,
                                                                  leases):
    flavors = new_flavors(FLAVORS)
    client = clients.Client(pair)
    size = FLAVORS // KILLS
    in_hand = []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        for number in range(KILLS):
            name = f'conductor-{number % 2 + 1}'
            running.wait_for(lambda name=name: processes.runs(pair, name), f'{name} that runs')
            pid = processes.conductors(pair)[name]
            asking = pool.submit(client.offer, flavors[number * size:(number + 1) * size])
            # anywhere in what these flavors take, while this one is at work, unless the other
            # has done it all
            moment = (number * size + dice.uniform(0, size)) * len(logs) * REQUESTS_EACH
            every = (number + 1) * size * len(logs)
            running.wait_for(lambda moment=moment, pid=pid, every=every: (
                writes(logs) >= moment and leases(pid)) or comparison.created(logs) == every,
                f'work of {name}')
            processes.kill(pair, name)
            in_hand.append(leases(pid))
            asking.result()
    assert sum(map(bool, in_hand)) >= KILLS / 2, f'at work on {in_hand} when they were killed'
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    assert comparison.not_made_once(logs, FLAVORS) == []
    assert comparison.differences(pair) == []


def test_the_other_takes_over_what_one_had_in_hand_that_never_comes_back(
        pair, logs, new_flavors, leases):
    flavors = new_flavors(30)
    gone, other = 'conductor-1', 'conductor-2'
    pids = processes.conductors(pair)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(clients.Client(pair).offer, flavors)
        running.wait_for(lambda: leases(pids[gone]), f'work of {gone}')
        processes.kill(pair, gone)
        try:
            pair.supervisor.stop(gone)
            assert leases(pids[gone]), 'too late to prove anything'
            asking.result()
            for flavor in flavors:
                pair.wait_for_status(flavor['id'], 'active')
            assert processes.conductors(pair) == {other: pids[other]}
        finally:
            pair.supervisor.start([gone])
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(pair) == []


def writes(logs):
    """Count what the regions were told to do."""
    return sum(request.method == 'POST' for log in logs.values() for request in log.requests())
