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

"""A sandbox in which flavorsvc reaches Keystone and each region's Nova through a proxy."""

import configparser
import contextlib
import datetime
import itertools

from tests.faults import comparison
from tests.faults import proxy
from tests.integration import running

#: The region that is made to fail, and the others.
BAD = 'RegionTwo'
HEALTHY = ('RegionOne', 'RegionThree')

#: Seconds after which flavorsvc gives up a call, and between two looks at the catalogue.
TIMEOUT_S = 4
INTERVAL_S = 2

#: So that what would take minutes in a real cloud takes seconds.
_CONDUCTOR = {
    'cloud': {'timeout': TIMEOUT_S, 'discovery_interval': INTERVAL_S},
    # only those that a test asks for
    'audit': {'interval': 0},
    'engine': {'poll_interval': 0.5, 'retry_min': 0.25, 'retry_max': 20, 'slow_after': 0.5},
}


class Proxied(running.Running):
    """The sandbox, and its proxies.

    The tests themselves, and the Novas, reach everything without them.

    :ivar novas: dict of region to proxy.Proxy
    :ivar keystone: proxy.Proxy
    """

    def __init__(self, directory, stack):
        """Put the proxies where flavorsvc looks for the services.

        :param stack: contextlib.ExitStack, which stops the proxies
        """
        super().__init__(directory)
        self._numbers = itertools.count(1)
        document = self.document
        self.novas = {name: proxy.Proxy(each['nova_url'])
                      for name, each in document['regions'].items()}
        self.keystone = proxy.Proxy(document['keystone_url'])
        for each in (*self.novas.values(), self.keystone):
            each.start()
            stack.callback(each.stop)
        self._enter()
        self.configure('conductor', {**_CONDUCTOR, 'cloud': {
            **_CONDUCTOR['cloud'], 'auth_url': self.keystone.url}})
        # the Novas ask the internal one, as flavorsvc would
        self.configure('api', {'keystone_authtoken': {
            'auth_url': self.keystone.url, 'interface': 'public', 'http_connect_timeout': 2}})
        self.restart()

    def _enter(self):
        """Enter the proxies in the catalogue, as the public endpoints."""
        keystone = self.service('identity', None, 'admin')
        base = self.document['keystone_url']
        types = {each['id']: each['type']
                 for each in keystone.get(f'{base}/services').json()['services']}
        for each in keystone.get(f'{base}/endpoints?interface=public').json()['endpoints']:
            kind = types[each['service_id']]
            url = (self.keystone.url if kind == 'identity'
                   else self.novas[each['region_id']].url
                   if kind == 'compute' and each['region_id'] in self.novas else None)
            if url is not None:
                answer = keystone.patch(f'{base}/endpoints/{each["id"]}',
                                        json={'endpoint': {'url': url}})
                assert answer.status_code == 200, answer.text

    def configure(self, name, options):
        """Change options of flavorsvc; :meth:`restart` makes them count.

        :param name: str, of the file
        :param options: dict of group to dict of option to value
        """
        path = self.directory / 'config' / f'{name}.conf'
        parser = configparser.RawConfigParser()
        parser.read(path)
        for group, values in options.items():
            if not parser.has_section(group):
                parser.add_section(group)
            for option, value in values.items():
                parser.set(group, option, str(value))
        with path.open('w') as file:
            parser.write(file)

    def programs(self):
        """Return the pids of flavorsvc's own processes, by name."""
        return {name: process.pid for name, process in self.supervisor.processes().items()
                if name == 'api' or name.startswith('conductor-')}

    def restart(self):
        """Start flavorsvc anew, and wait until it reaches every region through its proxy."""
        names = list(self.programs())
        for name in names:
            self.supervisor.stop(name)
        self.supervisor.start(names)
        self.wait_for_answer()
        running.wait_for(lambda: all(
            (region['endpoint'], region['state']) == (self.novas[name].url, 'up')
            for name, region in self.health().items()), 'discovery of the proxies')

    def health(self):
        """Return what flavorsvc tells of each region, by name."""
        answer = self.flavorsvc('manager').get('/regions', microversion='1.2')
        assert answer.status_code == 200, answer.text
        return {region['name']: region for region in answer.json()['regions']
                if region['name'] in self.novas}

    def rows(self, flavors, region):
        """Return the installations of some flavors in a region."""
        return [self.installations(flavor['id'])[region] for flavor in flavors]

    def new_flavors(self, count, **fields):
        """Make up flavors that no other test uses."""
        names = [f'proxied-{next(self._numbers)}' for _ in range(count)]
        return [{'id': name, 'name': name, 'vcpus': 2, 'ram': 64, 'disk': 20,
                 'extra_specs': {'hw:cpu_policy': 'shared', 'scs:name-v2': name}, **fields}
                for name in names]

    def install_all(self, flavors):
        """Put flavors in the catalogue, and ask for them in every region."""
        self.create(*flavors)
        for flavor in flavors:
            self.install(flavor['id'])

    def wait_for_all(self, flavors, regions=None):
        """Wait until flavors are active."""
        for flavor in flavors:
            self.wait_for_status(flavor['id'], 'active', regions)

    def looks(self, number):
        """Wait until flavorsvc has looked at the catalogue several times."""
        def look():
            return self.health()[HEALTHY[0]]['last_seen_at']
        seen = {look()}
        running.wait_for(lambda: len(seen.add(look()) or seen) > number, f'{number} looks')

    def check(self):
        """Check that catalogue and Novas agree in everything, and every region answers."""
        assert comparison.differences(self) == []
        self.wait_for_health()

    def wait_for_health(self):
        """Wait until every region answers."""
        running.wait_for(lambda: {region['state'] for region in self.health().values()}
                         <= {'up', 'slow'}, 'regions that answer')


@contextlib.contextmanager
def sandbox(directory, *arguments):
    """Have such a sandbox while the block runs; yield the Proxied.

    :param arguments: what `flavorsvc-sandbox up` is to make
    """
    with running.sandbox(directory, *arguments), contextlib.ExitStack() as stack:
        yield Proxied(directory, stack)


def moment(text):
    """Read a time as the API tells it."""
    return datetime.datetime.fromisoformat(text)
