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

"""What every sandbox copies: migrated databases, made once a version, and installed files."""

import base64
import importlib.metadata
import os
import pathlib
import secrets
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile

import fasteners

from flavorsvc.sandbox import errors
from flavorsvc.sandbox import state

# Raised when what is put into the template changes.
FORMAT = 1

# Holds the password of Keystone's admin. It is in the databases, so every sandbox made from this
# template has it; Keystone refuses the tokens of the second in which a password is changed.
ADMIN_PASSWORD = 'admin-password'

# What is made together: the distributions whose versions name it, and its databases.
_CLOUD = (('keystone', 'nova'), ('keystone.db', 'nova_api.db', 'nova_cell.db'))
_SERVERS = (('glance', 'openstack-placement'), ('glance.db', 'placement.db'))

_KEYSTONE = """\
[database]
connection = sqlite:///{folder}/keystone.db
[identity]
password_hash_rounds = 4
[fernet_tokens]
key_repository = {folder}/fernet-keys
[fernet_receipts]
key_repository = {folder}/fernet-keys
[credential]
key_repository = {folder}/credential-keys
"""

_KEY_FOLDERS = ('fernet-keys', 'credential-keys')

_NOVA = """\
[DEFAULT]
transport_url = fake://
state_path = {folder}
[api_database]
connection = sqlite:///{folder}/nova_api.db
[database]
connection = sqlite:///{folder}/nova_cell.db
"""

_GLANCE = """\
[database]
connection = sqlite:///{folder}/glance.db
"""

_PLACEMENT = """\
[placement_database]
connection = sqlite:///{folder}/placement.db
"""


def cache_folder() -> pathlib.Path:
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(base) / 'flavorsvc-sandbox'


def ensure() -> pathlib.Path:
    """The folder of Keystone's and Nova's databases, made now if there is none.

    They are those of the installed versions. Safe when two sandboxes come up at once: one makes
    the folder, the other waits.

    :raises SandboxError: a migration failed, or the cache cannot be written.
    """
    return _ensure(*_CLOUD, _migrate_cloud)


def ensure_servers() -> pathlib.Path:
    """The same of Glance's and placement's, which only regions with servers need."""
    return _ensure(*_SERVERS, _migrate_servers)


def _ensure(distributions, databases, migrate):
    versions = '-'.join(f'{name}-{importlib.metadata.version(name)}' for name in distributions)
    folder = cache_folder() / f'{versions}-{FORMAT}'
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with fasteners.InterProcessLock(folder.parent / 'lock'):
            if not folder.is_dir():
                _make(folder, databases, migrate)
    except OSError as error:
        raise errors.SandboxError(
            f'cannot write the database template to {folder.parent} '
            f'(XDG_CACHE_HOME chooses another place): {error}') from error
    return folder


def installed_file(distribution: str, name: str) -> pathlib.Path:
    """Where a file is that a distribution, such as nova, installed with itself.

    :raises SandboxError: it has none of that name.
    """
    for file in importlib.metadata.files(distribution) or ():
        if file.name == name:
            return pathlib.Path(file.locate()).resolve()
    raise errors.SandboxError(f'the installed {distribution} has no {name}')


def write_keys(folder: pathlib.Path) -> None:
    """Makes the keys that a Keystone in `folder` signs with, unless they are there.

    It is what two calls of keystone-manage would take seconds for.
    """
    for name in _KEY_FOLDERS:
        keys = folder / name
        keys.mkdir(mode=0o700, exist_ok=True)
        # 0 is the key staged next, 1 the one in use.
        for number in ('0', '1'):
            if not (keys / number).exists():
                state.write_private(keys / number,
                                    base64.urlsafe_b64encode(os.urandom(32)).decode())


def _make(folder, databases, migrate):
    making = pathlib.Path(tempfile.mkdtemp(prefix='making-', dir=folder.parent))
    try:
        migrate(making)
        for name in databases:
            _switch_to_wal(making / name)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _migrate_cloud(folder):
    write_keys(folder)
    password = secrets.token_urlsafe(16)
    state.write_private(folder / ADMIN_PASSWORD, password)
    keystone = _configured(folder, 'keystone-manage', _KEYSTONE)
    nova = _configured(folder, 'nova-manage', _NOVA)
    # Nova's two migrations go on beside Keystone's two steps.
    beside = [_start(folder, *nova, 'api_db', 'sync'),
              _start(folder, *nova, 'db', 'sync', '--local_cell')]
    _finish(_start(folder, *keystone, 'db_sync'))
    _finish(_start(folder, *keystone, 'bootstrap', '--bootstrap-password', password))
    for process in beside:
        _finish(process)


def _migrate_servers(folder):
    beside = _start(folder, *_configured(folder, 'placement-manage', _PLACEMENT), 'db', 'sync')
    _finish(_start(folder, *_configured(folder, 'glance-manage', _GLANCE), 'db_sync'))
    _finish(beside)


def _configured(folder, program, text):
    file = folder / f'{program}.conf'
    file.write_text(text.format(folder=folder))
    return program, '--config-file', str(file)


def _start(folder, *command):
    program = pathlib.Path(sysconfig.get_path('scripts')) / command[0]
    environment = os.environ | {'OS_NOVA_DISABLE_EVENTLET_PATCHING': '1',
                                'PYTHONWARNINGS': 'ignore'}
    log = tempfile.TemporaryFile('w+', dir=folder)
    process = subprocess.Popen([sys.executable, program, *command[1:]], cwd=folder,
                               env=environment, stdin=subprocess.DEVNULL, stdout=log,
                               stderr=subprocess.STDOUT)
    return process, log


def _finish(started):
    process, log = started
    with log:
        if process.wait():
            log.seek(0)
            raise errors.SandboxError(
                f'{" ".join(map(str, process.args))} failed:\n{log.read()}')


def _switch_to_wal(path):
    """Readers do not wait for the writer; the mode is kept in the file."""
    connection = sqlite3.connect(path)
    try:
        connection.execute('PRAGMA journal_mode=WAL')
    finally:
        connection.close()
