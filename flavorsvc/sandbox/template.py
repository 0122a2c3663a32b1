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

"""Migrated databases of Keystone and Nova, made once a version and copied ever after."""

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

DATABASES = ('keystone.db', 'nova_api.db', 'nova_cell.db')

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


def cache_folder() -> pathlib.Path:
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    return pathlib.Path(base) / 'flavorsvc-sandbox'


def ensure() -> pathlib.Path:
    """The folder that holds DATABASES for the installed versions, made now if there is none.

    Safe when two sandboxes come up at once: one makes it, the other waits.

    :raises SandboxError: a migration failed, or the cache cannot be written.
    """
    versions = '-'.join(importlib.metadata.version(name) for name in ('keystone', 'nova'))
    folder = cache_folder() / f'{versions}-{FORMAT}'
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with fasteners.InterProcessLock(folder.parent / 'lock'):
            if not folder.is_dir():
                _make(folder)
    except OSError as error:
        raise errors.SandboxError(
            f'cannot write the database template to {folder.parent} '
            f'(XDG_CACHE_HOME chooses another place): {error}') from error
    return folder


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


def _make(folder):
    making = pathlib.Path(tempfile.mkdtemp(prefix='making-', dir=folder.parent))
    try:
        keystone_conf, nova_conf = making / 'keystone.conf', making / 'nova.conf'
        keystone_conf.write_text(_KEYSTONE.format(folder=making))
        nova_conf.write_text(_NOVA.format(folder=making))
        write_keys(making)
        password = secrets.token_urlsafe(16)
        state.write_private(making / ADMIN_PASSWORD, password)
        keystone = ['keystone-manage', '--config-file', str(keystone_conf)]
        nova = ['nova-manage', '--config-file', str(nova_conf)]
        # Nova's two migrations go on beside Keystone's two steps.
        beside = [_start(making, *nova, 'api_db', 'sync'),
                  _start(making, *nova, 'db', 'sync', '--local_cell')]
        _finish(_start(making, *keystone, 'db_sync'))
        _finish(_start(making, *keystone, 'bootstrap', '--bootstrap-password', password))
        for process in beside:
            _finish(process)
        for name in DATABASES:
            _switch_to_wal(making / name)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


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
