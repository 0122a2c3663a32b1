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

"""Broker and database server that a sandbox borrows: reached, used, and left as they were."""

import os

import kombu
import sqlalchemy

from flavorsvc.sandbox import errors
from flavorsvc.sandbox import state

RABBIT_VARIABLE = 'FLAVORSVC_RABBIT_URL'
SERVERS = {
    'mysql': ('FLAVORSVC_MYSQL_URL', 'mysql+pymysql://root@127.0.0.1:3306/'),
    'postgresql': ('FLAVORSVC_POSTGRESQL_URL',
                   'postgresql+psycopg2://postgres@127.0.0.1:5432/'),
}

# Queues and exchanges go with those who listened on them, so that nothing stays on the broker. An
# exchange of their own: who uses `openstack` on the same broker declared it without auto_delete.
_MESSAGING = """\
transport_url = {url}
control_exchange = {topic}
[rpc]
topic = {topic}
[oslo_messaging_rabbit]
amqp_auto_delete = true
# Seconds; for the queues that oslo.messaging keeps for listeners who may come back.
rabbit_transient_queues_ttl = 60
"""

_STATEMENTS = {
    'mysql': {'list': 'SHOW DATABASES',
              'create': 'CREATE DATABASE {} CHARACTER SET utf8mb4',
              'drop': 'DROP DATABASE IF EXISTS {}'},
    # FORCE: a connection that a killed process left open does not keep the database.
    'postgresql': {'list': 'SELECT datname FROM pg_database',
                   'create': 'CREATE DATABASE {}',
                   'drop': 'DROP DATABASE IF EXISTS {} WITH (FORCE)'},
}


def rabbit_url() -> str:
    return os.environ.get(RABBIT_VARIABLE) or 'rabbit://guest:guest@127.0.0.1:5672/'


def topic(sandbox: state.Sandbox) -> str:
    """Of this sandbox only, for others may use the same broker."""
    return f'flavorsvc.sandbox.{sandbox.key}'


def messaging_config(sandbox: state.Sandbox) -> str:
    """The part of flavorsvc.conf about messaging; nothing for the one process without a broker."""
    if sandbox.shape.all_in_one:
        return ''
    return _MESSAGING.format(url=rabbit_url(), topic=topic(sandbox))


def database_name(sandbox: state.Sandbox) -> str:
    return f'flavorsvc_sandbox_{sandbox.key}'


def database_url(sandbox: state.Sandbox) -> str:
    """What flavorsvc's ``[database] connection`` is."""
    if sandbox.shape.database == 'sqlite':
        return f'sqlite:///{sandbox.data}/flavorsvc.db'
    url = _server_url(sandbox.shape.database).set(database=database_name(sandbox))
    return url.render_as_string(hide_password=False)


def check(sandbox: state.Sandbox) -> None:
    """:raises SandboxError: the broker or the database server cannot be reached."""
    if not sandbox.shape.all_in_one:
        _check_broker()
    if sandbox.shape.database != 'sqlite':
        _on_server(sandbox.shape.database, lambda connection: None)


def create_database(sandbox: state.Sandbox) -> None:
    """Makes the database of this sandbox unless it is there."""
    if sandbox.shape.database == 'sqlite':
        sandbox.data.mkdir(parents=True, exist_ok=True)
        return
    sandbox.databases.add(sandbox.shape.database)
    name, statements = database_name(sandbox), _STATEMENTS[sandbox.shape.database]

    def create(connection):
        if name not in connection.scalars(sqlalchemy.text(statements['list'])).all():
            connection.execute(sqlalchemy.text(statements['create'].format(name)))

    _on_server(sandbox.shape.database, create)


def drop_databases(sandbox: state.Sandbox) -> None:
    """Drops what create_database made, in every shape that the sandbox has had.

    The file of SQLite goes with the sandbox' directory.
    """
    for kind in sorted(sandbox.databases):
        drop = sqlalchemy.text(_STATEMENTS[kind]['drop'].format(database_name(sandbox)))
        _on_server(kind, lambda connection, drop=drop: connection.execute(drop))


def _check_broker():
    url = rabbit_url()
    try:
        with kombu.Connection(url.replace('rabbit://', 'amqp://', 1),
                              connect_timeout=5) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.2, timeout=5)
    except (OSError, kombu.exceptions.OperationalError) as error:
        raise errors.SandboxError(
            f'no RabbitMQ answers at {kombu.utils.url.maybe_sanitize_url(url)} ({error}); '
            f'{RABBIT_VARIABLE} names another') from error


def _server_url(database):
    variable, default = SERVERS[database]
    return sqlalchemy.make_url(os.environ.get(variable) or default)


def _on_server(database, use):
    url = _server_url(database)
    try:
        # AUTOCOMMIT: PostgreSQL makes no database inside a transaction.
        engine = sqlalchemy.create_engine(url, isolation_level='AUTOCOMMIT',
                                          connect_args={'connect_timeout': 5})
        try:
            with engine.connect() as connection:
                return use(connection)
        finally:
            engine.dispose()
    except ImportError as error:
        raise errors.SandboxError(
            f"{error.name} is not installed: pip install 'flavorsvc[{database}]'") from error
    except sqlalchemy.exc.DBAPIError as error:
        raise errors.SandboxError(
            f'the database server at {url} cannot be used ({error.orig}); '
            f'{SERVERS[database][0]} names another') from error

