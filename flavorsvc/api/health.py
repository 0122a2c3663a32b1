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

"""/healthcheck for load balancers: needs no token, costs the conductor next to nothing."""

import threading

import cachetools
from oslo_log import log
import webob.dec
import webob.exc

from flavorsvc import context
from flavorsvc.api import expose
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

PATH = '/healthcheck'
#: Seconds for which an answer of the conductor counts.
_VALID_FOR = 2


class Healthcheck:
    """Answers 200 'OK' when a conductor and its database answer, and 503 with a reason."""

    def __init__(self, app, conductor):
        self._app = app
        self._conductor = conductor
        self._answer = cachetools.TTLCache(1, _VALID_FOR)
        self._lock = threading.Lock()

    @webob.dec.wsgify
    def __call__(self, request):
        if request.environ.get('PATH_INFO') != PATH:
            return request.get_response(self._app)
        if request.method not in ('GET', 'HEAD'):
            return expose.describe(webob.exc.HTTPMethodNotAllowed(
                'Only GET, HEAD can be used here.', headers={'Allow': 'GET, HEAD'}),
                request.environ)
        error = self._state()
        if error is not None:
            return expose.describe(error, request.environ)
        return webob.Response('OK', content_type='text/plain', cache_control='no-store')

    def _state(self):
        # whoever comes while the conductor is asked waits for the same answer
        with self._lock:
            if 'now' not in self._answer:
                self._answer['now'] = self._ask()
            return self._answer['now']

    def _ask(self):
        try:
            self._conductor.ping(context.RequestContext())
        except errors.FlavorsvcError as error:
            return error
        except Exception:
            LOG.exception('The conductor cannot say how it is')
            return errors.Unavailable('The conductor cannot say how it is; the log says more.')
        return None
