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

"""Tempest's tests of flavors, as they are: what a real Nova passes, flavorsvc passes too."""

from concurrent import futures
import configparser
import io
import os
import subprocess

import pytest
import subunit
import testtools

from tests import services
from tests.integration import running

pytestmark = [
    pytest.mark.parametrize('deployment', services.wanted_deployments(1), ids=str, indirect=True,
                            scope='session'),
    # twice 42 tests, on whatever machine
    pytest.mark.timeout(900)]

TESTS = r'^tempest\.api\.compute\.(flavors\.|admin\.test_flavors)'

#: All of those but the one that boots a server, which no cloud without images and networks passes.
NUMBER = 41

#: Flavors that the tests expect to be there.
SIZES = {'tempest-small': 64, 'tempest-large': 128}

#: Region → whose compute service is tested there.
REGIONS = {'flavorsvc': 'flavorsvc', 'RegionOne': 'a real Nova'}


@pytest.fixture(scope='module')
def flavors(sandbox):
    """Make the flavors through flavorsvc, and delete them in the end."""
    compute = sandbox.compute('admin')
    for flavor_id, ram in SIZES.items():
        answer = compute.post('/flavors', json={'flavor': {
            'id': flavor_id, 'name': flavor_id, 'ram': ram, 'vcpus': 1, 'disk': 1}})
        assert answer.status_code == 200, answer.text
    yield list(SIZES)
    for flavor_id in SIZES:
        assert compute.delete(f'/flavors/{flavor_id}').status_code == 202


def configuration(sandbox, region, flavors):
    """Give the tempest.conf for one region of the sandbox."""
    document = sandbox.document
    admin = document['users']['admin']
    made = configparser.ConfigParser(interpolation=None)
    made.read_dict({
        'auth': {'admin_username': 'admin', 'admin_password': admin['password'],
                 'admin_project_name': admin['project'], 'admin_domain_name': 'Default',
                 'use_dynamic_credentials': True, 'create_isolated_networks': False},
        'identity': {'uri_v3': document['keystone_url'], 'auth_version': 'v3', 'region': region},
        'compute': {'flavor_ref': flavors[0], 'flavor_ref_alt': flavors[1], 'region': region,
                    'min_microversion': '2.1', 'max_microversion': 'latest'},
        # Without a Glance that is said to be there, Tempest does not even make its clients.
        'service_available': {'nova': True, 'glance': True, 'cinder': False, 'neutron': False,
                              'swift': False, 'horizon': False}})
    return made


def run(folder, written):
    """Run the tests in a workspace of their own.

    :param folder: pathlib.Path, which there is not yet
    :param written: configparser.ConfigParser
    :returns: dict of test to (status, the text that goes with it)
    """
    settings, workspace = folder / 'settings', folder / 'workspace'
    settings.mkdir(parents=True)
    with (settings / 'tempest.conf').open('w') as file:
        written.write(file)

    def tempest(*arguments, **named):
        # Tempest remembers workspaces in the home directory.
        return subprocess.run(
            [running.SCRIPTS / 'tempest', *map(str, arguments)], capture_output=True,
            env={**os.environ, 'HOME': str(folder), 'XDG_CONFIG_HOME': str(folder)}, **named)
    made = tempest('init', '--config-dir', settings, workspace)
    assert made.returncode == 0, made.stderr.decode()
    # The exit status says no more than the results do.
    done = tempest('run', '--subunit', '--concurrency', 1, '--regex', TESTS, cwd=workspace)
    results = {}

    def record(test):
        text = '\n'.join(detail.as_text() for detail in test['details'].values()
                         if detail.content_type.type == 'text')
        results[test['id'].partition('[')[0]] = (test['status'], text)
    stream = testtools.StreamToDict(record)
    stream.startTestRun()
    subunit.ByteStreamToStreamResult(io.BytesIO(done.stdout), 'other output').run(stream)
    stream.stopTestRun()
    assert results, done.stderr.decode()
    return results


def passed(results):
    return {test for test, (status, _) in results.items() if status == 'success'}


def test_what_nova_passes_flavorsvc_passes(sandbox, flavors, tmp_path):
    with futures.ThreadPoolExecutor(len(REGIONS)) as both:
        ours, theirs = both.map(
            lambda region: run(tmp_path / region, configuration(sandbox, region, flavors)),
            REGIONS)
    failed = passed(theirs) - passed(ours)
    assert not failed, '\n\n'.join(
        '{}: {} {}'.format(test, *ours.get(test, ('not run', ''))) for test in sorted(failed))
    assert min(len(passed(ours)), len(passed(theirs))) >= NUMBER
