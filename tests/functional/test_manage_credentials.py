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

"""flavorsvc-manage credential, as an operator runs it."""

import datetime
import stat

import pytest

from flavorsvc import conf as options
from flavorsvc.cloud import credentials
from flavorsvc.db import engine
from flavorsvc.db import infrastructures
from tests.functional import test_manage

NOW = datetime.datetime(2026, 11, 21)


class Machine:
    """A configuration, a database and a folder of keys."""

    def __init__(self, folder):
        self.folder = folder / 'keys'
        self._file = folder / 'flavorsvc.conf'
        self._file.write_text(
            f'[database]\nconnection = sqlite:///{folder}/flavorsvc.db\n'
            f'[credentials]\nkey_repository = {self.folder}\n')
        self.keys = credentials.Keys(self.folder)
        self._database = engine.Database(options.load_conductor(
            ['--config-file', str(self._file)]))

    def run(self, *arguments):
        return test_manage.run('--config-file', str(self._file), *arguments)

    def store(self, *names):
        for name in names:
            access = {'keystone_url': 'http://keystone.test', 'region_name': None,
                      'sealed': self.keys.seal({'of': name})}
            self._database.write(infrastructures.create, name, 'p', 999, 'http://nova.test',
                                 '2.96', access, NOW)

    def stored(self):
        return {name: sealed for _, name, sealed
                in self._database.read(infrastructures.sealed_page, 0, 1000)}


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.run('db', 'sync')
    return made


def test_keys_are_made_once(machine):
    assert machine.run('credential', 'setup').stdout == f'made keys in {machine.folder}\n'
    assert stat.S_IMODE(machine.folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in machine.folder.iterdir()} == {
        '0': 0o600, '1': 0o600}
    sealed = machine.keys.seal({'a': 'b'})
    again = machine.run('credential', 'setup')
    assert (again.returncode, 'already' in again.stdout) == (0, True)
    assert machine.keys.unseal(sealed) == {'a': 'b'}


def test_a_key_in_need_is_not_dropped_until_all_is_sealed_anew(machine):
    machine.run('credential', 'setup')
    machine.store('Mordor', 'Isengard')
    assert machine.run('credential', 'rotate').returncode == 0
    before = sorted(path.name for path in machine.folder.iterdir())
    refused = machine.run('credential', 'rotate')
    assert refused.returncode == 1
    assert 'credential rekey' in refused.stderr
    assert sorted(path.name for path in machine.folder.iterdir()) == before
    assert machine.run('credential', 'rekey').stdout == 'sealed 2 credentials anew\n'
    assert machine.run('credential', 'rekey').stdout == 'sealed 0 credentials anew\n'
    assert machine.run('credential', 'rotate').stdout == 'rotated; dropped 1 keys\n'
    assert {name: machine.keys.unseal(sealed) for name, sealed in machine.stored().items()} == {
        'Mordor': {'of': 'Mordor'}, 'Isengard': {'of': 'Isengard'}}


def test_many_are_sealed_anew_page_by_page(machine):
    machine.run('credential', 'setup')
    machine.store(*(f'region-{number}' for number in range(205)))
    machine.keys.rotate(3)
    assert machine.run('credential', 'rekey').stdout == 'sealed 205 credentials anew\n'


def test_what_no_key_opens_is_named_and_the_rest_is_sealed_anew(machine):
    machine.run('credential', 'setup')
    machine.store('Mordor')
    for path in machine.folder.iterdir():
        path.unlink()
    machine.run('credential', 'setup')
    machine.store('Isengard')
    machine.keys.rotate(3)
    outcome = machine.run('credential', 'rekey')
    assert outcome.returncode == 1
    assert outcome.stdout == 'sealed 1 credentials anew\n'
    assert 'Mordor' in outcome.stderr
    assert 'Isengard' not in outcome.stderr


def test_without_keys_the_operator_is_told_to_make_some(machine):
    outcome = machine.run('credential', 'rotate')
    assert outcome.returncode == 1
    assert 'flavorsvc-manage credential setup' in outcome.stderr
    assert 'Traceback' not in outcome.stderr


def test_a_folder_that_cannot_be_made_is_said_in_one_line(machine):
    machine.folder.write_text('a file')
    for action in ('setup', 'rotate'):
        outcome = machine.run('credential', action)
        assert (outcome.returncode, len(outcome.stderr.splitlines())) == (1, 1)
        assert str(machine.folder) in outcome.stderr


@pytest.mark.parametrize(('action', 'says'), [
    ('setup', 'several conductors'), ('rotate', 'max_active_keys'), ('rekey', 'primary')])
def test_the_help_helps(action, says):
    assert says in ' '.join(test_manage.run('credential', action, '--help').stdout.split())
