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

import argparse
import pathlib
import re
import subprocess
import sys

import pytest

from flavorsvc import metrics
from flavorsvc.cmd import manage
from flavorsvc.domain import events

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


def actions(parser):
    """Yield (command, its parser) for whatever argparse was told, at each level."""
    for each in parser._actions:
        if isinstance(each, argparse._SubParsersAction):
            for name, below in each.choices.items():
                found = list(actions(below))
                yield from ((f'{name} {command}', last) for command, last in found)
                if not found:
                    yield name, below


def test_what_an_operator_can_do_to_the_service_is_in_the_reference(documentation):
    page = documentation('cli/index')
    parser = argparse.ArgumentParser()
    manage.add_parsers(parser.add_subparsers())
    told = dict(actions(parser))
    assert 'db sync' in told
    for command, below in told.items():
        assert f'"{command}"' in page
        for option in below._option_string_actions.keys() - {'-h', '--help'}:
            assert f'"{option}' in page


def test_states_and_fields_come_from_the_code(documentation):
    assert 'uninstalling' in documentation('user/concepts')
    assert 'rxtx_factor' in documentation('user/catalogue')
    assert 'cpu_speed_mhz' in documentation('user/catalogue')
    assert 'servers_unknown' in documentation('admin/plans')
    assert 'superseded' in documentation('admin/plans')


def test_options_and_rules_come_from_the_code(documentation):
    assert 'poll_interval' in documentation('admin/config')
    assert 'flavors:promote' in documentation('admin/policy-rules')


def test_metrics_and_notifications_come_from_the_code(documentation):
    page = documentation('admin/observability')
    assert [name for name in metrics.TABLE if metrics.full_name(name) not in page] == []
    assert [name for name in events.EVENTS if f'"event_type": "flavorsvc.{name}"' not in page] == []
    assert 'Grows with each change.' in page


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
