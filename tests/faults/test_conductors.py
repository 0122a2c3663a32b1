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

"""Two conductors over a broker and one database: together they do everything once."""

import concurrent.futures

from tests.faults import clients
from tests.faults import comparison
from tests.faults import processes
from tests.integration import running


def install(pair, flavors):
    pair.create(*flavors)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda flavor: pair.install(flavor['id']), flavors))


def check_each_was_made_once(pair, logs, flavors):
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(pair) == []


def test_two_conductors_make_each_flavor_once(pair, logs, new_flavors):
    flavors = new_flavors(40)
    install(pair, flavors)
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    check_each_was_made_once(pair, logs, flavors)
    # not even a create that Nova had to refuse, as after a conductor was killed
    for log in logs.values():
        asked = [request for request in log.requests()
                 if (request.method, request.path) == ('POST', '/v2.1/flavors')]
        assert len(asked) == len(flavors)


def test_the_other_takes_over_from_one_that_was_killed(pair, logs, new_flavors):
    flavors = new_flavors(40)
    before = processes.conductors(pair)
    assert len(before) == 2
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(install, pair, flavors)
        running.wait_for(lambda: comparison.created(logs) >= 10, '10 flavors in Nova')
        pid = processes.kill(pair, 'conductor-1')
        assert comparison.created(logs) < len(flavors) * len(logs), 'too late to prove anything'
        asking.result()
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    assert processes.replaced(pair, 'conductor-1', pid) != pid
    assert processes.conductors(pair)['conductor-2'] == before['conductor-2']
    check_each_was_made_once(pair, logs, flavors)


def test_one_that_stood_still_for_longer_than_its_lease_disturbs_nobody(pair, logs, new_flavors):
    flavors = new_flavors(30)
    maintain(pair, True)  # so that everything is accepted before it begins
    install(pair, flavors)
    maintain(pair, False)
    running.wait_for(lambda: comparison.created(logs) >= 10, '10 flavors in Nova')
    with processes.standing_still(pair, 'conductor-1'):
        assert comparison.created(logs) < len(flavors) * len(logs), 'too late to prove anything'
        running.wait_for(lambda: comparison.created(logs) == len(flavors) * len(logs),
                         'all in Nova')
        # it takes few calls from the other before the broker sees
        running.wait_for(lambda: all(answer.status_code == 200 for answer in
                                     clients.Client(pair).ask_at_once(10)), 'answer to every call')
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    check_each_was_made_once(pair, logs, flavors)
    running.wait_for(lambda: all(region['in_progress'] == 0 for region in regions(pair)),
                     'end of what the other had begun')
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    check_each_was_made_once(pair, logs, flavors)


def test_no_conductor_asks_a_region_in_maintenance_anything(pair, new_flavors):
    [flavor] = new_flavors()
    pair.create(flavor)
    done = pair.openstack('manager', 'flavorsvc', 'region', 'set', 'RegionTwo', '--maintenance',
                          '--maintenance-reason', 'New switches.')
    assert done.returncode == 0, done.stderr
    try:
        running.wait_for(lambda: region(pair, 'RegionTwo')['in_progress'] == 0, 'quiet')
        log = pair.nova_log('RegionTwo')
        pair.install(flavor['id'])
        pair.wait_for_status(flavor['id'], 'active', ['RegionOne', 'RegionThree'])
        row = pair.installations(flavor['id'])['RegionTwo']
        assert (row['status'], row['reason']) == ('pending', 'maintenance')
        # each conductor has looked at the catalogue since, which is when it asks the others
        seen = region(pair, 'RegionOne')['last_seen_at']
        running.wait_for(lambda: region(pair, 'RegionOne')['last_seen_at'] > seen, 'discovery')
        assert log.requests() == []
    finally:
        done = pair.openstack('manager', 'flavorsvc', 'region', 'set', 'RegionTwo',
                              '--no-maintenance')
        assert done.returncode == 0, done.stderr
    pair.wait_for_status(flavor['id'], 'active')


def test_regular_questions_are_shared(pair):
    """A version document an interval, and not one for each conductor."""
    log = pair.nova_log('RegionOne')

    def looks():
        return region(pair, 'RegionOne')['last_seen_at']
    seen = {looks()}
    running.wait_for(lambda: len(seen.add(looks()) or seen) > 6, 'six looks by two conductors')
    asked = [request for request in log.requests() if request.path in ('/', '/v2.1', '/v2.1/')]
    assert 2 <= len(asked) <= 4


def maintain(pair, is_on):
    for name in pair.regions:
        answer = pair.flavorsvc('manager').patch(
            f'/regions/{name}', json={'region': {'maintenance': is_on}}, microversion='1.2')
        assert answer.status_code == 200, answer.text


def regions(pair):
    answer = pair.flavorsvc('manager').get('/regions', microversion='1.2')
    return answer.json()['regions'] if answer.status_code == 200 else [{'in_progress': None}]


def region(pair, name):
    return next(each for each in regions(pair) if each['name'] == name)
