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

"""up, down, status and reset, on a sandbox without flavorsvc."""

import os
import shutil
import signal
import socket

import pytest

from flavorsvc.sandbox import supervision
from tests.integration import running


@pytest.fixture(scope='module')
def directory(tmp_path_factory):
    """A sandbox of one region and a foreign cloud, with a path too long for a unix socket."""
    directory = tmp_path_factory.mktemp('d' * supervision.SOCKET_PATH_MAX)
    yield directory
    running.run_sandbox('reset', '--dir', directory)


@pytest.fixture
def up(directory):
    running.run_sandbox('up', '--dir', directory, '--without-flavorsvc', '--regions', '1',
                        '--foreign', '1')
    return running.Running(directory)


def leftovers(directory):
    return supervision.Supervisor(directory.resolve()).leftovers()


def test_up_twice_changes_nothing(up, directory):
    before = up.document
    running.run_sandbox('up', '--dir', directory)
    assert up.document == before
    assert set(before['pids']) == {'keystone', 'nova-RegionOne', 'keystone-Mordor', 'nova-Mordor'}
    assert running.run_sandbox('status', '--dir', directory).returncode == 0


def test_the_actors_can_use_the_cloud(up):
    for actor in ('admin', 'manager', 'operator-one', 'operator-two', 'customer', 'user'):
        assert up.nova('RegionOne', actor).get('/flavors').json() == {'flavors': []}
    assert up.openstack_json('mordor', 'flavor', 'list') == []


def test_a_foreign_cloud_is_another_cloud(up):
    [foreign] = up.document['foreign']
    assert foreign['name'] == 'Mordor'
    assert foreign['keystone_url'] != up.document['keystone_url']
    assert {'nova_url', 'username', 'password', 'project'} <= foreign.keys()


def test_a_killed_process_comes_back(up, directory):
    victim = up.pids['nova-Mordor']
    os.kill(victim, signal.SIGKILL)
    running.wait_for(
        lambda: up.supervisor.processes()['nova-Mordor'].pid not in (None, victim),
        'new process')
    assert up.pids['nova-Mordor'] != victim


def test_down_leaves_no_process(up, directory):
    assert len(leftovers(directory)) == 5
    running.run_sandbox('down', '--dir', directory)
    assert leftovers(directory) == []
    assert running.run_sandbox('status', '--dir', directory, check=False).returncode == 3


def test_down_after_supervisord_was_killed(up, directory):
    os.kill(int((directory / 'run' / 'supervisord.pid').read_text()), signal.SIGKILL)
    running.wait_for(lambda: len(leftovers(directory)) == 4, 'orphans')
    assert running.run_sandbox('status', '--dir', directory, check=False).returncode == 3
    running.run_sandbox('down', '--dir', directory)
    assert leftovers(directory) == []


def test_many_workers_serve_and_none_outlives_a_crash(tmp_path, rabbit_url, mysql_url):
    """Two conductors and two API workers, which are children of children and rename themselves."""
    directory = tmp_path / 'many'
    try:
        running.run_sandbox('up', '--dir', directory, '--regions', '1', '--transport', 'rabbit',
                            '--database', 'mysql', '--conductors', '2', '--api-workers', '2')
        many = running.Running(directory)
        catalog = tmp_path / 'catalog.yaml'
        catalog.write_text('flavors: [{name: one, vcpus: 1, ram: 1, disk: 0}]')
        outcome = many.openstack('manager', 'flavorsvc', 'catalog', 'import', str(catalog),
                                 '--install', 'all', '--wait')
        assert outcome.returncode == 0, outcome.stderr
        assert len(leftovers(directory)) == 1 + 2 + 2 + 3
        os.kill(int((directory / 'run' / 'supervisord.pid').read_text()), signal.SIGKILL)
        running.wait_for(lambda: len(leftovers(directory)) == 7, 'orphans')
        running.run_sandbox('down', '--dir', directory)
        assert leftovers(directory) == []
    finally:
        running.run_sandbox('reset', '--dir', directory)


def test_down_after_the_directory_was_removed(tmp_path):
    directory = tmp_path / 'removed'
    running.run_sandbox('up', '--dir', directory, '--without-flavorsvc', '--regions', '1')
    assert directory.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(directory)
    assert len(leftovers(directory)) == 3
    running.run_sandbox('down', '--dir', directory)
    assert leftovers(directory) == []
    assert not directory.exists()


def test_up_after_supervisord_was_killed(up, directory):
    os.kill(int((directory / 'run' / 'supervisord.pid').read_text()), signal.SIGKILL)
    running.wait_for(lambda: len(leftovers(directory)) == 4, 'orphans')
    running.run_sandbox('up', '--dir', directory)
    assert len(leftovers(directory)) == 5
    assert up.nova('RegionOne').get('/flavors').status_code == 200


def test_a_port_taken_meanwhile_is_replaced(up, directory):
    running.run_sandbox('down', '--dir', directory)
    taken = int(up.document['regions']['RegionOne']['nova_url'].split(':')[2].split('/')[0])
    with socket.socket() as other:
        # The sandbox' own connections to it may linger for a minute.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(('127.0.0.1', taken))
        other.listen()
        assert f'port {taken} was taken' in running.run_sandbox('up', '--dir', directory).stdout
        # The catalogue says the new one.
        assert up.openstack_json('admin', 'flavor', 'list') == []


def test_a_sandbox_grows_and_does_not_shrink(up, directory):
    flavor = {'id': 'before', 'name': 'before', 'vcpus': 1, 'ram': 64, 'disk': 1}
    assert up.nova('RegionOne').post('/flavors', json={'flavor': flavor}).status_code == 200
    running.run_sandbox('up', '--dir', directory, '--regions', '2', '--servers')
    assert up.regions == ['RegionOne', 'RegionTwo']
    up.delete_server(up.boot('before')['id'])
    done = running.run_sandbox('up', '--dir', directory, '--regions', '1', check=False)
    assert done.returncode == 1
    assert 'reset' in done.stderr
    done = running.run_sandbox('up', '--dir', directory, '--servers', '0', check=False)
    assert 'reset' in done.stderr
    assert len(leftovers(directory)) == 9
    running.run_sandbox('reset', '--dir', directory)


@pytest.mark.parametrize('arguments, message', [
    (['--transport', 'rabbit'], 'no RabbitMQ answers at'),
    (['--database', 'mysql'], 'the database server at'),
    (['--conductors', '2'], 'need --transport rabbit'),
    (['--regions', '0'], '--regions must lie between'),
    (['--servers', '4'], '--servers must lie between'),
])
def test_what_is_missing_is_said(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setenv('FLAVORSVC_RABBIT_URL', 'rabbit://guest:guest@127.0.0.1:1/')
    monkeypatch.setenv('FLAVORSVC_MYSQL_URL', 'mysql+pymysql://root@127.0.0.1:1/')
    done = running.run_sandbox('up', '--dir', tmp_path / 'new', *arguments, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert 'Traceback' not in done.stderr
