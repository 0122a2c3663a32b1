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

"""The documentation builds, and what it generates from the code is in it."""

import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]


def build(source, output):
    return subprocess.run(
        [sys.executable, '-m', 'sphinx', '-W', '--keep-going', '-q', '-b', 'text']
        + ['-d', str(output / 'doctrees'), str(ROOT / source), str(output / 'text')],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope='module')
def documentation(tmp_path_factory):
    """The pages as text, built without a warning: function of a page's name to its text."""
    output = tmp_path_factory.mktemp('doc')
    done = build('doc/source', output)
    assert done.returncode == 0, done.stderr
    return lambda page: (output / f'text/{page}.txt').read_text()


def test_every_command_is_in_the_reference(documentation):
    page = documentation('cli/index')
    setup = (ROOT / 'setup.cfg').read_text()
    commands = re.findall(r'^ +(flavorsvc_\w+) = flavorsvc\.client\.', setup, re.MULTILINE)
    assert len(commands) > 15
    assert [name for name in commands if name.replace('_', ' ') not in page] == []


def test_states_and_fields_come_from_the_code(documentation):
    assert 'uninstalling' in documentation('user/concepts')
    assert 'rxtx_factor' in documentation('user/catalogue')
    assert 'cpu_speed_mhz' in documentation('user/catalogue')


def test_options_and_rules_come_from_the_code(documentation):
    assert 'poll_interval' in documentation('admin/config')
    assert 'flavors:promote' in documentation('admin/policy-rules')


def test_the_api_reference_has_routes_codes_and_samples(documentation):
    assert 'DELETE' in documentation('api/index')
    page = documentation('api/infrastructures')
    assert 'Register an infrastructure: POST /v1/infrastructures' in page
    assert '409 Conflict' in page
    assert 'HTTP/1.1 201 Created' in page
    assert '<tenant>service</tenant>' in page


def test_release_notes_build(tmp_path):
    done = build('releasenotes/source', tmp_path)
    assert done.returncode == 0, done.stderr
