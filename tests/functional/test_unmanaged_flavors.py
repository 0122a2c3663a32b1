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

"""Flavors that only the default region has, where [compute_api] show_unmanaged shows them.

That region's Nova is HTTP answers, which go by the token, as Nova's do.
"""

import urllib.parse

import pytest
import requests
import sqlalchemy as sa

from flavorsvc import context
from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.conductor import client
from flavorsvc.db import tables
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_requests

NOVA = 'http://regionone.test/v2.1'
FROM_NOVA = {'x-compute-request-id': 'req-nova'}


def in_nova(flavor_id, **more):
    return {'id': flavor_id, 'name': f'name of {flavor_id}', 'vcpus': 1, 'ram': 512, 'disk': 1,
            'swap': 0, 'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0, 'description': None,
            'os-flavor-access:is_public': True, 'extra_specs': {'a': 'b'}, **more}


class Nova:
    """The Nova of the default region: admins see everything, others what is public.

    :ivar flavors: list of dict
    """

    def __init__(self, mocker):
        self.flavors = [in_nova('b-alone', ram=64, description='d'),
                        in_nova('d-hidden', **{'os-flavor-access:is_public': False})]
        self.mocker = mocker
        mocker.get(f'{NOVA}/flavors/detail', json=self._list)
        for flavor in self.flavors:
            mocker.get(f'{NOVA}/flavors/{flavor["id"]}', json=self._show, headers=FROM_NOVA)
        mocker.get(f'{NOVA}/flavors/nothing', json={}, status_code=404, headers=FROM_NOVA)
        mocker.get(f'{NOVA}/flavors/d-hidden/os-flavor-access', json=self._access)

    def asked(self):
        return [(request.method, urllib.parse.urlsplit(request.url).path)
                for request in self.mocker.request_history]

    def _seen(self, request):
        for flavor in self.flavors:
            told = dict(flavor)
            if request.headers['X-Auth-Token'] == 'unscoped':
                del told['extra_specs']
            if request.headers['X-Auth-Token'] == 'admin' or flavor['os-flavor-access:is_public']:
                yield told

    def _list(self, request, context):
        if 'marker' in request.qs:
            return {'flavors': []}
        wanted = request.qs.get('is_public', ['true'])[0]
        if request.headers['X-Auth-Token'] != 'admin':
            wanted = 'true'
        return {'flavors': [each for each in self._seen(request) if wanted == 'none'
                            or each['os-flavor-access:is_public'] == (wanted == 'true')]}

    def _show(self, request, context):
        for each in self._seen(request):
            if each['id'] == request.path.rpartition('/')[2]:
                return {'flavor': each}
        context.status_code = 404
        return {}

    def _access(self, request, context):
        if request.headers['X-Auth-Token'] != 'admin':
            context.status_code = 403
            return {'forbidden': {'message': "Policy doesn't allow it."}}
        return {'flavor_access': [{'flavor_id': 'd-hidden', 'tenant_id': 'project-one'}]}


@pytest.fixture(scope='module')
def showing(new_database, tmp_path_factory):
    """A service that shows what only the default region has."""
    with new_database('sqlite') as database_url:
        conf = sites.configuration(tmp_path_factory.mktemp('site'), 'fake:///', database_url,
                                   compute_api={'show_unmanaged': 'true'})
        with sites.running(conf) as site:
            yield site


@pytest.fixture
def site(showing):
    """Its catalogue has two flavors, both in the default region."""
    showing.reset()
    for flavor_id in ('a-ours', 'c-ours'):
        showing.conductor.flavor_create(
            context.RequestContext(), {**test_claims.VALUES, 'id': flavor_id, 'name': flavor_id})
        showing.conductor.install(context.RequestContext(), flavor_id, ['RegionOne'])
    showing.database.write(lambda session: session.execute(
        sa.update(tables.Installation).values(observed_generation=1)))
    return showing


@pytest.fixture
def nova(requests_mock):
    return Nova(requests_mock)


def ask(site, method, path, body=None, token='admin', version='2.96'):
    return test_requests.ask(
        site.app, method, f'/v2.1/flavors{path}', body, token,
        OpenStack_API_Version=f'compute {version}')


def listed(site, query='', token='admin', path=''):
    answer = ask(site, 'GET', f'{path}?{query}', token=token)
    assert answer.status_int == 200, answer.text
    return [each['id'] for each in answer.json['flavors']]


def test_they_are_listed_among_those_of_the_catalogue(site, nova):
    assert listed(site, 'is_public=None') == ['a-ours', 'b-alone', 'c-ours', 'd-hidden']
    assert listed(site, 'is_public=False', path='/detail') == ['d-hidden']
    assert {request.headers['X-Auth-Token'] for request in nova.mocker.request_history} == {
        'admin'}


@pytest.mark.parametrize('token', ['user', 'unscoped', 'manager'])
def test_everybody_sees_what_nova_shows_to_him(site, nova, token):
    assert listed(site, token=token) == ['a-ours', 'b-alone', 'c-ours']
    assert listed(site, 'is_public=None', token) == ['a-ours', 'b-alone', 'c-ours']
    assert ask(site, 'GET', '/d-hidden', token=token).status_int == 404


def test_one_may_see_more_of_the_catalogue_than_of_the_region(site, nova):
    assert listed(site, 'is_public=False', 'manager') == []


@pytest.mark.parametrize(('query', 'expected'), [
    ('minRam=65', ['a-ours', 'c-ours']), ('sort_key=memory_mb', ['b-alone', 'a-ours', 'c-ours']),
    ('sort_key=created_at', ['a-ours', 'c-ours', 'b-alone']),
    ('sort_dir=desc', ['c-ours', 'b-alone', 'a-ours']), ('limit=0', [])])
def test_they_are_chosen_and_sorted_like_others(site, nova, query, expected):
    assert listed(site, query) == expected


def test_the_links_of_the_pages_lead_through_both(site, nova):
    found, path = [], '?limit=1&is_public=None'
    while path is not None:
        answer = ask(site, 'GET', path).json
        found += [each['id'] for each in answer['flavors']]
        path = next((link['href'].partition('/v2.1/flavors')[2]
                     for link in answer.get('flavors_links', ())), None)
    assert found == ['a-ours', 'b-alone', 'c-ours', 'd-hidden']


def test_a_marker_that_is_not_seen_is_refused(site, nova):
    answer = ask(site, 'GET', '?marker=d-hidden', token='user')
    assert answer.status_int == 400
    assert answer.json['badRequest']['message'] == 'marker [d-hidden] not found'


@pytest.mark.parametrize('version', ['2.1', '2.54', '2.60', '2.61', '2.74', '2.75', '2.101',
                                     '2.102', '2.104'])
def test_they_look_like_others_at_every_microversion(site, nova, version):
    shown = {flavor_id: ask(site, 'GET', f'/{flavor_id}', version=version).json['flavor']
             for flavor_id in ('a-ours', 'b-alone')}
    assert shown['a-ours'].keys() == shown['b-alone'].keys()
    assert shown['b-alone']['ram'] == 64
    for path in ('', '/detail'):
        ours, alone = ask(site, 'GET', path, version=version).json['flavors'][:2]
        assert ours.keys() == alone.keys()
        if path:
            assert alone == shown['b-alone']


def test_the_catalogue_has_the_last_word_on_what_both_have(site, nova):
    nova.flavors += [in_nova('a-ours', ram=1), in_nova('unseen')]
    site.conductor.flavor_create(context.RequestContext(), {
        **test_claims.VALUES, 'id': 'unseen', 'name': 'unseen'})
    assert listed(site, token='user') == ['a-ours', 'b-alone', 'c-ours']
    assert ask(site, 'GET', '/unseen', token='user').status_int == 404
    [ours, *_] = ask(site, 'GET', '/detail').json['flavors']
    assert (ours['id'], ours['ram']) == ('a-ours', 512)


def test_extra_specs_are_read(site, nova):
    assert ask(site, 'GET', '/b-alone/os-extra_specs').json == {'extra_specs': {'a': 'b'}}
    assert ask(site, 'GET', '/b-alone/os-extra_specs/a').json == {'a': 'b'}
    assert ask(site, 'GET', '/b-alone/os-extra_specs/c').status_int == 404


def test_extra_specs_that_nova_does_not_show_are_not_shown(site, nova, tmp_path):
    policy = tmp_path / 'policy.yaml'
    policy.write_text('"compute_flavors:show_extra_specs": "@"\n')
    site.conf.set_override('policy_file', str(policy), 'oslo_policy')
    try:
        application = app.make_app(site.conf, site.conductor, auth=sites.Tokens)
    finally:
        site.conf.clear_override('policy_file', 'oslo_policy')

    def shown(path):
        return test_requests.ask(application, 'GET', f'/v2.1/flavors{path}', token='unscoped',
                                 OpenStack_API_Version='compute 2.96')
    assert shown('/a-ours').json['flavor']['extra_specs'] == {}
    assert 'extra_specs' not in shown('/b-alone').json['flavor']
    assert 'extra_specs' not in shown('/detail').json['flavors'][1]
    assert shown('/b-alone/os-extra_specs').status_int == 403


def test_the_access_list_is_for_those_to_whom_nova_shows_it(site, nova):
    assert ask(site, 'GET', '/d-hidden/os-flavor-access').json == {
        'flavor_access': [{'flavor_id': 'd-hidden', 'tenant_id': 'project-one'}]}
    assert ask(site, 'GET', '/b-alone/os-flavor-access').status_int == 404
    nova.flavors[1]['os-flavor-access:is_public'] = True
    nova.mocker.get(f'{NOVA}/flavors/d-hidden', json={'flavor': in_nova('d-hidden', **{
        'os-flavor-access:is_public': False})})
    refused = ask(site, 'GET', '/d-hidden/os-flavor-access', token='manager')
    assert refused.status_int == 403
    assert refused.json['forbidden']['message'] == "Policy doesn't allow it."


CHANGES = [
    ('PUT', '', {'flavor': {'description': 'd'}}), ('DELETE', '', None),
    ('POST', '/os-extra_specs', {'extra_specs': {'a': 'c'}}),
    ('PUT', '/os-extra_specs/a', {'a': 'c'}), ('DELETE', '/os-extra_specs/a', None),
    ('DELETE', '/os-extra_specs/c', None),
    ('POST', '/action', {'addTenantAccess': {'tenant': 'project-one'}}),
    ('POST', '/action', {'removeTenantAccess': {'tenant': 'project-one'}})]


@pytest.mark.parametrize(('method', 'path', 'body'), CHANGES)
def test_they_cannot_be_changed(site, nova, method, path, body):
    for flavor_id in ('b-alone', 'd-hidden'):
        answer = ask(site, method, f'/{flavor_id}{path}', body)
        assert answer.status_int == 409
        assert answer.json == {'conflictingRequest': {'code': 409, 'message': (
            f'Flavor {flavor_id} is not managed by the catalogue, only region RegionOne has it: '
            f'it has to be adopted first.')}}
    assert ask(site, method, f'/nothing{path}', body).status_int == 404
    assert ask(site, method, f'/d-hidden{path}', body, token='manager').status_int == 404
    assert ask(site, method, f'/b-alone{path}', body, token='user').status_int == 403
    assert {called for called, _ in nova.asked()} == {'GET'}


@pytest.mark.parametrize('answer', [{'exc': requests.exceptions.ConnectTimeout},
                                    {'status_code': 503, 'json': {}},
                                    {'status_code': 404, 'text': '<html>no Nova</html>'}])
def test_no_list_is_silently_short(site, nova, answer):
    nova.mocker.get(f'{NOVA}/flavors/detail', **answer)
    nova.mocker.get(f'{NOVA}/flavors/b-alone', **answer)
    for path in ('', '/detail', '/b-alone'):
        refused = ask(site, 'GET', path)
        assert refused.status_int == 503
        assert 'RegionOne' in refused.json['serviceUnavailable']['message']
    assert ask(site, 'DELETE', '/b-alone').status_int == 503
    assert ask(site, 'GET', '/a-ours').status_int == 200


def test_so_it_is_while_the_default_region_has_not_been_discovered(site, nova):
    def forget(session):
        session.execute(sa.delete(tables.Installation))
        session.execute(sa.delete(tables.Region))
    site.database.write(forget)
    refused = ask(site, 'GET', '')
    assert refused.status_int == 503
    assert 'it has not been discovered' in refused.json['serviceUnavailable']['message']


def test_a_token_that_nova_refuses_is_told(site, nova):
    nova.mocker.get(f'{NOVA}/flavors/detail', status_code=401, json={
        'error': {'message': 'It has expired.'}})
    refused = ask(site, 'GET', '')
    assert refused.status_int == 401
    assert 'It has expired.' in refused.json['unauthorized']['message']


def test_no_nova_is_asked_what_the_catalogue_knows(site, nova):
    ask(site, 'GET', '/a-ours')
    ask(site, 'GET', '/a-ours/os-extra_specs')
    assert nova.asked() == []


@pytest.mark.parametrize('flavor_id', ['%2e%2e', 'a%3fb', '%20a', '%c3%a9'])
def test_no_odd_id_gets_into_a_url_of_nova(site, nova, flavor_id):
    assert ask(site, 'GET', f'/{flavor_id}').status_int == 404
    assert nova.asked() == []


def test_an_old_nova_is_asked_for_the_extra_specs_of_a_page_alone(site, nova):
    site.database.write(lambda session: session.execute(
        sa.update(tables.Region).values(microversion='2.53')))
    for flavor in nova.flavors:
        del flavor['extra_specs']
    nova.mocker.get(f'{NOVA}/flavors/b-alone/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    page = 'is_public=None&limit=2'
    assert listed(site, page) == ['a-ours', 'b-alone']
    assert {path for _, path in nova.asked()} == {'/v2.1/flavors/detail'}
    answer = ask(site, 'GET', f'/detail?{page}').json
    assert answer['flavors'][1]['extra_specs'] == {'a': 'b'}
    assert [path for _, path in nova.asked()].count('/v2.1/flavors/b-alone/os-extra_specs') == 1


@pytest.mark.parametrize(('path', 'calls'), [
    ('/v2.1/flavors', ['compute_flavors_list']),
    ('/v2.1/flavors/detail', ['compute_flavors_list']),
    ('/v2.1/flavors/b-alone', ['flavor_get']),
    ('/v2.1/flavors/b-alone/os-extra_specs', ['flavor_get'])])
def test_without_the_option_nothing_more_is_asked(embedded, nova, path, calls):
    embedded.reset()
    counting = test_requests.Counting(client.Conductor(rpc.transport(embedded.conf),
                                                       embedded.conf))
    application = app.make_app(embedded.conf, counting, auth=sites.Tokens)
    answer = test_requests.ask(application, 'GET', path,
                               OpenStack_API_Version='compute 2.96')
    assert answer.status_int == (404 if 'b-alone' in path else 200)
    assert 'name of b-alone' not in answer.text
    assert counting.calls == calls
    assert nova.asked() == []
