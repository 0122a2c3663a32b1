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
import itertools
import os
import pathlib

import hypothesis
import pytest

from tests import services
from tests import tally

# How long an example takes says more about the machine than about what is tested.
hypothesis.settings.register_profile('untimed', deadline=None)
hypothesis.settings.load_profile('untimed')

#: The fixtures that take longest to start, and that many modules share.
_SANDBOXES = ('server_sandbox', 'sandbox', 'pair', 'fragile', 'proxied')
#: Of what a sandbox or something of a module is started once for each value.
_STARTED_FOR_EACH = ('deployment', 'deployed', 'migrated_url', 'api', 'fragile')

#: Each module here has a sandbox, shared or its own.
_FAULTS = pathlib.Path(__file__).parent / 'faults'


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Say what belongs into one process where the tests are dealt out to several.

    Those go first that take longest, so that no process is left alone with them in the end.
    """
    if not hasattr(config, 'workerinput'):
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: _sandbox(item) is None and _FAULTS not in item.path.parents)


def _sandbox(item):
    return next((name for name in _SANDBOXES if name in item.fixturenames), None)


def _group(item):
    """Name what starts the same: a sandbox for a deployment, or what a module needs."""
    values = item.callspec.params if hasattr(item, 'callspec') else {}
    started = [str(values[name]) for name in _STARTED_FOR_EACH if name in values]
    return ' '.join([_sandbox(item) or item.nodeid.partition('::')[0], *started])


def pytest_sessionfinish(session):
    """Hand the process that started this one what the requests got that were made up here."""
    if hasattr(session.config, 'workeroutput'):
        session.config.workeroutput['tally'] = dict(tally.statuses)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Add what a process tells that was started by this one."""
    tally.statuses.update(getattr(node, 'workeroutput', {}).get('tally', {}))


def pytest_terminal_summary(terminalreporter):
    """Tell how many requests were made up, and what they got."""
    if tally.statuses:
        told = ', '.join(f'{status}: {number}' for status, number
                         in sorted(tally.statuses.items()))
        terminalreporter.write_line(
            f'{tally.statuses.total()} generated requests, by status: {told}')


def _required():
    return os.environ.get('FLAVORSVC_REQUIRE_SERVICES') == '1'


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure where all services are promised to be there.

    That promise is not about what the marker ``elsewhere`` is for.
    """
    report = yield
    if (_required() and report.skipped and not hasattr(report, 'wasxfail')
            and item.get_closest_marker('elsewhere') is None):
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


@pytest.fixture
def new_flavors(request):
    """A function: ``new_flavors(n)`` returns n flavors that no other test uses."""
    numbers = itertools.count(1)
    prefix = request.node.originalname.removeprefix('test_').replace('_', '-')[:60]

    def make(count=1, **fields):
        return [{'id': name, 'name': name, 'vcpus': 2, 'ram': 2048, 'disk': 20,
                 'description': f'made by {request.node.originalname}',
                 'extra_specs': {'hw:cpu_policy': 'shared', 'scs:name-v2': name}} | fields
                for name in (f'{prefix}-{number}'
                             for number in itertools.islice(numbers, count))]

    return make
