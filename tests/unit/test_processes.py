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

"""No process of the server runs on eventlet, and each knows only what it may know."""

import functools
import json
import os
import subprocess
import sys
import tempfile

import pytest

ENTRY_POINTS = [
    'flavorsvc.cmd.api',
    'flavorsvc.cmd.conductor',
    'flavorsvc.cmd.all_in_one',
    'flavorsvc.cmd.manage',
    'flavorsvc.cmd.status',
    'flavorsvc.cmd.wsgi',
]

REPORT = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
import _thread, selectors, socket, threading, time
print(json.dumps({
    'modules': sorted(name for name, module in sys.modules.items() if module is not None),
    'native': {
        'thread': _thread.start_new_thread.__module__,
        'lock': type(threading.Lock()).__module__,
        'socket': socket.socket.__module__,
        'sleep': time.sleep.__module__,
        'selector': selectors.DefaultSelector.__module__,
    },
}))
"""


CONFIG = """
[DEFAULT]
transport_url = fake:///
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:5000/v3
username = flavorsvc-api
password = secret
project_name = service
"""


@functools.cache
def report_of(module):
    """Import a module in a fresh interpreter; tell what came with it."""
    with tempfile.NamedTemporaryFile('w', suffix='.conf') as config:
        config.write(CONFIG)
        config.flush()
        done = subprocess.run(
            [sys.executable, '-c', REPORT, module],
            env={**os.environ, 'FLAVORSVC_CONFIG_FILES': config.name},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=ENTRY_POINTS)
def report(request):
    return report_of(request.param)


def test_eventlet_is_not_loaded(report):
    assert [name for name in report['modules'] if name.split('.')[0] == 'eventlet'] == []


def test_threads_and_sockets_are_native(report):
    assert report['native'] == {
        'thread': '_thread',
        'lock': '_thread',
        'socket': 'socket',
        'sleep': 'time',
        'selector': 'selectors',
    }


def test_the_server_loads_nothing_of_the_client(report):
    assert not [name for name in report['modules'] if name.startswith('flavorsvc.client')]


@pytest.mark.parametrize('module', ['flavorsvc.cmd.api', 'flavorsvc.cmd.wsgi'])
def test_the_api_process_loads_no_database_and_no_nova(module):
    loaded = set(report_of(module)['modules'])
    ours = {'flavorsvc.db', 'flavorsvc.cloud', 'flavorsvc.conductor.engine'}
    assert not {name for name in loaded if name in ours or name.startswith('flavorsvc.db.')}
    # sqlalchemy itself is there: Pecan imports it where it is installed
    assert not {'oslo_db.sqlalchemy', 'novaclient', 'alembic'} & loaded
