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

"""The contracts of the seeds, told to a real Keystone and real Novas by the actors of the sandbox.

Each case of a story names the sentence that it checks. A story leaves behind what it found.
"""

import contextlib
import urllib.parse

import pytest

from tests import services
from tests import stories
from tests.integration import running

ACTORS = ('admin', 'manager', 'operator-one', 'operator-two', 'user', 'mordor')


@pytest.fixture
def knowing(sandbox, monkeypatch):
    """Put into the environment what a story has to know of this sandbox."""
    for actor in ACTORS:
        name = f'{actor.replace("-", "_")}_token'
        monkeypatch.setenv(name.upper(), sandbox.token(actor))
    [foreign] = sandbox.document['foreign']
    for key, value in foreign.items():
        monkeypatch.setenv(f'MORDOR_{key.upper()}', value)


@pytest.mark.parametrize('deployment', services.wanted_deployments(2), ids=str, indirect=True,
                         scope='session')
@pytest.mark.parametrize('story', stories.all_of('sandbox'), ids=stories.name)
def test_seed(story, sandbox, knowing):
    url = urllib.parse.urlsplit(sandbox.document['api_url'])
    with stopped(sandbox, stories.down(story)):
        stories.tell(story, url.hostname, url.port)
    running.wait_for(lambda: is_calm(sandbox), 'region that is up, or end of what is to be deleted')


@contextlib.contextmanager
def stopped(sandbox, region):
    """Stop the Nova of a region during a block; None is none."""
    if region is None:
        yield
        return
    sandbox.supervisor.stop(f'nova-{region}')
    try:
        yield
    finally:
        sandbox.supervisor.start([f'nova-{region}'])


def is_calm(sandbox):
    """Tell whether every region is up, and no flavor waits to be deleted."""
    manager = sandbox.flavorsvc('manager')
    regions = manager.get('/regions').json()['regions']
    deleting = manager.get('/flavors?status=deleting').json()['flavors']
    return not deleting and {region['state'] for region in regions} == {'up'}
