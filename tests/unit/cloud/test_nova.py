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
MORE = {'flavors_links': [{'rel': 'next', 'href': f'{URL}/elsewhere'}]}
FOUND = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': '',
         'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0, 'os-flavor-access:is_public': True}


def region(microversion='2.96', may_change=lambda: True):
    session = ksa_session.Session(token_endpoint.Token(URL, 'token'))
    return nova.Nova(nova_client.Client(microversion, session=session, endpoint_override=URL,
                                        timings=True), may_change)


def test_who_lost_the_lease_changes_nothing(requests_mock):
    """Also in the middle of several steps."""
    leases = iter([True, False])
    requests_mock.delete(f'{URL}/flavors/f1', status_code=202)
    nova = region(may_change=lambda: next(leases))
    nova.do(compare.Delete('f1'))
    with pytest.raises(failures.Passing) as raised:
        nova.do(compare.Delete('f1'))
    assert raised.value.reason == 'lease_lost'
    assert requests_mock.call_count == 1


def test_the_time_of_each_request_that_is_answered_is_taken(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', [
        {'status_code': 404, 'json': {}, 'headers': FROM_NOVA},
        {'exc': requests.exceptions.ConnectTimeout}])
    nova = region()
    assert nova.answer_times_s() == []
    nova.find('f1')
    with pytest.raises(failures.Unreachable):
        nova.find('f1')
    taken_s, = nova.answer_times_s()
    assert taken_s >= 0


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


def test_names_are_read_from_every_page(requests_mock):
    pages = [{'flavors': [{'id': 'a', 'name': 'x'}], **MORE},
             {'flavors': [{'id': 'b', 'name': 'n1'}]}]
    requests_mock.get(f'{URL}/flavors', [{'json': page} for page in pages])
    assert region().names() == {'a': 'x', 'b': 'n1'}
    assert 'is_public=None' in requests_mock.last_request.url
    assert 'marker=a' in requests_mock.last_request.url


def test_servers_of_all_projects_are_counted_on_every_page(requests_mock):
    pages = [[f's{number}' for number in range(start, start + size)]
             for start, size in ((0, 1000), (1000, 1000), (2000, 345), (0, 0))]
    requests_mock.get(f'{URL}/servers', [
        {'json': {'servers': [{'id': each, 'name': 'same'} for each in page]}} for page in pages])
    assert region().count_servers('a flavor') == 2345
    assert [request.qs for request in requests_mock.request_history] == [
        {'all_tenants': ['true'], 'flavor': ['a flavor'], **marker}
        for marker in ({}, {'marker': ['s999']}, {'marker': ['s1999']}, {'marker': ['s2344']})]


def test_servers_that_may_not_be_counted_are_not_taken_for_none(requests_mock):
    requests_mock.get(f'{URL}/servers', status_code=403, headers=FROM_NOVA, json={
        'forbidden': {'message': 'Policy does not allow it.', 'code': 403}})
    with pytest.raises(failures.Refused) as refused:
        region().count_servers('f1')
    assert refused.value.reason == 'forbidden'


def test_a_list_has_every_page_with_extra_specs_and_no_access_lists(requests_mock):
    one = {**FOUND, 'swap': 0, 'description': None, 'extra_specs': {'a': 'b'}}
    requests_mock.get(f'{URL}/flavors/detail', [{'json': page} for page in (
        {'flavors': [one, {**one, 'id': 'f2'}], **MORE},
        {'flavors': [{**one, 'id': 'f3', 'extra_specs': {}}], **MORE}, {'flavors': []})])
    spec = flavor.Spec('f1', 'n1', 1, 512, 1, extra_specs={'a': 'b'})
    assert list(region().list()) == [
        spec, dataclasses.replace(spec, id='f2'),
        dataclasses.replace(spec, id='f3', extra_specs={})]
    assert [request.qs for request in requests_mock.request_history] == [
        {}, {'marker': ['f2']}, {'marker': ['f3']}]


def test_a_page_that_none_follows_is_the_last_request(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [
        {**FOUND, 'swap': 0, 'extra_specs': {}}]})
    assert [spec.id for spec in region().list()] == ['f1']
    assert requests_mock.call_count == 1


def private(flavor_id):
    return {**FOUND, 'id': flavor_id, 'swap': 0, 'os-flavor-access:is_public': False}


def test_of_everything_only_the_access_lists_that_are_needed_are_read(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [
        {**private(name), 'extra_specs': {'a': name}} for name in ('f1', 'f2')]})
    requests_mock.get(f'{URL}/flavors/f2/os-flavor-access', json={'flavor_access': [
        {'flavor_id': 'f2', 'tenant_id': 'p1'}]})
    one, two = region().everything(lambda key, name: (key, name) == ('f2', 'n1'), 2)
    assert (one.extra_specs, one.projects) == ({'a': 'f1'}, frozenset())
    assert (two.extra_specs, two.projects) == ({'a': 'f2'}, frozenset(['p1']))
    assert requests_mock.request_history[0].qs == {'is_public': ['none']}
    assert requests_mock.call_count == 2


def test_too_many_flavors_are_none(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [
        {**private(name), 'extra_specs': {}} for name in ('f1', 'f2')]})
    with pytest.raises(failures.Refused, match='more than 1 flavors'):
        list(region().everything(lambda key, name: False, 1))


def test_an_old_nova_is_asked_for_the_extra_specs_that_are_needed(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [FOUND, {**FOUND, 'id': 'f2'}]})
    requests_mock.get(f'{URL}/flavors/f1/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    assert [spec.extra_specs for spec in region('2.53').everything(
        lambda key, name: key == 'f1', 2)] == [{'a': 'b'}, {}]


@pytest.mark.parametrize('odd', [
    {'vcpus': '4'}, {'ram': None}, {'disk': 1.5}, {'swap': True}, {'name': 5}, {'name': ''},
    {'name': 'a\x00'}, {'name': '\ud800'}, {'id': None}, {'extra_specs': {'a': 1}},
    {'extra_specs': ['a']}, {'extra_specs': None}, {'description': 5}, {'rxtx_factor': 'x'},
    {'os-flavor-access:is_public': 'yes'}])
@pytest.mark.parametrize('act', [lambda nova: nova.find('f1'),
                                 lambda nova: list(nova.everything(lambda key, name: True, 9))])
def test_from_what_no_nova_has_nothing_is_concluded(requests_mock, odd, act):
    told = {**FOUND, 'swap': 0, 'extra_specs': {}, **odd}
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': told})
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [told]})
    with pytest.raises(failures.Unreachable) as failed:
        act(region())
    assert failed.value.reason == 'unintelligible'


@pytest.mark.parametrize('answer', [
    {'text': '<html>'}, {'json': []}, {'json': {'flavours': []}}, {'json': {'flavors': [None]}},
    {'json': {'flavors': {'a': 1}}}, {'json': {'flavors': None}},
    {'json': {'flavors': [], 'flavors_links': [5]}}])
def test_half_a_list_is_none(requests_mock, answer):
    first = {'flavors': [{**FOUND, 'swap': 0, 'extra_specs': {}}], **MORE}
    requests_mock.get(f'{URL}/flavors/detail', [{'json': first}, answer])
    with pytest.raises(failures.Unreachable) as failed:
        list(region().everything(lambda key, name: False, 9))
    assert failed.value.reason == 'unintelligible'


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


def test_it_is_not_where_the_list_need_not_be_in_full(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', [{'json': {'flavors': page}} for page in (
        [FOUND], [])])
    old = region('2.53')
    [listed] = old.list(in_full=False)
    assert listed.extra_specs is None
    assert requests_mock.call_count == 1
    requests_mock.get(f'{URL}/flavors/f1/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    assert old.completed(listed).extra_specs == {'a': 'b'}


def test_nothing_lacks_in_the_list_of_a_new_nova(requests_mock):
    requests_mock.get(f'{URL}/flavors/detail', [{'json': {'flavors': page}} for page in (
        [{**FOUND, 'swap': 0, 'extra_specs': {'a': 'b'}}], [])])
    [listed] = region().list(in_full=False)
    assert region().completed(listed) == listed
    assert listed.extra_specs == {'a': 'b'}
    assert requests_mock.call_count == 1


@pytest.mark.parametrize('number', [itertools.repeat, itertools.count],
                         ids=['the same again', 'ever new ones'])
@pytest.mark.parametrize('act', [lambda nova: list(nova.list()), lambda nova: nova.names()])
def test_pages_without_end_are_not_read_for_ever(requests_mock, act, number):
    numbers = number(1)
    requests_mock.get(re.compile(f'{URL}/flavors'), json=lambda request, context: {
        'flavors': [{**FOUND, 'swap': 0, 'extra_specs': {}, 'id': f'f{next(numbers)}'}], **MORE})
    with pytest.raises(failures.Unreachable) as failed:
        act(region())
    assert failed.value.reason == 'unintelligible'


def test_a_flavor_is_shown_to_one_who_may_not_read_its_access_list(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': {
        **FOUND, 'swap': 0, 'os-flavor-access:is_public': False}})
    assert region().show('f1') == flavor.Spec('f1', 'n1', 1, 512, 1, is_public=False,
                                              extra_specs=None)
    assert requests_mock.call_count == 1


def test_an_old_nova_may_refuse_the_extra_specs_of_what_it_shows(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1', json={'flavor': FOUND})
    requests_mock.get(f'{URL}/flavors/f1/os-extra_specs', status_code=403, json={})
    assert region('2.53').show('f1').extra_specs is None


def test_who_may_use_a_flavor_is_told_to_who_may_know(requests_mock):
    requests_mock.get(f'{URL}/flavors/f1/os-flavor-access', [
        {'json': {'flavor_access': [{'flavor_id': 'f1', 'tenant_id': 'p1'}]}},
        {'status_code': 403, 'json': {}}])
    assert region().projects('f1') == ['p1']
    with pytest.raises(failures.Refused) as refused:
        region().projects('f1')
    assert refused.value.reason == 'forbidden'


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
