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

"""What ``up``, ``down``, ``status`` and ``reset`` do, step by step."""

import contextlib
import importlib.metadata
import pathlib
import shutil
import time
import urllib.error
import urllib.request

import fasteners
import keystoneauth1.exceptions

from flavorsvc.sandbox import backing
from flavorsvc.sandbox import errors
from flavorsvc.sandbox import keystone
from flavorsvc.sandbox import nova
from flavorsvc.sandbox import servers
from flavorsvc.sandbox import service
from flavorsvc.sandbox import state
from flavorsvc.sandbox import supervision
from flavorsvc.sandbox import template

# How long one process may take until it answers. On a busy machine eight of them start at once.
PATIENCE_SECONDS = 240


class Steps:
    """Prints one line a step, with the seconds it took and those since the start."""

    def __init__(self):
        self._start = time.monotonic()

    @contextlib.contextmanager
    def __call__(self, text):
        began = time.monotonic()
        yield
        self.say(text, began)

    def say(self, text, began=None):
        now = time.monotonic()
        took = f'{now - began:5.1f} s' if began is not None else ' ' * 7
        print(f'{now - self._start:6.1f} s  {took}  {text}', flush=True)


class Lifecycle:
    """The life of the sandbox in one directory; one command at a time may act on it."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory.resolve()
        self._supervisor = supervision.Supervisor(self._directory)

    # -- up

    def up(self, wanted: dict) -> state.Sandbox:
        """Brings everything up; what runs already is left alone.

        :param wanted: fields of state.Shape that the caller gave a value.
        """
        steps = Steps()
        with self._lock():
            sandbox = self._plan(wanted, steps)
            backing.check(sandbox)
            if not self._supervisor.answers():
                self._start_supervisor(sandbox, steps)
            self._start_processes(sandbox, steps)
            self._save(sandbox)
        steps.say(f'the sandbox is up: {self._directory}')
        return sandbox

    def _plan(self, wanted, steps):
        sandbox = self._load()
        if sandbox is None:
            sandbox = state.Sandbox(self._directory, state.Shape())
        before = sandbox.shape if sandbox.clouds else None
        sandbox.take_shape(state.Shape(**{**vars(sandbox.shape), **wanted}))
        if sandbox.shape.servers:
            check_installed('glance', 'openstack-placement')
        if before not in (None, sandbox.shape) and self._supervisor.leftovers():
            with steps('another shape is wanted: what ran is stopped'):
                self._supervisor.shutdown()
        return sandbox

    def _start_supervisor(self, sandbox, steps):
        if left := self._supervisor.shutdown():
            steps.say(f'ended {left} processes that had outlived their supervisord')
        for port in sandbox.replace_taken_ports():
            steps.say(f'port {port} was taken by another program; chose another')
        with steps('databases from the template'):
            databases = template.ensure()
            for cloud in sandbox.clouds:
                keystone.prepare(sandbox, cloud, databases)
                for region in cloud.nova_ports:
                    nova.prepare(sandbox, cloud, region, databases)
            servers.prepare(sandbox)
        # Also without flavorsvc: whoever starts it by hand finds all it needs.
        backing.create_database(sandbox)
        service.write_config(sandbox)
        keystone.write_clouds_yaml(sandbox)
        # Before any process starts, so that `down` finds them whatever happens next.
        sandbox.save({})
        with steps('supervisord'):
            self._supervisor.start_daemon(_programs(sandbox))

    def _start_processes(self, sandbox, steps):
        names = [program.name for program in service.programs(sandbox)]
        self._supervisor.start([c.keystone_program for c in sandbox.clouds])
        self._supervisor.start([program.name for program in servers.programs(sandbox)])
        # The others start at once; a hypervisor needs to find placement in the catalogue.
        self._supervisor.start([c.nova_program(r) for c in sandbox.clouds for r in c.nova_ports
                                if r not in c.server_regions])
        migration = service.start_migration(sandbox) if names else None
        for cloud in sandbox.clouds:
            with steps(f'{cloud.keystone_program} answers at {cloud.keystone_url}'):
                self._wait_for_http(cloud.keystone_program, cloud.keystone_url)
            with steps('  projects, users, roles and catalogue'):
                keystone.fill(cloud, sandbox.api_url if cloud.home else None)
                for region in cloud.nova_ports:
                    nova.write_policy(sandbox, cloud, region)
        sandbox.save({})
        for name in sandbox.home.server_ports:
            with steps(f'{name} answers at {sandbox.home.server_url(name)}'):
                self._wait_for_http(name, sandbox.home.server_url(name))
        self._supervisor.start(
            [sandbox.home.nova_program(r) for r in sandbox.home.server_regions])
        if names:
            with steps('flavorsvc-manage db sync'):
                service.finish_migration(sandbox, migration)
            self._supervisor.start(names)
        for cloud in sandbox.clouds:
            for region in cloud.nova_ports:
                name = cloud.nova_program(region)
                with steps(f'{name} answers at {cloud.nova_url(region)}'):
                    self._wait_for_http(name, cloud.nova_url(region).removesuffix('/v2.1'))
        self._wait_for_hypervisors(sandbox, steps)
        if names:
            self._wait_for_flavorsvc(sandbox, names, steps)

    def _wait_for_hypervisors(self, sandbox, steps):
        home = sandbox.home
        for region in home.server_regions:
            client = servers.Client(home, region)
            name = home.nova_program(region)
            with steps(f'  {region}: image {servers.IMAGE}, hypervisor up, inventory in placement'):
                try:
                    client.make_image()
                    up = any(client.has_hypervisor() for _ in self._patience([name]))
                except keystoneauth1.exceptions.ClientException as error:
                    raise errors.SandboxError(
                        f'{region} does not answer as it should: {error}') from error
            if not up:
                raise errors.SandboxError(
                    f'{region} has no hypervisor after {PATIENCE_SECONDS} s; its log is '
                    f'{self._supervisor.log_file(name)}')

    def _wait_for_flavorsvc(self, sandbox, names, steps):
        with steps(f'flavorsvc answers at {sandbox.api_url}'):
            self._wait_for_http(names[0], f'{sandbox.api_url}/healthcheck', also=names)
        client = service.Client(sandbox)
        with steps('  regions discovered, owners recorded'):
            for _ in self._patience(names):
                missing = client.missing_regions()
                if not missing:
                    break
            if missing:
                raise errors.SandboxError(
                    f'flavorsvc did not discover {", ".join(sorted(missing))}; its log is '
                    f'{self._supervisor.log_file(names[-1])}')
            client.record_owners()

    def _wait_for_http(self, name, url, also=()):
        for _ in self._patience([name, *also]):
            try:
                with urllib.request.urlopen(url, timeout=10):
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except (urllib.error.URLError, OSError):
                continue
        raise errors.SandboxError(
            f'{name} did not answer at {url} within {PATIENCE_SECONDS} s; the last lines of '
            f'{self._supervisor.log_file(name)}:\n{self._supervisor.log_tail(name)}')

    def _patience(self, names):
        """Turns until PATIENCE_SECONDS are over, as long as the processes `names` live."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            yield
            for name in names:
                self._supervisor.check_alive(name)
            time.sleep(0.1)

    # -- down, reset, status

    def down(self) -> int:
        """Ends every process; returns how many there were."""
        if not self._directory.exists():
            # Somebody may have removed the directory of a sandbox that runs.
            return self._supervisor.shutdown()
        with self._lock():
            count = self._supervisor.shutdown()
            sandbox = self._load()
            if sandbox is not None:
                self._save(sandbox)
        return count

    def reset(self) -> None:
        """Ends every process and forgets everything; the next `up` starts from nothing."""
        self.down()
        if not self._directory.exists():
            return
        with self._lock():
            sandbox = self._load()
            if sandbox is not None:
                backing.drop_databases(sandbox)
            for folder in ('config', 'data', 'logs', 'run'):
                shutil.rmtree(self._directory / folder, ignore_errors=True)
            for name in ('clouds.yaml', 'sandbox.json'):
                (self._directory / name).unlink(missing_ok=True)

    def status(self) -> tuple[state.Sandbox | None, dict[str, supervision.Process], int]:
        """What is remembered, the processes by name, and how many live without supervisord."""
        sandbox = self._load()
        processes = self._supervisor.processes()
        if sandbox is not None:
            self._save(sandbox)
        return sandbox, processes, 0 if processes else len(self._supervisor.leftovers())

    # -- shared

    def _load(self):
        return state.load(self._directory)

    def _save(self, sandbox):
        sandbox.save({p.name: p.pid for p in self._supervisor.processes().values() if p.pid})

    @contextlib.contextmanager
    def _lock(self):
        # Databases and logs in it hold secrets too.
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise errors.SandboxError(
                f'{self._directory} cannot be made: {error.strerror}') from error
        lock = fasteners.InterProcessLock(self._directory / 'lock')
        if not lock.acquire(blocking=False):
            raise errors.SandboxError(
                f'another flavorsvc-sandbox command is at work in {self._directory}')
        try:
            yield
        finally:
            lock.release()


def _programs(sandbox):
    clouds = [(keystone.program(sandbox, cloud),
               *(nova.program(sandbox, cloud, region) for region in cloud.nova_ports))
              for cloud in sandbox.clouds]
    return ([program for cloud in clouds for program in cloud]
            + servers.programs(sandbox) + service.programs(sandbox))


def check_installed(*distributions: str) -> None:
    """:raises SandboxError: one of them is not installed."""
    for name in distributions:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError as error:
            raise errors.SandboxError(
                f"{name} is not installed: pip install 'flavorsvc[sandbox]'") from error
