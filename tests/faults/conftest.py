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

"""Fixtures of tests in which something breaks."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

import contextlib
import pathlib

import pytest

from tests import services
from tests.faults import comparison
from tests.faults import processes
from tests.faults import proxied as proxies
from tests.faults import servers
from tests.integration import running

_HERE = pathlib.Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Give what breaks and comes back the time that this takes on a busy machine."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope='package')
def pair(rabbit_url, mysql_url, tmp_path_factory):
    """A running.Running with two conductors, whose leases are as short as can be."""
    with running.sandbox(tmp_path_factory.mktemp('sandbox-pair-'), '--transport', 'rabbit',
                         '--database', 'mysql', '--conductors', 2) as sandbox:
        path = sandbox.directory / 'config' / 'conductor.conf'
        configured = path.read_text()
        assert 'lease = 15' in configured
        path.write_text(configured.replace('lease = 15', 'lease = 5'))
        names = list(processes.conductors(sandbox))
        for name in names:
            sandbox.supervisor.stop(name)
        sandbox.supervisor.start(names)
        sandbox.wait_for_answer()
        yield sandbox


@pytest.fixture
def logs(pair):
    """What each region of the pair is asked from now on; see :func:`comparison.begin_logs`."""
    return comparison.begin_logs(pair)


@pytest.fixture(scope='package', params=['mysql', 'postgresql'])
def fragile(request, tmp_path_factory):
    """A running.Running with one conductor, on a broker and a database server of its own.

    Both are attributes of it, ``broker`` and ``database``, of :class:`tests.faults.servers.Server`.
    """
    with contextlib.ExitStack() as stack:
        try:
            broker = stack.enter_context(servers.rabbitmq())
            database = stack.enter_context(getattr(servers, request.param)())
        except services.Missing as reason:
            pytest.skip(str(reason))
        sandbox = stack.enter_context(running.sandbox(
            tmp_path_factory.mktemp(f'sandbox-fragile-{request.param}-'), '--transport', 'rabbit',
            '--database', request.param,
            environment={**broker.environment, **database.environment}))
        sandbox.broker, sandbox.database = broker, database
        yield sandbox


@pytest.fixture(scope='package')
def proxied(rabbit_url, mysql_url, tmp_path_factory):
    """A proxied.Proxied with three regions; a test leaves catalogue and Novas in agreement."""
    with proxies.sandbox(tmp_path_factory.mktemp('sandbox-proxied-'), '--transport', 'rabbit',
                         '--database', 'mysql') as sandbox:
        yield sandbox
