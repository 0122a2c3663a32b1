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

"""Fixtures for every kind of test: services, databases, deployments to test against."""

import contextlib
import os

import pytest

from tests import services


def _required():
    return os.environ.get('FLAVORSVC_REQUIRE_SERVICES') == '1'


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure where all services are promised to be there."""
    report = yield
    if _required() and report.skipped and not hasattr(report, 'wasxfail'):
        report.outcome = 'failed'
        report.longrepr = f'{item.nodeid} was skipped: {call.excinfo.value}'
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """The same for a whole module that skips itself."""
    report = yield
    if _required() and report.outcome == 'skipped':
        report.outcome = 'failed'
        report.longrepr = f'{collector.nodeid} was skipped: {report.longrepr}'
    return report


@contextlib.contextmanager
def _found(service):
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(services.find(service))
        except services.Missing as reason:
            pytest.skip(str(reason))
        yield url


@pytest.fixture(scope='session')
def rabbit_url():
    """Transport URL (oslo.messaging) of a RabbitMQ broker."""
    with _found(services.RABBIT) as url:
        yield url


@pytest.fixture(scope='session')
def mysql_url():
    """URL (SQLAlchemy) of a MariaDB server, without a database."""
    with _found(services.MYSQL) as url:
        yield url


@pytest.fixture(scope='session')
def postgresql_url():
    """URL (SQLAlchemy) of a PostgreSQL server, without a database of ours."""
    with _found(services.POSTGRESQL) as url:
        yield url


@pytest.fixture(scope='session')
def new_database(request, tmp_path_factory):
    """A function: ``with new_database(kind) as url`` makes an empty database and drops it.

    ``kind`` is sqlite, mysql or postgresql. Skips when there is no server of that kind.
    """

    @contextlib.contextmanager
    def make(kind):
        if kind == 'sqlite':
            yield f'sqlite:///{tmp_path_factory.mktemp("database")}/flavorsvc.sqlite'
            return
        server_url = request.getfixturevalue(f'{kind}_url')
        with services.database(server_url) as url:
            yield url

    return make


@pytest.fixture(params=['sqlite', 'mysql', 'postgresql'])
def database_url(request, new_database):
    """URL of an empty database of the test's own, once on each kind of database."""
    with new_database(request.param) as url:
        yield url


@pytest.fixture(
    scope='session',
    params=services.wanted_deployments(),
    ids=str,
)
def deployment(request):
    """Each deployment in turn; its broker and database server are there, or the test skips."""
    if request.param.transport == 'rabbit':
        request.getfixturevalue('rabbit_url')
    if request.param.database != 'sqlite':
        request.getfixturevalue(f'{request.param.database}_url')
    return request.param
