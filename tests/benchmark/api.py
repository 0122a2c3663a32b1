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

"""How fast the API answers, against Nova's for flavors under the same load in the same run.

    python -m tests.benchmark.api --dir .sandbox

Needs a sandbox that is up and whose catalogue is empty. The catalogue, and the Nova of the first
region, get the same flavors; then both are asked for one of them, for all, and to create further
ones, in turns, by as many clients at a time. Both run under waitress, one process each. Prints a
table, and writes JSON with ``--json``. What was made is taken away again.
"""

import argparse
from concurrent import futures
import itertools
import json
import pathlib
import statistics
import sys
import threading
import time

import requests

from tests.benchmark import clouds

EXTRA_SPECS = {'scs:name-v2': 'benchmark', 'scs:cpu-type': 'shared-core'}
REGION = 'RegionOne'


class Side:
    """One of the two, as plain HTTP clients reach it."""

    def __init__(self, url, headers):
        self._url, self._headers, self._local = url, headers, threading.local()

    def ask(self, method, path, **kwargs):
        """Send a request, and read the whole answer.

        :returns: float seconds that it took
        """
        clients = self._local.__dict__
        if 'session' not in clients:
            clients['session'] = requests.Session()
            clients['session'].headers.update(self._headers)
        began = time.perf_counter()
        answer = clients['session'].request(method, f'{self._url}{path}', **kwargs)
        took = time.perf_counter() - began
        assert answer.ok, f'{method} {path}: {answer.status_code} {answer.text[:200]}'
        return took


def sides(cloud):
    """Give flavorsvc and a Nova.

    :returns: dict of name to Side
    """
    token = {'X-Auth-Token': cloud.admin.get_token()}
    return {
        'flavorsvc': Side(f'{cloud.facts["api_url"].rstrip("/")}/v1',
                          token | {'OpenStack-API-Version': 'flavorsvc 1.1'}),
        'nova': Side(cloud.facts['regions'][REGION]['nova_url'],
                     token | {'OpenStack-API-Version': 'compute 2.96'}),
    }


def bodies(name):
    """Give what creates the same flavor at each side, by its name."""
    flavor = {'id': name, 'name': name, 'vcpus': 1, 'ram': 512, 'disk': 0}
    return {'flavorsvc': {'flavor': flavor | {'extra_specs': EXTRA_SPECS}},
            'nova': {'flavor': flavor}}


def fill(cloud, both, names):
    """Create flavors at both sides, with the same extra specs."""
    def create(name):
        for side, body in bodies(name).items():
            both[side].ask('POST', '/flavors', json=body)
        both['nova'].ask('POST', f'/flavors/{name}/os-extra_specs',
                         json={'extra_specs': EXTRA_SPECS})
    with futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(create, names))


def under_load(ask, requests_each, clients):
    """Have clients ask one request after the other, all at the same time.

    :param ask: function that sends a request and gives its seconds
    :returns: list of float seconds
    """
    with futures.ThreadPoolExecutor(clients) as pool:
        return list(itertools.chain(*pool.map(
            lambda _: [ask() for _ in range(requests_each)], range(clients))))


def measure(cloud, flavors, rounds, clients):
    """Run all rounds.

    :returns: dict of case to dict of side to dict of p50 and p99, in seconds
    """
    both, made = sides(cloud), [f'bench-{time.time_ns()}-{each}' for each in range(flavors)]
    numbers = itertools.count()

    def create(side):
        name = f'{made[0]}-more-{next(numbers)}'
        created[side].append(name)
        return both[side].ask('POST', '/flavors', json=bodies(name)[side])
    created = {side: list(made) for side in both}
    cases = {
        'GET one': (40, lambda side: both[side].ask('GET', f'/flavors/{made[-1]}')),
        f'GET {flavors}': (4, lambda side: both[side].ask(
            'GET', {'flavorsvc': f'/flavors?limit={flavors}', 'nova': '/flavors/detail'}[side])),
        'POST': (20, create),
    }
    seconds = {case: {side: [] for side in both} for case in cases}
    fill(cloud, both, made)
    try:
        for number in range(rounds + 1):
            for case, (each, ask) in cases.items():
                for side in both:
                    took = under_load(lambda side=side, ask=ask: ask(side), each, clients)
                    if number:  # the first round warms everybody up
                        seconds[case][side] += took
    finally:
        for side, names in created.items():
            with futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda name, side=side: both[side].ask(
                    'DELETE', f'/flavors/{name}'), names))
    return {case: {side: _percentiles(times) for side, times in by_side.items()}
            for case, by_side in seconds.items()}


def _percentiles(times):
    hundredths = statistics.quantiles(times, n=100, method='inclusive')
    return {'p50': hundredths[49], 'p99': hundredths[98]}


def _columns(ours, theirs):
    return f'{1000 * ours:14.1f}{1000 * theirs:8.1f}{ours / theirs:8.2f}'


def main():
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--dir', default='.sandbox', help='folder of the sandbox')
    parser.add_argument('--flavors', type=int, default=1000)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--clients', type=int, default=4)
    parser.add_argument('--json', type=pathlib.Path, help='file to write the figures to')
    options = parser.parse_args()
    figures = measure(clouds.Cloud(options.dir), options.flavors, options.rounds, options.clients)
    print('            p50 ms: ours    Nova   ratio  p99 ms: ours    Nova   ratio')
    for case, found in figures.items():
        print(f'{case:10}' + ''.join(_columns(*(found[side][each] for side in found))
                                     for each in ('p50', 'p99')))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
