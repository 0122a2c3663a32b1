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

"""What Apache is in a DevStack: it hands requests to uWSGI over the sockets that its sites name."""

import http.client
import http.server
import pathlib
import re
import socket
import struct
import threading
import urllib.parse

_PROXY_PASS = re.compile(r'ProxyPass "(?P<prefix>[^"]*)" "unix:(?P<socket>[^|]*)\|uwsgi://')


class _Handler(http.server.BaseHTTPRequestHandler):
    """Does as mod_proxy_uwsgi does, a request at a time."""

    def do_GET(self):
        path, _, query = self.path.partition('?')
        path = urllib.parse.unquote(path, 'latin-1')
        found = self._site(path)
        if found is None:
            self.send_error(404)
            return
        name, rest = path[:len(found['prefix'])], path[len(found['prefix']):]
        if rest in ('', '/'):
            # Apache leaves the slash in SCRIPT_NAME
            name, rest = path, '/'
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        variables = {
            'REQUEST_METHOD': self.command, 'REQUEST_URI': self.path, 'QUERY_STRING': query,
            'SCRIPT_NAME': name, 'PATH_INFO': rest, 'SERVER_PROTOCOL': 'HTTP/1.1',
            'SERVER_NAME': '127.0.0.1', 'SERVER_PORT': str(self.server.server_port),
            'REMOTE_ADDR': '127.0.0.1', 'REQUEST_SCHEME': 'http',
            'CONTENT_TYPE': self.headers.get('Content-Type', ''),
            'CONTENT_LENGTH': str(len(body)),
        } | {'HTTP_' + header.upper().replace('-', '_'): value
             for header, value in self.headers.items()
             if header.lower() not in ('content-type', 'content-length')}
        try:
            answer = _ask(found['socket'], variables, body)
        except OSError:
            self.send_error(503)
            return
        self.wfile.write(answer)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _site(self, path):
        for file in self.server.sites.glob('*.conf'):
            for found in _PROXY_PASS.finditer(file.read_text()):
                if path == found['prefix'] or path.startswith(found['prefix'] + '/'):
                    return found
        return None

    def log_message(self, *arguments):
        """Say nothing."""


def _ask(path, variables, body):
    block = b''.join(
        struct.pack('<H', len(each)) + each
        for pair in variables.items() for each in (text.encode('latin-1') for text in pair))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(struct.pack('<BHB', 0, len(block), 0) + block + body)
        answer = http.client.HTTPResponse(connection, method=variables['REQUEST_METHOD'])
        answer.begin()
        content = answer.read()
        headers = ''.join(f'{name}: {value}\r\n' for name, value in answer.getheaders())
        # one request a connection, as uWSGI is told
        return (f'HTTP/1.1 {answer.status} {answer.reason}\r\n{headers}\r\n'
                ).encode('latin-1') + content


class Apache(http.server.ThreadingHTTPServer):
    """Serves while it is used as a context manager.

    :ivar host: str, address and port
    """

    daemon_threads = True

    def __init__(self, sites):
        """Listen on a free port.

        :param sites: folder of the sites, which are read anew for each request
        """
        super().__init__(('127.0.0.1', 0), _Handler)
        self.sites = pathlib.Path(sites)
        self.host = f'127.0.0.1:{self.server_port}'

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
