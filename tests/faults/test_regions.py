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

"""One region misbehaves: the others do not notice, nothing is lost or done twice, it recovers."""

import collections
import dataclasses
import datetime

import pytest

from tests.faults import comparison
from tests.faults import proxied as proxies
from tests.faults import proxy
from tests.integration import running

BAD, HEALTHY = proxies.BAD, proxies.HEALTHY

#: Installations that are converged in a region at the same time; besides them, somebody may audit
#: it, and somebody ask for its version.
MOST_AT_ONCE = 4 + 1 + 1


@dataclasses.dataclass(frozen=True)
class Case:
    """A way to misbehave.

    :ivar fault: function, see :mod:`tests.faults.proxy`; None refuses connections
    :ivar reasons: set of str, the codes that the region's installations may get
    :ivar words: str, a part of what is told in words
    """

    fault: object
    reasons: frozenset
    words: str

    def begun(self, nova):
        """Have a region misbehave while the block runs.

        :param nova: proxy.Proxy
        """
        return nova.dead() if self.fault is None else nova.failing(self.fault)


#: Seconds for which a busy region asks to be left alone: longer than flavorsvc would by itself.
PAUSE_S = 6

UNREACHABLE, UNINTELLIGIBLE = frozenset(['unreachable']), frozenset(['unintelligible'])
ODD = 'did not answer as its API does'

CASES = {
    'dead': Case(None, UNREACHABLE, 'Connection refused'),
    'cut': Case(proxy.cut, UNREACHABLE, ''),
    'cut-in-the-middle': Case(proxy.cut_in_the_middle, UNREACHABLE, ''),
    'slow': Case(proxy.delayed(30), UNREACHABLE, 'timed out'),
    'hanging': Case(proxy.hanging, UNREACHABLE, 'timed out'),
    'error-500': Case(proxy.answers(500), frozenset(['server_error']), ''),
    'error-503': Case(proxy.answers(503), UNREACHABLE, ''),
    'busy-429': Case(proxy.answers(429, Retry_After=str(PAUSE_S)), frozenset(['busy']), ''),
    'page': Case(proxy.page, UNINTELLIGIBLE, ODD),
    # a create that is not found may be anything; to be told so of a flavor is not Nova's word
    'page-not-found': Case(proxy.page_not_found, UNINTELLIGIBLE | {'unexpected'}, ''),
    'broken-json': Case(proxy.broken_json, UNINTELLIGIBLE, ODD),
    'other-json': Case(proxy.other_json, UNINTELLIGIBLE, ODD),
    'truncated': Case(proxy.truncated, UNINTELLIGIBLE, ODD),
    'noise': Case(proxy.noise, UNINTELLIGIBLE, ODD),
}

#: Faults that one call may meet, some of which leave the caller in doubt whether it was done.
DOUBTS = [
    proxy.cut, proxy.done_but(proxy.cut), proxy.cut_in_the_middle, proxy.delayed(30),
    proxy.answers(500), proxy.done_but(proxy.answers(504)), proxy.answers(429),
    proxy.page_not_found, proxy.done_but(proxy.page), proxy.truncated,
]


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request):
    return request.param


@pytest.fixture
def logs(proxied):
    """What each Nova is asked from now on; all answer, whatever the test before left."""
    proxied.wait_for_health()
    return {region: proxied.nova_log(region) for region in proxied.regions}


def waiting(proxied, flavors):
    """Return the bad region's installations as soon as each of them says why it waits."""
    def told():
        rows = proxied.rows(flavors, BAD)
        assert not [row for row in rows if row['status'] == 'active']
        return rows if {row['status'] for row in rows} == {'retrying'} and all(
            row['error'] for row in rows) else None
    return running.wait_for(told, f'reasons of {BAD}')


def down(proxied):
    """Return the bad region as soon as it is down."""
    def turned():
        region = proxied.health()[BAD]
        return region if region['state'] == 'down' else None
    return running.wait_for(turned, f'{BAD} down')


def test_flavorsvc_asks_through_the_proxies(proxied, logs):
    """Otherwise nothing here proves anything."""
    [flavor] = proxied.new_flavors(1)
    proxied.install_all([flavor])
    proxied.wait_for_all([flavor])
    proxied.looks(1)
    for region, nova in proxied.novas.items():
        def passed(nova=nova):
            # what is under way has no answer yet
            return collections.Counter((each.method, each.path, each.answer.status)
                                       for each in list(nova.seen) if each.answer)

        def logged(log=logs[region]):
            return collections.Counter((each.method, each.path, each.status)
                                       for each in log.requests())
        assert logged()['POST', '/v2.1/flavors', 200] == 1
        assert logged()['GET', '/v2.1/', 200] or logged()['GET', '/v2.1', 200]
        running.wait_for(lambda logged=logged, passed=passed: logged() <= passed(),
                         f'proxy through which all went that {region} was asked')
    assert any(each.path == '/v3/auth/tokens' for each in proxied.keystone.seen)
    assert any(each.path == '/v3/auth/catalog' for each in proxied.keystone.seen)
    proxied.check()


@pytest.fixture(scope='module')
def installed(proxied):
    """Flavors that every region has, and that tests replace."""
    flavors = proxied.new_flavors(3)
    proxied.install_all(flavors)
    proxied.wait_for_all(flavors)
    return flavors


def test_the_others_finish_and_the_region_catches_up(proxied, installed, logs, case):
    """Flavors are installed and replaced everywhere, and the region audited, meanwhile."""
    nova, new = proxied.novas[BAD], proxied.new_flavors(5)
    flavors = [*new, *installed]
    begun = datetime.datetime.now(datetime.UTC)
    nova.most_at_once = 0
    with case.begun(nova):
        audit(proxied)
        proxied.install_all(new)
        replace(proxied, installed)
        proxied.wait_for_all(flavors, HEALTHY)
        # what it holds up was never more than its own share of the workers
        assert nova.most_at_once <= MOST_AT_ONCE
        rows = waiting(proxied, flavors)
        assert {row['reason'] for row in rows} <= case.reasons
        assert all(case.words in row['error'] for row in rows), rows
        region = down(proxied)
        assert case.words in region['reason']
        assert proxies.moment(region['since']) >= begun
        if 'busy' in case.reasons:
            left_alone = (proxies.moment(rows[0]['next_attempt_at'])
                          - proxies.moment(region['since']))
            assert left_alone.total_seconds() >= PAUSE_S
        assert {proxied.health()[name]['state'] for name in HEALTHY} <= {'up', 'slow'}
        assert findings(proxied) == []
    proxied.wait_for_all(flavors)
    for region, log in logs.items():
        assert log.created() == len(flavors), f'each once in {region}'
    assert audited(proxied)['audit_error'] is None
    assert findings(proxied) == []
    proxied.check()


@pytest.mark.parametrize('name', ['cut', 'error-500'])
def test_a_region_that_is_down_costs_one_probe_an_interval(proxied, name):
    nova, flavors = proxied.novas[BAD], proxied.new_flavors(12)
    with nova.failing(CASES[name].fault) as fault:
        proxied.install_all(flavors)
        waiting(proxied, flavors)
        down(proxied)
        asked = len(fault.met)
        proxied.looks(4)
        # a probe that gets an error for a flavor asks for the version too, and jitter makes it
        # three in two intervals at the most: far from one for each of the flavors
        assert 1 <= len(fault.met) - asked <= 4 * 1.5 * 2 < len(flavors) * 4
    proxied.wait_for_all(flavors)
    proxied.check()


@pytest.mark.parametrize('path', ['/flavors$', '/os-extra_specs$', '/action$'])
def test_nothing_is_made_twice_when_it_is_not_known_whether_it_was_done(proxied, logs, path):
    """In the middle of installs one kind of call meets everything: a create, what follows it."""
    nova = proxied.novas[BAD]
    flavors = proxied.new_flavors(8, is_public=False, projects=[proxied.project_id('user')])
    with nova.failing(proxy.in_turn(*DOUBTS), 'POST', path, len(DOUBTS)) as fault:
        proxied.install_all(flavors)
        proxied.wait_for_all(flavors)
    assert len(fault.met) == len(DOUBTS)
    assert comparison.not_made_once(logs, len(flavors)) == []
    proxied.check()


@pytest.mark.parametrize(('method', 'path'), [
    ('GET', '/servers'), ('DELETE', '/flavors/'), ('POST', '/flavors$'),
    ('POST', '/os-extra_specs$')])
def test_a_replacement_survives_when_it_is_not_known_whether_it_was_done(
        proxied, logs, method, path):
    flavors = proxied.new_flavors(8)
    proxied.install_all(flavors)
    proxied.wait_for_all(flavors)
    with proxied.novas[BAD].failing(
            proxy.in_turn(*DOUBTS), method, path, len(DOUBTS)) as fault:
        replace(proxied, flavors)
        proxied.wait_for_all(flavors)
    assert len(fault.met) == len(DOUBTS)
    for log in logs.values():
        assert log.created() == len(flavors) * 2, 'once before and once after'
    proxied.check()


@pytest.mark.parametrize('path', ['/flavors/detail$', '/os-flavor-access$'])
def test_an_audit_that_is_cut_short_concludes_nothing(proxied, path):
    """Nothing is missing because its Nova could not say that it has it."""
    flavors = proxied.new_flavors(2, is_public=False, projects=[proxied.project_id('user')])
    proxied.install_all(flavors)
    proxied.wait_for_all(flavors)
    for fault in (proxy.cut_in_the_middle, proxy.truncated, proxy.page_not_found):
        with proxied.novas[BAD].failing(fault, 'GET', path, 1) as met:
            region = audited(proxied)
        assert len(met.met) == 1
        assert region['audit_error']
        assert findings(proxied) == []
    assert audited(proxied)['audit_error'] is None
    assert findings(proxied) == []
    proxied.check()


def test_a_region_that_answers_slowly_is_called_slow(proxied):
    """Then it gets one worker instead of four. Last, for it is not forgotten at once."""
    nova, flavors = proxied.novas[BAD], proxied.new_flavors(6)
    with nova.failing(proxy.delayed(proxies.TIMEOUT_S - 1)):
        def slow():
            region = proxied.health()[BAD]
            return region if region['state'] == 'slow' else None
        region = running.wait_for(slow, 'slow region')
        assert 'Its answers take' in region['reason']
        assert region['answer_seconds'] >= 0.5
        nova.most_at_once = 0
        proxied.install_all(flavors)
        proxied.wait_for_all(flavors, HEALTHY)
        assert nova.most_at_once <= 1 + 1
        assert {row['status'] for row in proxied.rows(flavors, BAD)} != {'active'}
    proxied.wait_for_all(flavors)
    proxied.check()


def replace(proxied, flavors):
    """Have flavors replaced by others of more memory, whoever uses them."""
    for flavor in flavors:
        flavor['ram'] *= 2
        answer = proxied.flavorsvc('manager').patch(
            f'/flavors/{flavor["id"]}', microversion='1.2',
            json={'flavor': {'ram': flavor['ram'], 'on_immutable': 'replace'}})
        assert answer.status_code == 200, answer.text


def audit(proxied):
    """Ask for an audit of the bad region; return the region as it is then."""
    answer = proxied.flavorsvc('manager').post(f'/regions/{BAD}/audit', microversion='1.2')
    assert answer.status_code == 202, answer.text
    return answer.json()['region']


def audited(proxied):
    """Have the bad region audited; return the region as it is then."""
    before = audit(proxied)

    def over():
        region = proxied.health()[BAD]
        return region if region['audit_due_at'] != before['audit_due_at'] else None
    return running.wait_for(over, f'audit of {BAD}')


def findings(proxied):
    answer = proxied.flavorsvc('manager').get(f'/drift?region={BAD}&state=open',
                                              microversion='1.2')
    assert answer.status_code == 200, answer.text
    return answer.json()['findings']
