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

"""Keystone misbehaves: tokens are replaced, callers are told, work goes on, nothing crashes."""

import threading

import pytest
import requests

from tests.faults import comparison
from tests.faults import proxied as proxies
from tests.faults import proxy
from tests.integration import running

BAD = proxies.BAD

#: Seconds that a caller waits for an answer, as many a client and proxy does.
PATIENCE_S = 30

FAULTS = {
    'cut': proxy.cut, 'cut-in-the-middle': proxy.cut_in_the_middle, 'hanging': proxy.hanging,
    'error-500': proxy.answers(500), 'error-503': proxy.answers(503),
    'busy-429': proxy.answers(429, Retry_After='600'), 'page': proxy.page,
    'page-not-found': proxy.page_not_found, 'broken-json': proxy.broken_json,
    'other-json': proxy.other_json, 'truncated': proxy.truncated, 'noise': proxy.noise,
}


def ask(proxied, token, path='/v1/flavors'):
    """Ask flavorsvc as a caller who does not wait for ever; return the requests.Response."""
    return requests.get(proxied.document['api_url'] + path, timeout=PATIENCE_S, headers={
        'X-Auth-Token': token, 'OpenStack-API-Version': 'flavorsvc 1.2'})


def fresh_token(proxied, actor='operator-one'):
    """Return a token that flavorsvc has not seen yet."""
    proxied.session(actor).invalidate()
    return proxied.token(actor)


def tokens_given(proxied):
    """Tell how often flavorsvc got a token."""
    return sum(1 for each in proxied.keystone.seen
               if (each.method, each.path) == ('POST', '/v3/auth/tokens')
               and each.answer and each.answer.status == 201)


def refused_once(proxied, flavors, region):
    """Install flavors in a region that refuses the token once; return that Exchange."""
    with proxied.novas[region].failing(proxy.answers(401), 'POST', times=1) as fault:
        proxied.create(*flavors)
        for flavor in flavors:
            proxied.install(flavor['id'], [region])
        proxied.wait_for_all(flavors, [region])
    [exchange] = fault.met
    return exchange


def test_a_token_that_is_refused_is_replaced_and_the_call_repeated(proxied):
    given = tokens_given(proxied)
    [flavor] = proxied.new_flavors(1)
    refused = refused_once(proxied, [flavor], BAD)
    assert tokens_given(proxied) > given
    seen = proxied.novas[BAD].seen
    # at once, without a failure of the installation or of the region
    following = [each for each in seen[seen.index(refused) + 1:] if each.method == 'POST']
    assert (following[0].path, following[0].answer.status) == (refused.path, 200)
    assert following[0].headers['x-auth-token'] != refused.headers['x-auth-token']
    proxied.check()


def test_a_token_that_was_revoked_is_replaced_in_the_middle(proxied):
    """A real one, of which this Nova asks Keystone for the first time."""
    refused_once(proxied, proxied.new_flavors(1), 'RegionOne')
    flavors, revoked, lock = proxied.new_flavors(6), [], threading.Lock()
    log, given = proxied.nova_log(BAD), tokens_given(proxied)

    def revoke(exchange):
        with lock:
            if not revoked and 'x-auth-token' in exchange.headers:
                revoked.append(exchange.headers['x-auth-token'])
                answer = proxied.service('identity', None, 'admin').delete(
                    f'{proxied.document["keystone_url"]}/auth/tokens',
                    headers={'X-Subject-Token': revoked[0]})
                assert answer.status_code == 204, answer.text
    with proxied.novas[BAD].failing(proxy.after(revoke)):
        proxied.install_all(flavors)
        proxied.wait_for_all(flavors)
    assert 401 in {each.status for each in log.requests()}
    assert tokens_given(proxied) > given
    assert comparison.not_made_once({BAD: log}, len(flavors)) == []
    proxied.check()


@pytest.mark.parametrize('name', ['dead', *FAULTS])
def test_callers_are_told_that_keystone_is_away_and_work_goes_on(proxied, name):
    """Who was let in already, and what flavorsvc has a token for, do not notice."""
    programs, [flavor] = proxied.programs(), proxied.new_flavors(1)
    proxied.health()
    token = fresh_token(proxied)
    with (proxied.keystone.dead() if name == 'dead'
          else proxied.keystone.failing(FAULTS[name])):
        answer = ask(proxied, token)
        assert answer.status_code == 503, answer.text
        assert answer.json()['errors'][0]['detail'] == (
            'Keystone does not answer, so the token cannot be checked.')
        proxied.install_all([flavor])
        proxied.wait_for_all([flavor])
        assert ask(proxied, token, '/healthcheck').status_code == 200
    running.wait_for(lambda: ask(proxied, token).status_code == 200, 'answer to the caller')
    proxied.looks(1)
    assert proxied.programs() == programs, 'nothing was started anew'
    proxied.check()


def test_a_conductor_that_starts_without_keystone_waits_for_it(proxied):
    flavors = proxied.new_flavors(3)
    proxied.health()
    [conductor] = [name for name in proxied.programs() if name != 'api']
    with proxied.keystone.dead():
        proxied.supervisor.stop(conductor)
        proxied.supervisor.start([conductor])
        proxied.wait_for_answer()
        programs = proxied.programs()
        proxied.install_all(flavors)

        def told():
            rows = [row for flavor in flavors for row in proxied.installations(
                flavor['id']).values()]
            return all(row['status'] == 'retrying' and row['error'] for row in rows) and rows
        for row in running.wait_for(told, 'reasons'):
            assert row['reason'] == 'unreachable'
            assert proxied.keystone.url in row['error']
        assert {region['state'] for region in proxied.health().values()} == {'down'}
    proxied.wait_for_all(flavors)
    assert proxied.programs() == programs
    proxied.check()
