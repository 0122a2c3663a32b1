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

"""Many clients at the same time: who only keeps a connection open keeps nobody out."""

import contextlib
import socket
import urllib.request

from flavorsvc.api import server
from tests.functional import site as sites


def answer(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '2')])
    return [b'OK']


def test_idle_clients_keep_nobody_out(tmp_path):
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(('127.0.0.1', 0), backlog=1024))
        address = listening.getsockname()
        service = server.ApiService(sites.configuration(tmp_path, 'fake:///', 'sqlite://'),
                                    listening, lambda: answer)
        service.start()
        for _ in range(300):
            client = stack.enter_context(socket.create_connection(address, timeout=60))
            client.sendall(b'GET / HTTP/1.1\r\nHost: flavorsvc.test\r\n\r\n')
            assert client.recv(9) == b'HTTP/1.1 '
        with urllib.request.urlopen(f'http://127.0.0.1:{address[1]}/', timeout=60) as response:
            assert response.read() == b'OK'
        service.stop()
        service.wait()
