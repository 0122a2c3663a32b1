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

"""Brokers and databases that tests need: found running, or started privately.

A service is looked for at the URL in its environment variable, then at the default URL on the
loopback interface, by really connecting to it. When nothing answers, pifpaf starts a private one
from the binaries installed on this machine and stops it at the end of the test session. When
that is impossible too, :class:`Missing` says why.
"""

import contextlib
import dataclasses
import glob
import os
import pathlib
import selectors
import shutil
import socket
import subprocess
import sys
import uuid

import kombu
import sqlalchemy as sa

#: Seconds to wait for an answer of a service that should be running already.
CONNECT_TIMEOUT = 3

#: Seconds a private server may take to come up.
START_TIMEOUT = 120


class Missing(Exception):
    """A service is neither running nor can be started here; str() is the reason."""


def _connect_rabbit(url):
    broker = kombu.Connection(
        url.replace('rabbit://', 'amqp://', 1), connect_timeout=CONNECT_TIMEOUT
    )
    with broker:
        broker.ensure_connection(max_retries=1, timeout=CONNECT_TIMEOUT)


def _connect_database(url):
    engine = sa.create_engine(
        url, poolclass=sa.NullPool, connect_args={'connect_timeout': CONNECT_TIMEOUT}
    )
    with engine.connect() as connection:
        connection.execute(sa.text('SELECT 1'))


def _rabbit_options(port):
    return ['--port', str(port), '--nodename', f'flavorsvc-{port}']


def _postgresql_options(port):
    return ['--port', str(port), '--host', '127.0.0.1']


def _rabbit_url(url):
    # vhost '/' is written as one slash by oslo.messaging, as two by pifpaf
    return url.removesuffix('//') + '/'


def _mysql_url(url):
    return sa.make_url(url).set(drivername='mysql+pymysql', database='')


def _postgresql_url(url):
    return sa.make_url(url).set(drivername='postgresql+psycopg2')


def _as_text(url):
    return url if isinstance(url, str) else url.render_as_string(hide_password=False)


@dataclasses.dataclass(frozen=True)
class Service:
    """How to find one kind of server, and how to start a private one."""

    name: str
    variable: str
    default_url: str
    connect: callable
    binary: str
    pifpaf: str
    options: callable
    url_of_private: callable
    refuses_root: bool = False


RABBIT = Service(
    name='RabbitMQ',
    variable='FLAVORSVC_RABBIT_URL',
    default_url='rabbit://guest:guest@127.0.0.1:5672/',
    connect=_connect_rabbit,
    binary='rabbitmq-server',
    pifpaf='rabbitmq',
    options=_rabbit_options,
    url_of_private=_rabbit_url,
)
MYSQL = Service(
    name='MariaDB',
    variable='FLAVORSVC_MYSQL_URL',
    default_url='mysql+pymysql://root@127.0.0.1:3306/',
    connect=_connect_database,
    binary='mysqld',
    pifpaf='mysql',
    options=lambda port: [],
    url_of_private=_mysql_url,
)
POSTGRESQL = Service(
    name='PostgreSQL',
    variable='FLAVORSVC_POSTGRESQL_URL',
    default_url='postgresql+psycopg2://postgres@127.0.0.1:5432/',
    connect=_connect_database,
    binary='pg_ctl',
    pifpaf='postgresql',
    options=_postgresql_options,
    url_of_private=_postgresql_url,
    refuses_root=True,
)


def search_path():
    """Return PATH with the folders where Debian hides server binaries."""
    hidden = ['/usr/sbin', '/usr/lib/rabbitmq/bin', *glob.glob('/usr/lib/postgresql/*/bin')]
    beside_python = str(pathlib.Path(sys.executable).parent)
    return os.pathsep.join([beside_python, os.environ.get('PATH', os.defpath), *hidden])


def _free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _first_line(process, seconds):
    """Return the first line a process prints, or '' when it ends or the time is over."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if not selector.select(timeout=seconds):
            return ''
    return process.stdout.readline().strip()


@contextlib.contextmanager
def _private(service):
    """Run a server of our own through pifpaf; yield its URL.

    The server lives as long as the pipe to its standard input is open, so it also ends when the
    test run is killed.
    """
    path = search_path()
    if shutil.which(service.binary, path=path) is None:
        raise Missing(f'no server answers and {service.binary} is not installed')
    if service.refuses_root and os.geteuid() == 0:
        raise Missing(f'no server answers and {service.binary} refuses to run as root')
    environment = dict(
        os.environ,
        PATH=path,
        # ports for RabbitMQ's nodes to find each other, apart from those of a system-wide broker
        ERL_EPMD_PORT=str(_free_port()),
        RABBITMQ_DIST_PORT=str(_free_port()),
        # nor its configuration, which names its port
        RABBITMQ_CONFIG_FILE='/dev/null',
        RABBITMQ_CONF_ENV_FILE='/dev/null',
    )
    command = ['pifpaf', 'run', service.pifpaf, *service.options(_free_port())]
    command += ['--', 'sh', '-c', 'echo "$PIFPAF_URL"; exec cat']
    process = subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = _first_line(process, START_TIMEOUT)
        if not url:
            raise Missing(f'no server answers and pifpaf could not start {service.binary}')
        yield _as_text(service.url_of_private(url))
    finally:
        process.stdin.close()
        process.wait(timeout=START_TIMEOUT)
        process.stdout.close()
        if service is RABBIT:
            # RabbitMQ leaves its Erlang port mapper behind
            subprocess.run(['epmd', '-kill'], env=environment, capture_output=True, check=False)


@contextlib.contextmanager
def find(service):
    """Yield the URL of a server that answers, started privately if need be.

    The URL is also put in the service's environment variable, where the processes that tests
    start (the sandbox) look for it.

    :raises Missing: when there is none and none can be started.
    """
    named = os.environ.get(service.variable)
    url = named or service.default_url
    with contextlib.ExitStack() as stack:
        try:
            service.connect(url)
        except Exception as error:
            if named:
                raise Missing(f'{service.variable} is set but does not answer: {error}') from error
            try:
                url = stack.enter_context(_private(service))
            except Missing as reason:
                raise Missing(f'{service.name}: {reason} (tried {url})') from error
        os.environ[service.variable] = url
        try:
            yield url
        finally:
            os.environ[service.variable] = named or ''


@contextlib.contextmanager
def database(server_url):
    """Create an empty database on a server; yield its URL; drop it.

    :param server_url: SQLAlchemy URL of an account that may create databases.
    """
    url = sa.make_url(server_url)
    name = f'flavorsvc_{uuid.uuid4().hex[:12]}'
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level='AUTOCOMMIT')
    postgresql = url.get_backend_name() == 'postgresql'
    create = f'CREATE DATABASE {name}' + ('' if postgresql else ' CHARACTER SET utf8mb4')
    # a connection that a stopped process left open must not keep the database
    drop = f'DROP DATABASE {name}' + (' WITH (FORCE)' if postgresql else '')
    with engine.connect() as connection:
        connection.execute(sa.text(create))
    try:
        yield _as_text(url.set(database=name))
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(drop))


@dataclasses.dataclass(frozen=True)
class Deployment:
    """How flavorsvc itself runs in an integration test.

    ``transport`` is memory (API and conductor in one process) or rabbit (processes of their own);
    ``database`` is sqlite, mysql or postgresql: the values of the options with the same names of
    ``flavorsvc-sandbox up``.
    """

    transport: str
    database: str

    def __str__(self):
        return f'{self.transport}-{self.database}'


#: All-in-one, then API and conductor as processes of their own.
USUAL_DEPLOYMENTS = [
    Deployment('memory', 'sqlite'),
    Deployment('rabbit', 'mysql'),
    Deployment('rabbit', 'postgresql'),
]


def deployments(transport=None, database=None):
    """Return the deployments to test: the usual ones, those of a transport and/or a database.

    A pair that is not among the usual ones is tested as asked.
    """
    chosen = [
        each
        for each in USUAL_DEPLOYMENTS
        if transport in (None, each.transport) and database in (None, each.database)
    ]
    return chosen or [Deployment(transport or 'rabbit', database or 'mysql')]


def wanted_deployments(most=None):
    """Return the deployments that the environment asks for.

    :param most: int, how many at the most: for what does not depend on the database, as long as
        one is all in one process and one over a broker
    """
    return deployments(os.environ.get('FLAVORSVC_TEST_TRANSPORT') or None,
                       os.environ.get('FLAVORSVC_TEST_DATABASE') or None)[:most]
