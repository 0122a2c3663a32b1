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

"""How operators learn how the service is: /healthcheck with details, flavorsvc-manage engine."""

import json

import pytest
import webob

from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.conductor import client
from tests.functional import site as sites
from tests.functional import test_manage
from tests.functional import test_metrics
from tests.functional import test_requests

busy = test_metrics.busy
DETAILED = '/healthcheck?detailed=true'


def served(site, tmp_path, networks, conductor=None):
    """Return the application of a site, which tells details to some networks."""
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://',
                               api={'healthcheck_details_for': networks})
    return app.make_app(conf, conductor or site.conductor, auth=sites.Tokens)


def look(application, address='127.0.0.1', path=DETAILED, **headers):
    request = webob.Request.blank(path, remote_addr=address)
    for name, value in headers.items():
        request.headers[name.replace('_', '-')] = value
    return request.get_response(application)


def test_details_tell_the_queue_the_regions_and_who_works(busy, tmp_path):
    answer = look(served(busy, tmp_path, '127.0.0.0/8'))
    assert (answer.status_int, answer.cache_control.no_store) == (200, True)
    details = answer.json['healthcheck']
    assert details['conductor'] == 'conductor'
    assert details['version']
    assert details['flavors'] == {'active': 2}
    one, three, two = details['regions']
    assert (one['name'], one['state'], one['due']) == ('RegionOne', 'up', 1)
    assert one['installations'] == {'pending': 1, 'installing': 1}
    assert two['oldest_due_at'].startswith('2')
    assert (three['installations'], three['due'], three['oldest_due_at']) == ({}, 0, None)
    [lease] = details['leases']
    assert (lease['conductor'], lease['number']) == ('host:1:abc', 1)


@pytest.mark.parametrize(('networks', 'address', 'headers'), [
    ('', '127.0.0.1', {}),
    ('127.0.0.0/8', '192.0.2.1', {}),
    ('10.0.0.0/8,2001:db8::/32', '127.0.0.1', {}),
    ('127.0.0.0/8', '', {}),
    ('127.0.0.0/8', 'localhost', {}),
    # a proxy of this machine must not open it to whoever reaches the proxy
    ('127.0.0.0/8', '127.0.0.1', {'X_Forwarded_For': '127.0.0.1'}),
    ('127.0.0.0/8', '127.0.0.1', {'Forwarded': 'for=127.0.0.1'}),
    ('127.0.0.0/8', '127.0.0.1', {'Via': '1.1 proxy'}),
])
def test_details_are_for_those_whom_the_deployer_names(embedded, tmp_path, networks, address,
                                                       headers):
    application = served(embedded, tmp_path, networks)
    answer = look(application, address, **headers)
    assert answer.status_int == 403
    assert 'healthcheck_details_for' in answer.json['errors'][0]['detail']
    assert look(application, address, '/healthcheck', **headers).text == 'OK'


@pytest.mark.parametrize('address', ['10.1.2.3', '2001:db8::1', '::ffff:10.1.2.3'])
def test_the_networks_may_be_of_either_kind(embedded, tmp_path, address):
    embedded.reset()
    application = served(embedded, tmp_path, '10.0.0.0/8,2001:db8::/32')
    assert look(application, address).status_int == 200


def test_a_service_that_does_not_work_says_why_instead(embedded, tmp_path):
    alone = sites.configuration(tmp_path, 'fake:///', 'sqlite://', rpc={'timeout': 1})
    nobody = client.Conductor(rpc.transport(alone), alone)
    answer = look(served(embedded, tmp_path, '127.0.0.0/8', nobody))
    assert answer.status_int == 503
    assert answer.json['errors'][0]['detail'] == 'No conductor answers at present.'


@pytest.mark.parametrize('query', [
    'detailed=false', 'detailed=', 'detailed', 'other=true', 'detailed=%FF', '%FF=true', '&&=&%',
    'detailed=' + 'x' * 5000])
def test_whoever_does_not_ask_for_details_gets_none(embedded, tmp_path, query):
    application = served(embedded, tmp_path, '127.0.0.0/8')
    assert look(application, path=f'/healthcheck?{query}').text == 'OK'


@pytest.fixture
def manage(busy, tmp_path):
    """A function: flavorsvc-manage with the database of a busy site."""
    url = busy.conf.database.connection
    file = test_manage.configuration(tmp_path, url)
    return lambda *arguments: test_manage.run('--config-file', file, *arguments)


def test_an_operator_sees_the_queue_without_a_conductor(manage):
    done = manage('engine', 'status')
    assert done.returncode == 0, done.stderr
    rows = {line.split('|')[1].strip(): [cell.strip() for cell in line.split('|')[2:-1]]
            for line in done.stdout.splitlines() if line.startswith('|')}
    names = rows['Region']
    one = dict(zip(names, rows['RegionOne'], strict=True))
    assert (one['State'], one['pending'], one['installing'], one['active'], one['Due']) == (
        'up', '1', '1', '0', '1')
    assert dict(zip(names, rows['RegionTwo'], strict=True))['Due'] == '2'
    assert rows['host:1:abc'][0] == '1'
    assert rows['active'] == ['2']


def test_a_program_sees_it_too(manage):
    done = manage('engine', 'status', '--json')
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [each['due'] for each in found['regions']] == [1, 0, 2]


def test_a_database_without_tables_is_named(tmp_path):
    file = test_manage.configuration(tmp_path, f'sqlite:///{tmp_path}/empty.db')
    done = test_manage.run('--config-file', file, 'engine', 'status')
    assert done.returncode == 1
    assert 'flavorsvc-manage db sync' in done.stderr
    assert 'Traceback' not in done.stderr


def test_details_do_not_need_keystone(busy, tmp_path):
    """Who may ask is told by the address, so that it answers while no token can be checked."""
    def broken(application):
        def fail(environ, start_response):
            raise RuntimeError('Keystone is away')
        return fail
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://',
                               api={'healthcheck_details_for': '127.0.0.0/8'})
    assert look(app.make_app(conf, busy.conductor, auth=broken)).status_int == 200
    assert test_requests.ask(app.make_app(conf, busy.conductor, auth=broken), 'GET',
                             '/v1/flavors').status_int == 500
