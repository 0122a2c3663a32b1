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


"""Everybody is a manager: for work on one machine."""

import ipaddress

from flavorsvc.api import surfaces
from flavorsvc.api.authentication import identity
from flavorsvc.domain import errors

_NAME = 'noauth'
#: Characters of a project's id that the database holds.
_LONGEST_PROJECT_ID = 64


def check(host):
    """Refuse to be reached from other machines.

    :param host: str, the address that the API listens on; None where it is not known
    :raises ValueError: unless it is the loopback address
    """
    if host is None:
        raise ValueError('[DEFAULT] auth_strategy is noauth, which flavorsvc-api and '
                         'flavorsvc-all-in-one alone can serve: a WSGI server does not tell on '
                         'which address it listens')
    if not _is_loopback(host):
        raise ValueError(f'[DEFAULT] auth_strategy is noauth, so [api] host must be a loopback '
                         f'address such as 127.0.0.1, not {host}')


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == 'localhost'


def middleware(conf, public):
    """Make the middleware that confirms every caller as an admin.

    The project is that of the header X-Project-Id, so that what belongs to projects can be tried.

    :param conf: oslo_config.cfg.ConfigOpts
    :param public: collection of paths that need no authentication; they get it too
    :returns: function that wraps a WSGI application
    """
    def wrap(app):
        def confirmed(environ, start_response):
            project_id = environ.get('HTTP_X_PROJECT_ID') or _NAME
            identity.forget(environ)
            if not _is_project_id(project_id):
                fault = errors.Invalid('X-Project-Id', f'must have at most {_LONGEST_PROJECT_ID} '
                                                       f'printable characters of ASCII')
                return surfaces.describe(fault, environ)(environ, start_response)
            identity.confirm(environ, _NAME, _NAME, project_id, ['admin'])
            return app(environ, start_response)
        return confirmed
    return wrap


def _is_project_id(text):
    return len(text) <= _LONGEST_PROJECT_ID and text.isascii() and text.isprintable()
