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

"""Brokers and database servers of a test's own, which it can stop and start again.

Those that pifpaf starts for :mod:`tests.services` cannot come back. These keep their port and
what they hold for as long as the block runs that has them.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

from flavorsvc.sandbox import supervision
from tests import services
from tests.integration import running


class Server:
    """One process that serves on loopback."""

    def __init__(self, service, url, command, log, stop_signal=signal.SIGTERM, **options):
        """Prepare; :meth:`start` begins.

        :param service: services.Service
        :param url: str, by which clients reach it
        :param command: list of str
        :param log: path of the file that gets what it writes
        :param stop_signal: what has it let go of its clients and end
        :param options: of subprocess.Popen
        """
        self.service, self.url = service, url
        self._command, self._log, self._options = command, log, options
        self._stop_signal = stop_signal
        self._process = None

    @property
    def environment(self):
        """What tells a sandbox of it: dict of variable to value."""
        return {self.service.variable: self.url}

    def start(self):
        """Start it unless it runs, and wait until it answers."""
        if self._process is None:
            with open(self._log, 'ab') as log:
                self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL,
                                                 stdout=log, stderr=log, **self._options)
        running.wait_for(self._answers, f'{self.service.name} at {self.url}')

    def stop(self):
        """End it as its package does, and wait until it has ended."""
        self._end(self._stop_signal)

    def kill(self):
        """End it as a power failure does."""
        self._end(signal.SIGKILL)

    @contextlib.contextmanager
    def away(self, end=None):
        """Have nothing answer while the block runs.

        :param end: what ends it: :meth:`stop`, the default, or :meth:`kill`
        """
        (end or self.stop)()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def standing_still(self):
        """Have it take connections and requests, and answer none, while the block runs."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, number):
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=services.START_TIMEOUT)
            finally:
                # it is not to outlive the tests, whatever it thinks of the signal
                self._process.kill()
                self._process = None

    def _answers(self):
        if self._process.poll() is not None:
            text = pathlib.Path(self._log).read_text(errors='replace')
            raise AssertionError(f'{self.service.name} ended as it was started:\n{text[-2000:]}')
        try:
            self.service.connect(self.url)
        except Exception:
            return False
        return True


@contextlib.contextmanager
def rabbitmq():
    """Have a broker while the block runs; yield the Server, which has been started.

    :raises services.Missing: when it is not installed
    """
    # ahead of the one on Debian's own path, which changes to another account and its files
    binary = _binary('rabbitmq-server', services.RABBIT, '/usr/lib/rabbitmq/bin')
    port, distribution, mapper = _ports(3)
    with _directory() as directory:
        environment = {
            **os.environ,
            'PATH': services.search_path(),
            'HOME': str(directory),
            'ERL_EPMD_PORT': str(mapper),
            'ERL_EPMD_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODENAME': f'flavorsvc-{port}@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODE_PORT': str(port),
            'RABBITMQ_DIST_PORT': str(distribution),
            'RABBITMQ_MNESIA_BASE': str(directory),
            'RABBITMQ_LOG_BASE': str(directory),
            'RABBITMQ_ENABLED_PLUGINS_FILE': str(directory / 'plugins'),
            # neither the system's configuration, which names its port
            'RABBITMQ_CONFIG_FILE': '/dev/null',
            'RABBITMQ_CONF_ENV_FILE': '/dev/null',
            # no shell around it: what is signalled is the broker
            'RUNNING_UNDER_SYSTEMD': 'true',
        }
        server = Server(services.RABBIT, f'rabbit://guest:guest@127.0.0.1:{port}/', [binary],
                        directory / 'output', env=environment)
        try:
            with _started(server):
                yield server
        finally:
            # the Erlang port mapper stays behind
            subprocess.run(['epmd', '-kill'], env=environment, capture_output=True, check=False)


@contextlib.contextmanager
def mysql():
    """Have a MariaDB while the block runs; see :func:`rabbitmq`."""
    install = _binary('mariadb-install-db', services.MYSQL)
    binary = _binary('mariadbd', services.MYSQL)
    [port] = _ports(1)
    account = pwd.getpwuid(os.geteuid()).pw_name
    with _directory() as directory:
        shared = ['--no-defaults', f'--datadir={directory}/data', f'--user={account}']
        _run([install, *shared, '--auth-root-authentication-method=normal',
              '--skip-test-db'])
        server = Server(
            services.MYSQL, f'mysql+pymysql://root@127.0.0.1:{port}/',
            # a socket is there, relative to the data, only because it cannot be left out
            [binary, *shared, f'--port={port}', '--bind-address=127.0.0.1', '--socket=socket',
             f'--pid-file={directory}/pid'], directory / 'output')
        with _started(server):
            yield server


@contextlib.contextmanager
def postgresql():
    """Have a PostgreSQL while the block runs; see :func:`rabbitmq`."""
    initdb = _binary('initdb', services.POSTGRESQL)
    binary = _binary('postgres', services.POSTGRESQL)
    [port] = _ports(1)
    with _directory() as directory:
        options = {'cwd': directory}
        if os.geteuid() == 0:
            # it refuses to run as root
            account = pwd.getpwnam('nobody')
            os.chown(directory, account.pw_uid, account.pw_gid)
            options |= {'user': account.pw_uid, 'group': account.pw_gid, 'extra_groups': []}
        _run([initdb, '--pgdata=data', '--username=postgres', '--auth=trust'], **options)
        server = Server(
            services.POSTGRESQL, f'postgresql+psycopg2://postgres@127.0.0.1:{port}/',
            [binary, '-D', 'data', '-p', str(port), '-h', '127.0.0.1', '-k', ''],
            # SIGTERM would wait for clients to leave
            directory / 'output', stop_signal=signal.SIGINT, **options)
        with _started(server):
            yield server


@contextlib.contextmanager
def _started(server):
    try:
        server.start()
        yield
    finally:
        server.stop()


@contextlib.contextmanager
def _directory():
    # not pytest's, which only its owner can enter
    with tempfile.TemporaryDirectory(prefix='flavorsvc-') as name:
        yield pathlib.Path(name)


def _binary(name, service, *folders):
    found = shutil.which(name, path=os.pathsep.join([*folders, services.search_path()]))
    if found is None:
        raise services.Missing(f'{service.name}: {name} is not installed')
    return found


def _ports(number):
    """Choose ports that stay free while nobody listens on them."""
    ports = set()
    while len(ports) < number:
        ports.add(supervision.free_port(ports))
    return ports


def _run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=services.START_TIMEOUT, **options)
    assert done.returncode == 0, done.stdout + done.stderr
