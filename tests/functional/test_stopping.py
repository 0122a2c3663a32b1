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

"""How the processes end: what is under way finishes, and nothing else is touched."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

from flavorsvc.api import server
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.sandbox import supervision
from tests.functional import site as sites


def test_a_request_under_way_is_answered_and_no_other_file_is_written_to(tmp_path):
    """waitress wakes itself by a byte to a pipe; a closed pipe's number soon is another file's."""
    under_way, finish = threading.Event(), threading.Event()

    def slow(environ, start_response):
        under_way.set()
        finish.wait(60)
        start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '4')])
        return [b'done']

    answers = []
    with socket.create_server(('127.0.0.1', 0)) as listening:
        url = f'http://127.0.0.1:{listening.getsockname()[1]}/'
        service = server.ApiService(sites.configuration(tmp_path, 'fake:///', 'sqlite://'),
                                    listening, lambda: slow)
        service.start()
        asking = threading.Thread(
            target=lambda: answers.append(urllib.request.urlopen(url, timeout=60).read()))
        asking.start()
        assert under_way.wait(60)
        stopping = threading.Thread(target=service.stop)
        stopping.start()
        sites.until(lambda: listening.fileno() == -1)
        files = [open(tmp_path / f'{number}', 'wb') for number in range(50)]
        finish.set()
        stopping.join(60)
        asking.join(60)
    for file in files:
        file.close()
    assert answers == [b'done']
    assert [path for path in tmp_path.glob('[0-9]*') if path.suffix == '' and path.read_bytes()
            ] == []


@contextlib.contextmanager
def conductor(folder, transport_url):
    """A conductor in a process of its own, which is killed in the end; its log is the file 'log'.

    :returns: subprocess.Popen
    """
    path, database_url = folder / 'conductor.conf', f'sqlite:///{folder}/flavorsvc.db'
    path.write_text('\n'.join([
        '[DEFAULT]', f'transport_url = {transport_url}', f'log_file = {folder}/log',
        '[database]', f'connection = {database_url}',
        '[cloud]', 'auth_type = password', 'auth_url = http://127.0.0.1:1/v3', 'username = u',
        'password = p', 'project_name = p', 'user_domain_id = default',
        'project_domain_id = default']))
    schema.upgrade(engine.Database(sites.configuration(folder, 'fake:///', database_url)))
    process = subprocess.Popen(
        [sys.executable, '-c', 'from flavorsvc.cmd import conductor; conductor.main()',
         '--config-file', str(path)], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_hangup_ends_nothing_and_a_termination_ends_in_order(tmp_path):
    log = tmp_path / 'log'
    with conductor(tmp_path, 'fake:///') as process:
        sites.until(lambda: log.exists() and 'is at work' in log.read_text())
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert 'Traceback' not in log.read_text().partition('is at work')[2]


def test_a_conductor_that_waits_for_the_broker_ends_in_order_too(tmp_path):
    """oslo.service ends with an error what has not stopped after a minute."""
    log, nobody = tmp_path / 'log', f'127.0.0.1:{supervision.free_port(set())}'
    with conductor(tmp_path, f'rabbit://guest:secret@{nobody}/') as process:
        sites.until(lambda: log.exists() and 'Connection failed' in log.read_text())
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    assert 'Traceback' not in log.read_text().partition('shutdown start')[2]
