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

"""Credentials of other clouds, sealed so that the database alone does not give them away.

The keys lie in a folder as Keystone's do: files whose names are numbers. The
highest is the primary key, with which is sealed; 0 is the staged one, which
becomes primary at the next rotation, so that every conductor has it before
anyone uses it; those between only open what was sealed earlier.
"""

import contextlib
import errno
import json
import os
import pathlib
import tempfile

from cryptography import fernet

from flavorsvc.domain import errors
from flavorsvc.domain import failures


class Keys:
    """The keys in one folder. They are read at each use, so a rotation needs no restart."""

    def __init__(self, repository):
        """Remember where; nothing is read yet.

        :param repository: str or pathlib.Path of the folder
        """
        self._folder = pathlib.Path(repository)

    def seal(self, values):
        """Encrypt with the primary key.

        :param values: dict with JSON values
        :returns: str
        :raises errors.Unavailable: when there is no key
        """
        try:
            ring = fernet.MultiFernet(self._some())
        except (OSError, ValueError) as error:
            raise errors.Unavailable(
                f'Credentials cannot be kept: {self._trouble(error)}') from error
        return ring.encrypt(json.dumps(values).encode()).decode()

    def unseal(self, text):
        """Decrypt with whichever key fits.

        :param text: str that :meth:`seal` gave
        :returns: dict
        :raises failures.Unreachable: when no key fits
        """
        try:
            return json.loads(fernet.MultiFernet(self._some()).decrypt(text.encode()))
        except fernet.InvalidToken as error:
            raise failures.Unreachable(
                'credential', f'No key in {self._folder} opens the stored credential: bring the '
                              f'key back, or register the infrastructure anew.') from error
        except (OSError, ValueError) as error:
            raise failures.Unreachable(
                'credential', f'The stored credential cannot be opened: '
                              f'{self._trouble(error)}') from error

    def reseal(self, text):
        """Encrypt with the primary key what another one sealed.

        :returns: str; the same one when the primary key sealed it already; None when no key fits
        :raises OSError, ValueError: when the keys cannot be read
        """
        keys = self._some()
        if _opens(keys[:1], text):
            return text
        if not _opens(keys, text):
            return None
        return fernet.MultiFernet(keys).rotate(text.encode()).decode()

    def set_up(self):
        """Make the folder and the first keys, unless there are some.

        :returns: bool, whether there were none
        :raises OSError: when that is not possible
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._numbers():
            return False
        for number in (0, 1):
            self._write(number)
        return True

    def rotate(self, max_active_keys):
        """Make the staged key primary, stage a new one, and drop the oldest beyond a number.

        Each step leaves a folder that opens all that it opened before, until
        the last, which drops.

        :param max_active_keys: int, at least 2, the staged one among them
        :raises OSError, ValueError: when there are no keys, or they cannot be written
        """
        dropped = self.dropped(max_active_keys)
        self._write(max(self._numbers()) + 1, self._path(0).read_bytes())
        self._write(0)
        for number in dropped:
            self._path(number).unlink()

    def dropped(self, max_active_keys):
        """Tell which keys a rotation would drop.

        :returns: list of int, oldest first
        :raises OSError, ValueError: when there are no keys
        """
        self._some()
        kept = sorted(number for number in self._numbers() if number)
        return kept[:max(0, len(kept) + 2 - max_active_keys)]

    def needs(self, text, numbers):
        """Tell whether something that can be opened could not be without some of the keys.

        :param numbers: iterable of int
        :returns: bool
        """
        left = self._read(without=set(numbers))
        return _opens(self._read(), text) and not _opens(left, text)

    def _numbers(self):
        return [int(path.name) for path in self._folder.iterdir() if path.name.isdigit()]

    def _some(self):
        """Read the keys, and insist that there are some.

        :raises FileNotFoundError: when there is none
        """
        keys = self._read()
        if not keys:
            raise FileNotFoundError(errno.ENOENT, 'No key', str(self._folder))
        return keys

    def _read(self, without=()):
        """Read the keys, the primary one first.

        :returns: list of fernet.Fernet
        :raises OSError: when they cannot be read
        :raises ValueError: when one is no key
        """
        keys = []
        for number in sorted(set(self._numbers()) - set(without), reverse=True):
            with contextlib.suppress(FileNotFoundError):  # a rotation dropped it just now
                keys.append(self._key(number))
        return keys

    def _key(self, number):
        try:
            return fernet.Fernet(self._path(number).read_bytes().strip())
        except ValueError as error:
            raise ValueError(f'{self._path(number)} is not a key.') from error

    def _path(self, number):
        return self._folder / str(number)

    def _write(self, number, key=None):
        """Put a key, or a new one, in its place in one step, readable by its owner only."""
        descriptor, name = tempfile.mkstemp(prefix='new-', dir=self._folder)  # mode 0600
        if os.geteuid() == 0:
            owner = os.stat(self._folder)  # the conductor's user, who has to read it
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        with open(descriptor, 'wb') as file:
            file.write(key or fernet.Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, self._path(number))

    def _trouble(self, error):
        """Say why the keys cannot be used, and what to do.

        :returns: str, a sentence
        """
        if isinstance(error, FileNotFoundError):
            return (f'there is no key in {self._folder}. The operator has to run '
                    f'"flavorsvc-manage credential setup" once.')
        if isinstance(error, OSError):
            return f'the keys in {self._folder} cannot be read: {error.strerror}.'
        return str(error)


def _opens(keys, text):
    try:
        return bool(keys) and fernet.MultiFernet(keys).decrypt(text.encode()) is not None
    except fernet.InvalidToken:
        return False
