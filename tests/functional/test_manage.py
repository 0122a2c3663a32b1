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

"""flavorsvc-manage, as an operator runs it."""

import datetime
import subprocess
import sys

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from flavorsvc import conf as options
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.db import tables

COMMAND = [sys.executable, '-c',
           'import sys; from flavorsvc.cmd import manage; sys.exit(manage.main())']
VALUES = {'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1, 'ephemeral_gib': 0, 'swap_mib': 0,
          'rxtx_factor': 1.0, 'is_public': True, 'extra_specs': {}, 'properties': {},
          'public': False, 'promoted': False}


def run(*arguments):
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True)


def configuration(tmp_path, url):
    path = tmp_path / 'flavorsvc.conf'
    connection = f'connection = {url}\n' if url else ''
    path.write_text(f'[database]\n{connection}max_retries = 0\n')
    return str(path)


def test_a_database_is_made_ready(tmp_path):
    file = configuration(tmp_path, f'sqlite:///{tmp_path}/flavorsvc.db')
    assert run('--config-file', file, 'db', 'version').stdout == 'empty\n'
    assert run('--config-file', file, 'db', 'sync').returncode == 0
    assert run('--config-file', file, 'db', 'version').stdout == f'{schema.newest()}\n'


@pytest.mark.parametrize(('url', 'why'), [
    (None, 'sets connection'),
    ('mysql+pymysql://root@127.0.0.1:1/none', 'does not answer'),
    ('postgresql+psycopg2://root@127.0.0.1:1/none', 'cannot be used')])
def test_what_is_wrong_with_the_database_is_said_in_one_line(tmp_path, url, why):
    outcome = run('--config-file', configuration(tmp_path, url), 'db', 'sync')
    assert outcome.returncode == 1
    assert why in outcome.stderr
    assert 'Traceback' not in outcome.stderr


def test_a_file_that_is_not_there_is_named():
    outcome = run('--config-file', 'nowhere.conf', 'db', 'sync')
    assert (outcome.returncode, 'Traceback' in outcome.stderr) == (1, False)
    assert 'nowhere.conf' in outcome.stderr


DELETED = datetime.datetime(2020, 1, 1)


@pytest.fixture
def furnished(database_url, tmp_path):
    """A configuration file, and a database with flavors and mappings that were deleted in 2020."""
    file = configuration(tmp_path, database_url)
    assert run('--config-file', file, 'db', 'sync').returncode == 0
    database = engine.Database(options.load_conductor(['--config-file', file]))

    def fill(session):
        for number in range(1, 8):
            session.add(tables.Flavor(**{
                **VALUES, 'pk': number, 'id': f'f{number}', 'name': f'n{number}',
                'deleted': 0 if number == 7 else number,
                'deleted_at': None if number == 7 else DELETED}))
            session.flush()
            session.add(tables.FlavorProject(flavor_pk=number, project_id='p'))
            session.add(tables.ServiceTypeFlavor(
                service_type='redis', flavor_id=f'f{number}', deleted=number != 7,
                deleted_at=None if number == 7 else DELETED))
        session.get(tables.Flavor, 6).deleted_at = timeutils.utcnow()
    database.write(fill)
    yield file, database
    database.dispose()


def test_what_was_deleted_long_ago_is_dropped_in_batches(furnished):
    file, database = furnished
    outcome = run('--config-file', file, 'db', 'purge_deleted', '--days', '30', '--batch', '2')
    assert (outcome.returncode, outcome.stderr) == (0, '')
    assert outcome.stdout.splitlines() == [
        'flavors: 2 rows so far', 'flavors: 4 rows so far', 'flavors: dropped 5 rows',
        'service_type_flavors: 2 rows so far', 'service_type_flavors: 4 rows so far',
        'service_type_flavors: 6 rows so far', 'service_type_flavors: dropped 6 rows']

    def left(session):
        return [sorted(session.scalars(sa.select(column))) for column in (
            tables.Flavor.pk, tables.FlavorProject.flavor_pk, tables.ServiceTypeFlavor.flavor_id)]
    assert database.read(left) == [[6, 7], [6, 7], ['f7']]
    again = run('--config-file', file, 'db', 'purge_deleted', '--days', '30')
    assert again.stdout.splitlines() == ['flavors: dropped 0 rows',
                                         'service_type_flavors: dropped 0 rows']


@pytest.mark.parametrize('arguments', [[], ['--days', '-1'], ['--days', 'x'],
                                       ['--days', '1', '--batch', '0']])
def test_a_purge_says_what_it_needs(tmp_path, arguments):
    file = configuration(tmp_path, f'sqlite:///{tmp_path}/flavorsvc.db')
    outcome = run('--config-file', file, 'db', 'purge_deleted', *arguments)
    assert outcome.returncode == 2
    assert '--days' in outcome.stderr
