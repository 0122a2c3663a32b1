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

"""The WSGI application: middleware around Pecan."""

import urllib.parse

from oslo_log import log
from oslo_middleware import cors
from oslo_middleware import http_proxy_to_wsgi
from oslo_middleware import request_id
from oslo_middleware import sizelimit
import pecan
import webob.dec
import webob.exc
import webob.multidict

from flavorsvc import policies
from flavorsvc.api import authentication
from flavorsvc.api import expose
from flavorsvc.api import health
from flavorsvc.api import measuring
from flavorsvc.api import microversion
from flavorsvc.api import root
from flavorsvc.api import surfaces
from flavorsvc.api.compute import regional
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

_PUBLIC, _DISCOVERY = map(regional.Everywhere, (root.PUBLIC, root.DISCOVERY))


class Request(pecan.Request):
    """A request whose body Pecan leaves alone.

    It would parse JSON and forms before any controller, with errors that
    escape the application.
    """

    @property
    def json(self):
        raise ValueError('bodies are read by flavorsvc.api.expose')

    @property
    def params(self):
        return webob.multidict.NoVars()


def make_app(conf, conductor, auth=None):
    """Make the application.

    :param conf: oslo_config.cfg.ConfigOpts, from flavorsvc.conf.load_api
    :param conductor: flavorsvc.conductor.client.Conductor
    :param auth: function that wraps a WSGI application in its authentication, which confirms
        the caller as keystonemiddleware does; that is what is used by default
    :returns: WSGI application
    """
    conf.register_opts(cors.CORS_OPTS, 'cors')
    app = _pecan(conf, conductor)
    pipeline = (  # the outermost first
        # brings the root of the service, where links begin, into one form
        _rooted,
        # counts and times whatever is answered
        measuring.Measured,
        # answers the preflight requests of browsers; only where [cors] allowed_origin is set,
        # for it answers every OPTIONS
        lambda app: cors.CORS(app, conf) if conf.cors.allowed_origin else app,
        # takes scheme and host of our URLs from a proxy, where the deployer trusts it
        lambda app: http_proxy_to_wsgi.HTTPProxyToWSGI(app, conf),
        # gives the request the id that it has in every log and answer
        lambda app: request_id.RequestId(app, conf),
        # and in the logs of those who refuse it before its caller is known
        measuring.Named,
        # while conductors of an earlier release answer, what they cannot do is not offered
        lambda app: microversion.Limited(app, conf.rpc.version_cap),
        # needs no token
        lambda app: health.Healthcheck(app, conductor, conf.api.healthcheck_details_for),
        # puts what the middleware below refuses into the shape of all errors; logs what nobody
        # expected and tells the caller nothing of it
        lambda app: Described(app, conf),
        # refuses bodies above [oslo_middleware] max_request_body_size
        lambda app: sizelimit.RequestBodySizeLimiter(app, conf),
        # lets nobody pass whom [DEFAULT] auth_strategy does not know
        auth or authentication.strategy(conf, _PUBLIC),
    )
    for wrap in reversed(pipeline):
        app = wrap(app)
    return app


def _rooted(app):
    """Take the slash from the end of SCRIPT_NAME, or links would have two.

    Apache (mod_proxy_uwsgi) leaves it there when it is asked for the root of the service.
    """
    def wrapped(environ, start_response):
        environ['SCRIPT_NAME'] = environ.get('SCRIPT_NAME', '').rstrip('/')
        return app(environ, start_response)
    return wrapped


def _pecan(conf, conductor):
    tree = root.routes(
        conductor, policies.enforcer(conf), conf.api.max_limit,
        install_regions=conf.compute_api.install_regions if conf.compute_api.enabled else None,
        show_unmanaged=conf.compute_api.show_unmanaged)
    return pecan.make_app(
        root.Root(tree), request_cls=Request,
        # an id may end in .json, so the format is chosen by headers alone
        guess_content_type_from_ext=False,
        hooks=[surfaces.Failures(), expose.Identity(_PUBLIC), surfaces.Formats(),
               surfaces.Negotiation(_DISCOVERY)])


class Described:
    """Puts the failures of middleware into the shape of all errors.

    oslo's CatchErrors is not used: it logs the whole request, with the token
    for a region and the passwords of infrastructures in it.
    """

    def __init__(self, app, conf):
        self._app = app
        self._most_bytes = conf.oslo_middleware.max_request_body_size

    @webob.dec.wsgify
    def __call__(self, request):
        fault = _malformed(request.environ)
        if fault is not None:
            return surfaces.describe(fault, request.environ)
        try:
            response = request.get_response(self._app)
        except Exception as error:
            return surfaces.describe(error, request.environ)
        if response.status_int == 401:
            # whoever watches for guessing needs it; the name tried may be a password
            LOG.info('%s %s 401, from %s', request.method, request.path, request.remote_addr)
        if response.status_int < 400 or expose.DESCRIBED in request.environ:
            response.status_int = request.environ.get(expose.EMPTY, response.status_int)
            return response
        described = surfaces.describe(self._failure(response), request.environ)
        if 'WWW-Authenticate' in response.headers:
            described.headers['WWW-Authenticate'] = response.headers['WWW-Authenticate']
        return described

    def _failure(self, response):
        if response.status_int == 401:
            return webob.exc.HTTPUnauthorized(
                'The token in X-Auth-Token is missing, has expired or is not valid.')
        if response.status_int == 413:
            return webob.exc.HTTPRequestEntityTooLarge(
                f'The body is larger than {self._most_bytes} bytes.')
        if response.status_int == 503:
            return errors.Unavailable('Keystone does not answer, so the token cannot be checked.')
        if response.status_int < 500:
            return webob.exc.status_map[response.status_int]()
        return RuntimeError(response.status)


def _malformed(environ):
    """Find what a server may let through although webob cannot read it.

    :returns: errors.Invalid, or None
    """
    try:
        environ.get('PATH_INFO', '').encode('latin-1').decode('utf-8')
        query = environ.get('QUERY_STRING', '').encode('latin-1')
        urllib.parse.unquote_to_bytes(query.replace(b'+', b' ')).decode('utf-8')
    except UnicodeError:
        return errors.Invalid('URL', 'is not UTF-8')
    length = environ.get('CONTENT_LENGTH') or '0'
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        return errors.Invalid('Content-Length', 'must be a number of bytes')
    return None
