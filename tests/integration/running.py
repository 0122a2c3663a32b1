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

"""A sandbox that runs, as tests use it: through the CLI, over HTTP, and by what Nova logged."""

import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sysconfig
import time
import uuid

from keystoneauth1 import adapter
from keystoneauth1 import session
import keystoneauth1.exceptions
from keystoneauth1.identity import v3
import requests
import yaml

from flavorsvc.sandbox import supervision

SCRIPTS = pathlib.Path(sysconfig.get_path('scripts'))

#: Seconds after which what should have happened counts as not happening.
DEADLINE = 180


def wait_for(condition, what, seconds=DEADLINE):
    """Return the first true value of ``condition()``.

    :param what: what is waited for, for the message of the AssertionError
    """
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f'after {seconds} s still no {what}'
        time.sleep(0.1)


def run_sandbox(*arguments, check=True, environment=None):
    """Run flavorsvc-sandbox; return the CompletedProcess.

    :param environment: dict of variable to value, besides what there is
    """
    done = subprocess.run(
        [SCRIPTS / 'flavorsvc-sandbox', *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **(environment or {})},
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


@contextlib.contextmanager
def sandbox(directory, *arguments, environment=None):
    """Have a sandbox while the block runs; yield the Running.

    :param arguments: what `flavorsvc-sandbox up` is to make
    :param environment: see :func:`run_sandbox`
    """
    try:
        run_sandbox('up', '--dir', directory, *arguments, environment=environment)
        yield Running(directory)
    finally:
        run_sandbox('reset', '--dir', directory, environment=environment)


@dataclasses.dataclass(frozen=True)
class Request:
    """One line of the request log of a Nova or Keystone."""

    method: str
    path: str
    status: int


class RequestLog:
    """What one service was asked since this object was made."""

    def __init__(self, path):
        self._path = path
        self._start = os.path.getsize(path)

    def requests(self):
        """Return the Requests so far, oldest first; the query is no part of the path."""
        return [request for request, _ in self.requests_by_id()]

    def requests_by_id(self):
        """Return the Requests so far, each with the id that its caller gave, or '-'."""
        with open(self._path, encoding='utf-8') as file:
            file.seek(self._start)
            # A line that is still being written has no end.
            lines = [line.split() for line in file if line.endswith('\n')]
        return [(Request(method, path.split('?')[0], int(status)), request_id)
                for method, path, status, request_id in lines]

    def created(self):
        """Return how many flavors were created."""
        return sum(1 for request in self.requests()
                   if (request.method, request.path) == ('POST', '/v2.1/flavors')
                   and request.status < 300)


class Running:
    """The sandbox in one directory, which is up."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.supervisor = supervision.Supervisor(self.directory.resolve())
        self._clouds = yaml.safe_load((self.directory / 'clouds.yaml').read_text())['clouds']
        self._sessions = {}

    @property
    def document(self):
        """sandbox.json, as it is now."""
        return json.loads((self.directory / 'sandbox.json').read_text())

    @property
    def pids(self):
        """pid by name of every process, as it is now: one may have been restarted."""
        run_sandbox('status', '--dir', self.directory)
        return self.document['pids']

    @property
    def regions(self):
        return list(self.document['regions'])

    @property
    def conductor_program(self):
        """The name of a process that converges, for the supervisor."""
        return next(name for name in self.supervisor.processes()
                    if name in ('flavorsvc', 'conductor-1'))

    def project_id(self, actor):
        return self._session(actor).get_project_id()

    def token(self, actor):
        """Return a token of an actor of clouds.yaml."""
        return self._session(actor).get_token()

    def session(self, actor):
        """Return a keystoneauth session of an actor of clouds.yaml."""
        return self._session(actor)

    def openstack(self, actor, *arguments):
        """Run the openstack CLI as an actor of clouds.yaml; return the CompletedProcess."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
        environment |= {'OS_CLOUD': actor,
                        'OS_CLIENT_CONFIG_FILE': str(self.directory / 'clouds.yaml')}
        return subprocess.run([SCRIPTS / 'openstack', *map(str, arguments)], env=environment,
                              capture_output=True, text=True, timeout=240)

    def openstack_json(self, actor, *arguments):
        done = self.openstack(actor, *arguments, '-f', 'json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def flavorsvc(self, actor):
        """Return an adapter that asks flavorsvc's /v1 as this actor."""
        return adapter.Adapter(
            self._session(actor), service_type='flavorsvc', raise_exc=False,
            endpoint_override=f'{self.document["api_url"]}/v1', default_microversion='1.1')

    def compute(self, actor):
        """Return an adapter that asks flavorsvc's /v2.1 as this actor, as tools of Nova find it."""
        return adapter.Adapter(
            self._session(actor), service_type='compute', raise_exc=False,
            region_name='flavorsvc', default_microversion='2.96')

    def send(self, actor, method, path, headers, content):
        """Ask flavorsvc as it is written; return the requests.Response.

        :param actor: str; 'nobody' sends no token
        :param path: str, below the root of the service
        :param content: str or None
        """
        if actor != 'nobody':
            headers = {'X-Auth-Token': self._session(actor).get_token(), **headers}
        return requests.request(method, self.document['api_url'] + path, headers=headers,
                                data=content and content.encode(), timeout=DEADLINE)

    def nova(self, region, actor='admin'):
        """Return an adapter that asks the own Nova of a region or of a foreign cloud."""
        return adapter.Adapter(
            self._session(actor), service_type='compute', raise_exc=False,
            endpoint_override=self._place(region)['nova_url'],
            default_microversion='2.96')

    def nova_log(self, region):
        return RequestLog(self._place(region)['request_log'])

    def _place(self, region):
        document = self.document
        return {**document['regions'], **{each['name']: each for each in document['foreign']}
                }[region]

    def keystone_log(self):
        return RequestLog(self.document['keystone_request_log'])

    def foreign_user(self, admin):
        """Make a reader in a foreign cloud; return the id of its project and a token.

        :param admin: str, the actor who may do so there
        """
        there = self._session(admin)
        keystone = adapter.Adapter(there, service_type='identity', interface='public')
        name, password = f'reader-{uuid.uuid4().hex[:8]}', uuid.uuid4().hex
        auth = self._clouds[admin]['auth']
        url = auth['auth_url']

        def post(kind, **fields):
            [name_of] = keystone.post(f'{url}/{kind}s', json={kind: fields}).json().values()
            return name_of['id']
        project, user = (post('project', name=name, domain_id='default'),
                         post('user', name=name, password=password, domain_id='default'))
        [role] = keystone.get(f'{url}/roles?name=reader').json()['roles']
        keystone.put(f'{url}/projects/{project}/users/{user}/roles/{role["id"]}')
        return project, session.Session(v3.Password(
            auth_url=url, user_id=user, password=password, project_id=project)).get_token()

    # -- what many tests do

    def create(self, *flavors, actor='manager'):
        """Put flavors (dicts) in the catalogue."""
        for flavor in flavors:
            answer = self.flavorsvc(actor).post('/flavors', json={'flavor': flavor})
            assert answer.status_code == 201, answer.text

    def install(self, flavor_id, regions='all', actor='manager'):
        """Ask for an installation; the conductor may be away meanwhile."""
        def accepted():
            try:
                answer = self.flavorsvc(actor).post(f'/flavors/{flavor_id}/install',
                                                    json={'regions': regions})
            except (keystoneauth1.exceptions.ConnectFailure, requests.ConnectionError):
                return False
            assert answer.status_code in (202, 503), answer.text
            return answer.status_code == 202
        wait_for(accepted, f'acceptance of the installation of {flavor_id}')

    def wait_for_answer(self):
        """Wait until the API answers, after it was away."""
        def answers():
            try:
                return self.flavorsvc('manager').get('/regions').status_code == 200
            except (keystoneauth1.exceptions.ConnectFailure, requests.ConnectionError):
                return False
        wait_for(answers, 'answer of the API')

    def installations(self, flavor_id):
        """Return the installations of a flavor by region; none while the API is away."""
        try:
            answer = self.flavorsvc('manager').get(f'/installations?flavor={flavor_id}')
        except (keystoneauth1.exceptions.ConnectFailure, requests.ConnectionError):
            return {}
        if answer.status_code == 503:
            return {}
        assert answer.status_code == 200, answer.text
        return {row['region']: row for row in answer.json()['installations']}

    def wait_for_status(self, flavor_id, status, regions=None):
        """Wait until the installations in ``regions`` (default: all) have a status; return all."""
        regions = regions or self.regions

        def reached():
            rows = self.installations(flavor_id)
            return rows if all(region in rows and rows[region]['status'] == status
                               for region in regions) else None
        return wait_for(reached, f'{flavor_id} {status} in {regions}: '
                                 f'{self.installations(flavor_id)}')

    # -- servers, in a sandbox that can boot them

    def boot(self, flavor_id, region='RegionOne', actor='customer'):
        """Boot a server and wait until it is active; return it as Nova shows it to the actor.

        :param flavor_id: str, id of a flavor in the region's Nova
        """
        nova = self.nova(region, actor)
        answer = nova.post('/servers', json={'server': {
            'name': f'on-{flavor_id}'[:60], 'flavorRef': flavor_id, 'networks': 'none',
            'imageRef': self.image_id(region)}})
        assert answer.status_code == 202, answer.text
        return self.wait_for_server(answer.json()['server']['id'], 'ACTIVE', region, actor)

    def wait_for_server(self, server_id, status, region='RegionOne', actor='customer'):
        """Wait until a server has a status and nothing happens to it; return it."""
        nova = self.nova(region, actor)

        def reached():
            answer = nova.get(f'/servers/{server_id}')
            assert answer.status_code == 200, answer.text
            server = answer.json()['server']
            assert server['status'] != 'ERROR' or status == 'ERROR', server.get('fault')
            settled = not server['OS-EXT-STS:task_state']
            return server if settled and server['status'] == status else None
        return wait_for(reached, f'server {server_id} {status}')

    def delete_server(self, server_id, region='RegionOne', actor='customer'):
        """Delete a server and wait until it is gone."""
        nova = self.nova(region, actor)
        assert nova.delete(f'/servers/{server_id}').status_code == 204
        wait_for(lambda: nova.get(f'/servers/{server_id}').status_code == 404,
                 f'end of server {server_id}')

    def image_id(self, region='RegionOne'):
        """Return the id of the public image of the sandbox."""
        glance = self.service('image', region, 'user')
        [image] = glance.get('/v2/images?name=tiny').json()['images']
        return image['id']

    def service(self, service_type, region, actor):
        """Return an adapter that asks the service of this type that the catalogue names."""
        return adapter.Adapter(self._session(actor), service_type=service_type,
                               region_name=region, interface='public', raise_exc=False)

    def _session(self, actor):
        if actor not in self._sessions:
            auth = self._clouds[actor]['auth']
            self._sessions[actor] = session.Session(v3.Password(**auth))
        return self._sessions[actor]
