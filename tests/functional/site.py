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

"""The real application over a real conductor, broker and database, in this process.

Only two things are left out: Keystone, whose place takes :class:`Tokens`, and the engine, which is
made but not started, so that installations stay as they were asked for.
"""

import contextlib
import datetime
import uuid

import sqlalchemy as sa
import tenacity

from flavorsvc import conf as options
from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.cloud import credentials
from flavorsvc.cloud import sessions
from flavorsvc.conductor import audits
from flavorsvc.conductor import client
from flavorsvc.conductor import engine
from flavorsvc.conductor import gauges
from flavorsvc.conductor import notifications
from flavorsvc.conductor import service
from flavorsvc.db import engine as db_engine
from flavorsvc.db import probing
from flavorsvc.db import schema
from flavorsvc.db import tables

#: Token → (project, roles), as Keystone gives them with the roles they imply.
CALLERS = {
    'manager': ('project-zero', 'InfrastructureManager,member,reader'),
    'admin': ('project-zero', 'admin,manager,member,reader'),
    'operator-one': ('project-one', 'member,reader'),
    'operator-two': ('project-two', 'manager,member,reader'),
    'reader-one': ('project-one', 'reader'),
    'user': ('project-three', 'member,reader'),
    'service': ('project-service', 'service'),
    'unscoped': (None, ''),
}

#: Region → the project that owns it.
OWNERS = {'RegionOne': 'project-one', 'RegionTwo': 'project-two', 'RegionThree': None}


class Tokens:
    """Confirms the caller of a token as keystonemiddleware does."""

    def __init__(self, application):
        self._app = application

    def __call__(self, environ, start_response):
        token = environ.get('HTTP_X_AUTH_TOKEN')
        for name in [name for name in environ if name.startswith('HTTP_X_')]:
            if name.startswith(('HTTP_X_USER', 'HTTP_X_PROJECT', 'HTTP_X_ROLE',
                                'HTTP_X_IDENTITY')):
                del environ[name]
        environ.pop('HTTP_OPENSTACK_SYSTEM_SCOPE', None)
        if token == 'system-admin':
            environ.update(HTTP_X_IDENTITY_STATUS='Confirmed', HTTP_X_USER_ID=token,
                           HTTP_X_ROLES='admin', HTTP_OPENSTACK_SYSTEM_SCOPE='all')
        elif token in CALLERS:
            project, roles = CALLERS[token]
            environ.update(HTTP_X_IDENTITY_STATUS='Confirmed', HTTP_X_USER_ID=f'id-of-{token}',
                           HTTP_X_ROLES=roles)
            if project is not None:
                environ['HTTP_X_PROJECT_ID'] = project

        def answer(status, headers, exc_info=None):
            if status.startswith('401'):
                headers = [*headers, ('WWW-Authenticate', 'Keystone uri="http://keystone.test"')]
            return start_response(status, headers, exc_info)
        return self._app(environ, answer)


def configuration(folder, transport_url, database_url, **sections):
    """Write a configuration file for API and conductor, and load it.

    :param folder: pathlib.Path
    :param sections: dicts of further options, by group
    :returns: oslo_config.cfg.ConfigOpts
    """
    name = f'flavorsvc-test-{uuid.uuid4().hex[:12]}'
    path = folder / f'{name}.conf'
    path.write_text('\n'.join([
        '[DEFAULT]', f'transport_url = {transport_url}', f'control_exchange = {name}',
        # a machine that is busy is no conductor that is away
        '[rpc]', f'topic = {name}', 'monitor_timeout = 30',
        # leave nothing behind on a broker that others use too
        '[oslo_messaging_rabbit]', 'amqp_auto_delete = true',
        '[database]', f'connection = {database_url}',
        *(line for group, values in sections.items()
          for line in (f'[{group}]', *(f'{key} = {value}' for key, value in values.items())))]))
    return options.load_all_in_one(['--config-file', str(path)])


class Site:
    """A running service.

    :ivar app: WSGI application
    :ivar conf: oslo_config.cfg.ConfigOpts
    :ivar database: flavorsvc.db.engine.Database
    :ivar endpoints: list of what answers calls
    :ivar conductor: flavorsvc.conductor.client.Conductor
    :ivar gauges: flavorsvc.conductor.gauges.Gauges
    """

    def __init__(self, conf):
        self.conf = conf
        self._notifier = notifications.Notifier(conf)
        self._notifier.start()
        self.database = db_engine.Database(conf, self._notifier.tell)
        self.gauges = gauges.Gauges(self.database, self._notifier)
        schema.upgrade(self.database)
        table = service.capability_table(conf)
        clouds = sessions.Clouds(conf, credentials.Keys(conf.credentials.key_repository))
        idle = engine.Engine(self.database, clouds, conf, table, 'idle')
        idle_audits = audits.Audits(self.database, clouds, conf, table, 'idle', idle)
        self.endpoints = service.answering(self.database, clouds, conf, table, 'conductor', idle,
                                           idle_audits)
        self._server = rpc.server(conf, rpc.transport(conf), 'conductor', self.endpoints)
        self._server.start()
        self._transport = rpc.transport(conf)
        self.conductor = client.Conductor(self._transport, conf)
        self.app = app.make_app(conf, self.conductor, auth=Tokens)

    def stop(self):
        """Stop answering."""
        self._server.stop()
        self._server.wait()
        self._transport.cleanup()
        self._notifier.stop()
        self.database.dispose()

    def reset(self):
        """Empty the catalogue, and have the regions of OWNERS, all up."""
        def work(session):
            empty(session)
            probing.announce(session, {name: f'http://{name.lower()}.test/v2.1'
                                       for name in OWNERS},
                             datetime.datetime(2026, 11, 21))
            for row in session.scalars(sa.select(tables.Region)):
                probing.answered(session, row.pk, datetime.datetime(2026, 11, 21), '2.96')
                row.project_id = OWNERS[row.name]
        self.database.write(work)


def empty(session):
    """Delete every row that there is."""
    for table in reversed(tables.Base.metadata.sorted_tables):
        session.execute(sa.delete(table))


@contextlib.contextmanager
def running(conf):
    """Run a site.

    :returns: context manager that gives a Site
    """
    site = Site(conf)
    try:
        yield site
    finally:
        site.stop()


def until(condition):
    """Wait until ``condition()`` is true; it has 60 seconds."""
    tenacity.Retrying(
        wait=tenacity.wait_fixed(0.02), stop=tenacity.stop_after_delay(60), reraise=True,
        retry=tenacity.retry_if_result(lambda done: not done))(condition)
