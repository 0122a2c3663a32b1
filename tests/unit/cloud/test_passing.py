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

"""A request on its way to a Nova that does not answer, or not as one."""

import socket
import threading

from keystoneauth1 import session as ksa_session
from keystoneauth1 import token_endpoint
import pytest
import requests_mock as mock

from flavorsvc.cloud import guard
from flavorsvc.cloud import passing
from flavorsvc.domain import failures

URL = 'http://nova.test/v2.1'
SERVERS = passing.Request('GET', ('servers',))


def passage(url=URL, timeout=None):
    session = ksa_session.Session(token_endpoint.Token('', 'token'), timeout=timeout)
    return passing.Passage(session, url, 'req-1')


@pytest.mark.parametrize('start', [b'', b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'])
def test_a_nova_that_hangs_is_given_up(start):
    with socket.create_server(('127.0.0.1', 0)) as listening:
        def answer():
            connection, _ = listening.accept()
            with connection:
                connection.sendall(start)
                over.wait()
        over, thread = threading.Event(), threading.Thread(target=answer)
        thread.start()
        try:
            port = listening.getsockname()[1]
            with pytest.raises(failures.Failure):
                passage(f'http://127.0.0.1:{port}/v2.1', timeout=0.2).send(SERVERS, (2, 1))
        finally:
            over.set()
            thread.join()


def test_an_answer_that_is_too_long_is_none(requests_mock):
    requests_mock.get(f'{URL}/servers', text=f'{{"servers": [],{" " * guard.LONGEST}}}')
    with pytest.raises(failures.Unreachable, match='ask for less'):
        passage().send(SERVERS, (2, 1))


@pytest.mark.parametrize(('endpoint', 'url'), [
    (URL, URL), (f'{URL}/', URL), (f'{URL}/{"0a" * 16}', URL), (f'{URL}/{"0a" * 16}/', URL),
    (f'{URL}/6f70656e-7374-4163-b204-206576657200', URL),
    (f'http://nova.test/{"a" * 32}/v2.1', f'http://nova.test/{"a" * 32}/v2.1'),
    ('http://nova.test/compute/v2.1', 'http://nova.test/compute/v2.1')])
def test_no_project_of_ours_is_in_the_url(requests_mock, endpoint, url):
    requests_mock.get(f'{url}/servers', json={'servers': []})
    answer = passage(endpoint).send(SERVERS, (2, 1))
    assert answer == passing.Answer(200, {'servers': []})


@pytest.mark.parametrize('segment', ['.', '..'])
def test_no_segment_means_another_url(requests_mock, segment):
    with pytest.raises(failures.Unreachable):
        passage().send(passing.Request('GET', ('servers', segment)), (2, 1))
    assert not requests_mock.request_history


@pytest.mark.parametrize('segment', ['...', 'a/b', '?x=1', '#', '%2F', 'é'])
def test_a_segment_stays_one(requests_mock, segment):
    asked = requests_mock.get(mock.ANY, json={'server': {}})
    passage().send(passing.Request('GET', ('servers', segment)), (2, 1))
    assert asked.last_request.url.count('/') == f'{URL}/servers/x'.count('/')
    assert not asked.last_request.query


