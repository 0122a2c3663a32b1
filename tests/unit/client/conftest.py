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

"""A cloud to talk to, a connection to it, and the openstack command."""

import inspect
import json
import logging

import openstack
from openstackclient import shell
from openstackclient.common import clientmanager
import pytest
import requests_mock

from flavorsvc.client import sdk
from tests.unit.client import service as stand_in

_CREDENTIALS = {
    'auth_url': stand_in.AUTH_URL, 'username': 'manager', 'password': 'secret',
    'project_name': 'demo', 'user_domain_name': 'Default', 'project_domain_name': 'Default',
}


@pytest.fixture
def http():
    """All HTTP of the process; what no stand-in answers fails."""
    with requests_mock.Mocker() as mocker:
        yield mocker


@pytest.fixture
def keystone(http):
    keystone = stand_in.Keystone()
    http.add_matcher(keystone)
    return keystone


@pytest.fixture
def service(http, keystone):
    service = stand_in.Service()
    http.add_matcher(service)
    return service


@pytest.fixture
def connect(service):
    """Function that connects, with more or other settings of a cloud."""
    def connect(**settings):
        connection = openstack.connect(
            load_yaml_config=False, load_envvars=False, auth=_CREDENTIALS,
            **{'region_name': 'RegionOne', **settings})
        connection.add_service(sdk.FlavorsvcService())
        return connection
    return connect


class Outcome:
    """What came of a command."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err.splitlines()

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def run(service, monkeypatch, tmp_path, capsys):
    """Function that runs ``openstack flavorsvc …`` as a user would."""
    monkeypatch.setenv('OS_CLIENT_CONFIG_FILE', str(tmp_path / 'clouds.yaml'))
    monkeypatch.setenv('OS_REGION_NAME', 'RegionOne')
    for name, value in _CREDENTIALS.items():
        monkeypatch.setenv(f'OS_{name.upper()}', value)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    # The class of the shell keeps one client for the life of the process.
    kept = inspect.getattr_static(clientmanager.ClientManager, 'flavorsvc')

    def run(*words, before=()):
        monkeypatch.setattr(kept, '_handle', None)
        capsys.readouterr()
        try:
            status = shell.OpenStackShell().run([*before, 'flavorsvc', *words])
        finally:
            # The shell adds handlers that write to the streams of this one run.
            root.handlers[:], root.level = handlers, level
        return Outcome(status, *capsys.readouterr())

    return run


@pytest.fixture
def shown(run):
    """Function that runs a command which succeeds, and returns what it shows."""
    def shown(*words):
        outcome = run(*words, '-f', 'json')
        assert outcome.status == 0, outcome.err
        return outcome.json

    return shown
