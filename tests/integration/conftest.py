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

"""Fixtures of tests against a real Keystone and real Novas."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

import pytest

from tests.integration import running


@pytest.fixture(scope='package')
def sandbox(deployment, tmp_path_factory):
    """A running.Running with three regions and a foreign cloud.

    flavorsvc runs as the deployment says, and logs all it can: see test_what_is_logged. It goes
    with the last test of this folder, so that it takes nothing from what comes after.
    """
    with running.sandbox(tmp_path_factory.mktemp(f'sandbox-{deployment}-'), '--foreign', 1,
                         '--debug', '--transport', deployment.transport,
                         '--database', deployment.database) as started:
        yield started


@pytest.fixture(scope='package')
def server_sandbox(tmp_path_factory):
    """A running.Running with two regions, in both of which servers can be booted.

    There is one whatever the deployment: what is tested with servers does not depend on it.
    """
    with running.sandbox(tmp_path_factory.mktemp('sandbox-servers-'), '--regions', 2,
                         '--servers', 2) as started:
        yield started
