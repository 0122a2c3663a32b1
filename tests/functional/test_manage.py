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

import subprocess
import sys

import pytest

from flavorsvc.db import schema

COMMAND = [sys.executable, '-c',
           'import sys; from flavorsvc.cmd import manage; sys.exit(manage.main())']


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
    ('mysql+pymysql://root@127.0.0.1:1/none', 'does not answer')])
def test_what_is_wrong_with_the_database_is_said_in_one_line(tmp_path, url, why):
    outcome = run('--config-file', configuration(tmp_path, url), 'db', 'sync')
    assert outcome.returncode == 1
    assert why in outcome.stderr
    assert 'Traceback' not in outcome.stderr


def test_a_file_that_is_not_there_is_named():
    outcome = run('--config-file', 'nowhere.conf', 'db', 'sync')
    assert (outcome.returncode, 'Traceback' in outcome.stderr) == (1, False)
    assert 'nowhere.conf' in outcome.stderr
