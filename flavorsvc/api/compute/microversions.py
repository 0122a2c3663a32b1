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

"""Microversions of /v2.1: those of Nova, in the header ``OpenStack-API-Version: compute 2.N``.

What changes with one is said where it belongs: in a schema, in a query, in a view.
"""

import re

import microversion_parse
import pecan
import webob
import webob.exc

from flavorsvc.domain import errors

SERVICE = 'compute'
HEADER = 'OpenStack-API-Version'
LEGACY_HEADER = 'X-OpenStack-Nova-API-Version'
MIN = (2, 1)
#: The highest of Nova 34 (2026.2).
MAX = (2, 104)
_KEY = 'flavorsvc.compute_microversion'
_FORM = re.compile(r'([1-9][0-9]{0,3})\.([1-9][0-9]{0,5}|0)')


class NotSupported(webob.exc.HTTPNotAcceptable):
    """The caller wants a microversion that is not served here."""

    def __init__(self, wanted):
        super().__init__(f'Version {text(wanted)} is not supported by the API. Minimum is '
                         f'{text(MIN)} and maximum is {text(MAX)}.')


def text(version):
    """Write a version as '2.96'.

    :param version: (major, minor)
    """
    return '.'.join(map(str, version))


def negotiate(environ):
    """Find out which microversion a request speaks, once.

    :param environ: WSGI environment; remembers it, also one that is not served, as the answer
        names it
    :raises errors.Invalid: when the header cannot be understood
    :raises NotSupported: when the version is out of range
    """
    wanted = microversion_parse.get_version(webob.Request(environ).headers, SERVICE,
                                            legacy_headers=[LEGACY_HEADER])
    if wanted in (None, 'latest'):
        environ[_KEY] = MIN if wanted is None else MAX
        return
    found = _FORM.fullmatch(wanted)
    if found is None:
        raise errors.Invalid(HEADER, f'API Version String {wanted[:60]} is of invalid format. '
                                     f'Must be of format MajorNum.MinorNum.')
    environ[_KEY] = version = (int(found[1]), int(found[2]))
    if not MIN <= version <= MAX:
        raise NotSupported(version)


def told(environ):
    """Tell by which microversion a request was answered.

    :param environ: WSGI environment
    :returns: list of (header, value) of the answer
    """
    version = environ.get(_KEY)
    if version is None:
        return []
    return [(HEADER, f'{SERVICE} {text(version)}'), (LEGACY_HEADER, text(version)),
            ('Vary', HEADER), ('Vary', LEGACY_HEADER)]


def current():
    """Tell which microversion the request that is being answered speaks.

    :returns: (major, minor)
    """
    return pecan.request.environ.get(_KEY, MIN)
