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

"""keystoneauth finds the API from the endpoint in the catalogue, over a real HTTP server."""

import json
import socket

from keystoneauth1 import adapter
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import pytest
import requests

from flavorsvc.api import server


@pytest.fixture
def url(embedded):
    """Base URL of the application, served as flavorsvc-api does."""
    embedded.reset()
    with socket.create_server(('127.0.0.1', 0)) as listening:
        service = server.ApiService(embedded.conf, listening, lambda: embedded.app)
        service.start()
        yield f'http://127.0.0.1:{listening.getsockname()[1]}'
        service.stop()
        service.wait()


@pytest.fixture
def client(url):
    auth = token_endpoint.Token(f'{url}/v1', 'manager')
    with requests.Session() as connections:
        yield adapter.Adapter(session.Session(auth=auth, session=connections),
                              service_type='flavorsvc')


def test_the_versions_are_found_from_the_endpoint(client, url):
    data = client.get_endpoint_data()
    assert data.api_version == (1, 0)
    assert (data.min_microversion, data.max_microversion) == ((1, 0), (1, 2))
    assert data.url.rstrip('/') == f'{url}/v1'


def test_a_major_version_can_be_asked_for(client):
    client.min_version, client.max_version = '1', '1.latest'
    assert client.get('/flavors').json() == {'flavors': []}


def test_a_microversion_can_be_asked_for(client):
    response = client.get('/flavors', microversion='1.1')
    assert response.headers['OpenStack-API-Version'] == 'flavorsvc 1.1'


def test_a_body_in_chunks_is_read(client):
    chunks = (json.dumps({'flavor': {'name': 'a', 'vcpus': 1, 'ram': 1, 'disk': 1}}).encode(),)
    response = client.post('/flavors', data=iter(chunks), microversion='1.1',
                           headers={'Content-Type': 'application/json'})
    assert response.status_code == 201


def test_too_large_a_body_in_chunks_is_refused(client):
    response = client.post('/flavors', data=(b' ' * 1024 for _ in range(1025)), microversion='1.1',
                           headers={'Content-Type': 'application/json'}, raise_exc=False)
    assert response.status_code == 413
    assert response.json()['errors'][0]['detail'] == 'The body is larger than 1048576 bytes.'


@pytest.mark.parametrize('line', [
    b'GET /v1/flavors/\xff HTTP/1.1', b'GET /v1/flavors/%zz HTTP/1.1', b'GET * HTTP/1.1',
    b'OPTIONS * HTTP/1.1', b'GET http://elsewhere.test/v1/flavors HTTP/1.1',
    b'POST /v1/flavors HTTP/1.1\r\nContent-Length: x'])
def test_odd_requests_are_answered(url, line):
    host, port = url.removeprefix('http://').split(':')
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(line + b'\r\nHost: \xff\r\nX-Auth-Token: manager\r\n'
                                  b'Connection: close\r\n\r\n')
        status = connection.makefile('rb').readline().split()[1]
    assert status[:1] in (b'2', b'4')
