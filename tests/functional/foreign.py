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

"""A stand-in for another cloud: the least of a Keystone and a Nova, on one loopback port."""

import contextlib
from http import server
import json
import threading

PASSWORD = 'correct horse'
TOKEN = 'token-of-the-other-cloud'


class Cloud:
    """Answers as told.

    :ivar url: str, the root, which lists Keystone's versions
    :ivar nova: str, URL of the Nova
    :ivar novas: dict of region name to URL, what the catalogue lists
    :ivar version: dict, what its Nova tells of itself besides
    :ivar services: dict of service type to URL, what the catalogue lists besides, in each region
    :ivar answers: dict of (method, path) to function of the handler: what is answered otherwise
    :ivar asked: list of (method, path, token)
    """

    def __init__(self, port):
        self.url = f'http://127.0.0.1:{port}'
        self.nova = f'{self.url}/compute/v2.1'
        self.novas = {'Barad-dûr': self.nova}
        self.version, self.services = {}, {}
        self.answers, self.asked = {}, []

    def wanted(self, **changes):
        """Make what registers this cloud.

        :returns: dict, as it crosses RPC
        """
        return {'name': 'Mordor', 'keystone_url': f'{self.url}/v3', 'nova_url': None,
                'region_name': None, 'project_id': 'project-one',
                'credential': {'username': 'sauron', 'password': PASSWORD,
                               'project_name': 'ring', 'user_domain_name': None,
                               'project_domain_name': None}, **changes}

    def answer(self, handler, method):
        length = int(handler.headers.get('Content-Length') or 0)
        body = json.loads(handler.rfile.read(length) or 'null')
        path = handler.path.partition('?')[0].rstrip('/')
        token = handler.headers.get('X-Auth-Token')
        self.asked.append((method, path, token))
        if (method, path) in self.answers:
            self.answers[method, path](handler)
        elif (method, path) == ('POST', '/v3/auth/tokens'):
            self._token(handler, body['auth']['identity'])
        elif path.startswith('/compute') and token != TOKEN:
            say(handler, 401, {'error': {'message': 'internal secret of this host'}})
        else:
            found = self._documents().get(path)
            say(handler, 404 if found is None else 200, found)

    def _documents(self):
        compute = {'id': 'v2.1', 'status': 'CURRENT', 'version': '2.96', 'min_version': '2.1',
                   'links': [{'rel': 'self', 'href': f'{self.nova}/'}], **self.version}
        keystone = {'id': 'v3.14', 'status': 'stable',
                    'links': [{'rel': 'self', 'href': f'{self.url}/v3/'}]}
        return {'': {'versions': {'values': [keystone]}}, '/v3': {'version': keystone},
                '/compute': {'versions': [compute]}, '/compute/v2.1': {'version': compute},
                '/compute/v2.1/flavors/detail': {'flavors': []},
                '/v3/auth/catalog': {'catalog': self._catalog()}}

    def _catalog(self):
        def listed(kind, urls):
            return {'type': kind, 'name': kind, 'id': kind, 'endpoints': [
                {'id': f'{kind}-{name}', 'interface': 'public', 'region': name, 'region_id': name,
                 'url': url} for name, url in urls.items()]}
        return [listed('compute', self.novas),
                *(listed(kind, dict.fromkeys(self.novas, url))
                  for kind, url in self.services.items())]

    def _token(self, handler, identity):
        secret = identity.get('application_credential', {}).get('secret') or identity.get(
            'password', {}).get('user', {}).get('password')
        if secret != PASSWORD:
            say(handler, 401, {'error': {'message': 'internal secret of this host'}})
            return
        say(handler, 201, {'token': {
            'methods': ['password'], 'expires_at': '2099-01-01T00:00:00.000000Z',
            'issued_at': '2026-11-21T00:00:00.000000Z', 'user': {
                'id': 'u', 'name': 'sauron', 'domain': {'id': 'default', 'name': 'Default'}},
            'catalog': self._catalog()}}, {'X-Subject-Token': TOKEN})


def say(handler, status, document=None, headers=()):
    """Send an answer."""
    body = b'' if document is None else json.dumps(document).encode()
    handler.send_response(status)
    for name, value in dict(headers).items():
        handler.send_header(name, value)
    handler.send_header('Content-Type', 'application/json')
    handler.send_header('Content-Length', str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def running(tls=None):
    """Run a cloud.

    :param tls: ssl.SSLContext, or None for plain HTTP
    :returns: context manager that gives a Cloud
    """
    class Handler(server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def do_GET(self):
            cloud.answer(self, self.command)

        do_POST = do_GET

        def log_message(self, *arguments):
            pass

    with server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as listening:
        listening.daemon_threads = True
        if tls:
            listening.socket = tls.wrap_socket(listening.socket, server_side=True)
        cloud = Cloud(listening.server_address[1])
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield cloud
        finally:
            listening.shutdown()
            thread.join()
