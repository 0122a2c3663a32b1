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

"""How a method answers under /v2.1: read as Nova reads, answered as Nova answers."""

import functools
import json

import pecan
import webob.exc

from flavorsvc.api import formats
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import queries
from flavorsvc.api.compute import schemas
from flavorsvc.api.expose import EMPTY

_WHATEVER = queries.Nothing()


def expose(body=None, query=_WHATEVER, status=200, since=microversions.MIN):
    """Make a method of a controller answer HTTP.

    The method is called with the context of the request, the variable segments of the path,
    ``filters`` and ``page`` where it is a list, ``body`` where there is one. What it returns is
    the body of the answer, or None.

    :param body: function of a microversion that gives the JSON schema of the body; None where a
        request has none
    :param query: one of :mod:`flavorsvc.api.compute.queries`
    :param status: int, the status of the answer
    :param since: (major, minor), the first microversion that has the method
    """
    def decorate(method):
        @pecan.expose(content_type=formats.JSON.media_type)
        @functools.wraps(method)
        def controller(self, *segments):
            request, version = pecan.request, microversions.current()
            if version < since:
                raise webob.exc.HTTPNotFound
            arguments = query.read(request.GET, version, self.max_limit)
            if body is not None:
                arguments['body'] = schemas.read(request)
                schemas.check(body(version), arguments['body'])
            answer = method(self, request.context['ctxt'], *segments, **arguments)
            pecan.response.status = status
            if answer is None:
                request.environ[EMPTY] = status
                return b''
            return json.dumps(answer).encode()
        return controller
    return decorate
