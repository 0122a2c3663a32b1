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


"""What the processes say, in one line, when they had better not start."""

import os
import subprocess
import sys

import pytest

CALL_MAIN = 'import sys; from flavorsvc.cmd import {0}; sys.exit({0}.main())'
API_PROGRAMS = {
    'flavorsvc-api': CALL_MAIN.format('api'),
    'flavorsvc-all-in-one': CALL_MAIN.format('all_in_one'),
    'flavorsvc.cmd.wsgi': 'import flavorsvc.cmd.wsgi',
}
PROGRAMS = {**API_PROGRAMS, 'flavorsvc-conductor': CALL_MAIN.format('conductor')}


def refusal(program, folder, *lines):
    """Start a program that is to refuse.

    :returns: str, what it says
    """
    path = folder / 'flavorsvc.conf'
    path.write_text('\n'.join([
        '[DEFAULT]', 'transport_url = fake:///', 'log_file = flavorsvc.log', f'log_dir = {folder}',
        *lines]))
    done = subprocess.run(
        [sys.executable, '-c', PROGRAMS[program], '--config-file', str(path)], cwd=folder,
        env={**os.environ, 'FLAVORSVC_CONFIG_FILES': str(path)},
        capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize('program', ['flavorsvc-api', 'flavorsvc-all-in-one'])
def test_noauth_is_refused_where_other_machines_reach_it(tmp_path, program):
    assert refusal(program, tmp_path, 'auth_strategy = noauth', '[api]', 'host = 0.0.0.0') == (
        f'{program}: [DEFAULT] auth_strategy is noauth, so [api] host must be a loopback address '
        f'such as 127.0.0.1, not 0.0.0.0\n')


def test_noauth_is_refused_under_a_wsgi_server(tmp_path):
    said = refusal('flavorsvc.cmd.wsgi', tmp_path, 'auth_strategy = noauth')
    assert said.startswith('flavorsvc.cmd.wsgi: [DEFAULT] auth_strategy is noauth')
    assert said.count('\n') == 1


@pytest.mark.parametrize('program', API_PROGRAMS)
def test_a_nova_cannot_be_asked_with_a_password(tmp_path, program):
    assert refusal(program, tmp_path, 'auth_strategy = http_basic', '[compute_api]',
                   'show_unmanaged = true') == (
        f'{program}: [compute_api] show_unmanaged asks a Nova with the token of the caller, so '
        f'[DEFAULT] auth_strategy must be keystone, not http_basic\n')


@pytest.mark.parametrize('program', API_PROGRAMS)
def test_a_user_file_with_a_fault_is_refused(tmp_path, program):
    users = tmp_path / 'users'
    users.write_text('# nobody yet\none:cleartext\n')
    assert refusal(program, tmp_path, 'auth_strategy = http_basic', '[http_basic]',
                   f'user_file = {users}') == (
        f'{program}: {users}, line 2: the password must be a bcrypt hash ($2y$) as htpasswd -B '
        f'makes it\n')


@pytest.mark.parametrize('program', API_PROGRAMS)
def test_a_user_file_that_is_not_there_is_refused(tmp_path, program):
    said = refusal(program, tmp_path, 'auth_strategy = http_basic', '[http_basic]',
                   f'user_file = {tmp_path / "nothing"}')
    assert said.startswith(f'{program}: [http_basic] user_file cannot be read: ')
    assert said.count('\n') == 1


@pytest.mark.parametrize('program', ['flavorsvc-conductor', 'flavorsvc-all-in-one'])
def test_what_a_conductor_needs_is_named(tmp_path, program):
    assert refusal(program, tmp_path) == (
        f'{program}: [database] connection is not set: it names the database\n')
    assert refusal(program, tmp_path, '[database]', 'connection = sqlite://') == (
        f'{program}: [cloud] auth_type is not set: it names the credential for Keystone and '
        f'Nova\n')


@pytest.mark.parametrize(('program', 'group', 'line'), [
    ('flavorsvc-conductor', 'infrastructures', 'allowed_networks = everywhere'),
    ('flavorsvc-all-in-one', 'engine', 'workers = many'),
    ('flavorsvc-api', 'api', 'threads = 0')])
def test_a_wrong_value_is_named_with_its_group_and_file(tmp_path, program, group, line):
    said = refusal(program, tmp_path, f'[{group}]', line)
    assert said.startswith(f'{program}: [{group}] ')
    assert line.split()[0] in said
    assert f'{tmp_path}/flavorsvc.conf' in said
    assert said.count('\n') == 1
