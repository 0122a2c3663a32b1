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

"""Requests about servers that wait for a region, while others are asked."""

from concurrent import futures
import contextlib
import threading

import pytest

from flavorsvc.cloud import passing
from flavorsvc.conductor.operations import compute_servers
from flavorsvc.domain import failures

MOST = 16
LIST = passing.Request('GET', ('servers',))


class Callers:
    """Gives the way to regions, of which one is slow.

    :ivar arrived: threading.Barrier at which the requests to it meet whoever looks
    :ivar go: threading.Event until which it does not answer
    """

    def __init__(self):
        self.arrived, self.go = threading.Barrier(MOST + 1), threading.Event()

    @contextlib.contextmanager
    def passed(self, region, tokens, request_id):
        place = {'name': region, 'microversion': '2.96', 'endpoint': f'http://{region}.test'}
        yield place, self if region == 'Slow' else Quick()

    def send(self, request, microversion):
        if not self.go.is_set():
            self.arrived.wait()
            self.go.wait()
        return passing.Answer(200, {'servers': []})


class Quick:
    """The way to a region that answers at once."""

    def send(self, request, microversion):
        return passing.Answer(200, {'servers': []})


def test_a_slow_region_keeps_nobody_from_the_others():
    callers = Callers()
    servers = compute_servers.ComputeServers(None, callers, {})

    def ask(region):
        return servers.ask(region, LIST, (2, 96), {}, 'req-1').status
    with futures.ThreadPoolExecutor(MOST) as pool:
        waiting = [pool.submit(ask, 'Slow') for _ in range(MOST)]
        callers.arrived.wait()
        try:
            with pytest.raises(failures.Unreachable, match='Too many requests wait') as refused:
                ask('Slow')
            assert refused.value.reason == 'busy'
            assert ask('Quick') == 200
        finally:
            callers.go.set()
    assert [each.result() for each in waiting] == [200] * MOST
    assert ask('Slow') == 200
