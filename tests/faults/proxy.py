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

"""An HTTP reverse proxy in front of a Keystone or a Nova, which misbehaves as a test tells it to.

What no fault is set for goes through as it came, the header Host too: so the links that the service
makes of itself lead through the proxy again.
"""

import contextlib
import dataclasses
import http.client
import http.server
import itertools
import math
import re
import select
import socket
import sys
import threading
import time
import urllib.parse

from flavorsvc.sandbox import supervision

#: Between a client and the proxy on one side, and the proxy and the service on the other.
_HOP_BY_HOP = {'connection', 'keep-alive', 'transfer-encoding'}

#: Seconds in which the service has to answer the proxy.
_PATIENCE_S = 60


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a service said, or what is said in its place.

    :ivar headers: tuple of (str, str)
    """

    status: int
    headers: tuple
    body: bytes


class Exchange:
    """One request, and what becomes of it.

    :ivar path: str, without the query
    :ivar headers: dict of str, by name in lower case
    :ivar answer: Answer that was given, or None
    :ivar forwarded: Answer of the service behind, or None where it was not asked
    """

    def __init__(self, handler, body):
        self._handler, self._body = handler, body
        self.method = handler.command
        self.path = handler.path.partition('?')[0]
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.answer = self.forwarded = None

    def __repr__(self):
        status = self.answer.status if self.answer else 'no answer'
        return f'<{self.method} {self._handler.path}: {status}>'

    def forward(self):
        """Ask the service behind; the answer is kept, and returned."""
        connection = http.client.HTTPConnection(*self._handler.server.target, timeout=_PATIENCE_S)
        try:
            connection.putrequest(self.method, self._handler.path, skip_host=True,
                                  skip_accept_encoding=True)
            for name, value in self._handler.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(self._body)
            answer = connection.getresponse()
            self.forwarded = Answer(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            connection.close()
        return self.forwarded

    def reply(self, answer, cut_after=None):
        """Give an answer.

        :param cut_after: int bytes of its body after which the connection is cut, or None
        """
        self.answer = answer
        self._handler.send_response_only(answer.status)
        headers = [each for each in answer.headers if each[0].lower() not in _HOP_BY_HOP]
        if 'content-length' not in {name.lower() for name, _ in headers} and answer.status != 204:
            headers.append(('Content-Length', str(len(answer.body))))
        for name, value in headers:
            self._handler.send_header(name, value)
        self._handler.end_headers()
        if self.method != 'HEAD':
            self._handler.wfile.write(answer.body[:cut_after])
        if cut_after is not None:
            self.cut()

    def hold(self, over, seconds=math.inf):
        """Wait until the fault ends, the time is over, or the client has given up.

        :param over: threading.Event
        :returns: bool, whether the client still waits for an answer
        """
        until = time.monotonic() + seconds
        while not over.wait(0.05) and time.monotonic() < until:
            # it sends nothing more before it has the answer: what can be read is its end
            if select.select([self._handler.connection], [], [], 0)[0]:
                return False
        return True

    def cut(self):
        """Close the connection."""
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


class _Rule:
    """A fault, for the requests that it is meant for."""

    def __init__(self, fault, method, path, times):
        self._fault, self._method, self._path = fault, method, re.compile(path)
        self._left = itertools.repeat(None) if times is None else iter([None] * times)
        #: Exchanges that met it, in the order of their arrival
        self.met = []
        self.over = threading.Event()

    def takes(self, exchange):
        if self._method not in (None, exchange.method) or not self._path.search(exchange.path):
            return False
        if next(self._left, self) is self:
            return False
        self.met.append(exchange)
        return True

    def do(self, exchange):
        self._fault(exchange, self.over)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    # headers and body are two packets; the second must not wait for the first
    disable_nagle_algorithm = True

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        self.server.proxy.serve(Exchange(self, body))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_arguments):
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False
    request_queue_size = 128

    def __init__(self, port, proxy, target):
        self.proxy, self.target = proxy, target
        self._open, self._lock = set(), threading.Lock()
        super().__init__(('127.0.0.1', port), _Handler)

    def process_request(self, request, client_address):
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def end(self):
        self.shutdown()
        self.server_close()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), OSError):  # the client went away: faults do that
            super().handle_error(request, client_address)


class Proxy:
    """A proxy that listens from :meth:`start` to :meth:`stop`.

    :ivar url: str, what to ask in place of the service
    :ivar seen: list of Exchange, in the order of their arrival
    :ivar most_at_once: int, requests that were under way together, and whose clients had not given
        up; a test may set it to 0
    """

    def __init__(self, service_url):
        """Prepare.

        :param service_url: str, of the service behind
        """
        parts = urllib.parse.urlsplit(service_url)
        self._target = parts.hostname, parts.port
        self._port = supervision.free_port({parts.port})
        self.url = f'http://127.0.0.1:{self._port}{parts.path}'
        self.seen, self.most_at_once = [], 0
        self._rules, self._under_way, self._lock = [], 0, threading.Lock()
        self._server = None

    def start(self):
        """Listen, and pass on what comes."""
        self._server = _Server(self._port, self, self._target)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Close every connection and refuse new ones."""
        self._server.end()

    @contextlib.contextmanager
    def dead(self):
        """Refuse connections while the block runs."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def failing(self, fault, method=None, path='', times=None):
        """Have requests meet a fault while the block runs.

        Of several faults that a request could meet it meets the one that was set last.

        :param fault: one of the faults below
        :param method: str, of the requests that are meant, or None for all
        :param path: str, regular expression that is searched for in their paths
        :param times: int, how many requests at the most, or None
        :returns: what has the Exchanges that met it: ``met``
        """
        rule = _Rule(fault, method, path, times)
        with self._lock:
            self._rules.insert(0, rule)
        try:
            yield rule
        finally:
            with self._lock:
                self._rules.remove(rule)
            rule.over.set()

    def serve(self, exchange):
        """Let a request have what it is to get."""
        with self._lock:
            self.seen.append(exchange)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            rule = next((each for each in self._rules if each.takes(exchange)), None)
        try:
            if rule is None:
                exchange.reply(exchange.forward())
            else:
                rule.do(exchange)
        finally:
            with self._lock:
                self._under_way -= 1


# -- faults: functions of an Exchange, and of the threading.Event that ends the fault


def cut(exchange, _over):
    """Close the connection without a word."""
    exchange.cut()


def cut_in_the_middle(exchange, _over):
    """Close the connection in the middle of the service's answer."""
    answer = exchange.forward()
    # what has no body is cut before it begins
    exchange.reply(answer, len(answer.body) // 2) if answer.body else exchange.cut()


def done_but(fault):
    """Have the service do as it is asked, and meet another fault instead of saying so."""
    def said(exchange, over):
        exchange.forward()
        fault(exchange, over)
    return said


def hanging(exchange, over):
    """Answer nothing until the fault ends, and ask the service nothing."""
    if exchange.hold(over):
        exchange.cut()


def delayed(seconds):
    """Have the service do as it is asked, and hold its answer back.

    :param seconds: float; the end of the fault ends it too
    """
    def delay(exchange, over):
        answer = exchange.forward()
        if exchange.hold(over, seconds):
            exchange.reply(answer)
    return delay


def answers(status, body=b'', content_type='application/json', **headers):
    """Answer in the service's place.

    :param headers: str, with _ for -
    """
    told = (('Content-Type', content_type),
            *((name.replace('_', '-'), value) for name, value in headers.items()))

    def answer(exchange, _over):
        exchange.reply(Answer(status, told, body))
    return answer


def truncated(exchange, _over):
    """Answer with the first half of what the service says, as if that were all."""
    answer = exchange.forward()
    headers = tuple(each for each in answer.headers if each[0].lower() != 'content-length')
    exchange.reply(Answer(answer.status, headers, answer.body[:len(answer.body) // 2]))


def in_turn(*faults):
    """Have each request meet another fault, as long as there are any.

    A test gives the rule as many ``times``.
    """
    left = iter(faults)

    def next_fault(exchange, over):
        next(left)(exchange, over)
    return next_fault


def after(act):
    """Do something before a request is passed on.

    :param act: function of the Exchange
    """
    def prepared(exchange, _over):
        act(exchange)
        exchange.reply(exchange.forward())
    return prepared


_PAGE = b'<!DOCTYPE html><html><title>Welcome</title><p>Please log in to use this network.</html>'

page = answers(200, _PAGE, 'text/html')
page_not_found = answers(404, _PAGE, 'text/html')
broken_json = answers(200, b'{"flavors": [{"id": "m1')
other_json = answers(200, b'{"message": "It works!"}')
noise = answers(200, bytes(range(256)) * 8)
