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

"""``openstack flavorsvc infrastructure …``, and the methods of the client behind it."""

import getpass
import io
import sys

from openstack import exceptions
import pytest

from tests.unit.client import answers

URL = 'https://mordor.example.org/v3'
SECRET = 'one "ring" to rule them'
BY_USER = ('infrastructure', 'create', 'Mordor', '--keystone-url', URL, '--username', 'manager',
           '--project', 'demo')
BY_APPLICATION = ('infrastructure', 'create', 'Mordor', '--keystone-url', URL,
                  '--application-credential-id', 'app-1')


class Terminal(io.StringIO):
    """A standard input at which somebody sits."""

    def isatty(self):
        return True


@pytest.fixture
def at_terminal(monkeypatch):
    """List of what was asked for at the terminal, where somebody types the secret."""
    asked = []

    def answer(prompt):
        asked.append(prompt)
        return SECRET

    monkeypatch.setattr(sys, 'stdin', Terminal())
    monkeypatch.setattr(getpass, 'getpass', answer)
    return asked


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / 'secret'
    path.write_text(f'{SECRET}\n')
    return str(path)


def registered(service):
    """What the service was told of the one cloud."""
    [(path, body)] = service.asked('POST')
    assert path == '/infrastructures'
    return body['infrastructure']


def test_the_password_is_asked_for(shown, service, at_terminal):
    told = shown(*BY_USER)

    assert registered(service) == {'name': 'Mordor', 'keystone_url': URL, 'username': 'manager',
                                   'project_name': 'demo', 'password': SECRET}
    assert at_terminal == ['Password: ']
    assert (told['name'], told['keystone_url']) == ('Mordor', URL)
    assert 'password' not in told


def test_the_secret_of_an_application_credential_is_asked_for(shown, service, at_terminal):
    shown(*BY_APPLICATION)

    assert registered(service) == {
        'name': 'Mordor', 'keystone_url': URL, 'application_credential_id': 'app-1',
        'application_credential_secret': SECRET}
    assert at_terminal == ['Secret: ']


def test_everything_else_that_a_cloud_can_have(shown, service, secret_file):
    shown(*BY_USER, '--nova-url', 'https://nova.example.org/v2.1', '--region-name', 'RegionOne',
          '--user-domain', 'people', '--project-domain', 'work', '--password-file', secret_file)

    assert registered(service) == {
        'name': 'Mordor', 'keystone_url': URL, 'nova_url': 'https://nova.example.org/v2.1',
        'region_name': 'RegionOne', 'username': 'manager', 'project_name': 'demo',
        'user_domain_name': 'people', 'project_domain_name': 'work', 'password': SECRET}


def test_the_secret_of_an_application_credential_can_be_in_a_file(shown, service, secret_file):
    shown(*BY_APPLICATION, '--secret-file', secret_file)

    assert registered(service)['application_credential_secret'] == SECRET


def test_the_secret_can_come_by_standard_input(shown, service, monkeypatch):
    monkeypatch.setattr(sys, 'stdin', io.StringIO(f'{SECRET}\n'))

    shown(*BY_USER, '--password-file', '-')

    assert registered(service)['password'] == SECRET


def test_the_password_can_be_an_option_that_help_warns_of(run, shown, service):
    shown(*BY_USER, '--password', SECRET)

    assert registered(service)['password'] == SECRET
    assert 'Avoid this' in run('infrastructure', 'create', '--help').out


@pytest.mark.parametrize(('content', 'why'), [
    (b'', 'There is no password in it.'),
    (b'\n', 'There is no password in it.'),
    (b'\xff\xfe', 'The password is not UTF-8.'),
    (None, 'No such file or directory'),
])
def test_a_file_that_has_no_password_is_named(run, service, tmp_path, content, why):
    path = tmp_path / 'password'
    if content is not None:
        path.write_bytes(content)

    assert run(*BY_USER, '--password-file', str(path)).err == [f'{path}: {why}']
    assert service.requests == []


def test_without_a_terminal_nothing_can_be_asked(run, service, monkeypatch):
    monkeypatch.setattr(sys, 'stdin', io.StringIO())

    assert run(*BY_USER).err == [
        'There is no terminal at which to ask for the password: name a file by --password-file.']
    assert service.requests == []


@pytest.mark.parametrize(('words', 'why'), [
    ((*BY_USER, '--secret-file', 'f'), '--secret-file goes with --application-credential-id only.'),
    ((*BY_APPLICATION, '--project', 'p'), '--project goes with --username only.'),
    ((*BY_APPLICATION, '--password-file', 'f'), '--password-file goes with --username only.'),
    ((*BY_USER[:-2], '--password-file', 'f'), '--username needs --project.'),
])
def test_options_that_do_not_go_together_are_refused(run, service, words, why):
    assert run(*words).err == [why]
    assert service.requests == []


@pytest.mark.parametrize('more', [(), ('--username', 'u', '--application-credential-id', 'a')])
def test_there_is_exactly_one_credential(run, service, more):
    with pytest.raises(SystemExit):
        run('infrastructure', 'create', 'Mordor', '--keystone-url', URL, *more)
    assert service.requests == []


def test_what_the_service_says_is_what_is_shown(run, service, secret_file):
    service.refusals['POST', '/infrastructures'] = [
        answers.Refusal(400, 'infrastructure.password: Keystone refuses it.')]

    outcome = run(*BY_USER, '--password-file', secret_file)

    assert (outcome.status, outcome.err) == (1, ['infrastructure.password: Keystone refuses it.'])


@pytest.mark.parametrize('refused', [False, True])
@pytest.mark.parametrize('option', ['--password', '--password-file'])
def test_debug_shows_no_secret(run, service, secret_file, caplog, refused, option):
    if refused:
        service.refusals['POST', '/infrastructures'] = [answers.Refusal(400, 'No.')]
    # Of one word: how the shell masks others in its own log is its own affair.
    secret = 'my-precious'
    with open(secret_file, 'w') as file:
        file.write(secret)

    outcome = run(*BY_USER, option, secret_file if option == '--password-file' else secret,
                  before=['--debug'])

    everything = '\n'.join([outcome.out, *outcome.err, caplog.text])
    assert 'POST /infrastructures' in everything
    assert secret not in everything


def test_delete_goes_on_after_a_failure(run, shown, service, secret_file):
    shown(*BY_USER, '--password-file', secret_file)

    outcome = run('infrastructure', 'delete', 'Isengard', 'Mordor')

    assert (outcome.status, outcome.out) == (1, '')
    assert outcome.err == ["Isengard: There is no infrastructure 'Isengard'."]
    assert service.infrastructures == {}


def test_delete_of_one_in_use_takes_force(run, shown, service, secret_file):
    shown(*BY_USER, '--password-file', secret_file)
    service.in_use.add('Mordor')

    assert run('infrastructure', 'delete', 'Mordor').err == [
        "Mordor: Flavors are installed in 'Mordor'."]
    assert run('infrastructure', 'delete', 'Mordor', '--force').status == 0
    assert service.infrastructures == {}


def test_people_at_a_terminal_are_told_that_it_takes_a_while(run, secret_file, monkeypatch):
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True, raising=False)

    outcome = run(*BY_USER, '--password-file', secret_file)

    assert outcome.err == [f'The service looks at {URL}, which may take a while.']


def test_a_registered_cloud_is_among_the_regions(shown, service):
    service.regions['RegionTwo']['kind'] = 'registered'

    assert [one['Kind'] for one in shown('region', 'list')] == [
        'discovered', 'discovered', 'registered']


def test_what_a_program_gets_has_no_secret(connect, service):
    made = connect().flavorsvc.create_infrastructure(
        name='Mordor', keystone_url=URL, username='manager', password=SECRET, project_name='demo')

    assert (made.id, made.name, made.keystone_url) == ('Mordor', 'Mordor', URL)
    for text in (repr(made), str(made), str(made.to_dict())):
        assert SECRET not in text
        assert 'password' not in text


def test_a_program_can_unregister_by_name_or_resource(connect, service):
    proxy = connect().flavorsvc
    for name in ('Mordor', 'Isen gard'):
        made = proxy.create_infrastructure(name=name, keystone_url=URL)
    proxy.delete_infrastructure('Mordor')
    service.in_use.add('Isen gard')
    with pytest.raises(exceptions.ConflictException):
        proxy.delete_infrastructure(made)
    proxy.delete_infrastructure(made, force=True)

    assert service.infrastructures == {}
    with pytest.raises(exceptions.InvalidRequest, match='must not be empty'):
        proxy.delete_infrastructure('')
