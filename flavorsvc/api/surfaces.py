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

"""The APIs that this service speaks, side by side: its own, and that of Nova.

Which one a request is for is told by its path. What Pecan's hooks and the middleware have to know
of an API is a row here, so that a failure has the same shape wherever it comes from.
"""

import collections.abc
import dataclasses

from oslo_log import log
from pecan import hooks

from flavorsvc.api import expose
from flavorsvc.api import formats
from flavorsvc.api import microversion
from flavorsvc.api.compute import faults
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import regional

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Surface:
    """One of the APIs.

    :ivar negotiate: function of a WSGI environment that finds out the microversion of a request
    :ivar told: function of a WSGI environment that gives what the headers of the answer say of
        it: list of (header, value)
    :ivar describe: function of an exception and a WSGI environment that gives a pecan.Response
    :ivar chosen: function of a request that gives the format of the answer
    """

    negotiate: collections.abc.Callable
    told: collections.abc.Callable
    describe: collections.abc.Callable
    chosen: collections.abc.Callable


OWN = Surface(microversion.negotiate, microversion.told, expose.describe, formats.chosen)
#: Nova's is JSON, whatever else Accept may prefer.
COMPUTE = Surface(microversions.negotiate, microversions.told, faults.describe,
                  lambda request: formats.JSON)


def of(environ):
    """Tell which API a request is for.

    :param environ: WSGI environment
    :returns: Surface
    """
    _, path = regional.split(environ.get('PATH_INFO', ''))
    return COMPUTE if path == '/v2.1' or path.startswith('/v2.1/') else OWN


def describe(error, environ):
    """Describe a failure in the shape of the API that the request is for.

    :param error: exception
    :param environ: WSGI environment
    :returns: pecan.Response
    """
    return of(environ).describe(error, environ)


class Failures(hooks.PecanHook):
    """Turns every exception into an answer, and logs each request."""

    priority = 10

    def on_error(self, state, error):
        return describe(error, state.request.environ)

    def after(self, state):
        LOG.info('%s %s %s', state.request.method, state.request.path, state.response.status_int)


class Formats(hooks.PecanHook):
    """Chooses the format of the answer before anything can go wrong in it."""

    priority = 25

    def on_route(self, state):
        chosen = of(state.request.environ).chosen(state.request)
        state.request.pecan['content_type'] = chosen.media_type


class Negotiation(hooks.PecanHook):
    """Reads the microversion before routing, and answers it with every response."""

    priority = 30

    def __init__(self, public):
        """Prepare.

        :param public: collection of paths that tell the versions, and so must not depend on one
        """
        self._public = public

    def on_route(self, state):
        if state.request.path_info not in self._public:
            of(state.request.environ).negotiate(state.request.environ)

    def after(self, state):
        for header, value in of(state.request.environ).told(state.request.environ):
            state.response.headers.add(header, value)
