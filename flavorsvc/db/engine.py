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

"""The database: one object a process, transactions as plain functions."""

import contextlib

from oslo_db import api as oslo_db_api
from oslo_db import exception as db_exception
from oslo_db.sqlalchemy import enginefacade
from oslo_log import log
from sqlalchemy import event
import sqlalchemy.exc

from flavorsvc.db import outbox
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

#: SQLAlchemy's own: of a connection that could not be opened, where oslo.db does not know the
#: driver's words for that, as with PostgreSQL; with MariaDB of much else, such as a column that is
#: missing.
Unclassified = sqlalchemy.exc.OperationalError


@enginefacade.transaction_context_provider
class _Transaction:
    """What enginefacade keeps a session on; never shared between threads."""


class Database:
    """Runs functions in transactions.

    The functions of this package take a session first and give plain values
    back. Those that write are run again when another transaction got in their
    way, so they must not do anything that a rollback does not undo.
    """

    def __init__(self, conf, tell=None):
        """Configure; a connection is opened at first use.

        :param conf: oslo_config.cfg.ConfigOpts with the group ``database``
        :param tell: function that is given what was noted in each transaction once that is
            committed (see :mod:`flavorsvc.db.outbox`), and never fails; None where nobody listens
        """
        self._tell = tell
        self._transactions = enginefacade.transaction_context()
        self._transactions.append_on_engine_create(_prepare_mysql)
        self._transactions.append_on_engine_create(_prepare_sqlite)
        self._transactions.configure(**{
            name: conf.database[name] for name in (
                'connection', 'max_pool_size', 'max_overflow', 'pool_timeout', 'max_retries',
                'retry_interval', 'connection_recycle_time', 'connection_parameters',
                'mysql_sql_mode', 'mysql_wsrep_sync_wait')
            if conf.database[name] is not None})

    @property
    def engine(self):
        """The sqlalchemy.Engine, for migrations."""
        return self._transactions.writer.get_engine()

    def read(self, work, *args, **kwargs):
        """Run ``work(session, …)`` in a transaction that only reads.

        :returns: what work returns
        :raises errors.Unavailable: when the database does not answer
        """
        with _answering(), self._transactions.reader.using(_Transaction()) as session:
            return work(session, *args, **kwargs)

    def write(self, work, *args, **kwargs):
        """Run ``work(session, …)`` in a transaction that is committed when it returns.

        A duplicate that work did not expect means that another transaction
        inserted the row between its look and its insert: it looks again. So it
        does when another deleted the row that it was going to refer to.

        :returns: what work returns
        :raises errors.Unavailable: when the database does not answer
        """
        with _answering():
            result, noted = self._write(work, *args, **kwargs)
        if self._tell is not None:
            self._tell(noted)
        return result

    @oslo_db_api.wrap_db_retry(
        max_retries=10, retry_on_deadlock=True, inc_retry_interval=True, retry_interval=0.02,
        max_retry_interval=0.5, jitter=True,
        exception_checker=lambda error: isinstance(
            error, db_exception.DBDuplicateEntry | db_exception.DBReferenceError))
    def _write(self, work, *args, **kwargs):
        with self._transactions.writer.using(_Transaction()) as session:
            return work(session, *args, **kwargs), outbox.noted(session)

    def dispose(self):
        """Close every pooled connection."""
        self.engine.dispose()


@contextlib.contextmanager
def _answering():
    try:
        yield
    except (db_exception.DBConnectionError, db_exception.CantStartEngineError,
            sqlalchemy.exc.TimeoutError, Unclassified) as error:
        if isinstance(error, Unclassified):
            LOG.error('The database cannot do what it is asked: %s', error.orig)
        raise errors.Unavailable('The database does not answer at present.') from error


def _prepare_mysql(engine):
    """Have MariaDB show each statement what is committed, as PostgreSQL does by default.

    Its own default shows a transaction one moment only, while what it updates
    is the newest: a claim could join a new wish with the old flavor.
    """
    if engine.dialect.name not in ('mysql', 'mariadb'):
        return

    @event.listens_for(engine, 'connect')
    def connect(connection, record):
        with connection.cursor() as cursor:
            cursor.execute('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')

    # oslo.db has tried the database before we were called, and that connection waits in the pool
    engine.dispose()


def _prepare_sqlite(engine):
    """Let many threads write to one SQLite file.

    oslo.db begins transactions with a plain BEGIN, under which a transaction
    that first reads and then writes fails at once with 'database is locked'
    when another wrote meanwhile. BEGIN IMMEDIATE waits its turn instead.
    """
    if engine.dialect.name != 'sqlite':
        return

    @event.listens_for(engine, 'connect')
    def connect(connection, record):
        cursor = connection.cursor()
        for pragma in ('busy_timeout = 30000', 'journal_mode = WAL', 'synchronous = NORMAL',
                       'foreign_keys = ON'):
            cursor.execute(f'PRAGMA {pragma}')
        cursor.close()

    @event.listens_for(engine, 'begin')
    def begin(connection):
        driver = connection.connection.driver_connection
        if driver.in_transaction:
            driver.execute('COMMIT')
        driver.execute('BEGIN IMMEDIATE')
