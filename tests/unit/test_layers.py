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

"""Who may import whom. Change the table, not the test."""

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).parents[2] / 'flavorsvc'

#: Layer (a folder, or a module at the top of the package) -> what it may import of ours.
#: 'conductor.client' is a module inside a layer that has a rule of its own.
MAY_IMPORT = {
    'domain': set(),
    'db': {'domain', 'context'},
    'cloud': {'domain', 'metrics'},
    'conf': set(),
    'context': set(),
    'metrics': set(),
    'rpc': {'conf', 'context', 'domain.errors'},
    'conductor': {'domain', 'db', 'cloud', 'rpc', 'context', 'conf', 'metrics'},
    'conductor.client': {'domain.errors', 'domain.lifecycle', 'rpc', 'context'},
    'policies': {'domain.errors'},
    'api': {'domain', 'policies', 'context', 'metrics', 'conductor.client'},
    'client': set(),
    'cmd': {
        'api', 'cloud', 'conductor', 'conf', 'context', 'db', 'domain', 'metrics', 'policies',
        'rpc',
    },
    # runs the CLI as a process of its own, as an operator does
    'sandbox': {
        'api', 'cloud', 'cmd', 'conductor', 'conf', 'context', 'db', 'domain', 'metrics',
        'policies', 'rpc',
    },
}

#: The standard library that the domain may use: nothing that reads, waits, or depends on luck.
DOMAIN_MAY_IMPORT = {
    '__future__', 'abc', 'collections', 'contextlib', 'copy', 'dataclasses', 'datetime', 'enum',
    'fractions', 'functools', 'itertools', 'math', 'operator', 're', 'string', 'types', 'typing',
    'uuid',
}

#: Library -> the only layers that may import it.
ONLY_IN = {
    'novaclient': {'cloud', 'sandbox'},
    'keystoneauth1': {'cloud', 'client', 'conf', 'sandbox'},
    'keystoneclient': {'cloud', 'sandbox'},
    'keystonemiddleware': {'api', 'conf'},
    'sqlalchemy': {'db', 'sandbox'},
    'oslo_db': {'db', 'conf', 'cmd'},
    'alembic': {'db'},
    'pecan': {'api'},
    'wsme': {'api'},
    'oslo_policy': {'policies', 'conf', 'api'},
    'oslo_messaging': {'rpc', 'conductor', 'conf'},
    'openstack': {'client', 'sandbox'},
    'osc_lib': {'client'},
    'prometheus_client': {'metrics', 'cmd'},
}


def imported(source, module, is_package=False):
    """Yield the dotted name of everything a module imports, wherever in it the import stands.

    ``from a import b`` gives 'a.b', as b may be a module; relative imports are made absolute.
    """
    package = module if is_package else module.rpartition('.')[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ''
            if node.level:
                above = package.split('.')[: len(package.split('.')) - node.level + 1]
                base = '.'.join([*above, base] if base else above)
            yield from (f'{base}.{alias.name}' for alias in node.names)


def layer_of(name):
    """Return the row of the table that a dotted name of ours, without 'flavorsvc.', is under."""
    parts = name.split('.')
    inner = '.'.join(parts[:2])
    return inner if inner in MAY_IMPORT else parts[0]


def allowed(layer, target):
    if layer_of(target) == layer or target.startswith(f'{layer}.'):
        return True
    return any(target == ok or target.startswith(f'{ok}.') for ok in MAY_IMPORT[layer])


def wrong_imports(source, module, is_package=False):
    """Return the imports of a module of ours that break the rules above, as text."""
    layer = layer_of(module.removeprefix('flavorsvc.'))
    wrong = []
    for name in imported(source, module, is_package):
        top = name.split('.')[0]
        if top == 'flavorsvc':
            ok = allowed(layer, name.removeprefix('flavorsvc.'))
        elif layer == 'domain':
            ok = top in DOMAIN_MAY_IMPORT
        else:
            ok = layer.split('.')[0] in ONLY_IN.get(top, {layer.split('.')[0]})
        if not ok:
            wrong.append(f'{module} imports {name}')
    return wrong


def modules():
    for path in sorted(PACKAGE.rglob('*.py')):
        parts = path.relative_to(PACKAGE.parent).with_suffix('').parts
        is_package = parts[-1] == '__init__'
        name = '.'.join(parts[:-1] if is_package else parts)
        if name != 'flavorsvc':
            yield path, name, is_package


def test_every_layer_is_in_the_table():
    layers = {layer_of(name.removeprefix('flavorsvc.')) for _, name, _ in modules()}
    assert layers <= set(MAY_IMPORT)


def test_layers():
    wrong = []
    for path, name, is_package in modules():
        wrong += wrong_imports(path.read_text(), name, is_package)
    assert wrong == []


def test_the_package_itself_imports_nothing():
    assert list(imported((PACKAGE / '__init__.py').read_text(), 'flavorsvc', True)) == []


@pytest.mark.parametrize(
    ('module', 'source'),
    [
        ('flavorsvc.domain.flavor', 'import os'),
        ('flavorsvc.domain.flavor', 'from time import time'),
        ('flavorsvc.domain.flavor', 'def f():\n    import random'),
        ('flavorsvc.domain.flavor', 'from flavorsvc.db import flavors'),
        ('flavorsvc.domain.flavor', 'from .. import db'),
        ('flavorsvc.db.flavors', 'from ..conductor import engine'),
        ('flavorsvc.db.flavors', 'import flavorsvc.cloud.nova'),
        ('flavorsvc.api.v1.flavors', 'from flavorsvc.conductor import engine'),
        ('flavorsvc.api.v1.flavors', 'import flavorsvc.conductor'),
        ('flavorsvc.api.v1.flavors', 'from ...db import flavors'),
        ('flavorsvc.api.v1.flavors', 'from novaclient import client'),
        ('flavorsvc.conductor.client', 'from flavorsvc.db import flavors'),
        ('flavorsvc.conductor.engine', 'from flavorsvc import api'),
        ('flavorsvc.client.sdk', 'from flavorsvc.domain import errors'),
        ('flavorsvc.cmd.api', 'from flavorsvc.client import sdk'),
        ('flavorsvc.sandbox.demo', 'import flavorsvc.client.sdk'),
    ],
)
def test_a_forbidden_import_is_found(module, source):
    assert len(wrong_imports(source, module)) == 1


@pytest.mark.parametrize(
    ('module', 'source'),
    [
        ('flavorsvc.domain.flavor', 'from flavorsvc.domain import errors'),
        ('flavorsvc.domain.flavor', 'from . import errors'),
        ('flavorsvc.api.v1.flavors', 'from flavorsvc.conductor import client'),
        ('flavorsvc.api.v1.flavors', 'from flavorsvc.conductor.client import Conductor'),
        ('flavorsvc.conductor.engine', 'from ..domain.errors import Invalid'),
        ('flavorsvc.conductor.operations.flavors', 'from flavorsvc.db import flavors'),
        ('flavorsvc.client.sdk', 'from flavorsvc.client import errors'),
    ],
)
def test_an_allowed_import_is_not(module, source):
    assert wrong_imports(source, module) == []
