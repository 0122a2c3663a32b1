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

"""Microversions of /v1: the header ``OpenStack-API-Version: flavorsvc 1.N``.

1.0, also when no header is sent, is the contract of the seeds; 1.1 the conventional API; 1.2 adds
what guards the flavors in regions: their replacement, their lifecycle, audits, and maintenance.
"""

import re

import microversion_parse
import pecan
import webob
import webob.exc

from flavorsvc.api import types
from flavorsvc.domain import errors

SERVICE = 'flavorsvc'
HEADER = 'OpenStack-API-Version'
MIN = types.CONTRACT
MAX = types.NEWEST
_KEY = 'flavorsvc.microversion'
_NEWEST_KEY = 'flavorsvc.newest_microversion'
#: Which version of the calls to conductors it takes to do all that a microversion promises.
_CALLS = {types.CONTRACT: (1, 0), types.CONVENTIONAL: (1, 0), types.GUARDED: (1, 3)}
#: What is not under one of these, such as the health, knows no microversions.
_PREFIXES = ('/v1/', '/api/v1/')
_FORM = re.compile(r'[0-9]{1,3}\.[0-9]{1,6}')


class NotSupported(webob.exc.HTTPNotAcceptable):
    """The caller wants a microversion that is not served here."""

    def __init__(self, wanted, newest):
        super().__init__(f'Version {wanted} is not supported; this service has '
                         f'{text(MIN)} to {text(newest)}.')


def text(version):
    """Write a version as '1.1'.

    :param version: (major, minor)
    """
    return '.'.join(map(str, version))


class Limited:
    """Offers no microversion that takes more of conductors than the API may ask of them."""

    def __init__(self, app, version_cap):
        """Wrap a WSGI application.

        :param version_cap: str such as '1.2', the highest version of the calls to conductors; None
            for that of this release
        """
        self._app = app
        self._newest = MAX if version_cap is None else max(
            each for each, calls in _CALLS.items()
            if calls <= tuple(map(int, version_cap.split('.'))))

    def __call__(self, environ, start_response):
        environ[_NEWEST_KEY] = self._newest
        return self._app(environ, start_response)


def newest(environ):
    """Tell the newest microversion that is served at present.

    :param environ: WSGI environment
    :returns: (major, minor)
    """
    return environ.get(_NEWEST_KEY, MAX)


def asked(headers, newest=MAX):
    """Tell which microversion a request asks for.

    :param headers: mapping of the request's headers
    :param newest: (major, minor), the newest that is served
    :returns: (major, minor)
    :raises errors.Invalid: when the header cannot be understood
    :raises NotSupported: when the version is out of range
    """
    wanted = microversion_parse.get_version(headers, service_type=SERVICE)
    if wanted is None:
        return MIN
    if wanted == 'latest':
        return newest
    if not _FORM.fullmatch(wanted):
        raise errors.Invalid(HEADER, f'must be such as "{SERVICE} {text(newest)}" or '
                                     f'"{SERVICE} latest", not {wanted[:60]!r}')
    version = tuple(map(int, wanted.split('.')))
    if not MIN <= version <= newest:
        raise NotSupported(text(version), newest)
    return version


def current():
    """Tell which microversion the request that is being answered speaks.

    :returns: (major, minor)
    """
    return pecan.request.environ.get(_KEY, MAX)


def is_contract():
    """Tell whether the request that is being answered speaks the contract of the seeds."""
    return current() == types.CONTRACT


def of(environ):
    """Tell which microversion the answer to a request should speak, whatever became of it.

    :param environ: WSGI environment
    :returns: (major, minor); the newest where the request does not tell
    """
    if _KEY in environ:
        return environ[_KEY]
    if not environ.get('PATH_INFO', '').startswith(_PREFIXES):
        return MAX
    try:
        return asked(webob.Request(environ).headers, newest(environ))
    except (errors.Invalid, NotSupported):
        return MAX


def negotiate(environ):
    """Find out which microversion a request speaks, once.

    :param environ: WSGI environment; remembers it
    :raises errors.Invalid: when the header cannot be understood
    :raises NotSupported: when the version is out of range
    """
    environ[_KEY] = asked(webob.Request(environ).headers, newest(environ))


def told(environ):
    """Tell by which microversion a request was answered.

    :param environ: WSGI environment
    :returns: list of (header, value) of the answer
    """
    version = environ.get(_KEY)
    said = [] if version is None else [(HEADER, f'{SERVICE} {text(version)}')]
    return [*said, ('Vary', HEADER)]
