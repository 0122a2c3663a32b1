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

"""Counts and times every request, whatever answers it."""

from flavorsvc import context
from flavorsvc import metrics

#: Where in the environment of a request its route is, once it is known.
ROUTE = 'flavorsvc.route'
_NO_ROUTE = 'none'


class Measured:
    """Counts the requests, by route."""

    def __init__(self, app):
        """Wrap an application.

        :param app: WSGI application
        """
        self._app = app

    def __call__(self, environ, start_response):
        """Answer."""
        measured = metrics.Request('api_request', environ['REQUEST_METHOD'])
        answered = ['500']

        def noting(status, headers, exc_info=None):
            answered[0] = status.split()[0]
            return start_response(status, headers, exc_info)
        try:
            return self._app(environ, noting)
        finally:
            measured.over(answered[0], route=environ.get(ROUTE, _NO_ROUTE))


class Named:
    """Has what is logged before the caller is known bear the id of this request.

    Without it, it would bear that of the request which the same thread answered before.
    """

    def __init__(self, app):
        """Wrap an application.

        :param app: WSGI application
        """
        self._app = app

    def __call__(self, environ, start_response):
        """Answer."""
        context.RequestContext(request_id=environ.get('openstack.request_id'),
                               global_request_id=environ.get('openstack.global_request_id'))
        return self._app(environ, start_response)
