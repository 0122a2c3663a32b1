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

"""What the processes of a sandbox are, and what they know."""

import pathlib
import subprocess
import sys

import psutil

from flavorsvc.sandbox import supervision

#: Threads that a process serves with. The kernel sees them, unless eventlet's took their place.
SERVING_THREADS = {'keystone': 1, 'nova': 1, 'flavorsvc': 16, 'api': 16, 'conductor': 2}


def test_no_process_runs_on_eventlet(sandbox):
    """That flavorsvc's own entry points forbid its import is a unit test."""
    pids = sandbox.pids
    assert len(pids) > 1 + len(sandbox.regions)
    for name, pid in pids.items():
        process = psutil.Process(pid)
        assert process.num_threads() > SERVING_THREADS[name.split('-')[0]], name
        assert process.environ()['OS_NOVA_DISABLE_EVENTLET_PATCHING'] == '1'
        if name.startswith(('keystone', 'nova')):
            assert 'flavorsvc.sandbox.serve' in process.cmdline()


def test_what_serves_keystone_and_nova_forbids_eventlet(tmp_path):
    done = subprocess.run(
        [sys.executable, '-m', 'flavorsvc.sandbox.serve', 'eventlet:monkey_patch', '--port', '1',
         '--request-log', tmp_path / 'log'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert 'ModuleNotFoundError: the sandbox runs on native threads' in done.stderr


def test_only_the_owner_may_read_secrets(sandbox):
    secrets = [*sandbox.directory.glob('*.yaml'), sandbox.directory / 'sandbox.json',
               *sandbox.directory.glob('config/**/*.conf'),
               *sandbox.directory.glob('data/**/*-keys/*')]
    assert len(secrets) > 10
    assert {path.stat().st_mode & 0o777 for path in secrets} == {0o600}


def test_the_api_process_knows_no_database_and_no_cloud(sandbox):
    """Its configuration names neither; where it is a process of its own, it touches neither."""
    conductor = (sandbox.directory / 'config' / 'conductor.conf').read_text()
    options = dict(line.split(' = ') for line in conductor.splitlines() if ' = ' in line)
    secrets = [options['connection'], options['password']]
    for name in ('flavorsvc', 'api'):
        text = (sandbox.directory / 'config' / f'{name}.conf').read_text()
        assert not [secret for secret in secrets if secret in text]
    programs = sandbox.supervisor.processes()
    if 'api' not in programs:
        return  # all-in-one: one process, which has to know both
    master = psutil.Process(programs['api'].pid)
    database_ports = {3306, 5432}
    for process in (master, *master.children(recursive=True)):
        files = [argument for argument in process.cmdline() if argument.endswith('.conf')]
        assert {pathlib.Path(file).name for file in files} == {'flavorsvc.conf', 'api.conf'}
        assert not [file.path for file in process.open_files() if file.path.endswith('.db')]
        assert not {c.raddr.port for c in process.net_connections() if c.raddr} & database_ports


def test_every_process_can_be_found_again(sandbox):
    found = {process.pid for process in sandbox.supervisor.leftovers()}
    assert set(sandbox.pids.values()) < found
    assert supervision.MARKER not in psutil.Process().environ()
