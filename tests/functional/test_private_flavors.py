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


"""Flavors of one region, over RPC, with a Nova that is only HTTP answers; and a token unseen."""

import contextlib
import datetime
import io
import logging

import pytest
import requests

from flavorsvc import context
from flavorsvc import rpc
from flavorsvc.conductor import client
from flavorsvc.db import flavors
from flavorsvc.db import infrastructures
from flavorsvc.domain import errors

NOVA = 'http://regionone.test/v2.1'
FOREIGN = 'http://mordor.test/v2.1'
SECRET = 'gAAAAABlongAndSecretTokenOfACaller'
TOKEN = {'own': SECRET, 'region': None}
FROM_NOVA = {'x-compute-request-id': 'req-nova'}
FOUND = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': 0,
         'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0, 'os-flavor-access:is_public': True,
         'description': None, 'extra_specs': {'a': 'b'}}
TOLD = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1, 'ephemeral_gib': 0,
        'swap_mib': 0, 'rxtx_factor': 1.0, 'is_public': True, 'description': None,
        'extra_specs': {'a': 'b'}, 'regions': ['RegionOne']}
LEAST = {'name': 'n1', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1}


@pytest.fixture
def site(deployed):
    deployed.reset()
    return deployed


@pytest.fixture
def conductor(site):
    transport = rpc.transport(site.conf)
    yield client.Conductor(transport, site.conf)
    transport.cleanup()


@pytest.fixture
def nova(requests_mock):
    """The Nova of RegionOne, with one flavor."""
    requests_mock.get(f'{NOVA}/flavors/detail', [{'json': {'flavors': [FOUND]}},
                                                 {'json': {'flavors': []}}])
    requests_mock.get(f'{NOVA}/flavors/f1', json={'flavor': FOUND})
    return requests_mock


def ctxt():
    return context.RequestContext(auth_token=SECRET, request_id='req-of-caller')


def wish(site, conductor, flavor_id='f1'):
    """Put a flavor into the catalogue and wish it into RegionOne."""
    values = {**LEAST, 'id': flavor_id, 'ephemeral_gib': 0, 'swap_mib': 0, 'rxtx_factor': 1.0,
              'description': None, 'is_public': True, 'extra_specs': {}, 'properties': {},
              'public': True, 'promoted': False, 'project_id': None, 'projects': []}
    site.database.write(flavors.create, values)
    conductor.install(ctxt(), flavor_id, ['RegionOne'])


def test_a_region_is_asked_with_the_callers_token_and_request_id(conductor, nova):
    assert conductor.private_flavors_list(ctxt(), 'RegionOne', TOKEN) == [TOLD]
    assert conductor.private_flavor_get(ctxt(), 'RegionOne', 'f1', TOKEN) == TOLD
    asked = nova.request_history
    assert {request.headers['X-Auth-Token'] for request in asked} == {SECRET}
    assert {request.headers['X-OpenStack-Request-ID'] for request in asked} == {'req-of-caller'}
    assert {request.headers['X-OpenStack-Nova-API-Version'] for request in asked} == {'2.96'}


def test_a_flavor_is_made_and_changed_and_deleted(conductor, nova):
    bare = {**FOUND, 'extra_specs': {}}
    nova.post(f'{NOVA}/flavors', json={'flavor': bare})
    nova.post(f'{NOVA}/flavors/f1/os-extra_specs', json={'extra_specs': {'a': 'b'}})
    made = conductor.private_flavor_create(ctxt(), 'RegionOne',
                                           {**LEAST, 'extra_specs': {'a': 'b'}}, TOKEN)
    assert made == TOLD
    nova.put(f'{NOVA}/flavors/f1', json={'flavor': {**FOUND, 'description': 'd'}})
    changed = conductor.private_flavor_update(ctxt(), 'RegionOne', 'f1', {'description': 'd'},
                                              TOKEN)
    assert changed == {**TOLD, 'description': 'd'}
    nova.delete(f'{NOVA}/flavors/f1', status_code=202)
    assert conductor.private_flavor_delete(ctxt(), 'RegionOne', 'f1', TOKEN) is None
    assert nova.last_request.method == 'DELETE'


def test_what_the_catalogue_wants_there_is_not_touched(site, conductor, nova):
    wish(site, conductor)
    with pytest.raises(errors.Conflict, match='uninstall it instead'):
        conductor.private_flavor_delete(ctxt(), 'RegionOne', 'f1', TOKEN)
    with pytest.raises(errors.Conflict, match='change it there'):
        conductor.private_flavor_update(ctxt(), 'RegionOne', 'f1', {'description': 'd'}, TOKEN)
    assert {request.method for request in nova.request_history} == {'GET'}


def test_another_region_may_have_a_flavor_of_that_id_for_itself(site, conductor, requests_mock):
    wish(site, conductor)
    requests_mock.get('http://regiontwo.test/v2.1/flavors/f1', json={'flavor': FOUND})
    requests_mock.delete('http://regiontwo.test/v2.1/flavors/f1', status_code=202)
    conductor.private_flavor_delete(ctxt(), 'RegionTwo', 'f1', TOKEN)
    assert requests_mock.last_request.method == 'DELETE'


@pytest.mark.parametrize(('answer', 'error', 'reason'), [
    ({'status_code': 400}, errors.Invalid, 'flavor: Nova says so.'),
    ({'status_code': 401}, errors.Unauthorized,
     "The Nova of region 'RegionOne' refuses the token: Nova says so."),
    ({'status_code': 403}, errors.Denied, 'Nova says so.'),
    ({'status_code': 404, 'headers': FROM_NOVA}, errors.NotFound, "There is no flavor 'f1'."),
    ({'status_code': 404}, errors.RegionUnreachable, 'Region RegionOne: nova did not answer as'),
    ({'status_code': 409}, errors.Conflict, 'Nova says so.'),
    ({'status_code': 500}, errors.RegionUnreachable, 'Region RegionOne: Nova says so.'),
    ({'exc': requests.exceptions.ConnectTimeout}, errors.RegionUnreachable, 'Region RegionOne: '),
])
def test_novas_answers_come_through(conductor, nova, answer, error, reason):
    if 'status_code' in answer:
        answer = {**answer, 'json': {'fault': {'message': 'Nova says so.'}}}
    nova.get(f'{NOVA}/flavors/f1', **answer)
    with pytest.raises(error) as told:
        conductor.private_flavor_get(ctxt(), 'RegionOne', 'f1', TOKEN)
    assert told.value.reason.startswith(reason)


def test_no_token_of_ours_goes_to_a_foreign_cloud(site, conductor, requests_mock):
    def register(session):
        infrastructures.create(
            session, 'Mordor', 'project-one', 9, FOREIGN, '2.96',
            {'keystone_url': 'http://keystone.mordor.test', 'region_name': None, 'sealed': 'x'},
            datetime.datetime(2026, 11, 21))
    site.database.write(register)
    with pytest.raises(errors.Unauthorized, match='X-Auth-Token-KeyStone'):
        conductor.private_flavors_list(ctxt(), 'Mordor', TOKEN)
    assert not requests_mock.request_history
    requests_mock.get(f'{FOREIGN}/flavors/f1', json={'flavor': FOUND})
    told = conductor.private_flavor_get(ctxt(), 'Mordor', 'f1',
                                        {'own': SECRET, 'region': 'of-mordor-alone'})
    assert told['regions'] == ['Mordor']
    assert requests_mock.last_request.headers['X-Auth-Token'] == 'of-mordor-alone'
    assert SECRET not in str(requests_mock.last_request.headers)


@contextlib.contextmanager
def everything_logged():
    """Have every logger of the process, whatever was said of it, write all that it has.

    :returns: context manager that gives io.StringIO
    """
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter('%(name)s %(levelname)s %(message)s %(args)r'))
    loggers = [logging.getLogger(), *(
        logging.getLogger(name) for name in list(logging.root.manager.loggerDict))]
    before = [(each, each.level, each.disabled) for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.disabled = False
        each.addHandler(handler)
    try:
        yield text
    finally:
        for each, level, disabled in before:
            each.removeHandler(handler)
            each.setLevel(level)
            each.disabled = disabled


class Broken(Exception):
    """What no library should raise: it tells the token."""


def tell(request, context):
    raise Broken(f'cannot send {request.headers["X-Auth-Token"]}')


@pytest.mark.parametrize('answer', [
    {'json': {'flavor': FOUND}},
    {'status_code': 401, 'json': {'error': {'message': 'The request needs authentication.'}}},
    {'status_code': 403, 'json': {'forbidden': {'message': f'{SECRET} may not.'}}},
    {'status_code': 404, 'text': '<html>no backend</html>'},
    {'exc': requests.exceptions.ConnectTimeout},
    {'json': tell},
], ids=['well', '401', 'quoted', 'unintelligible', 'unreachable', 'unexpected'])
def test_the_token_is_in_no_log_and_no_error(conductor, nova, answer):
    nova.get(f'{NOVA}/flavors/f1', **answer)
    failure = ''
    with everything_logged() as log:
        try:
            conductor.private_flavor_get(ctxt(), 'RegionOne', 'f1', TOKEN)
        except Exception as error:
            failure = f'{error} {error!r} {error.args} {error.__cause__!r} {vars(error)}'
    assert 'oslo_messaging' in log.getvalue()
    assert 'regionone.test' in log.getvalue()
    assert SECRET not in log.getvalue()
    assert SECRET not in failure
    assert bool(failure) == ('flavor' not in str(answer))
    if answer.get('json') is tell:
        assert 'Broken: cannot send ***' in log.getvalue()
