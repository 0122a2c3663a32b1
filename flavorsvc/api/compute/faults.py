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

"""How a failure is told under /v2.1: as Nova does, ``{"itemNotFound": {"code": 404, …}}``.

Programs go by the status and read the message to people, so where Nova has words for something they
are said the same way.
"""

import json

import pecan
import webob.exc

from flavorsvc.api import expose
from flavorsvc.domain import errors

#: Status → what Nova calls it.
_NAMES = {400: 'badRequest', 401: 'unauthorized', 403: 'forbidden', 404: 'itemNotFound',
          409: 'conflictingRequest', 413: 'overLimit', 415: 'badMediaType', 429: 'overLimit',
          501: 'notImplemented', 503: 'serviceUnavailable'}
_ANY_OTHER = 'computeFault'

#: What is another status here than in our own API: Nova has no gateway behind it, and a method
#: that a path does not have is to Nova a path that there is not.
_STATUS = {errors.RegionUnreachable: 503, webob.exc.HTTPMethodNotAllowed: 404}
#: Fields that are not named: Nova's own words are about all of a flavor, or a header.
_UNNAMED = ('flavor', 'OpenStack-API-Version')

_NOWHERE = 'The resource could not be found.'
_UNEXPECTED = ('Unexpected API Error. The log of the service says more under the request id of '
               'this answer.')


class Fault(errors.FlavorsvcError):
    """What Nova says of a request, in words of the controller: ``Fault(400, 'Request body …')``."""

    def __init__(self, status, words):
        super().__init__(status, words)

    @property
    def reason(self):
        return self.args[1]


def describe(error, environ):
    """Describe a failure.

    :param error: exception
    :param environ: WSGI environment of the request
    :returns: pecan.Response
    """
    status, words = _told(error, environ)
    environ[expose.DESCRIBED] = True
    return pecan.Response(json.dumps(document(status, words)).encode(), status=status,
                          content_type='application/json')


def document(status, words):
    """Tell a failure as Nova does.

    :param status: int
    :param words: str
    :returns: dict
    """
    return {_NAMES.get(status, _ANY_OTHER): {'code': status, 'message': words}}


def _told(error, environ):
    """Give the status and the message of a failure.

    :returns: (int, str)
    """
    if isinstance(error, Fault):
        return error.args
    for kind in type(error).__mro__:
        if kind in _STATUS or kind in expose.STATUS:
            return _STATUS.get(kind) or expose.STATUS[kind], _words(error)
    if isinstance(error, webob.exc.HTTPNotFound):
        return 404, _NOWHERE
    if isinstance(error, webob.exc.HTTPClientError):
        return error.code, error.detail or error.explanation
    expose.log_unexpected(error, environ)
    return 500, _UNEXPECTED


def _words(error):
    """Say it as Nova does, where Nova has words for it."""
    if isinstance(error, webob.exc.HTTPMethodNotAllowed):
        return _NOWHERE
    if isinstance(error, errors.Forbidden):
        return f"Policy doesn't allow {error.args[0]} to be performed."
    if isinstance(error, errors.NotFound) and error.args[0] == 'flavor':
        return f'Flavor {error.args[1]} could not be found.'
    if isinstance(error, errors.NotFound) and error.args[0] == 'access':
        return f'Flavor access not found for {error.args[1]} combination.'
    if isinstance(error, errors.AlreadyExists) and error.args[0] == 'flavor':
        field = {'id': 'ID'}.get(error.args[1], error.args[1])
        return f'Flavor with {field} {error.args[2]} already exists.'
    if isinstance(error, errors.Invalid) and error.args[0] in _UNNAMED:
        return error.args[1]
    return error.reason
