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

"""The metrics of the running service, against what was done to it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

from oslo_utils import timeutils
from prometheus_client import parser
import pytest

from flavorsvc import metrics
from flavorsvc.cmd import exposition
from flavorsvc.db import claims
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.domain import failures
from tests.functional import site as sites
from tests.functional import test_engine
from tests.functional import test_requests

ask = test_requests.ask
world = test_engine.world


def counted(name, **labels):
    return metrics.registry().get_sample_value(f'flavorsvc_{name}', labels) or 0


def routes():
    return {sample.labels['route'] for family in metrics.registry().collect()
            for sample in family.samples if sample.name == 'flavorsvc_api_requests_total'}


# -- the API


@pytest.mark.parametrize(('method', 'path', 'token', 'route', 'status'), [
    ('GET', '/v1/flavors', 'manager', '/v1/flavors', '200'),
    ('GET', '/v1/flavors/', 'manager', '/v1/flavors', '200'),
    ('GET', '/v1/flavors/a-b-c', 'manager', '/v1/flavors/*', '404'),
    ('DELETE', '/v1/flavors/a-b-c', 'manager', '/v1/flavors/*', '404'),
    ('PUT', '/v1/flavors', 'manager', '/v1/flavors', '405'),
    ('GET', '/api/v1/flavors/secret', 'manager', '/api/v1/flavors/*', '404'),
    ('GET', '/v2.1/flavors/made-up', 'manager', '/v2.1/flavors/*', '404'),
    ('GET', '/made/up', 'manager', 'none', '404'),
    ('GET', '/v1/flavors/\xff', 'manager', 'none', '400'),
    ('GET', '/healthcheck', None, '/healthcheck', '200'),
])
def test_requests_are_counted_by_template(embedded, method, path, token, route, status):
    embedded.reset()
    labels = {'method': method, 'route': route, 'status': status}
    before = counted('api_requests_total', **labels)
    timed = counted('api_request_duration_seconds_count', method=method, route=route)
    answer = ask(embedded.app, method, path.replace('\xff', '%FF'), token=token)
    assert str(answer.status_int) == status
    assert counted('api_requests_total', **labels) == before + 1
    assert counted('api_request_duration_seconds_count', method=method, route=route) == timed + 1


def test_what_nobody_expected_is_counted_too(embedded):
    def broken(application):
        def fail(environ, start_response):
            raise RuntimeError
        return fail
    labels = {'method': 'GET', 'route': 'none', 'status': '500'}
    before = counted('api_requests_total', **labels)
    ask(test_requests.app.make_app(embedded.conf, None, auth=broken), 'GET', '/v1/flavors')
    assert counted('api_requests_total', **labels) == before + 1


def test_the_number_of_routes_does_not_grow_with_what_is_asked(embedded):
    for number in range(50):
        ask(embedded.app, 'GET', f'/v1/flavors/{number}')
        ask(embedded.app, 'GET', f'/{number}')
    known = {'/' + path for path in test_requests.app.root.routes(None, None, 1)}
    assert routes() <= known | {'none', '/healthcheck'}


def test_the_public_api_serves_no_metrics(embedded):
    for path in ('/metrics', '/v1/metrics'):
        assert ask(embedded.app, 'GET', path, token=None).status_int == 401
        assert ask(embedded.app, 'GET', path).status_int == 404


# -- the work


def test_what_was_converged_is_counted_and_timed(world):
    labels = {'region': 'RegionOne', 'desired': 'present'}
    before = counted('converge_attempts_total', **labels, outcome='done')
    timed = counted('converge_latency_seconds_count', **labels)
    with world.conductors(2):
        world.install(*(f'f{number}' for number in range(7)))
        world.until(lambda: world.statuses() == {'active': 21})
    assert counted('converge_attempts_total', **labels, outcome='done') == before + 7
    assert counted('converge_latency_seconds_count', **labels) == timed + 7


def test_a_wish_that_took_long_is_as_long_as_it_took(world):
    """Retries are in it: the region was down at first."""
    region = world.cloud['RegionTwo']
    able, region.refuse = region.refuse, lambda step: failures.Unreachable('unreachable', 'off')
    labels = {'region': 'RegionTwo', 'desired': 'present'}
    failed = counted('converge_attempts_total', **labels, outcome='unreachable')
    took, number = (counted(f'converge_latency_seconds_{what}', **labels)
                    for what in ('sum', 'count'))
    begun = timeutils.utcnow()
    with world.conductors():
        world.install('f1')
        world.until(lambda: counted('converge_attempts_total', **labels,
                                    outcome='unreachable') >= failed + 3)
        silent_s = (timeutils.utcnow() - begun).total_seconds()
        assert counted('converge_latency_seconds_count', **labels) == number
        region.refuse = able
        world.until(lambda: world.statuses(flavor='f1') == {'active': 3})
    assert counted('converge_latency_seconds_count', **labels) == number + 1
    assert counted('converge_latency_seconds_sum', **labels) - took >= silent_s - 0.1


@pytest.fixture
def busy(embedded):
    """Flavors that wait for two regions, of which a conductor works on one installation."""
    embedded.reset()
    for name in ('one', 'two'):
        flavor = {**test_requests.FLAVOR, 'id': name, 'name': name}
        ask(embedded.app, 'POST', '/v1/flavors', {'flavor': flavor})
        ask(embedded.app, 'POST', f'/v1/flavors/{name}/install',
            {'regions': ['RegionOne', 'RegionTwo']})
    [claim] = embedded.database.write(
        claims.take, 'host:1:abc', 1, timeutils.utcnow(), 60, 4)
    assert claim.region == 'RegionOne'
    return embedded


def value(gauges, name, **labels):
    [found] = [number for each, number in gauges[name] if each == labels]
    return found


def test_the_queue_is_read_when_somebody_looks(busy):
    gauges = busy.gauges.read()
    for status, one, two in (('pending', 1, 2), ('installing', 1, 0), ('active', 0, 0)):
        assert value(gauges, 'installations', region='RegionOne', status=status) == one
        assert value(gauges, 'installations', region='RegionTwo', status=status) == two
    assert value(gauges, 'installations_due', region='RegionOne') == 1
    assert value(gauges, 'installations_due', region='RegionTwo') == 2
    assert value(gauges, 'installations_due', region='RegionThree') == 0
    assert value(gauges, 'installations_oldest_due_seconds', region='RegionTwo') >= 0
    assert value(gauges, 'installations_oldest_due_seconds', region='RegionThree') == 0
    assert value(gauges, 'leases', host='host') == 1
    assert value(gauges, 'region_state', region='RegionOne', state='up') == 1
    assert value(gauges, 'region_state', region='RegionOne', state='down') == 0
    assert value(gauges, 'flavors', status='active') == 2
    assert value(gauges, 'database_up') == 1


def test_every_gauge_of_the_table_is_read(busy):
    gauges = {name for name, row in metrics.TABLE.items() if row.kind == 'gauge'}
    assert set(busy.gauges.read()) | {'info'} == gauges


def test_a_database_that_is_away_is_said_so(embedded, tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', 'mysql+pymysql://root@127.0.0.1:1/none')
    conf.set_override('max_retries', 0, 'database')

    class Nobody:
        def waiting(self):
            return 0
    gauges = sites.gauges.Gauges(engine.Database(conf), Nobody()).read()
    assert gauges == {'database_up': [({}, 0)], 'notifications_waiting': [({}, 0)]}


# -- the ports


@pytest.fixture
def three_ports():
    """Numbers of three ports in a row that are free, as '20001-20003'."""
    while True:
        with socket.create_server(('127.0.0.1', 0)) as first:
            number = first.getsockname()[1]
            try:
                for further in (number + 1, number + 2):
                    socket.create_server(('127.0.0.1', further)).close()
            except OSError:
                continue
        return f'{number}-{number + 2}'


def configured(folder, ports, **options):
    return sites.configuration(folder, 'fake:///', 'sqlite://',
                               metrics={'enabled': True, 'ports': ports, **options})


def scraped(port, host='127.0.0.1'):
    """Return the families that a port serves, by name."""
    with urllib.request.urlopen(f'http://{host}:{port}/metrics', timeout=10) as answer:
        text = answer.read().decode()
    return {family.name: family for family in parser.text_string_to_metric_families(text)}


def test_each_process_takes_the_next_port(three_ports, tmp_path, caplog):
    conf = configured(tmp_path, three_ports)
    first = conf.metrics.ports[0]
    served = [exposition.Exposition(conf) for _ in range(4)]
    try:
        for each in served:
            each.start()
        assert all('flavorsvc_info' in scraped(port) for port in range(first, first + 3))
        # the fourth one works without
        assert f'the ports {three_ports} are taken' in caplog.text
        served[0].stop()
        served[3].start()
        assert 'flavorsvc_info' in scraped(first)
    finally:
        for each in served:
            each.stop()
    with pytest.raises(OSError):
        scraped(first)


def test_only_this_machine_can_scrape_unless_the_deployer_wants_it(three_ports, tmp_path):
    conf = configured(tmp_path, three_ports)
    assert conf.metrics.host == '127.0.0.1'
    served = exposition.Exposition(conf)
    served.start()
    try:
        with pytest.raises(OSError):
            scraped(conf.metrics.ports[0], '127.0.0.2')
    finally:
        served.stop()


def test_metrics_are_off_unless_the_deployer_wants_them(tmp_path):
    conf = sites.configuration(tmp_path, 'fake:///', 'sqlite://')
    served = exposition.Exposition(conf)
    served.start()
    assert not conf.metrics.enabled
    served.stop()


def test_an_address_that_is_not_there_stops_nothing(three_ports, tmp_path, caplog):
    served = exposition.Exposition(configured(tmp_path, three_ports, host='192.0.2.1'))
    served.start()
    assert '192.0.2.1 cannot be listened on' in caplog.text
    served.stop()


WORKER = """
import sys, wsgiref.util
from flavorsvc.cmd import wsgi
environ = {'PATH_INFO': '/'}
wsgiref.util.setup_testing_defaults(environ)
b''.join(wsgi.application(environ, lambda *arguments: None))
print('ready', flush=True)
sys.stdin.read()
"""


def test_workers_of_another_server_have_a_port_each(three_ports, tmp_path):
    """As those of uWSGI, each of which loads the application for itself."""
    path = tmp_path / 'api.conf'
    path.write_text(f'[DEFAULT]\ntransport_url = fake:///\n[metrics]\nenabled = true\n'
                    f'ports = {three_ports}\n[keystone_authtoken]\nauth_type = password\n'
                    f'auth_url = http://127.0.0.1:1/v3\nusername = a\npassword = b\n'
                    f'project_name = c\n')
    workers = [subprocess.Popen([sys.executable, '-c', WORKER], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True,
                                env={**os.environ, 'FLAVORSVC_CONFIG_FILES': str(path)})
               for _ in range(2)]
    try:
        assert all('ready\n' in iter(worker.stdout.readline, '') for worker in workers)
        first = int(three_ports.split('-')[0])
        for port in (first, first + 1):
            [sample] = [each for each in scraped(port)['flavorsvc_api_requests'].samples]
            assert (sample.labels, sample.value) == (
                {'method': 'GET', 'route': '/', 'status': '200'}, 1)
    finally:
        for worker in workers:
            worker.communicate()


def test_api_and_conductor_in_one_process_share_a_port(three_ports, tmp_path):
    first = int(three_ports.split('-')[0])
    path, log = tmp_path / 'flavorsvc.conf', tmp_path / 'flavorsvc.log'
    credential = ('auth_type = password\nauth_url = http://127.0.0.1:1/v3\nusername = a\n'
                  'password = b\nproject_name = c\nuser_domain_id = default\n'
                  'project_domain_id = default\n')
    path.write_text(f'[DEFAULT]\nlog_file = {log}\n[api]\nport = {first + 2}\n'
                    f'[metrics]\nenabled = true\nports = {three_ports}\n'
                    # nobody is there: that must not keep it from ending
                    f'[oslo_messaging_notifications]\ndriver = messagingv2\n'
                    f'transport_url = rabbit://guest:guest@127.0.0.1:1/\n'
                    f'[database]\nconnection = sqlite:///{tmp_path}/flavorsvc.db\n'
                    f'[cloud]\n{credential}[keystone_authtoken]\n{credential}')
    schema.upgrade(engine.Database(
        sites.configuration(tmp_path, 'fake:///', f'sqlite:///{tmp_path}/flavorsvc.db')))
    process = subprocess.Popen(
        [sys.executable, '-c', 'from flavorsvc.cmd import all_in_one; all_in_one.main()',
         '--config-file', str(path)], stderr=subprocess.DEVNULL)
    try:
        sites.until(lambda: log.exists() and 'Listening on' in log.read_text())
        urllib.request.urlopen(f'http://127.0.0.1:{first + 2}/healthcheck', timeout=30).close()
        found = scraped(first)
        assert {(sample.labels['route'], sample.value) for sample
                in found['flavorsvc_api_requests'].samples} == {('/healthcheck', 1)}
        assert [sample.value for sample in found['flavorsvc_database_up'].samples] == [1]
        with pytest.raises(OSError):
            scraped(first + 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
