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

"""Neither the broker nor the database is there, from the start: callers are told within seconds."""

import concurrent.futures
import contextlib
import socket
import socketserver
import threading
import time
import urllib.parse

import pytest
import sqlalchemy as sa

from flavorsvc import context
from flavorsvc import rpc
from flavorsvc.conductor import client
from flavorsvc.db import engine
from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.sandbox import supervision
from tests.functional import site as sites


class Relay(socketserver.BaseRequestHandler):
    """Passes on what comes, in both directions, 20 ms later."""

    def handle(self):
        with socket.create_connection(self.server.behind) as behind:
            back = threading.Thread(target=self._pass_on, args=(behind, self.request))
            back.start()
            self._pass_on(self.request, behind)
            back.join()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                # no waiting for anything: it is how long the line is
                time.sleep(0.02)
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def relay(rabbit_url, port=0):
    """Have the broker also at the end of a long line; yields the URL there."""
    found = urllib.parse.urlsplit(rabbit_url)
    with socketserver.ThreadingTCPServer(('127.0.0.1', port), Relay) as server:
        server.behind = found.hostname, found.port
        threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.05}).start()
        try:
            yield rabbit_url.replace(f':{found.port}', f':{server.server_address[1]}')
        finally:
            server.shutdown()


@pytest.fixture
def nobody():
    """A place on this machine where nobody listens."""
    return f'127.0.0.1:{supervision.free_port(set())}'


@pytest.mark.timeout(60)
@pytest.mark.parametrize('kind', ['mysql+pymysql', 'postgresql+psycopg2'])
def test_the_first_to_need_the_database_does_not_wait_for_it(tmp_path, nobody, kind):
    database = engine.Database(
        sites.configuration(tmp_path, 'fake:///', f'{kind}://user:secret@{nobody}/flavorsvc'))
    for use in (database.read, database.write, database.read):
        with pytest.raises(errors.Unavailable, match='The database does not answer'):
            use(regions.count)


def test_the_log_tells_what_keeps_a_database_from_answering(tmp_path, caplog):
    database = engine.Database(sites.configuration(tmp_path, 'fake:///', 'sqlite://'))
    with pytest.raises(errors.Unavailable):
        database.read(lambda session: session.execute(sa.text('SELECT height FROM (SELECT 1)')))
    assert 'no such column: height' in caplog.text


@pytest.mark.timeout(90)
def test_the_first_to_call_a_conductor_do_not_wait_for_the_broker(tmp_path, nobody, rabbit_url):
    address = urllib.parse.urlsplit(rabbit_url)
    conf = sites.configuration(
        tmp_path, rabbit_url.replace(f'{address.hostname}:{address.port}', nobody), 'sqlite://')
    conf.set_override('monitor_timeout', 2, 'rpc')
    conf.set_override('timeout', 2, 'rpc')
    transport = rpc.transport(conf)
    conductor = client.Conductor(transport, conf)

    def refusal(_=None):
        with pytest.raises(errors.Unavailable) as caught:
            conductor.ping(context.RequestContext())
        return str(caught.value)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for told in pool.map(refusal, range(8)):
            assert told.startswith('The message broker does not answer')

    # and once it is there, they miss a conductor alone
    with relay(rabbit_url, int(nobody.split(':')[1])):
        sites.until(lambda: 'broker' not in refusal())
        transport.cleanup()


@pytest.mark.timeout(60)
def test_a_broker_that_lets_nobody_in_is_one_that_is_away(tmp_path, rabbit_url):
    """So does one that starts: it listens before its virtual hosts are there."""
    conf = sites.configuration(tmp_path, f'{rabbit_url}no-such-virtual-host', 'sqlite://')
    conf.set_override('monitor_timeout', 2, 'rpc')
    conductor = client.Conductor(rpc.transport(conf), conf)
    for _ in range(2):
        with pytest.raises(errors.Unavailable, match='The message broker does not answer'):
            conductor.ping(context.RequestContext())


@pytest.mark.timeout(60)
def test_the_queue_for_replies_is_opened_over_a_long_line(tmp_path, rabbit_url, caplog):
    """The library takes a broker for one that is away that takes no call within its timeout."""
    with relay(rabbit_url) as distant:
        conf = sites.configuration(tmp_path, distant, 'sqlite://')
        transport = rpc.transport(conf)
        try:
            assert rpc.ReplyQueue(rpc.client(conf, transport, client.VERSION)).is_open(50)
            port = urllib.parse.urlsplit(distant).port
            assert [each for each in caplog.messages if f':{port} is unreachable' in each] == []
        finally:
            transport.cleanup()
