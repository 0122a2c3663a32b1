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

"""What surrounds each request: its id, its cost, its failures."""

import json
import logging

import pytest
import sqlalchemy as sa
import webob

from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.conductor import client
from flavorsvc.db import engine
from flavorsvc.db import regions
from flavorsvc.db import tables
from tests.functional import site as sites

FLAVOR = {'name': 'one', 'id': 'one', 'vcpus': 1, 'ram': 512, 'disk': 1, 'public': True,
          'extra_specs': {'hw:cpu_policy': 'shared'}}


def ask(application, method, path, body=None, token='manager', **headers):
    request = webob.Request.blank(path, method=method)
    request.headers['OpenStack-API-Version'] = 'flavorsvc 1.1'
    if token is not None:
        request.headers['X-Auth-Token'] = token
    if body is not None:
        request.content_type = 'application/json'
        request.body = json.dumps(body).encode()
    for name, value in headers.items():
        request.headers[name.replace('_', '-')] = value
    return request.get_response(application)


class Counting:
    """A conductor that counts what it is asked."""

    def __init__(self, conductor):
        self._conductor = conductor
        self.calls = []

    def __getattr__(self, name):
        self.calls.append(name)
        return getattr(self._conductor, name)


@pytest.fixture
def catalogue(embedded):
    """A site whose catalogue has FLAVOR, installed in RegionOne as far as wishes go."""
    embedded.reset()
    assert ask(embedded.app, 'POST', '/v1/flavors', {'flavor': FLAVOR}).status_int == 201
    assert ask(embedded.app, 'POST', '/v1/flavors/one/install',
               {'regions': ['RegionOne']}).status_int == 202
    return embedded


def test_an_owner_takes_no_flavor_out_of_the_regions_of_others(catalogue):
    """Deleting a flavor takes the right to uninstall it wherever it is."""
    own = {**FLAVOR, 'id': 'own', 'name': 'own'}
    assert ask(catalogue.app, 'POST', '/v1/flavors', {'flavor': own},
               token='operator-one').status_int == 201
    wished = ask(catalogue.app, 'POST', '/v1/flavors/own/install', {'regions': ['RegionTwo']})
    installed, = wished.json['installations']

    def observe(session):
        session.get(tables.Installation, installed['id']).observed_generation = 1
    catalogue.database.write(observe)
    refused = ask(catalogue.app, 'DELETE', '/v1/flavors/own', token='operator-one')
    assert refused.status_int == 403
    assert 'RegionTwo' in refused.json['errors'][0]['detail']
    assert ask(catalogue.app, 'DELETE', '/v1/flavors/own').status_int == 202


@pytest.mark.parametrize('token', ['manager', 'user'])
def test_to_show_a_flavor_costs_one_call_and_one_query(catalogue, token):
    conductor = Counting(client.Conductor(rpc.transport(catalogue.conf), catalogue.conf))
    application = app.make_app(catalogue.conf, conductor, auth=sites.Tokens)
    # the first call of a process opens the queue of the replies, with another
    ask(application, 'GET', '/v1/flavors/one', token=token)
    conductor.calls.clear()
    statements = []
    database = catalogue.database.engine

    def note(connection, cursor, statement, parameters, context, many):
        statements.append(statement)
    sa.event.listen(database, 'before_cursor_execute', note)
    try:
        response = ask(application, 'GET', '/v1/flavors/one', token=token)
    finally:
        sa.event.remove(database, 'before_cursor_execute', note)
    assert response.json['flavor']['id'] == 'one'
    assert conductor.calls == ['flavor_get']
    assert len([text for text in statements if text.startswith('SELECT')]) == 1


def test_the_conductor_keeps_the_id_of_the_request_that_wished(catalogue):
    response = ask(catalogue.app, 'POST', '/v1/flavors/one/install', {'regions': ['RegionTwo']})
    assert response.json['installations'][0]['request_id'] == (
        response.headers['X-OpenStack-Request-ID'])


def test_an_error_tells_the_id_of_its_request(catalogue):
    response = ask(catalogue.app, 'GET', '/v1/flavors/nothing')
    assert response.json['errors'][0]['request_id'] == response.headers['X-OpenStack-Request-ID']


def test_no_conductor_is_a_503_with_the_reason(catalogue, tmp_path):
    alone = sites.configuration(tmp_path, 'fake:///', 'sqlite://', rpc={'timeout': 2})
    application = app.make_app(alone, client.Conductor(rpc.transport(alone), alone),
                               auth=sites.Tokens)
    response = ask(application, 'GET', '/v1/flavors')
    assert response.status_int == 503
    assert response.json['errors'][0]['code'] == 'flavorsvc.unavailable'
    assert response.json['errors'][0]['detail'] == 'No conductor answers at present.'
    health = ask(application, 'GET', '/healthcheck', token=None)
    assert health.status_int == 503
    assert health.json['errors'][0]['detail'] == 'No conductor answers at present.'


def test_a_database_that_is_away_is_a_503_with_the_reason(catalogue, tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', 'mysql+pymysql://root@127.0.0.1:1/none')
    conf.set_override('max_retries', 0, 'database')
    away = engine.Database(conf)

    class Conductor:
        def __getattr__(self, name):
            return lambda *arguments: away.read(regions.count)

    application = app.make_app(catalogue.conf, Conductor(), auth=sites.Tokens)
    for path in ('/v1/flavors/one', '/healthcheck'):
        response = ask(application, 'GET', path)
        assert response.status_int == 503
        assert response.json['errors'][0]['detail'] == (
            'The database does not answer at present.')


def test_the_conductor_is_asked_for_its_health_once_for_many(catalogue):
    conductor = Counting(client.Conductor(rpc.transport(catalogue.conf), catalogue.conf))
    application = app.make_app(catalogue.conf, conductor, auth=sites.Tokens)
    answers = [ask(application, 'GET', '/healthcheck', token=None).text for _ in range(20)]
    assert answers == ['OK'] * 20
    # it may have grown old meanwhile on a machine that is busy
    assert conductor.calls in (['ping'], ['ping'] * 2)


def test_what_nobody_expected_tells_the_caller_nothing(catalogue, caplog):
    class Broken:
        def flavor_get(self, ctxt, flavor_id):
            raise RuntimeError('the password is secret')

    application = app.make_app(catalogue.conf, Broken(), auth=sites.Tokens)
    response = ask(application, 'GET', '/v1/flavors/one')
    assert response.status_int == 500
    assert 'secret' not in response.text
    assert response.json['errors'][0]['code'] == 'flavorsvc.internal'
    assert 'the password is secret' in caplog.text


def test_what_fails_before_pecan_has_the_same_shape(catalogue, caplog):
    def broken(application):
        def fail(environ, start_response):
            raise RuntimeError('the password is secret')
        return fail

    response = ask(app.make_app(catalogue.conf, None, auth=broken), 'GET', '/v1/flavors')
    assert response.status_int == 500
    assert response.content_type == 'application/json'
    assert 'secret' not in response.text
    assert 'the password is secret' in caplog.text
    assert response.json['errors'][0]['request_id'] == response.headers['X-OpenStack-Request-ID']


@pytest.mark.parametrize('length', ['x', '-1', '1.5', '', '9' * 30])
def test_a_length_that_is_none_is_no_failure(catalogue, length):
    request = webob.Request.blank('/v1/flavors', method='POST')
    request.headers['OpenStack-API-Version'] = 'flavorsvc 1.1'
    request.headers['X-Auth-Token'] = 'manager'
    request.environ['CONTENT_LENGTH'] = length
    assert 400 <= request.get_response(catalogue.app).status_int < 500


def test_browsers_are_answered_where_the_deployer_wants_it(catalogue, tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://')
    headers = {'Origin': 'http://dashboard.test', 'Access_Control_Request_Method': 'PATCH',
               'Access_Control_Request_Headers': 'If-Match'}
    closed = ask(app.make_app(conf, None, auth=sites.Tokens), 'OPTIONS', '/v1/flavors/one',
                 token=None, **headers)
    assert closed.status_int == 401
    assert 'Access-Control-Allow-Origin' not in closed.headers
    conf.set_override('allowed_origin', ['http://dashboard.test'], 'cors')
    opened = ask(app.make_app(conf, None, auth=sites.Tokens), 'OPTIONS', '/v1/flavors/one',
                 token=None, **headers)
    assert opened.status_int == 200
    assert opened.headers['Access-Control-Allow-Origin'] == 'http://dashboard.test'
    assert 'PATCH' in opened.headers['Access-Control-Allow-Methods']


def test_links_name_the_host_that_a_trusted_proxy_names(catalogue, tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://')
    forwarded = {'X_Forwarded_Proto': 'https', 'X_Forwarded_Host': 'api.test'}
    response = ask(app.make_app(conf, None), 'GET', '/', token=None, **forwarded)
    assert response.json['versions'][0]['links'][0]['href'] == 'http://localhost/v1/'
    conf.set_override('enable_proxy_headers_parsing', True, 'oslo_middleware')
    response = ask(app.make_app(conf, None), 'GET', '/', token=None, **forwarded)
    assert response.json['versions'][0]['links'][0]['href'] == 'https://api.test/v1/'


def test_who_tries_tokens_is_in_the_log(embedded, caplog):
    with caplog.at_level(logging.INFO):
        ask(embedded.app, 'GET', '/v1/flavors', token='a guess')
    [record] = [each for each in caplog.records if ', from ' in each.getMessage()]
    assert record.getMessage().startswith('GET /v1/flavors 401, from ')
    assert 'a guess' not in caplog.text
