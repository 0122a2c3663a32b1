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

"""Servers of Novas that answer what no Nova does, by chance or to learn what is not theirs."""

import json

import pytest

from flavorsvc.conductor.operations import compute_servers
from tests.functional import test_compute_servers
from tests.functional import test_private_flavors
from tests.functional.test_compute_servers import EMBEDDED
from tests.functional.test_compute_servers import FOREIGN
from tests.functional.test_compute_servers import FROM_NOVA
from tests.functional.test_compute_servers import ID
from tests.functional.test_compute_servers import NOVA
from tests.functional.test_compute_servers import ask
from tests.functional.test_compute_servers import by_id
from tests.functional.test_compute_servers import old
from tests.functional.test_compute_servers import record
from tests.functional.test_compute_servers import server

SURROGATE = '\ud800'

# fixtures
site, nova = test_compute_servers.site, test_compute_servers.nova


@pytest.mark.parametrize('answered', [
    server(EMBEDDED, server_id=SURROGATE), server({'id': SURROGATE, 'links': []})])
def test_an_id_that_no_url_can_have_is_answered_all_the_same(site, nova, answered):
    nova.get(f'{NOVA}/servers/{ID}', text=json.dumps({'server': answered}))
    assert ask(site, 'GET', f'/v2.1/servers/{ID}').status_int == 200


def test_so_is_a_link_to_the_next_page(site, nova):
    nova.get(f'{NOVA}/servers', text=json.dumps({'servers': [], 'servers_links': [
        {'rel': 'next', 'href': f'http://nova.test/?marker={SURROGATE}'}]}))
    assert ask(site, 'GET', '/v2.1/servers').status_int == 200


@pytest.mark.parametrize(('path', 'answered'), [
    ('servers', {'servers': [], 'server': 5}), ('servers', {'servers': [], 'server': {'id': 5}}),
    (f'servers/{ID}', {'server': server(EMBEDDED), 'servers': [5]}),
    (f'servers/{ID}', {'server': server(EMBEDDED), 'servers': 5})])
def test_what_was_not_asked_for_is_not_read(site, nova, path, answered):
    nova.get(f'{NOVA}/{path}', json=answered)
    assert ask(site, 'GET', f'/v2.1/{path}').status_int in (200, 503)


@pytest.mark.parametrize('created', [
    '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59-14:00', '', 5])
def test_a_time_at_which_no_server_was_made_hides_no_flavor(site, nova, created):
    old(site, nova)
    record(site)
    nova.get(f'{NOVA}/servers/{ID}', json={'server': server(by_id(), created=created)})
    answer = ask(site, 'GET', f'/v2.1/servers/{ID}')
    assert answer.json['server']['flavor'] == EMBEDDED


def test_a_nova_that_is_slow_to_tell_its_flavors_is_not_asked_for_more(site, nova, monkeypatch):
    monkeypatch.setattr(compute_servers, '_ASKING_S', 0)
    old(site, nova)
    nova.get(f'{NOVA}/servers/{ID}', json={'server': server(by_id())})
    answer = ask(site, 'GET', f'/v2.1/servers/{ID}')
    assert (answer.status_int, answer.json['server']['flavor']) == (200, {})
    assert nova.last_request.path == f'/v2.1/servers/{ID}'


def test_a_token_that_a_nova_repeats_is_not_logged(site, nova):
    old(site, nova)
    nova.get(f'{NOVA}/flavors/f1', status_code=500, json={
        'computeFault': {'message': f'{test_private_flavors.SECRET} fails.'}})
    nova.put(f'{NOVA}/servers/{ID}', json={'server': server(by_id())})
    with test_private_flavors.everything_logged() as log:
        site.conductor.compute_server_update(
            test_private_flavors.ctxt(), None, ID, {'server': {}}, (2, 96),
            {'own': test_private_flavors.SECRET, 'region': None})
    assert 'of a server is not known' in log.getvalue()
    assert test_private_flavors.SECRET not in log.getvalue()


# Whoever registered a cloud says what its Nova answers

@pytest.fixture
def foreign(site, nova):
    """A registered cloud whose Nova is old and shows a server with any flavor one asks about."""
    test_compute_servers.register(site)
    old(site, nova, region='Mordor')
    nova.get(f'{FOREIGN}/servers/{ID}', json={'server': server(by_id())})
    nova.get(f'{FOREIGN}/flavors/f1', status_code=404, json={}, headers=FROM_NOVA)

    def of_server():
        answer = ask(site, 'GET', f'/regions/Mordor/v2.1/servers/{ID}',
                     X_Auth_Token_KeyStone='of-mordor')
        return answer.json['server']['flavor']
    return of_server


@pytest.mark.parametrize('more', [
    {'is_public': False}, {'is_public': False, 'buried': '2026-11-22'},
    {'is_public': False, 'regions': ()}, {'regions': ()}])
def test_no_flavor_that_others_keep_to_themselves_is_told_of_a_foreign_server(
        site, foreign, more):
    record(site, **more)
    assert foreign() == {}


def test_what_everybody_may_know_or_that_cloud_is_to_have_is_told(site, foreign):
    record(site, buried='2026-11-22')
    assert foreign() == EMBEDDED
    record(site, is_public=False, regions=['Mordor'], made='2026-11-21', name='n2')
    assert foreign() == {**EMBEDDED, 'original_name': 'n2'}
