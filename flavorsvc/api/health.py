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

"""/healthcheck for load balancers: needs no token, costs the conductor next to nothing.

With ``?detailed=true`` it tells operators more, where the deployer lets them ask. It needs no token
either, so that it answers while Keystone does not.
"""

import ipaddress
import threading
import urllib.parse

import cachetools
from oslo_context import context as oslo_context
from oslo_log import log
import webob.dec
import webob.exc

from flavorsvc.api import expose
from flavorsvc.api import measuring
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

PATH = '/healthcheck'
#: Seconds for which an answer of the conductor counts.
_VALID_FOR = 2

#: Headers by which proxies tell that they stand between: who asked them, the address cannot tell.
_OF_PROXIES = ('Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP',
               'Via')


class Healthcheck:
    """Answers 200 'OK' when a conductor and its database answer, and 503 with a reason."""

    def __init__(self, app, conductor, details_for=()):
        """Prepare.

        :param app: WSGI application
        :param conductor: flavorsvc.conductor.client.Conductor
        :param details_for: list of str, networks from which details may be asked for
        """
        self._app = app
        self._conductor = conductor
        self._details_for = [ipaddress.ip_network(each) for each in details_for]
        self._answer = cachetools.TTLCache(1, _VALID_FOR)
        self._lock = threading.Lock()

    @webob.dec.wsgify
    def __call__(self, request):
        if request.environ.get('PATH_INFO') != PATH:
            return request.get_response(self._app)
        request.environ[measuring.ROUTE] = PATH
        if request.method not in ('GET', 'HEAD'):
            return expose.describe(webob.exc.HTTPMethodNotAllowed(
                'Only GET, HEAD can be used here.', headers={'Allow': 'GET, HEAD'}),
                request.environ)
        # not by webob, which fails where the query is no UTF-8
        query = urllib.parse.parse_qs(request.environ.get('QUERY_STRING', ''))
        if 'true' in query.get('detailed', ()):
            return self._detailed(request)
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
        return self._asked(self._conductor.ping)[1]

    def _detailed(self, request):
        if not self._may_know(request):
            return expose.describe(errors.Denied(
                'Details are told to the networks of [api] healthcheck_details_for alone, and not '
                'through a proxy.'), request.environ)
        details, error = self._asked(self._conductor.health_details)
        if error is not None:
            return expose.describe(error, request.environ)
        return webob.Response(json_body={'healthcheck': details}, cache_control='no-store')

    def _may_know(self, request):
        if any(name in request.headers for name in _OF_PROXIES):
            return False
        try:
            address = ipaddress.ip_address(request.remote_addr or '')
        except ValueError:
            return False  # as over a Unix socket, where a proxy must be
        address = getattr(address, 'ipv4_mapped', None) or address
        return any(address in network for network in self._details_for)

    @staticmethod
    def _asked(question):
        """Ask the conductor.

        :returns: (answer, None), or (None, errors.FlavorsvcError)
        """
        try:
            return question(oslo_context.get_current()), None
        except errors.FlavorsvcError as error:
            return None, error
        except Exception:
            LOG.exception('The conductor cannot say how it is')
            return None, errors.Unavailable(
                'The conductor cannot say how it is; the log says more.')
