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

import itertools

import pytest

from tests.integration import running


@pytest.fixture(scope='session')
def sandbox(deployment, tmp_path_factory):
    """A running.Running with three regions and a foreign cloud.

    flavorsvc runs as the deployment says, and logs all it can: see test_what_is_logged.
    """
    directory = tmp_path_factory.mktemp(f'sandbox-{deployment}-')
    try:
        running.run_sandbox('up', '--dir', directory, '--foreign', 1, '--debug',
                            '--transport', deployment.transport,
                            '--database', deployment.database)
        yield running.Running(directory)
    finally:
        running.run_sandbox('reset', '--dir', directory)


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
