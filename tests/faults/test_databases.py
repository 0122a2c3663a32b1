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

"""The database goes away during requests and installs: the same as with the broker."""

import concurrent.futures

import pytest

from tests.faults import clients
from tests.faults import comparison
from tests.faults import processes
from tests.integration import running

NO_DATABASE = 'The database does not answer at present.'

#: What else a caller may be told while it is away: where the machine has too much to do, a
#: conductor that tries to reach it for many at once gives no sign of life for seconds.
NO_CONDUCTOR = 'No conductor answers at present.'


@pytest.mark.parametrize('end', ['stop', 'kill'])
def test_requests_are_refused_while_the_database_is_away_and_nothing_is_lost(
        fragile, new_flavors, end):
    flavors = new_flavors(30)
    for flavor in flavors:
        flavor |= {'id': f'{flavor["id"]}-{end}', 'name': f'{flavor["name"]}-{end}'}
    client = clients.Client(fragile)
    logs, pids = comparison.begin_logs(fragile), fragile.pids
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.offer, flavors)
        running.wait_for(lambda: comparison.created(logs) >= 10, '10 flavors in Nova')
        with fragile.database.away(getattr(fragile.database, end)):
            assert not asking.done(), 'too late to prove anything'
            assert NO_DATABASE in told(client.ask_at_once(30))
        asking.result()
    assert client.reasons <= {NO_DATABASE, NO_CONDUCTOR}
    for flavor in flavors:
        fragile.wait_for_status(flavor['id'], 'active')
    assert fragile.pids == pids
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(fragile) == []


def test_a_conductor_that_starts_while_the_database_is_away_says_so(fragile, new_flavors):
    flavors = new_flavors(5)
    client = clients.Client(fragile)
    with fragile.database.away():
        pid = processes.kill(fragile, 'conductor-1')
        processes.replaced(fragile, 'conductor-1', pid)
        running.wait_for(lambda: told([client.ask('GET', '/flavors')]) == {NO_DATABASE},
                         'conductor that says why it cannot')
        assert NO_DATABASE in told(client.ask_at_once(5))
    client.offer(flavors)
    for flavor in flavors:
        fragile.wait_for_status(flavor['id'], 'active')
    assert comparison.differences(fragile) == []


def told(answers):
    """Give the reasons of answers, all of which refuse."""
    assert {answer.status_code for answer in answers} == {503}
    return {clients.reason(answer) for answer in answers}
