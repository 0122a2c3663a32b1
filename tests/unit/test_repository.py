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

"""Habits of the whole repository that a reader relies on."""

import configparser
import importlib.metadata
import pathlib
import re
import subprocess
import sys

import pytest

from tests.unit import test_layers

ROOT = pathlib.Path(__file__).parents[2]

LICENCE = (ROOT / 'tests/unit/test_repository.py').read_text().split('\n\n', 1)[0]

#: Names that say nothing of what is in the file.
EMPTY_NAMES = {'utils', 'util', 'helpers', 'helper', 'common', 'misc', 'data', 'obj'}

LONGEST_FILE = 400


def python_files(*folders):
    for folder in folders:
        yield from sorted((ROOT / folder).rglob('*.py'))


def relative(path):
    return str(path.relative_to(ROOT))


def test_every_python_file_has_the_licence_header():
    without = [
        relative(path)
        for path in python_files('flavorsvc', 'tests', 'doc/source', 'releasenotes/source')
        if (text := path.read_text()) and not re.sub(r'\A#!.*\n', '', text).startswith(LICENCE)
    ]
    assert without == []


def test_no_file_is_too_long():
    too_long = {
        relative(path): lines
        for path in python_files('flavorsvc')
        if 'migrations' not in path.parts
        and (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert too_long == {}


def test_names_of_files_say_what_is_in_them():
    assert [relative(p) for p in python_files('flavorsvc', 'tests') if p.stem in EMPTY_NAMES] == []


def test_release_notes_are_well_formed():
    """Every note is YAML with sections that reno knows."""
    outcome = subprocess.run(
        [sys.executable, '-m', 'reno.main', 'lint', str(ROOT)], capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def requirements(extras=None, server=True):
    """Every requirement as it is written, of the server and of some extras (None: all)."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / 'setup.cfg')
    texts = [setup['extras'][extra] for extra in (setup['extras'] if extras is None else extras)]
    if server:
        texts.append((ROOT / 'requirements.txt').read_text())
    lines = (line.split('#')[0].strip() for text in texts for line in text.splitlines())
    return {line for line in lines if line}


def distribution(requirement):
    """'oslo.service[threading]>=4.2' -> 'oslo-service'"""
    return canonical(re.match(r'[\w.-]+', requirement)[0])


def canonical(name):
    return re.sub(r'[-_.]+', '-', name).lower()


@pytest.mark.parametrize(
    ('folder', 'extras', 'server'),
    [
        ('flavorsvc/client', ['client'], False),
        ('flavorsvc/sandbox', ['sandbox'], True),
        ('flavorsvc/api', [], True),
        ('flavorsvc/cloud', [], True),
        ('flavorsvc/cmd', [], True),
        ('flavorsvc/conductor', [], True),
        ('flavorsvc/db', [], True),
        ('flavorsvc/policies', [], True),
    ],
)
def test_what_is_imported_is_declared(folder, extras, server):
    of_module = importlib.metadata.packages_distributions()
    declared = {distribution(each) for each in requirements(extras, server)}
    undeclared = {}
    for path in python_files(folder):
        for name in test_layers.imported(path.read_text(), 'flavorsvc.any'):
            top = name.split('.')[0]
            if top in sys.stdlib_module_names or top == 'flavorsvc':
                continue
            if not declared & {canonical(each) for each in of_module.get(top, [top])}:
                undeclared.setdefault(top, relative(path))
    assert undeclared == {}


def test_every_dependency_has_a_lower_bound_and_a_documented_reason():
    page = (ROOT / 'doc/source/contributor/dependencies.rst').read_text()
    assert [line for line in sorted(requirements()) if f'``{line}``' not in page] == []
    assert [line for line in requirements() if '>=' not in line] == []


def test_no_undeclared_dependency_is_documented():
    page = (ROOT / 'doc/source/contributor/dependencies.rst').read_text()
    assert set(re.findall(r'\* - ``(\S+?>=\S+?)``', page)) == requirements()


def test_every_reason_of_a_failure_is_documented():
    """The codes that an installation may have as its reason."""
    page = (ROOT / 'doc/source/user/concepts.rst').read_text()
    source = '\n'.join(
        path.read_text()
        for path in python_files('flavorsvc/cloud', 'flavorsvc/conductor', 'flavorsvc/domain')
    )
    raised = r"failures\.(?:Refused|Taken|Passing|Unreachable|Itself)\(\s*'(\w+)'"
    by_status = r"\b\d{3}: '(\w+)'"
    codes = set(re.findall(raised, source)) | set(re.findall(by_status, source))
    assert 'name_taken' in codes
    assert 'unreachable' in codes
    assert [code for code in sorted(codes) if f'``{code}``' not in page] == []


@pytest.mark.parametrize('name', ['tools/test', '.ci/run', 'tools/demo', 'tools/venv'])
def test_tools_can_be_run(name):
    """The commands that the README promises are executable and parse."""
    path = ROOT / name
    assert path.stat().st_mode & 0o111
    subprocess.run(['bash', '-n', str(path)], check=True)
