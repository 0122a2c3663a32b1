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

"""How the plugin is written, and that its README says all there is to say."""

import os
import re
import shutil
import subprocess

import pytest

from tests.devstack import machine

PLUGIN = machine.REPOSITORY / 'devstack'
SHELL = [PLUGIN / 'plugin.sh', PLUGIN / 'settings', *sorted(machine.HERE.glob('*.sh'))]
SAMPLES = sorted((PLUGIN / 'samples').glob('*.conf'))
LICENCE = (machine.REPOSITORY / 'tools/test').read_text().split('\n\n')[0].split('\n', 1)[1]


def find(program):
    found = shutil.which(program, path=f'{machine.SCRIPTS}{os.pathsep}{os.environ["PATH"]}')
    return found or pytest.skip(f'{program} is not installed')


@pytest.mark.parametrize('command', [
    ['shellcheck', '--external-sources'],
    # as DevStack's own tox.ini; settings is sourced, and begins with no #!
    ['bashate', '--ignore', 'E005,E006', '--error', 'E042'],
], ids=lambda command: command[0])
def test_nothing_is_found_by(command):
    done = subprocess.run([find(command[0]), *command[1:], *SHELL], text=True,
                          capture_output=True)
    assert (done.returncode, done.stdout) == (0, ''), done.stdout + done.stderr


@pytest.mark.parametrize('path', SHELL, ids=lambda path: path.name)
def test_every_script_has_the_licence_header(path):
    assert LICENCE in path.read_text()


def test_lines_are_short_enough_to_read():
    assert [line for path in SHELL for line in path.read_text().splitlines() if len(line) > 100
            ] == []


def settings():
    """What can be set, with its default as it is written."""
    text = (PLUGIN / 'settings').read_text()
    plain = re.findall(r'^ *(FLAVORSVC_\w+)=\$\{\1:?-(.*)\}$', text, re.MULTILINE)
    switches = re.findall(r'^(FLAVORSVC_\w+)=\$\(trueorfalse (\w+) \1\)$', text, re.MULTILINE)
    # the last of several is the one without a condition
    return dict(plain) | dict(switches)


def documented():
    """What the README describes, with its default as it is written there."""
    text = (PLUGIN / 'README.rst').read_text()
    return dict(re.findall(r'^   \* - ``(\w+)``\n     - (.*)$', text, re.MULTILINE))


def test_every_option_is_documented_with_its_default():
    assert len(settings()) > 10
    assert documented() == {
        name: f'``{default}``' if default else 'nothing' for name, default in settings().items()}


@pytest.mark.parametrize('path', SAMPLES, ids=lambda path: path.stem)
def test_samples_set_what_there_is_to_set(path):
    text = path.read_text()
    assert 'enable_plugin flavorsvc https://opendev.org/openstack/flavorsvc' in text
    assert set(re.findall(r'^(FLAVORSVC_\w+)=', text, re.MULTILINE)) <= settings().keys()


def test_the_readme_and_the_installation_guide_lead_to_the_samples():
    readme = (PLUGIN / 'README.rst').read_text()
    assert [path.name for path in SAMPLES if f'``samples/{path.name}``' not in readme] == []
    assert 'devstack/README.rst' in (
        machine.REPOSITORY / 'doc/source/install/devstack.rst').read_text()
