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

"""The broker goes away during requests: callers are told so, and nothing has to be restarted."""

import concurrent.futures

import keystoneauth1.exceptions
import pytest

from tests.faults import clients
from tests.faults import comparison
from tests.faults import processes
from tests.integration import running

pytestmark = pytest.mark.parametrize('fragile', ['mysql'], indirect=True)

NO_BROKER = 'The message broker does not answer at present.'
NO_CONDUCTOR = 'No conductor answers at present.'


@pytest.fixture
def client(fragile):
    return clients.Client(fragile)


@pytest.mark.parametrize('end', ['stop', 'kill'])
def test_requests_are_refused_while_the_broker_is_away_and_nothing_is_lost(
        fragile, client, new_flavors, end):
    flavors = new_flavors(30)
    for flavor in flavors:
        flavor |= {'id': f'{flavor["id"]}-{end}', 'name': f'{flavor["name"]}-{end}'}
    logs, pids = comparison.begin_logs(fragile), fragile.pids
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(client.offer, flavors)
        running.wait_for(lambda: comparison.created(logs) >= 10, '10 flavors in Nova')
        with fragile.broker.away(getattr(fragile.broker, end)):
            assert not asking.done(), 'too late to prove anything'
            assert {answer.status_code for answer in client.ask_at_once(30)} == {503}
        asking.result()
    # calls that conductors had taken got no answer
    assert NO_BROKER in client.reasons <= {NO_BROKER, NO_CONDUCTOR}
    for flavor in flavors:
        fragile.wait_for_status(flavor['id'], 'active')
    assert fragile.pids == pids
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(fragile) == []


def test_what_starts_while_the_broker_is_away_does_what_it_can(fragile, client, new_flavors):
    """The API says why it cannot; a conductor converges what had been accepted."""
    flavors, late = new_flavors(10), 'nova-RegionThree'
    logs = comparison.begin_logs(fragile)
    fragile.supervisor.stop(late)
    try:
        client.offer(flavors)
        with fragile.broker.away():
            pids = {name: processes.kill(fragile, name) for name in ('api', 'conductor-1')}
            for name, pid in pids.items():
                processes.replaced(fragile, name, pid)
            running.wait_for(lambda: listens(client), 'API that listens')
            for answer in client.ask_at_once(5):
                assert (answer.status_code, clients.reason(answer)) == (503, NO_BROKER)
            fragile.supervisor.start([late])
            running.wait_for(lambda: logs['RegionThree'].created() == len(flavors),
                             'all flavors in the region that was away')
    finally:
        fragile.supervisor.start([late])
    for flavor in flavors:
        fragile.wait_for_status(flavor['id'], 'active')
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(fragile) == []


def test_a_broker_that_stands_still_holds_nobody_up(fragile, client):
    pids = fragile.pids
    with fragile.broker.standing_still():
        for answer in client.ask_at_once(5):
            assert (answer.status_code, clients.reason(answer)) == (503, NO_BROKER)
    running.wait_for(lambda: client.ask('GET', '/flavors').status_code == 200, 'answer')
    assert fragile.pids == pids


def listens(client):
    try:
        return client.ask('GET', '/').status_code < 500
    except keystoneauth1.exceptions.ConnectFailure:
        return False
