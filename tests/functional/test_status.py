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

"""flavorsvc-status upgrade check, as an operator runs it before an upgrade."""

import json
import subprocess
import sys

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from flavorsvc import conf as options
from flavorsvc.cloud import credentials
from flavorsvc.conductor import client
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.db import tables

COMMAND = [sys.executable, '-c',
           'import sys; from flavorsvc.cmd import status; sys.exit(status.main())']
SUCCESS, WARNING, FAILURE = range(3)


class Deployment:
    """A configuration file, keys and a database that are in order."""

    def __init__(self, folder):
        self.folder, self.lines = folder, {
            'database': [f'connection = sqlite:///{folder}/flavorsvc.db', 'max_retries = 0'],
            'cloud': ['auth_type = password'],
            'credentials': [f'key_repository = {folder}/keys'],
            'oslo_policy': [], 'rpc': []}
        credentials.Keys(folder / 'keys').set_up()
        self.database = engine.Database(options.load_conductor(['--config-file', self.file()]))
        schema.upgrade(self.database)

    def file(self):
        path = self.folder / 'flavorsvc.conf'
        path.write_text('\n'.join(line for group, lines in self.lines.items()
                                  for line in (f'[{group}]', *lines)))
        return str(path)

    def register(self, name):
        sealed = credentials.Keys(self.folder / 'keys').seal({'a': 'b'})

        def work(session):
            row = tables.Region(name=name, kind='registered', endpoint='http://x',
                                last_seen_at=timeutils.utcnow())
            row.credential = tables.Credential(keystone_url='http://x', sealed=sealed)
            session.add(row)
        self.database.write(work)

    def check(self):
        done = subprocess.run([*COMMAND, '--config-file', self.file(), 'upgrade', 'check',
                               '--json'], capture_output=True, text=True)
        assert 'Traceback' not in done.stdout + done.stderr, done.stdout + done.stderr
        found = {each['check']: (each['result'], each['details'])
                 for each in json.loads(done.stdout)['checks']}
        assert done.returncode == max(code for code, _ in found.values())
        return found


@pytest.fixture
def deployment(tmp_path):
    made = Deployment(tmp_path)
    yield made
    made.database.dispose()


def test_all_is_well(deployment):
    deployment.register('mordor')
    found = deployment.check()
    assert {code for code, _ in found.values()} == {SUCCESS}
    assert client.VERSION in found['Version of calls to conductors'][1]


def test_people_get_a_table(deployment):
    done = subprocess.run([*COMMAND, '--config-file', deployment.file(), 'upgrade', 'check'],
                          capture_output=True, text=True)
    assert done.returncode == SUCCESS
    assert 'Check: Schema of the database' in done.stdout


def test_an_old_schema_is_a_failure_that_says_what_to_do(deployment):
    _at(deployment, '0003')
    code, details = deployment.check()['Schema of the database']
    assert code == FAILURE
    assert '0003' in details
    assert 'flavorsvc-manage db sync' in details


def test_a_newer_schema_is_a_warning(deployment):
    _at(deployment, 'from-the-future')
    code, details = deployment.check()['Schema of the database']
    assert (code, 'from-the-future' in details) == (WARNING, True)


def _at(deployment, revision):
    def work(session):
        session.execute(sa.text('UPDATE alembic_version SET version_num = :to'), {'to': revision})
    deployment.database.write(work)


def test_a_credential_that_no_key_opens_is_named(deployment):
    deployment.register('mordor')
    for key in (deployment.folder / 'keys').iterdir():
        key.unlink()
    credentials.Keys(deployment.folder / 'keys').set_up()
    code, details = deployment.check()['Keys of the stored credentials']
    assert (code, 'mordor' in details) == (FAILURE, True)


@pytest.mark.parametrize('kind', ['mysql+pymysql', 'postgresql+psycopg2'])
def test_a_database_that_does_not_answer(deployment, kind):
    deployment.lines['database'] = [f'connection = {kind}://root@127.0.0.1:1/none',
                                    'max_retries = 0']
    found = deployment.check()
    for name in ('Schema of the database', 'Keys of the stored credentials'):
        assert found[name][0] == FAILURE
        assert 'database' in found[name][1]


def test_a_wrong_option_is_named(deployment):
    deployment.lines['cloud'] = ['auth_type = password', 'discovery_interval = often']
    code, details = deployment.check()['Configuration']
    assert (code, 'discovery_interval' in details) == (FAILURE, True)


def test_a_policy_file_in_json_is_a_failure(deployment):
    policy = deployment.folder / 'policy.json'
    policy.write_text('{"regions:list": "role:reader"}')
    deployment.lines['oslo_policy'] = [f'policy_file = {policy}']
    assert deployment.check()['Policy file in YAML'][0] == FAILURE


def test_a_cap_of_the_calls_is_a_warning(deployment):
    deployment.lines['rpc'] = ['version_cap = 1.2']
    code, details = deployment.check()['Version of calls to conductors']
    assert (code, '1.2' in details) == (WARNING, True)


def test_a_file_that_is_not_there_is_named():
    done = subprocess.run([*COMMAND, '--config-file', 'nowhere.conf', 'upgrade', 'check'],
                          capture_output=True, text=True)
    assert (done.returncode, 'nowhere.conf' in done.stderr, 'Traceback' in done.stderr) == (
        1, True, False)
