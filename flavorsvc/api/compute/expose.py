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

import dataclasses
import functools
import json

import pecan
import webob.exc

from flavorsvc.api import formats
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import queries
from flavorsvc.api.compute import regional
from flavorsvc.api.compute import schemas
from flavorsvc.api.expose import DESCRIBED
from flavorsvc.api.expose import EMPTY

_WHATEVER = queries.Nothing()


@dataclasses.dataclass(frozen=True)
class Answer:
    """An answer that somebody else gave.

    :ivar status: int
    :ivar document: dict
    :ivar headers: dict of str to str
    """

    status: int
    document: dict
    headers: dict = dataclasses.field(default_factory=dict)


def expose(body=None, query=_WHATEVER, status=200, since=microversions.MIN, is_public=False):
    """Make a method of a controller answer HTTP.

    The method is called with the context of the request, the variable segments of the path,
    ``filters`` and ``page`` where it is a list, ``body`` where there is one. What it returns is
    the body of the answer, or None, or an :class:`Answer`.

    :param body: function of a microversion that gives the JSON schema of the body; None where a
        request has none
    :param query: one of :mod:`flavorsvc.api.compute.queries`
    :param status: int, the status of the answer
    :param since: (major, minor), the first microversion that has the method
    :param is_public: bool, whether anybody may ask: who does is then told nothing of regions
    """
    def decorate(method):
        @pecan.expose(content_type=formats.JSON.media_type)
        @functools.wraps(method)
        def controller(self, *segments):
            request, version = pecan.request, microversions.current()
            if version < since:
                raise webob.exc.HTTPNotFound
            ctxt, region = request.context['ctxt'], regional.named()
            if region is not None and not is_public:
                self.conductor.region_get(ctxt, region)
            arguments = query.read(request.GET, version, self.max_limit)
            if body is not None:
                arguments['body'] = schemas.read(request)
                schemas.check(body(version), arguments['body'])
            return _written(method(self, ctxt, *segments, **arguments), status)
        return controller
    return decorate


def _written(answer, status):
    if isinstance(answer, Answer):
        pecan.response.headers.update(answer.headers)
        # a failure is told already
        pecan.request.environ[DESCRIBED] = True
        status, answer = answer.status, answer.document
    pecan.response.status = status
    if answer is None:
        pecan.request.environ[EMPTY] = status
        return b''
    return json.dumps(answer).encode()
