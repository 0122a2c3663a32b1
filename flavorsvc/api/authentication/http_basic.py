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


"""Users and passwords from a file, for sites without Keystone."""

import base64
import binascii
import hmac
import secrets
import threading

import bcrypt
import cachetools

from flavorsvc.api import surfaces
from flavorsvc.api.authentication import identity
from flavorsvc.api.authentication import user_file
from flavorsvc.domain import errors

_CHALLENGE = 'Basic realm="flavorsvc"'
#: bcrypt looks at no more of a password.
_LONGEST_PASSWORD_BYTES = 72
#: Seconds for which a password that was right is believed without the work of bcrypt.
_BELIEVED_FOR_S = 30
_MOST_BELIEVED = 1000

_AUTHORIZATION = 'HTTP_AUTHORIZATION'
#: The two literal headers of the FIWARE document.
_USER, _PASSWORD = 'HTTP_USER', 'HTTP_PASSWORD'


class Passwords:
    """Checks passwords, and remembers for some seconds which were right.

    What is remembered is a digest under a key of this process, never a password.
    """

    def __init__(self, users):
        """Prepare.

        :param users: user_file.UserFile
        """
        self._file = users
        self._key = secrets.token_bytes(32)
        self._right = cachetools.TTLCache(_MOST_BELIEVED, _BELIEVED_FOR_S)
        self._lock = threading.Lock()

    def user(self, name, password):
        """Give the user that has this name and password.

        :param name: bytes
        :param password: bytes
        :returns: user_file.User, or None
        """
        users = self._file.users()
        if not users or len(password) > _LONGEST_PASSWORD_BYTES or b'\0' in name + password:
            return None
        found = users.get(name.decode('latin-1'))
        # an unknown user costs what one of the known ones does, and the same one each time
        measure = found or list(users.values())[self._digest(name)[0] % len(users)]
        # a hash that was changed in the file makes another entry
        entry = self._digest(b'\0'.join([name, measure.digest, password]))
        with self._lock:
            if entry in self._right:
                return found
        if not bcrypt.checkpw(password, measure.digest) or found is None:
            return None
        with self._lock:
            self._right[entry] = True
        return found

    def _digest(self, content):
        return hmac.digest(self._key, content, 'sha256')


def middleware(conf, public):
    """Make the middleware that lets nobody pass without a user's name and password.

    :param conf: oslo_config.cfg.ConfigOpts with the group ``http_basic``
    :param public: collection of paths that need no authentication
    :returns: function that wraps a WSGI application
    :raises ValueError: saying what is wrong with the user file
    """
    passwords = Passwords(user_file.UserFile(conf.http_basic.user_file))

    def wrap(app):
        def checked(environ, start_response):
            identity.forget(environ)
            # nothing behind this, a log least of all, is to see a password
            credentials = _taken(environ)
            if environ.get('PATH_INFO') not in public:
                user = passwords.user(*credentials) if credentials else None
                if user is None:
                    return _refusal(environ)(environ, start_response)
                identity.confirm(environ, user.name, user.name, user.project_id, user.roles)
            return app(environ, start_response)
        return checked
    return wrap


def _taken(environ):
    """Take the credentials out of a request.

    :returns: (name, password) as bytes, or None where there are none
    """
    authorization = environ.pop(_AUTHORIZATION, None)
    name, password = environ.pop(_USER, None), environ.pop(_PASSWORD, None)
    if authorization is not None:
        return _decoded(authorization)
    if name is not None and password is not None:
        return name.encode('latin-1'), password.encode('latin-1')
    return None


def _decoded(authorization):
    scheme, _, encoded = authorization.partition(' ')
    try:
        content = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    name, colon, password = content.partition(b':')
    return (name, password) if scheme.lower() == 'basic' and colon else None


def _refusal(environ):
    refused = surfaces.describe(
        errors.Unauthorized('The name of a user and its password are needed.'), environ)
    refused.headers['WWW-Authenticate'] = _CHALLENGE
    return refused
