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


"""The user file of http_basic, in the form of Apache's htpasswd."""

import dataclasses
import os
import re
import threading

from oslo_log import log

LOG = log.getLogger(__name__)

#: What ``htpasswd -B`` writes, of a cost that it can be asked for.
_HASH = re.compile(r'\$2[aby]\$(?:0[4-9]|1[0-7])\$[./A-Za-z0-9]{53}')
_NAME = re.compile(r'[!-9;-~]{1,255}')
_PROJECT = re.compile(r'[!-9;-~]{0,64}')
_ROLES = re.compile(r'[\w.-]+(?:,[\w.-]+)*', re.ASCII)


@dataclasses.dataclass(frozen=True)
class User:
    """One line of the file.

    :ivar digest: bytes, the bcrypt hash of the password
    :ivar project_id: str, or None
    :ivar roles: tuple of str
    """

    name: str
    digest: bytes = dataclasses.field(repr=False)
    project_id: str | None
    roles: tuple[str, ...]


class UserFile:
    """The users as the file has them now.

    A file that cannot be read, or not be understood, after it once could, changes nothing: the
    users stay those that it last had.
    """

    def __init__(self, path):
        """Read the file.

        :param path: str
        :raises ValueError: naming the file, the line and what is wrong there
        """
        self._path = path
        self._lock = threading.Lock()
        try:
            with open(path, 'rb') as file:
                self._seen = _signature(os.fstat(file.fileno()))
                self._users = parse(path, file.read())
        except OSError as error:
            raise ValueError(f'[http_basic] user_file cannot be read: {error}') from None

    def users(self):
        """Give the users, read again if the file has changed.

        :returns: dict of name to User
        """
        with self._lock:
            try:
                self._refresh()
            except (OSError, ValueError) as error:
                LOG.error('The users of http_basic stay as they were: %s', error)
            return self._users

    def _refresh(self):
        try:
            found = _signature(os.stat(self._path))
        except OSError:
            found = None
        if found == self._seen:
            return
        # a fault is told once, not with each request
        self._seen = found
        with open(self._path, 'rb') as file:
            self._seen = _signature(os.fstat(file.fileno()))
            self._users = parse(self._path, file.read())
        LOG.info('The users of http_basic were read again: %d', len(self._users))


def parse(path, content):
    """Read the lines of a user file. Empty ones and those that begin with # say nothing.

    :param path: str, for what is said of a fault
    :param content: bytes
    :returns: dict of name to User
    :raises ValueError: naming the file, the line and what is wrong there, never what stands there
    """
    users = {}
    for number, line in enumerate(content.split(b'\n'), 1):
        line = line.strip()
        if not line or line.startswith(b'#'):
            continue
        try:
            user = _user(line)
            if user.name in users:
                raise ValueError('the user is in a line above already')
        except ValueError as error:
            raise ValueError(f'{path}, line {number}: {error}') from None
        users[user.name] = user
    return users


def _user(line):
    if not line.isascii():
        raise ValueError('must be ASCII')
    name, colon, rest = line.decode('ascii').partition(':')
    digest, _, rest = rest.partition(':')
    project, _, roles = rest.partition(':')
    if not colon or not _NAME.fullmatch(name):
        raise ValueError('must begin with the name of a user and a colon')
    if not _HASH.fullmatch(digest):
        raise ValueError('the password must be a bcrypt hash ($2y$) as htpasswd -B makes it')
    if not _PROJECT.fullmatch(project):
        raise ValueError('the project must be an id of at most 64 characters')
    if roles and not _ROLES.fullmatch(roles):
        raise ValueError('the roles must be names with commas between')
    return User(name, digest.encode(), project or None, tuple(roles.split(',')) if roles else ())


def _signature(status):
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
