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

"""From one release to the next and back, as doc/source/admin/upgrade.rst says, while it works.

The previous release is the tree of before migration 0004, from the history of the project.
"""

import contextlib
import io
import pathlib
import subprocess
import sys
import tarfile

import pytest
import requests

from tests.integration import running

ROOT = pathlib.Path(__file__).parents[2]
#: The first migration that the previous release does not have.
FIRST_NEW = 'flavorsvc/db/migrations/versions/0004_safe_change.py'


def _git(*arguments):
    return subprocess.run(['git', '-C', ROOT, *arguments], capture_output=True, check=True).stdout


@pytest.fixture(scope='module')
def previous(tmp_path_factory):
    """Environment in which every command is that of the previous release."""
    try:
        added = _git('log', '--diff-filter=A', '--format=%H', '--', FIRST_NEW).decode().split()
        tree = _git('archive', f'{added[-1]}^', 'flavorsvc')
    except (OSError, subprocess.CalledProcessError, IndexError):
        pytest.skip('the history of the project is not here')
    directory = tmp_path_factory.mktemp('previous-')
    with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
        archive.extractall(directory, filter='data')
    assert not (directory / FIRST_NEW).exists()
    return {'PYTHONPATH': str(directory)}


@pytest.fixture(scope='module')
def upgraded(previous, rabbit_url, mysql_url, tmp_path_factory):
    """A sandbox of the previous release, with two conductors."""
    with running.sandbox(tmp_path_factory.mktemp('sandbox-upgraded-'), '--transport', 'rabbit',
                         '--database', 'mysql', '--conductors', 2,
                         environment=previous) as sandbox:
        yield sandbox


def command(sandbox, name, *arguments):
    """Give the command line by which an operator starts something of the release in test."""
    files = [sandbox.directory / 'config' / f'{file}.conf'
             for file in ('flavorsvc', 'api', 'conductor')]
    return [sys.executable, str(running.SCRIPTS / f'flavorsvc-{name}'),
            *(f'--config-file={file}' for file in files), *arguments]


def told(sandbox, name, *arguments):
    """Run a command of the release in test; return what it says."""
    done = subprocess.run(command(sandbox, name, *arguments), capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def new(sandbox, name, is_ready):
    """Run an API or a conductor of the release in test.

    :param is_ready: function of what it says that tells whether it is at work
    """
    path = sandbox.directory / 'logs' / f'new-{name}.log'
    with path.open('w') as log:
        process = subprocess.Popen(command(sandbox, name), stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT)
    try:
        running.wait_for(lambda: is_ready(path.read_text()), f'{name} of the new release')
        yield
    finally:
        process.terminate()
        process.wait(timeout=120)


def answers(sandbox):
    """Tell whether any API is there."""
    try:
        requests.get(sandbox.document['api_url'], timeout=20)
    except requests.ConnectionError:
        return False
    return True


def install(sandbox, flavors):
    """Install flavors in every region, and see that each is created there once."""
    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
    sandbox.create(*flavors)
    for flavor in flavors:
        sandbox.install(flavor['id'])
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
    for region, log in logs.items():
        assert log.created() == len(flavors), region
        assert 'DELETE' not in {request.method for request in log.requests()}


@pytest.mark.elsewhere  # a checkout may come without the history
def test_a_service_is_upgraded_and_taken_back_while_it_works(upgraded, new_flavors):
    flavors = iter(new_flavors(60))

    def some():
        return [next(flavors) for _ in range(10)]

    # what the previous release has made
    first = some()
    install(upgraded, first)
    assert told(upgraded, 'manage', 'db', 'version').split()[0] == '0003'

    # its processes go on with the new schema
    told(upgraded, 'manage', 'db', 'sync')
    told(upgraded, 'status', 'upgrade', 'check')
    install(upgraded, some())

    # an old and a new conductor, side by side; then the new ones alone
    upgraded.supervisor.stop('conductor-1')
    with new(upgraded, 'conductor', lambda said: 'is at work' in said):
        install(upgraded, some())
        upgraded.supervisor.stop('conductor-2')
        install(upgraded, some())

        # the new API, with what it adds
        upgraded.supervisor.stop('api')
        with new(upgraded, 'api', lambda said: answers(upgraded)):
            install(upgraded, some())
            check_that_every_region_agrees(upgraded)

        # and back again
        upgraded.supervisor.start(['api', 'conductor-1', 'conductor-2'])
        upgraded.wait_for_answer()
    install(upgraded, some())
    for row in upgraded.installations(first[0]['id']).values():
        assert row['status'] == 'active'


def check_that_every_region_agrees(sandbox):
    """Have each region audited: what the previous release made is as the catalogue says."""
    operator = sandbox.flavorsvc('manager')
    operator.default_microversion = '1.2'
    for region in sandbox.regions:
        assert operator.post(f'/regions/{region}/audit').status_code == 202

    def audited():
        found = operator.get('/regions').json()['regions']
        return all(region['audited_at'] for region in found)
    running.wait_for(audited, 'audit of every region')
    findings = operator.get('/drift').json()['findings']
    assert {finding['kind'] for finding in findings} <= {'unmanaged'}
