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

"""The border to a region's Nova, where a real Nova cannot be made to answer so."""

import dataclasses
import itertools
import re

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import session as ksa_session
from keystoneauth1 import token_endpoint
from novaclient import client as nova_client
from novaclient import exceptions
import pytest
import requests
import requests_mock as mock

from flavorsvc.cloud import failing
from flavorsvc.cloud import nova
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor

URL = 'http://nova.test/v2.1'
FROM_NOVA = {'x-compute-request-id': 'req-1'}
FOUND = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': '',
         'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0, 'os-flavor-access:is_public': True}


def region(microversion='2.96'):
    session = ksa_session.Session(token_endpoint.Token(URL, 'token'))
    return nova.Nova(nova_client.Client(microversion, session=session, endpoint_override=URL))


def test_a_new_nova_tells_everything_in_one_request(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': {
        **FOUND, 'swap': 0, 'description': 'd', 'extra_specs': {'a': 'b'}}})
    assert region().find('f1') == flavor.Spec('f1', 'n1', 1, 512, 1, description='d',
                                              extra_specs={'a': 'b'})
    assert requests_mock.call_count == 1


def test_an_old_nova_is_asked_for_extra_specs_and_has_no_description(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': FOUND})
    requests_mock.get(f'{URL}/flavors/f1/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    assert region('2.53').find('f1') == flavor.Spec('f1', 'n1', 1, 512, 1,
                                                    extra_specs={'a': 'b'})


def test_the_access_list_is_read_where_there_is_one(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': {
        **FOUND, 'swap': 0, 'extra_specs': {}, 'os-flavor-access:is_public': False}})
    requests_mock.get(f'{URL}/flavors/f1/os-flavor-access', json={'flavor_access': [
        {'flavor_id': 'f1', 'tenant_id': 'p1'}, {'flavor_id': 'f1', 'tenant_id': 'p2'}]})
    assert region().find('f1').projects == frozenset(['p1', 'p2'])


def test_a_flavor_that_is_not_there_is_none(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', status_code=404, json={}, headers=FROM_NOVA)
    assert region().find('f1') is None


@pytest.mark.parametrize('act', [
    lambda nova: nova.find('f1'), lambda nova: nova.show('f1'),
    lambda nova: list(nova.list()), lambda nova: nova.do(compare.Delete('f1')),
    lambda nova: nova.do(compare.RemoveAccess('f1', 'p1'))])
def test_a_404_of_something_else_says_nothing_of_the_flavor(requests_mock, act):
    requests_mock.register_uri(mock.ANY, mock.ANY, status_code=404, text='<html>no backend</html>')
    with pytest.raises(failures.Unreachable) as failed:
        act(region())
    assert failed.value.reason == 'unintelligible'


def test_the_holder_of_a_name_is_looked_for_on_every_page(requests_mock):
    pages = [{'flavors': [{'id': 'a', 'name': 'x'}]}, {'flavors': [{'id': 'b', 'name': 'n1'}]},
             {'flavors': []}]
    requests_mock.get(f'{URL}/flavors', [{'json': page} for page in pages])
    assert region().id_of('n1') == 'b'
    assert 'is_public=None' in requests_mock.last_request.url
    assert 'marker=a' in requests_mock.last_request.url


def test_nobody_may_have_the_name(requests_mock):
    requests_mock.get(f'{URL}/flavors', json={'flavors': []})
    assert region().id_of('n1') is None


def test_a_list_has_every_page_with_extra_specs_and_no_access_lists(requests_mock):
    one = {**FOUND, 'swap': 0, 'description': None, 'extra_specs': {'a': 'b'}}
    requests_mock.get(f'{URL}/flavors/detail', [{'json': {'flavors': page}} for page in (
        [one, {**one, 'id': 'f2'}], [{**one, 'id': 'f3', 'extra_specs': {}}], [])])
    spec = flavor.Spec('f1', 'n1', 1, 512, 1, extra_specs={'a': 'b'})
    assert list(region().list()) == [
        spec, dataclasses.replace(spec, id='f2'),
        dataclasses.replace(spec, id='f3', extra_specs={})]
    assert [request.qs for request in requests_mock.request_history] == [
        {}, {'marker': ['f2']}, {'marker': ['f3']}]


def test_a_list_of_both_kinds_is_asked_for_as_nova_wants_it(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': []})
    assert list(region().list(is_public=None)) == []
    assert requests_mock.last_request.qs == {'is_public': ['none']}


def test_an_old_nova_is_asked_for_the_extra_specs_of_each_flavor_in_a_list(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', [{'json': {'flavors': page}} for page in (
        [FOUND], [])])
    requests_mock.get(f'{URL}/flavors/f1/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    assert list(region('2.53').list()) == [flavor.Spec('f1', 'n1', 1, 512, 1,
                                                       extra_specs={'a': 'b'})]


@pytest.mark.parametrize('number', [itertools.repeat, itertools.count],
                         ids=['the same again', 'ever new ones'])
@pytest.mark.parametrize('act', [lambda nova: list(nova.list()), lambda nova: nova.id_of('other')])
def test_pages_without_end_are_not_read_for_ever(requests_mock, act, number):
    numbers = number(1)
    requests_mock.get(re.compile(f'{URL}/flavors'), json=lambda request, context: {
        'flavors': [{**FOUND, 'swap': 0, 'extra_specs': {}, 'id': f'f{next(numbers)}'}]})
    with pytest.raises(failures.Unreachable) as failed:
        act(region())
    assert failed.value.reason == 'unintelligible'


def test_a_flavor_is_shown_to_one_who_may_not_read_its_access_list(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': {
        **FOUND, 'swap': 0, 'os-flavor-access:is_public': False}})
    assert region().show('f1') == flavor.Spec('f1', 'n1', 1, 512, 1, is_public=False)
    assert requests_mock.call_count == 1


def test_a_flavor_that_cannot_be_shown_is_none(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', status_code=404, json={}, headers=FROM_NOVA)
    assert region().show('f1') is None


def test_nova_may_choose_an_id(requests_mock):
    requests_mock.post(f'{URL}/flavors', json={'flavor': {**FOUND, 'id': 'made', 'swap': 0}})
    made = region().create(flavor.Spec('auto', 'n1', 1, 512, 1))
    assert made == flavor.Spec('made', 'n1', 1, 512, 1)
    assert requests_mock.last_request.json()['flavor']['id'] is None


STEPS = [
    (compare.SetExtraSpecs('f1', {'a': 'b'}), 'POST', '/flavors/f1/os-extra_specs',
     {'extra_specs': {'a': 'b'}}),
    (compare.UnsetExtraSpec('f1', 'a:b'), 'DELETE', '/flavors/f1/os-extra_specs/a:b', None),
    (compare.AddAccess('f1', 'p1'), 'POST', '/flavors/f1/action',
     {'addTenantAccess': {'tenant': 'p1'}}),
    (compare.RemoveAccess('f1', 'p1'), 'POST', '/flavors/f1/action',
     {'removeTenantAccess': {'tenant': 'p1'}}),
    (compare.SetDescription('f1', None), 'PUT', '/flavors/f1', {'flavor': {'description': None}}),
    (compare.Delete('f1'), 'DELETE', '/flavors/f1', None),
]


@pytest.mark.parametrize(('step', 'method', 'path', 'body'), STEPS)
def test_each_step_is_one_request(requests_mock, step, method, path, body):
    requests_mock.register_uri(method, URL + path, json={
        'flavor': FOUND, 'extra_specs': {}, 'flavor_access': []})
    region().do(step)
    assert requests_mock.call_count == 1
    assert (requests_mock.last_request.json() if body else None) == body


def test_a_create_carries_every_field(requests_mock):
    requests_mock.post(f'{URL}/flavors', json={'flavor': FOUND})
    region().do(compare.Create(flavor.Spec('f1', 'n1', 2, 3, 4, 5, 6, 1.5, False, 'd')))
    assert requests_mock.last_request.json() == {'flavor': {
        'id': 'f1', 'name': 'n1', 'vcpus': 2, 'ram': 3, 'disk': 4,
        'OS-FLV-EXT-DATA:ephemeral': 5, 'swap': 6, 'rxtx_factor': 1.5,
        'os-flavor-access:is_public': False, 'description': 'd'}}


def test_a_create_of_what_exists_says_so_in_novas_words(requests_mock):
    requests_mock.post(f'{URL}/flavors', status_code=409, json={
        'conflictingRequest': {'code': 409, 'message': 'Flavor with name n1 already exists.'}})
    with pytest.raises(failures.Taken) as taken:
        region().do(compare.Create(flavor.Spec('f1', 'n1', 1, 1, 1)))
    assert taken.value.text.startswith('Flavor with name n1 already exists.')


@pytest.mark.parametrize(('step', 'status', 'path'), [
    (compare.AddAccess('f1', 'p1'), 409, '/flavors/f1/action'),
    (compare.RemoveAccess('f1', 'p1'), 404, '/flavors/f1/action'),
    (compare.Delete('f1'), 404, '/flavors/f1')])
def test_what_someone_else_did_already_is_done(requests_mock, step, status, path):
    requests_mock.register_uri(mock.ANY, URL + path, status_code=status, json={},
                               headers=FROM_NOVA)
    region().do(step)


@pytest.mark.parametrize(('answer', 'kind', 'reason'), [
    ({'status_code': 400}, failures.Refused, 'rejected'),
    ({'status_code': 403}, failures.Refused, 'forbidden'),
    ({'status_code': 413}, failures.Refused, 'quota'),
    ({'status_code': 401}, failures.Unreachable, 'unauthorized'),
    ({'status_code': 429}, failures.Unreachable, 'busy'),
    ({'status_code': 502}, failures.Unreachable, 'unreachable'),
    ({'status_code': 503}, failures.Unreachable, 'unreachable'),
    ({'status_code': 504}, failures.Unreachable, 'unreachable'),
    ({'status_code': 406}, failures.Passing, 'microversion'),
    ({'status_code': 409}, failures.Passing, 'conflict'),
    ({'status_code': 500}, failures.Passing, 'server_error'),
    ({'exc': requests.exceptions.ConnectTimeout}, failures.Unreachable, 'unreachable'),
    ({'exc': requests.exceptions.ReadTimeout}, failures.Unreachable, 'unreachable'),
    ({'exc': requests.exceptions.ConnectionError}, failures.Unreachable, 'unreachable'),
    ({'exc': requests.exceptions.SSLError}, failures.Unreachable, 'unreachable'),
    ({'text': '<html>Please log in</html>'}, failures.Unreachable, 'unintelligible'),
    ({'json': {'flavours': []}}, failures.Unreachable, 'unintelligible'),
    ({'json': []}, failures.Unreachable, 'unintelligible'),
])
def test_failures_are_told_apart_by_what_has_to_happen_next(requests_mock, answer, kind, reason):
    requests_mock.get(f'{URL}/flavors/f1', **answer)
    with pytest.raises(failures.Failure) as failed:
        region().find('f1')
    assert type(failed.value) is kind
    assert failed.value.reason == reason
    assert failed.value.text


@pytest.mark.parametrize(('header', 'seconds'), [('7', 7.0), ('0', None), (None, None),
                                                 ('Fri, 31 Dec 2027 23:59:59 GMT', None)])
def test_the_wait_that_a_region_asks_for_is_kept(requests_mock, header, seconds):
    headers = {'Retry-After': header} if header else {}
    requests_mock.get(f'{URL}/flavors/f1', status_code=429, headers=headers, json={
        'overLimit': {'code': 429, 'message': 'slow down', 'retryAfter': header}})
    with pytest.raises(failures.Unreachable) as failed:
        region().find('f1')
    assert failed.value.retry_after_s == seconds


@pytest.mark.parametrize(('said', 'told'), [
    ("Unable to establish connection to http://nova.test/v2.1: HTTPConnectionPool(host='nova.test'"
     ", port=80): Max retries exceeded with url: /v2.1 (Caused by NewConnectionError('<urllib3."
     "connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111]"
     " Connection refused'))",
     'Unable to establish connection to http://nova.test/v2.1: [Errno 111] Connection refused'),
    ('Unable to establish connection to http://nova.test/v2.1: HTTPConnectionPool(odd)',
     'Unable to establish connection to http://nova.test/v2.1'),
    ('Request to http://nova.test/v2.1 timed out', 'Request to http://nova.test/v2.1 timed out'),
])
def test_why_there_is_no_connection_is_told_in_short(said, told):
    with pytest.raises(failures.Unreachable) as failed, failing.classified('nova'):
        raise ksa_exceptions.ConnectFailure(said)
    assert failed.value.text == told


def test_words_are_kept_short():
    with pytest.raises(failures.Unreachable) as failed, failing.classified('nova'):
        raise exceptions.ClientException(503, 'x' * 5000)
    assert len(failed.value.text) == 1000


def test_words_fit_into_one_line_of_a_log_and_into_any_database():
    with pytest.raises(failures.Unreachable) as failed, failing.classified('nova'):
        raise exceptions.ClientException(503, 'a\nb\x00c\ud800d \U0001f600')
    assert failed.value.text == 'a b c d \U0001f600'
