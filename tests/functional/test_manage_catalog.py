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

"""flavorsvc-manage catalog, as an operator runs it: what it says when it cannot do it.

What it does is shown by tests/integration/test_registration.py, on a real Keystone.
"""

import pytest

from tests.functional import foreign
from tests.functional import test_manage

REGISTER = ('register', '--url', 'http://controller:9890', '--region', 'RegionOne')
CREDENTIAL = {'auth_type': 'password', 'username': 'u', 'password': foreign.PASSWORD,
              'project_name': 'p', 'user_domain_name': 'Default', 'project_domain_name': 'Default'}


@pytest.fixture
def cloud():
    with foreign.running() as running:
        running.services = {'identity': f'{running.url}/v3'}
        yield running


@pytest.fixture
def run(tmp_path, cloud):
    """A function: ``run(*arguments, **changes)`` gives the command a credential with changes."""
    def run(*arguments, **changes):
        options = {**CREDENTIAL, 'auth_url': f'{cloud.url}/v3', **changes}
        path = tmp_path / 'flavorsvc.conf'
        path.write_text('[cloud]\n' + '\n'.join(
            f'{name} = {value}' for name, value in options.items() if value is not None))
        outcome = test_manage.run('--config-file', str(path), 'catalog', *arguments)
        assert 'Traceback' not in outcome.stderr
        assert foreign.PASSWORD not in outcome.stdout + outcome.stderr
        return outcome
    return run


@pytest.mark.parametrize(('arguments', 'says'), [
    (REGISTER[:3], 'the following arguments are required: --region'),
    ((REGISTER[0], *REGISTER[3:]), 'the following arguments are required: --url'),
    (('register', '--url', 'host:9890', '--region', 'R'), "argument --url: 'host:9890'"),
    ((*REGISTER, '--admin-url', 'ftp://controller'), 'argument --admin-url:'),
    ((*REGISTER, '--internal-url', 'http://u:secret@controller'), 'argument --internal-url:'),
    ((*REGISTER, '--internal-url', 'http://controller:99999'), 'argument --internal-url:'),
    ((*REGISTER, '--internal-url', 'http://controller/?a=b'), 'argument --internal-url:')])
def test_a_wrong_option_is_named(run, cloud, arguments, says):
    outcome = run(*arguments)
    assert (outcome.returncode, says in outcome.stderr) == (2, True), outcome.stderr
    assert cloud.asked == []


@pytest.mark.parametrize(('changes', 'says'), [
    ({'auth_type': None}, 'sets auth_type in its group [cloud]'),
    ({'auth_type': 'astrology'}, 'astrology'),
    ({'auth_url': None}, 'auth_url'),
    ({'auth_url': 'http://127.0.0.1:1/v3'}, 'http://127.0.0.1:1/v3'),
    ({'password': 'wrong'}, 'refuses the service credential')])
def test_a_credential_that_does_not_work_is_said_in_one_line(run, changes, says):
    outcome = run(*REGISTER, **changes)
    assert (outcome.returncode, outcome.stdout) == (1, '')
    assert says in outcome.stderr.splitlines()[-1], outcome.stderr


@pytest.mark.parametrize('arguments', [REGISTER, ('unregister',)])
def test_without_the_role_the_operator_is_told_which(run, cloud, arguments):
    for path in ('regions', 'services'):
        cloud.answers['GET', f'/v3/{path}'] = lambda handler: foreign.say(
            handler, 403, {'error': {'message': 'You are not authorized.'}})
    outcome = run(*arguments)
    assert outcome.returncode == 1
    assert 'You are not authorized.' in outcome.stderr
    assert 'needs the role admin' in outcome.stderr


def test_a_region_that_there_is_not_is_refused(run, cloud):
    cloud.answers['GET', '/v3/regions'] = lambda handler: foreign.say(
        handler, 200, {'regions': [{'id': 'RegionTwo', 'parent_region_id': None}]})
    outcome = run(*REGISTER)
    assert outcome.stderr == "flavorsvc-manage: region: Keystone knows no region 'RegionOne'\n"


@pytest.mark.parametrize('version', ['', '/', '/v1', '/v2.1', '/v2.1/'])
def test_a_url_may_have_the_version_of_either_api(run, cloud, version):
    def services(handler):
        kind = handler.path.rpartition('type=')[2]
        foreign.say(handler, 200, {'services': [] if kind != 'compute' else [
            {'id': 'nova', 'type': 'compute'}]})
    listed = {'regions': [{'id': 'RegionOne'}], 'endpoints': [
        {'id': 'e1', 'service_id': 'nova', 'region_id': 'RegionOne', 'interface': 'public',
         'url': cloud.nova, 'enabled': True}]}
    cloud.answers['GET', '/v3/services'] = services
    for name, each in listed.items():
        cloud.answers['GET', f'/v3/{name}'] = lambda handler, name=name, each=each: foreign.say(
            handler, 200, {name: each})
    told = run('register', '--dry-run', '--region', 'RegionOne',
               '--url', f'http://controller:9890{version}')
    assert told.stdout.splitlines() == ['would create service flavorsvc', *(
        f'would create endpoint flavorsvc {interface} in RegionOne: http://controller:9890/v1'
        for interface in ('public', 'internal', 'admin'))], told.stderr


@pytest.mark.parametrize(('action', 'says'), [
    ('register', 'the tools of Nova'), ('unregister', 'needs the role admin')])
def test_the_help_helps(action, says):
    assert says in ' '.join(test_manage.run('catalog', action, '--help').stdout.split())
