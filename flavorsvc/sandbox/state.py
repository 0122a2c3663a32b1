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

"""What a sandbox is made of, and what is remembered of it between two commands."""

import dataclasses
import hashlib
import json
import os
import pathlib
import secrets

from flavorsvc.sandbox import errors
from flavorsvc.sandbox import supervision

NUMBERS = ('One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten')
FOREIGN_NAMES = ('Mordor', 'Isengard', 'Rohan', 'Gondor', 'Shire', 'Rivendell')
FOREIGN_REGION = 'RegionOne'

# What the regions with servers have in common.
IMAGE_PROGRAM, NETWORK_PROGRAM = SERVER_PROGRAMS = ('glance', 'network-stub')


@dataclasses.dataclass(frozen=True)
class Shape:
    """What was asked for; an `up` without options keeps the last one."""

    regions: int = 3
    foreign: int = 0
    servers: int = 0
    transport: str = 'memory'
    database: str = 'sqlite'
    conductors: int = 1
    api_workers: int = 1
    flavorsvc: bool = True
    debug: bool = False

    @property
    def all_in_one(self) -> bool:
        """API and conductor are one process: there is no broker between them."""
        return self.transport == 'memory'

    def check(self) -> None:
        """:raises SandboxError: the parts do not go together."""
        if not 1 <= self.regions <= len(NUMBERS):
            raise errors.SandboxError(f'--regions must lie between 1 and {len(NUMBERS)}')
        if not 0 <= self.foreign <= len(FOREIGN_NAMES):
            raise errors.SandboxError(f'--foreign must lie between 0 and {len(FOREIGN_NAMES)}')
        if not 0 <= self.servers <= self.regions:
            raise errors.SandboxError(
                f'--servers must lie between 0 and the number of regions, {self.regions}')
        if self.conductors < 1 or self.api_workers < 1:
            raise errors.SandboxError('--conductors and --api-workers must be at least 1')
        if self.all_in_one and (self.conductors > 1 or self.api_workers > 1):
            raise errors.SandboxError('several conductors or API workers need --transport rabbit')
        if self.database == 'sqlite' and self.conductors > 1:
            raise errors.SandboxError(
                'several conductors need --database mysql or --database postgresql')


@dataclasses.dataclass
class Cloud:
    """One Keystone and the Nova APIs in its catalogue."""

    name: str
    directory: pathlib.Path
    home: bool
    keystone_port: int
    nova_ports: dict[str, int]
    # Of what the regions with servers have besides, by name of the program.
    server_ports: dict[str, int] = dataclasses.field(default_factory=dict)
    passwords: dict[str, str] = dataclasses.field(default_factory=dict)
    project_ids: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def keystone_url(self) -> str:
        return f'http://127.0.0.1:{self.keystone_port}/v3'

    def nova_url(self, region: str) -> str:
        return f'http://127.0.0.1:{self.nova_ports[region]}/v2.1'

    def server_url(self, program: str) -> str:
        return f'http://127.0.0.1:{self.server_ports[program]}'

    @property
    def server_regions(self) -> list[str]:
        """The regions in which servers can be booted: those with a placement service."""
        return [region for region in self.nova_ports
                if self.placement_program(region) in self.server_ports]

    def server_endpoints(self, region: str) -> list[tuple[str, str, str]]:
        """Type, name and URL of the services with which this region's Nova boots servers."""
        if region not in self.server_regions:
            return []
        return [('image', 'glance', self.server_url(IMAGE_PROGRAM)),
                ('network', NETWORK_PROGRAM, self.server_url(NETWORK_PROGRAM)),
                ('placement', 'placement', self.server_url(self.placement_program(region)))]

    @property
    def keystone_program(self) -> str:
        return 'keystone' if self.home else f'keystone-{self.name}'

    def nova_program(self, region: str) -> str:
        return f'nova-{region}' if self.home else f'nova-{self.name}'

    @staticmethod
    def placement_program(region: str) -> str:
        return f'placement-{region}'

    def password(self, user: str) -> str:
        """The password of `user`, made up when it is first asked for."""
        return self.passwords.setdefault(user, secrets.token_urlsafe(16))


class Sandbox:
    """Everything known about the sandbox in one directory."""

    def __init__(self, directory: pathlib.Path, shape: Shape):
        self.directory = directory
        self.shape = shape
        self.api_port = 0
        self.clouds: list[Cloud] = []
        self.users: dict[str, dict] = {}
        # Kinds of database servers that hold a database of this sandbox.
        self.databases: set[str] = set()

    @property
    def home(self) -> Cloud:
        return self.clouds[0]

    @property
    def foreign(self) -> list[Cloud]:
        return self.clouds[1:]

    @property
    def api_url(self) -> str:
        return f'http://127.0.0.1:{self.api_port}'

    @property
    def key(self) -> str:
        """Names what the sandbox keeps outside its directory: a queue and a database."""
        return hashlib.sha256(str(self.directory).encode()).hexdigest()[:10]

    @property
    def config(self) -> pathlib.Path:
        return self.directory / 'config'

    @property
    def data(self) -> pathlib.Path:
        return self.directory / 'data'

    def log_file(self, name: str) -> pathlib.Path:
        return self.directory / 'logs' / name

    def request_log(self, program: str) -> pathlib.Path:
        """One line a request that this Keystone or Nova answered."""
        return self.log_file(f'{program}.requests.log')

    # -- shape and ports

    def take_shape(self, shape: Shape) -> None:
        """Adds the clouds and regions that `shape` has and this sandbox lacks.

        :raises SandboxError: it would have to lose some.
        """
        shape.check()
        if self.clouds and (shape.regions < len(self.home.nova_ports)
                            or shape.foreign < len(self.foreign)
                            or shape.servers < len(self.home.server_regions)):
            raise errors.SandboxError(
                f'this sandbox has {len(self.home.nova_ports)} regions, '
                f'{len(self.home.server_regions)} of them with servers, and '
                f'{len(self.foreign)} foreign clouds; it can grow, and only '
                'shrink by "flavorsvc-sandbox reset"')
        self.shape = shape
        self.api_port = self.api_port or self._free_port()
        if not self.clouds:
            self.clouds.append(self._new_cloud('home', home=True))
        for number in NUMBERS[len(self.home.nova_ports):shape.regions]:
            self.home.nova_ports[f'Region{number}'] = self._free_port()
        for region in list(self.home.nova_ports)[:shape.servers]:
            for program in (*SERVER_PROGRAMS, Cloud.placement_program(region)):
                if program not in self.home.server_ports:
                    self.home.server_ports[program] = self._free_port()
        for name in FOREIGN_NAMES[len(self.foreign):shape.foreign]:
            self.clouds.append(self._new_cloud(name, home=False))
            self.clouds[-1].nova_ports[FOREIGN_REGION] = self._free_port()

    def replace_taken_ports(self) -> list[int]:
        """Chooses anew where another program has taken a port meanwhile; returns the old ones."""
        taken = []

        def keep(port):
            if supervision.is_free(port):
                return port
            taken.append(port)
            return self._free_port()

        self.api_port = keep(self.api_port)
        for cloud in self.clouds:
            cloud.keystone_port = keep(cloud.keystone_port)
            cloud.nova_ports = {region: keep(port) for region, port in cloud.nova_ports.items()}
            cloud.server_ports = {name: keep(port) for name, port in cloud.server_ports.items()}
        return taken

    def _new_cloud(self, name, home):
        return Cloud(name, self.data / name, home, self._free_port(), {})

    def _free_port(self):
        ports = {self.api_port}
        for cloud in self.clouds:
            ports |= {cloud.keystone_port, *cloud.nova_ports.values(),
                      *cloud.server_ports.values()}
        return supervision.free_port(ports)

    # -- sandbox.json

    @property
    def file(self) -> pathlib.Path:
        return self.directory / 'sandbox.json'

    def save(self, pids: dict[str, int]) -> None:
        """Writes sandbox.json; `pids` by process name."""
        home = self.home
        write_private(self.file, json.dumps({
            'api_url': self.api_url,
            'keystone_url': home.keystone_url,
            'regions': {region: self._region_document(region) for region in home.nova_ports},
            'foreign': [{'name': cloud.name, 'region': FOREIGN_REGION,
                         'keystone_url': cloud.keystone_url,
                         'nova_url': cloud.nova_url(FOREIGN_REGION),
                         'request_log': str(self.request_log(cloud.nova_program(FOREIGN_REGION))),
                         'username': 'flavorsvc', 'password': cloud.password('flavorsvc'),
                         'project': 'service'} for cloud in self.foreign],
            'users': self.users,
            'pids': pids,
            'keystone_request_log': str(self.request_log(home.keystone_program)),
            'clouds_yaml': str(self.directory / 'clouds.yaml'),
            'transport': self.shape.transport,
            'database': self.shape.database,
            'kept': {
                'shape': dataclasses.asdict(self.shape),
                'api_port': self.api_port,
                'databases': sorted(self.databases),
                'clouds': [{'name': c.name, 'keystone_port': c.keystone_port,
                            'nova_ports': c.nova_ports, 'server_ports': c.server_ports,
                            'passwords': c.passwords,
                            'project_ids': c.project_ids} for c in self.clouds],
            },
        }, indent=2) + '\n')

    def _region_document(self, region):
        return {'nova_url': self.home.nova_url(region),
                'request_log': str(self.request_log(self.home.nova_program(region))),
                **{f'{service_type}_url': url
                   for service_type, _, url in self.home.server_endpoints(region)}}


def load(directory: pathlib.Path) -> Sandbox | None:
    """The sandbox in `directory`, None when there is none."""
    try:
        document = json.loads((directory / 'sandbox.json').read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise errors.SandboxError(f'{directory}/sandbox.json cannot be read: {error}') from error
    kept = document['kept']
    sandbox = Sandbox(directory, Shape(**kept['shape']))
    sandbox.api_port = kept['api_port']
    sandbox.users = document['users']
    sandbox.databases = set(kept.get('databases', ()))
    for number, cloud in enumerate(kept['clouds']):
        sandbox.clouds.append(
            Cloud(directory=sandbox.data / cloud['name'], home=number == 0, **cloud))
    return sandbox


def write_private(path: pathlib.Path, text: str) -> None:
    """Replaces `path` in one step by a file that only its owner may read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + '.new')
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, 'w', encoding='utf-8') as file:
        file.write(text)
    new.replace(path)
