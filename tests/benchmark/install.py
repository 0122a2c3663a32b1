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

"""How long installs take, against python-novaclient alone on the same regions in the same run.

    python -m tests.benchmark.install --dir .sandbox

Needs a sandbox that is up and whose catalogue is empty. Each round installs
the same number of flavors three times: by flavorsvc, by twelve threads of bare
novaclient that create and set extra specs and look at nothing, and by one such
thread. The flavors are taken away after each. Prints a table, and writes JSON with ``--json``.
"""

import argparse
from concurrent import futures
import datetime
import json
import pathlib
import statistics
import sys
import time
import urllib.parse

from tests.benchmark import clouds

EXTRA_SPECS = {'scs:name-v2': 'benchmark', 'scs:cpu-type': 'shared-core'}
THREADS = 12
UNFINISHED = ('pending', 'installing', 'retrying')


def by_service(cloud, names):
    """Install by flavorsvc, from the first request to the last active installation.

    That an installation is active is recorded with its time, on the clock of this machine: to look
    for it all the time would be work that nobody needs done.

    :returns: float seconds
    """
    for name in names:
        cloud.service.post('/v1/flavors', json={'flavor': {
            'id': name, 'name': name, 'vcpus': 1, 'ram': 512, 'disk': 0,
            'extra_specs': EXTRA_SPECS}})
    began = datetime.datetime.now(datetime.UTC)
    with futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: cloud.service.post(
            f'/v1/flavors/{name}/install', json={'regions': 'all'}), names))
    clouds.until(lambda: not any(_installations(cloud, status=status) for status in UNFINISHED))
    assert not _installations(cloud, status='error')
    [last] = _installations(cloud, sort_key='updated_at', sort_dir='desc')
    took = datetime.datetime.fromisoformat(last['updated_at']) - began
    for name in names:
        cloud.service.delete(f'/v1/flavors/{name}')
    clouds.until(lambda: not cloud.service.get('/v1/flavors?limit=1').json()['flavors'])
    return took.total_seconds()


def by_threads(cloud, names, threads):
    """Create and set extra specs with bare novaclient.

    :returns: float seconds
    """
    def create(job):
        region, name = job
        made = cloud.nova(region).flavors.create(name, 512, 1, 0, flavorid=name)
        made.set_keys(EXTRA_SPECS)
    jobs = [(region, name) for name in names for region in cloud.facts['regions']]
    with futures.ThreadPoolExecutor(threads) as pool:
        began = time.perf_counter()
        list(pool.map(create, jobs))
        took = time.perf_counter() - began
        list(pool.map(lambda job: cloud.nova(job[0]).flavors.delete(job[1]), jobs))
    return took


def _installations(cloud, **query):
    asked = urllib.parse.urlencode({'limit': 1, **query})
    return cloud.service.get(f'/v1/installations?{asked}').json()['installations']


def measure(cloud, flavors, rounds):
    """Run all rounds.

    :returns: dict of figures
    """
    seconds = {'flavorsvc': [], f'{THREADS} threads': [], '1 thread': []}
    asked = []
    for number in range(rounds + 1):
        names = [f'bench-{time.time_ns()}-{each}' for each in range(flavors)]
        before = cloud.requests()
        took = [by_service(cloud, names)]
        asked.append((cloud.requests() - before) / (flavors * 3))
        took.append(by_threads(cloud, [f'{name}-t' for name in names], THREADS))
        took.append(by_threads(cloud, [f'{name}-s' for name in names], 1))
        if number:  # the first round warms everybody up
            for times, each in zip(seconds.values(), took, strict=True):
                times.append(each)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return {
        'flavors': flavors, 'regions': len(cloud.facts['regions']), 'rounds': rounds,
        'seconds': seconds, 'median_seconds': medians,
        'ratio_to_threads': medians['flavorsvc'] / medians[f'{THREADS} threads'],
        'speedup_over_1_thread': medians['1 thread'] / medians['flavorsvc'],
        'nova_requests_per_install_and_removal': statistics.median(asked),
    }


def main():
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--dir', default='.sandbox', help='folder of the sandbox')
    parser.add_argument('--flavors', type=int, default=15)
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--json', type=pathlib.Path, help='file to write the figures to')
    options = parser.parse_args()
    figures = measure(clouds.Cloud(options.dir), options.flavors, options.rounds)
    for name, median in figures['median_seconds'].items():
        spread = ' '.join(f'{each:.2f}' for each in figures['seconds'][name])
        print(f'{name:>12}  median {median:6.2f} s   ({spread})')
    print(f'flavorsvc / {THREADS} threads: {figures["ratio_to_threads"]:.2f}')
    print(f'1 thread / flavorsvc: {figures["speedup_over_1_thread"]:.2f}')
    print('Nova requests to install a flavor and remove it again: '
          f'{figures["nova_requests_per_install_and_removal"]:.2f}')
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
