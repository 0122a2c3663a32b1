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

"""Servers over HTTP, with Novas that are only HTTP answers: old ones, sick ones, and others.

What real Novas do is for tests/integration/test_compute_servers.py.
"""

import datetime
import json
import re
import urllib.parse

import pytest
import requests
import sqlalchemy as sa
import webob

from flavorsvc.conductor.endpoints import compute_servers as endpoint
from flavorsvc.db import flavors
from flavorsvc.db import infrastructures
from flavorsvc.db import probing
from flavorsvc.db import tables
from tests.functional import test_claims
from tests.functional import test_private_flavors

NOVA = 'http://regionone.test/v2.1'
TWO = 'http://regiontwo.test/v2.1'
FOREIGN = 'http://mordor.test/v2.1'
ID = '6f70656e-7374-4163-b204-206576657200'
OTHER = '6f70656e-7374-4163-b204-206576657201'
FROM_NOVA = {'x-openstack-request-id': 'req-nova'}
HOME = 'http://flavorsvc.test'

EMBEDDED = {'vcpus': 1, 'ram': 512, 'disk': 1, 'ephemeral': 0, 'swap': 0, 'original_name': 'n1',
            'extra_specs': {'a': 'b'}}
OF_NOVA = {'id': 'f1', 'name': 'theirs', 'vcpus': 2, 'ram': 64, 'disk': 3, 'swap': '',
           'OS-FLV-EXT-DATA:ephemeral': 4}
SHOWN_OF_NOVA = {'vcpus': 2, 'ram': 64, 'disk': 3, 'ephemeral': 4, 'swap': 0,
                 'original_name': 'theirs', 'extra_specs': {'c': 'd'}}


@pytest.fixture
def site(embedded):
    embedded.reset()
    return embedded


@pytest.fixture
def nova(site, requests_mock):
    """The Novas; what is believed of them is forgotten, as they change from test to test."""
    [found] = [each for each in site.endpoints if isinstance(each, endpoint.ComputeServers)]
    found._do._newest.clear()
    return requests_mock


def ask(site, method, path, body=None, version='2.96', token='user', **headers):
    request = webob.Request.blank(path, base_url=HOME, method=method, headers={
        'X-Auth-Token': token, 'OpenStack-API-Version': f'compute {version}',
        'Content-Type': 'application/json',
        **{name.replace('_', '-'): value for name, value in headers.items()}})
    if body is not None:
        request.body = json.dumps(body).encode()
    return request.get_response(site.app)


def links(nova, *path):
    path = '/'.join(path)
    return [{'rel': 'self', 'href': f'{nova}/{path}'},
            {'rel': 'bookmark', 'href': f'{nova.removesuffix("/v2.1")}/{path}'}]


def server(flavor, nova=NOVA, server_id=ID, **more):
    return {'id': server_id, 'name': 's1', 'tenant_id': 'project-three',
            'created': '2026-11-21T10:00:00Z', 'links': links(nova, 'servers', server_id),
            'image': {'id': 'i1', 'links': [{'rel': 'bookmark',
                                             'href': 'http://regionone.test/images/i1'}]},
            'flavor': flavor, **more}


def by_id(flavor_id='f1'):
    return {'id': flavor_id, 'links': links(NOVA, 'flavors', flavor_id)[1:]}


def old(site, nova, microversion='2.40', region='RegionOne'):
    """Have a region whose Nova is older."""
    def work(session):
        session.execute(sa.update(tables.Region).where(tables.Region.name == region)
                        .values(microversion=microversion))
    site.database.write(work)
    nova.get(f'http://{region.lower()}.test/v2.1/',
             json={'version': {'id': 'v2.1', 'version': microversion, 'min_version': '2.1'}})


def record(site, flavor_id='f1', made='2026-11-20', buried=None, regions=('RegionOne',), **more):
    """Have a flavor in the catalogue, made and perhaps deleted long ago."""
    values = {**test_claims.VALUES, 'id': flavor_id, 'name': 'n1', 'extra_specs': {'a': 'b'},
              'properties': {}, 'description': 'd', **more}
    site.database.write(flavors.create, values)
    if regions:
        site.conductor.install(test_private_flavors.ctxt(), flavor_id, list(regions))

    def work(session):
        row = flavors.lock(session, flavor_id)
        row.created_at = datetime.datetime.fromisoformat(made)
        if buried:
            session.execute(sa.delete(tables.Installation))
            flavors.bury(session, row, datetime.datetime.fromisoformat(buried))
    site.database.write(work)


def shown(site, nova, flavor, version='2.96', **more):
    """What becomes of the flavor of a server."""
    nova.get(f'{NOVA}/servers/{ID}', json={'server': server(flavor)})
    answer = ask(site, 'GET', f'/v2.1/servers/{ID}', version=version, **more)
    assert answer.status_int == 200, answer.text
    return answer.json['server']['flavor']


# Where a request goes

def test_a_request_goes_with_the_callers_token_and_microversion_and_all_its_parameters(
        site, nova):
    nova.get(f'{NOVA}/servers/detail', json={'servers': []})
    query = 'name=%5Ea%2Bb&status=ACTIVE&status=ERROR&tags=%C3%A4&not-tags=&limit=5'
    answer = ask(site, 'GET', f'/v2.1/servers/detail?{query}', version='2.47')
    assert answer.json == {'servers': []}
    asked = nova.last_request
    assert urllib.parse.parse_qsl(asked.query, keep_blank_values=True) == (
        urllib.parse.parse_qsl(query.lower(), keep_blank_values=True))
    assert asked.headers['X-Auth-Token'] == 'user'
    assert asked.headers['OpenStack-API-Version'] == 'compute 2.47'
    assert asked.headers['X-OpenStack-Nova-API-Version'] == '2.47'
    assert asked.headers['X-OpenStack-Request-ID'] == answer.headers['X-OpenStack-Request-ID']
    assert answer.headers['OpenStack-API-Version'] == 'compute 2.47'


@pytest.mark.parametrize(('method', 'path', 'body', 'status', 'answered'), [
    ('GET', 'servers', None, 200, {'servers': []}),
    ('GET', f'servers/{ID}', None, 200, {'server': server({})}),
    ('PUT', f'servers/{ID}', {'server': {'name': 'x', 'new': 1.5}}, 200, {'server': server({})}),
    ('POST', f'servers/{ID}/action', {'rebuild': {'imageRef': 'i'}}, 202, {'server': server({})}),
])
def test_what_is_passed_on_as_it_is(site, nova, method, path, body, status, answered):
    for url in (NOVA, TWO):
        nova.register_uri(method, f'{url}/{path}', status_code=status, json=answered)
    assert ask(site, method, f'/v2.1/{path}', body).status_int == status
    assert nova.last_request.url == f'{NOVA}/{path}'
    assert ask(site, method, f'/regions/RegionTwo/v2.1/{path}', body).status_int == status
    assert nova.last_request.url == f'{TWO}/{path}'
    assert (nova.last_request.json() if nova.last_request.body else None) == body


def test_a_catalogue_that_names_a_project_does_not_name_the_callers(site, nova):
    def work(session):
        session.execute(sa.update(tables.Region).values(endpoint=f'{NOVA}/{"a" * 32}'))
    site.database.write(work)
    nova.get(f'{NOVA}/servers', json={'servers': []})
    assert ask(site, 'GET', '/v2.1/servers').status_int == 200


def register(site):
    site.database.write(lambda session: infrastructures.create(
        session, 'Mordor', 'project-one', 9, FOREIGN, '2.96',
        {'keystone_url': 'http://keystone.mordor.test', 'region_name': None, 'sealed': 'x'},
        datetime.datetime(2026, 11, 21)))


def test_no_token_of_ours_goes_to_a_foreign_cloud(site, nova):
    register(site)
    for headers in ({}, {'X_Auth_Token_KeyStone': 'user'}):  # its own, once more
        refused = ask(site, 'GET', '/regions/Mordor/v2.1/servers', **headers)
        assert refused.status_int == 401
        assert 'X-Auth-Token-KeyStone' in refused.json['unauthorized']['message']
    assert not nova.request_history
    nova.get(f'{FOREIGN}/servers', json={'servers': []})
    assert ask(site, 'GET', '/regions/Mordor/v2.1/servers',
               X_Auth_Token_KeyStone='of-mordor').status_int == 200
    assert nova.last_request.headers['X-Auth-Token'] == 'of-mordor'


def test_a_redirect_gets_no_token(site, nova):
    nova.get(f'{NOVA}/servers', status_code=302, headers={'Location': f'{TWO}/servers'})
    assert ask(site, 'GET', '/v2.1/servers').status_int == 503
    assert len(nova.request_history) == 1


@pytest.mark.parametrize('server_id', [
    'detail', '..', '.', 'a%2Fb', '..%2F..%2Fflavors', '%2E%2E', f'{ID}%2F..%2Fdetail', f'{ID}x',
    ID.replace('-', ''), f'urn:uuid:{ID}', f'{ID}%0A', '%00', '*'])
def test_an_id_that_no_server_has_is_in_no_url(site, nova, server_id):
    for method, path, body in [('GET', '', None), ('PUT', '', {'server': {}}),
                               ('POST', '/action', {'rebuild': {'imageRef': 'i'}})]:
        if (method, server_id) == ('GET', 'detail'):
            continue
        answer = ask(site, method, f'/v2.1/servers/{server_id}{path}', body)
        assert answer.status_int == 404
        assert answer.json['itemNotFound']['code'] == 404
    assert not nova.request_history


@pytest.mark.parametrize(('body', 'words'), [
    ({'reboot': {'type': 'HARD'}}, 'There is no such action: reboot'),
    ({'os-resetState': {'state': 'error'}}, 'There is no such action: os-resetState'),
    ({'rebuild\n': {}}, "There is no such action: 'rebuild\\n'"),
    ({'rebuild': {}, 'resize': {}}, None), ({}, None), ([], None), (None, None), ('rebuild', None),
    ({'rebuild': None}, None), ({'rebuild': []}, None)])
def test_no_other_action_is_passed_on(site, nova, body, words):
    answer = ask(site, 'POST', f'/v2.1/servers/{ID}/action', body)
    assert answer.status_int == 400
    assert words in (None, answer.json['badRequest']['message'])
    assert not nova.request_history


@pytest.mark.parametrize('content', [b'{"server": {"a": 1, "a": 2}}', b'{"server": ' * 70,
                                     b'{"server":' + b'{"a":' * 70 + b'1' + b'}' * 71,
                                     b'{"server": {"a": NaN}}', b'{"server": []}', b'[]', b''])
def test_no_body_that_another_may_read_otherwise_is_passed_on(site, nova, content):
    request = webob.Request.blank(f'/v2.1/servers/{ID}', method='PUT', body=content, headers={
        'X-Auth-Token': 'user', 'Content-Type': 'application/json'})
    answer = request.get_response(site.app)
    assert answer.status_int == 400
    assert 'badRequest' in answer.json
    assert not nova.request_history


# What is answered

@pytest.mark.parametrize(('status', 'name'), [(400, 'badRequest'), (403, 'forbidden'),
                                              (404, 'itemNotFound'), (409, 'conflictingRequest'),
                                              (413, 'overLimit')])
def test_what_nova_refuses_is_refused_in_its_words(site, nova, status, name):
    told = {name: {'code': status, 'message': 'Nova says so.'}}
    nova.put(f'{NOVA}/servers/{ID}', status_code=status, json=told, headers=FROM_NOVA)
    answer = ask(site, 'PUT', f'/v2.1/servers/{ID}', {'server': {}})
    assert (answer.status_int, answer.json) == (status, told)
    assert answer.headers['X-OpenStack-Request-ID'] != 'req-nova'


def test_a_token_that_nova_refuses_is_refused(site, nova):
    told = {'error': {'code': 401, 'title': 'Unauthorized', 'message': 'It has expired.'}}
    nova.get(f'{NOVA}/servers', status_code=401, json=told)
    answer = ask(site, 'GET', '/v2.1/servers')
    assert (answer.status_int, answer.json) == (401, told)


@pytest.mark.parametrize(('retry_after', 'told'), [
    ('5', '5'), ('Sat, 21 Nov 2026 10:00:00 GMT', 'Sat, 21 Nov 2026 10:00:00 GMT'),
    ('<b>', None), ('5' * 50, None)])
def test_whoever_asks_too_much_is_told_when_to_come_back(site, nova, retry_after, told):
    nova.get(f'{NOVA}/servers', status_code=429, text='<html>slow down</html>',
             headers={'Retry-After': retry_after})
    answer = ask(site, 'GET', '/v2.1/servers')
    assert answer.status_int == 429
    assert answer.json['overLimit']['code'] == 429
    assert answer.headers.get('Retry-After') == told


@pytest.mark.parametrize('answered', [
    {'status_code': 500, 'json': {'computeFault': {'code': 500, 'message': 'Unexpected.'}}},
    {'status_code': 503, 'text': 'no server is available'}, {'status_code': 502}, {'text': ''},
    {'text': '<html>'}, {'json': []}, {'json': {'flavors': []}}, {'json': {'servers': {}}},
    {'json': {'servers': [5]}}, {'json': {'servers': [{'name': 'n'}]}},
    {'json': {'servers': [{'id': 5}]}}, {'text': '{"servers": [{"id": "a", "x": NaN}]}'},
    {'text': '{"servers": [{"id": "a", "x": 1e999}]}'}, {'text': '[' * 100_000},
    {'text': '{"servers": [' + '[' * 70 + ']' * 70 + ']}'}, {'status_code': 204},
    {'status_code': 404, 'text': '<html>no backend</html>'},
    {'status_code': 404, 'json': {'message': 'no Route matched'}}, {'status_code': 300},
    {'exc': requests.exceptions.ConnectTimeout}, {'exc': requests.exceptions.ReadTimeout},
    {'exc': requests.exceptions.ConnectionError}, {'exc': requests.exceptions.InvalidURL},
    {'exc': requests.exceptions.ChunkedEncodingError}], ids=lambda answered: str(answered)[:60])
def test_a_region_that_does_not_answer_as_a_nova_is_unavailable(site, nova, answered):
    nova.get(f'{NOVA}/servers/detail', **answered)
    answer = ask(site, 'GET', '/v2.1/servers/detail')
    assert answer.status_int == 503
    assert answer.json['serviceUnavailable']['message'].startswith('Region RegionOne: ')


def test_the_reason_of_nova_is_told(site, nova):
    nova.get(f'{NOVA}/servers', status_code=500,
             json={'computeFault': {'code': 500, 'message': 'Unexpected.\x07'}})
    assert ask(site, 'GET', '/v2.1/servers').json['serviceUnavailable']['message'] == (
        'Region RegionOne: Nova answered 500. Unexpected. ')


@pytest.mark.parametrize('path', ['flavors', 'servers', f'servers/{ID}', 'servers/detail'])
def test_a_region_that_there_is_not(site, nova, path):
    answer = ask(site, 'GET', f'/regions/RegionNine/v2.1/{path}')
    assert answer.status_int == 404
    assert answer.json == {'itemNotFound': {'code': 404,
                                            'message': "There is no region 'RegionNine'."}}


def test_a_region_that_is_gone_is_unavailable(site, nova):
    def work(session):
        probing.announce(session, {'RegionOne': NOVA}, datetime.datetime(2026, 11, 21, 1))
    site.database.write(work)
    assert ask(site, 'GET', '/regions/RegionTwo/v2.1/servers').status_int == 503
    assert not nova.request_history


@pytest.mark.parametrize('prefix', ['', '/regions/RegionOne'])
def test_links_lead_here(site, nova, prefix):
    nova.get(f'{NOVA}/servers/detail', json={
        'servers': [server(by_id())],
        'servers_links': [{'rel': 'next',
                           'href': f'{NOVA}/servers/detail?limit=1&marker={ID}&name=a%26b'}]})
    answer = ask(site, 'GET', f'{prefix}/v2.1/servers/detail?limit=1', version='2.1').json
    [found] = answer['servers']
    assert found['links'] == links(f'{HOME}{prefix}/v2.1', 'servers', ID)
    assert found['flavor'] == {'id': 'f1', 'links': links(f'{HOME}{prefix}/v2.1', 'flavors',
                                                          'f1')[1:]}
    assert found['image'] == server({})['image']
    assert answer['servers_links'] == [
        {'rel': 'next',
         'href': f'{HOME}{prefix}/v2.1/servers/detail?limit=1&marker={ID}&name=a%26b'}]
    nova.post(f'{NOVA}/servers/{ID}/action', status_code=202, json={'server': server(by_id())},
              headers={'Location': f'{NOVA}/servers/{ID}'})
    rebuilt = ask(site, 'POST', f'{prefix}/v2.1/servers/{ID}/action', {'rebuild': {}}, '2.1')
    assert rebuilt.headers['Location'] == f'{HOME}{prefix}/v2.1/servers/{ID}'


def test_links_of_flavors_under_the_name_of_a_region_stay_there(site, nova):
    record(site, regions=[])
    path = '/regions/RegionTwo/v2.1'
    [brief] = ask(site, 'GET', f'{path}/flavors?is_public=None&limit=1', token='manager').json[
        'flavors']
    assert brief['links'] == links(f'{HOME}{path}', 'flavors', 'f1')
    assert ask(site, 'GET', path).json['version']['links'][0]['href'] == f'{HOME}{path}/'


# Which microversion a Nova is asked at

def test_a_nova_that_is_newer_than_what_is_recorded_of_it_is_asked_as_it_was(site, nova):
    nova.get(f'{NOVA}/', json={'version': {'version': '2.104'}})
    nova.get(f'{NOVA}/servers', json={'servers': []})
    for _ in range(2):
        ask(site, 'GET', '/v2.1/servers', version='2.104')
        assert nova.last_request.headers['OpenStack-API-Version'] == 'compute 2.104'
    assert len(nova.request_history) == 3  # it is asked for its newest once


@pytest.mark.parametrize('discovery', [
    {'json': {'version': {'version': '2.40'}}}, {'status_code': 401, 'json': {}},
    {'status_code': 403}])
def test_an_older_nova_is_asked_at_its_newest(site, nova, discovery):
    old(site, nova, '2.40')
    nova.get(f'{NOVA}/', **discovery)
    nova.get(f'{NOVA}/servers', json={'servers': []})
    answer = ask(site, 'GET', '/v2.1/servers')
    assert nova.last_request.headers['OpenStack-API-Version'] == 'compute 2.40'
    assert answer.headers['OpenStack-API-Version'] == 'compute 2.96'
    ask(site, 'GET', '/v2.1/servers', version='2.5')
    assert nova.last_request.headers['X-OpenStack-Nova-API-Version'] == '2.5'


@pytest.mark.parametrize('discovery', [
    {'text': '<html>'}, {'json': {'versions': []}}, {'json': {'version': []}},
    {'json': {'version': {'version': 5}}}, {'json': {'version': {'version': 'latest'}}},
    {'status_code': 500}])
def test_what_tells_no_microversion_is_no_nova(site, nova, discovery):
    old(site, nova, '2.40')
    nova.get(f'{NOVA}/', **discovery)
    assert ask(site, 'GET', '/v2.1/servers').status_int == 503


def test_a_nova_without_microversions_is_asked_at_the_first(site, nova):
    old(site, nova, '2.1')
    nova.get(f'{NOVA}/', json={'version': {'version': '', 'min_version': ''}})
    nova.get(f'{NOVA}/servers', json={'servers': []})
    ask(site, 'GET', '/v2.1/servers')
    assert nova.last_request.headers['OpenStack-API-Version'] == 'compute 2.1'


def test_a_nova_that_became_older_is_asked_again(site, nova):
    nova.get(f'{NOVA}/', json={'version': {'version': '2.60'}})

    def answer(request, context):
        if request.headers['OpenStack-API-Version'] != 'compute 2.60':
            context.status_code = 406
            return {'computeFault': {'code': 406, 'message': 'Version 2.90 is not supported.'}}
        return {'servers': []}
    nova.get(f'{NOVA}/servers', json=answer)
    assert ask(site, 'GET', '/v2.1/servers', version='2.90').status_int == 200


# The flavor in a server

def test_before_2_47_a_flavor_is_its_id_and_a_link(site, nova):
    record(site)
    assert shown(site, nova, by_id(), version='2.46') == {
        'id': 'f1', 'links': links(f'{HOME}/v2.1', 'flavors', 'f1')[1:]}


def test_it_is_what_nova_shows_but_for_what_a_flavor_in_a_server_has_not(site, nova):
    more = {**EMBEDDED, 'id': 'f1', 'links': [], 'description': 'd', 'rxtx_factor': 1.0}
    assert shown(site, nova, more, version='2.47') == EMBEDDED


def test_an_older_nova_shows_the_copy_of_the_catalogue(site, nova):
    old(site, nova)
    record(site)
    assert shown(site, nova, by_id(), version='2.47') == EMBEDDED
    assert shown(site, nova, by_id(), version='2.46') != EMBEDDED


def test_the_copy_has_what_properties_stand_for(site, nova):
    old(site, nova)
    record(site, properties={'cpu_arch': 'x86_64'})
    assert shown(site, nova, by_id())['extra_specs'] == {
        'a': 'b', 'capabilities:cpu_info:arch': 'x86_64'}


@pytest.mark.parametrize(('created', 'name'), [
    ('2026-11-10T10:00:00Z', 'third'),  # before there was any: the newest
    ('2026-11-11T00:00:00Z', 'first'), ('2026-11-13T10:00:00Z', 'second'),
    ('2026-11-15T10:00:00Z', 'third'), (None, 'third'), ('yesterday', 'third'), (5, 'third')])
def test_of_several_that_had_the_id_it_is_the_one_of_that_time(site, nova, created, name):
    old(site, nova)
    record(site, name='first', made='2026-11-11 00:00:00.9', buried='2026-11-12')
    record(site, name='second', made='2026-11-13', buried='2026-11-14')
    record(site, name='third', made='2026-11-15')
    nova.get(f'{NOVA}/servers/{ID}', json={'server': server(by_id(), created=created)})
    answer = ask(site, 'GET', f'/v2.1/servers/{ID}')
    assert answer.json['server']['flavor']['original_name'] == name


def of_nova(nova, status=200, flavor_id='f1', specs=None):
    nova.get(f'{NOVA}/flavors/{flavor_id}', status_code=status, headers=FROM_NOVA,
             json={'flavor': {**OF_NOVA, 'id': flavor_id}} if status == 200 else {})
    nova.get(f'{NOVA}/flavors/{flavor_id}/os-extra_specs', headers=FROM_NOVA,
             **(specs or {'json': {'extra_specs': {'c': 'd'}}}))


def test_a_flavor_that_the_catalogue_never_had_is_asked_for(site, nova):
    old(site, nova)
    of_nova(nova)
    assert shown(site, nova, by_id()) == SHOWN_OF_NOVA
    assert {request.headers['X-Auth-Token'] for request in nova.request_history} == {'user'}
    of_nova(nova, specs={'status_code': 403, 'json': {}})
    assert 'extra_specs' not in shown(site, nova, by_id())


def test_so_is_one_that_the_catalogue_has_for_other_regions(site, nova):
    old(site, nova)
    record(site, regions=['RegionTwo'])
    of_nova(nova)
    assert shown(site, nova, by_id()) == SHOWN_OF_NOVA
    of_nova(nova, status=404)
    assert shown(site, nova, by_id()) == EMBEDDED


@pytest.mark.parametrize('flavor_id', ['f1', '..', '\x00', 'a/b', 5, None, ['f1'], 'detail'])
def test_of_a_flavor_that_nobody_knows_nothing_is_shown(site, nova, flavor_id):
    old(site, nova)
    of_nova(nova, status=404)
    assert shown(site, nova, {'id': flavor_id}) == {}


def test_a_flavor_that_nova_does_not_tell_fails_what_only_asks(site, nova):
    old(site, nova)
    nova.get(f'{NOVA}/flavors/f1', status_code=500)
    nova.get(f'{NOVA}/servers/{ID}', json={'server': server(by_id())})
    assert ask(site, 'GET', f'/v2.1/servers/{ID}').status_int == 503
    nova.put(f'{NOVA}/servers/{ID}', json={'server': server(by_id())})
    changed = ask(site, 'PUT', f'/v2.1/servers/{ID}', {'server': {'name': 's1'}})
    assert (changed.status_int, changed.json['server']['flavor']) == (200, {})


def test_a_change_and_a_rebuild_show_the_copy_as_well(site, nova):
    old(site, nova)
    record(site, buried='2026-11-22')
    nova.put(f'{NOVA}/servers/{ID}', json={'server': server(by_id())})
    nova.post(f'{NOVA}/servers/{ID}/action', status_code=202,
              json={'server': server(by_id(), adminPass='secret')})
    changed = ask(site, 'PUT', f'/v2.1/servers/{ID}', {'server': {'name': 's1'}})
    rebuilt = ask(site, 'POST', f'/v2.1/servers/{ID}/action', {'rebuild': {}})
    assert changed.json['server']['flavor'] == rebuilt.json['server']['flavor'] == EMBEDDED
    assert rebuilt.json['server']['adminPass'] == 'secret'


def test_the_flavors_of_a_list_are_asked_for_once(site, nova):
    old(site, nova)
    record(site)
    of_nova(nova, flavor_id='f2')
    down = {'id': OTHER, 'status': 'UNKNOWN'}
    nova.get(f'{NOVA}/servers/detail', json={'servers': [
        server(by_id()), server(by_id('f2')), server(by_id('f2'), server_id=OTHER), down]})
    found = ask(site, 'GET', '/v2.1/servers/detail').json['servers']
    assert [each.get('flavor') for each in found] == [EMBEDDED, SHOWN_OF_NOVA, SHOWN_OF_NOVA,
                                                      None]
    assert [request.path for request in nova.request_history] == [
        '/v2.1/', '/v2.1/servers/detail', '/v2.1/flavors/f2', '/v2.1/flavors/f2/os-extra_specs']


def test_the_requests_for_one_answer_are_bounded(site, nova):
    old(site, nova)
    asked = nova.get(re.compile(f'{re.escape(NOVA)}/flavors/'), status_code=404, json={},
                     headers=FROM_NOVA)
    nova.get(f'{NOVA}/servers/detail',
             json={'servers': [server(by_id(f'f{number}')) for number in range(200)]})
    found = ask(site, 'GET', '/v2.1/servers/detail').json['servers']
    assert [each['flavor'] for each in found] == [{}] * 200
    assert asked.call_count == 50


@pytest.mark.parametrize('microversion', ['2.40', '2.96'])
def test_extra_specs_are_for_those_who_may_see_those_of_flavors(site, nova, microversion):
    old(site, nova, microversion)
    record(site)
    flavor = EMBEDDED if microversion == '2.96' else by_id()
    assert shown(site, nova, flavor, token='unscoped') == {
        key: value for key, value in EMBEDDED.items() if key != 'extra_specs'}
    assert shown(site, nova, flavor, token='reader-one') == EMBEDDED


def test_what_nova_hides_stays_hidden(site, nova):
    hidden = {key: value for key, value in EMBEDDED.items() if key != 'extra_specs'}
    assert shown(site, nova, hidden, token='admin') == hidden


# Secrets

SECRET = test_private_flavors.SECRET
PASSWORD = 'what-the-server-is-to-have'


@pytest.mark.parametrize('answered', [
    {'json': {'server': server(EMBEDDED, adminPass=PASSWORD)}, 'status_code': 202},
    {'status_code': 401, 'json': {'error': {'message': 'The request needs authentication.'}}},
    {'status_code': 500, 'json': {'computeFault': {'message': f'{SECRET} fails.'}}},
    {'status_code': 404, 'text': '<html>no backend</html>'},
    {'exc': requests.exceptions.ConnectTimeout},
    {'json': test_private_flavors.tell},
], ids=['well', '401', 'quoted', 'unintelligible', 'unreachable', 'unexpected'])
def test_no_token_and_no_password_is_in_a_log_or_an_error(site, nova, answered):
    nova.post(f'{NOVA}/servers/{ID}/action', **answered)
    failure = ''
    with test_private_flavors.everything_logged() as log:
        try:
            site.conductor.compute_server_rebuild(
                test_private_flavors.ctxt(), None, ID,
                {'rebuild': {'imageRef': 'i', 'adminPass': PASSWORD}}, (2, 96),
                {'own': SECRET, 'region': None})
        except Exception as error:
            failure = f'{error} {error!r} {error.args} {error.__cause__!r} {vars(error)}'
    assert 'oslo_messaging' in log.getvalue()
    for secret in (SECRET, PASSWORD):
        assert secret not in log.getvalue()
        assert secret not in failure
