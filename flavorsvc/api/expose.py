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

"""How a method becomes a Pecan controller, and how an error becomes an answer.

WSME's own decorator is not used: it would read bodies from the query string and from forms, and
answer str() of any exception.
"""

import dataclasses
import functools
import re

from oslo_log import log
import pecan
from pecan import hooks
import webob.exc

from flavorsvc import context
from flavorsvc.api import formats
from flavorsvc.api import microversion
from flavorsvc.api import query as queries
from flavorsvc.api import schema
from flavorsvc.api import seed as seeds
from flavorsvc.api import types
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

#: The one table from what can go wrong to what HTTP calls it. Whatever is not in it, and no
#: answer of HTTP itself (405, 406, 415 …), is a 500 that tells the caller nothing.
STATUS = {
    errors.Invalid: 400,
    errors.UnknownRegion: 400,
    errors.Incomplete: 400,
    errors.Unauthorized: 401,
    errors.Denied: 403,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.AlreadyExists: 409,
    errors.Conflict: 409,
    errors.Leaving: 409,
    errors.GenerationMismatch: 412,
    errors.RegionUnreachable: 502,
    errors.Unavailable: 503,
}

UNEXPECTED = ('An unexpected error has occurred. The log of the service says more under this '
              'request id.')

#: Headers of a request that only some methods heed.
IF_MATCH, PREFER, REGION_TOKEN = 'If-Match', 'Prefer', 'X-Auth-Token-KeyStone'

#: Set in the environ of a request once its failure has been described.
DESCRIBED = 'flavorsvc.described'
#: Set there to the status of an answer without content, of which Pecan would make a 204.
EMPTY = 'flavorsvc.empty'


class InvalidBody(errors.FlavorsvcError):
    """A body with faults, of which each gets an error of its own.

    :ivar faults: list of errors.Invalid
    """

    def __init__(self, faults):
        super().__init__(faults[0].reason)
        self.faults = faults


class Body:
    """What a method reads: a shape, and whether it may be missing.

    :ivar shape: types.Single, or a WSME type for a body without a key around it
    :ivar purpose: schema.CREATE or schema.UPDATE
    :ivar optional: whether a request without a body counts as one with an empty object
    """

    def __init__(self, shape, purpose=schema.CREATE, optional=False):
        self.shape = shape
        self.purpose = purpose
        self.optional = optional

    def read(self, request, version):
        """Read and check the body of a request.

        :param version: (major, minor)
        :returns: dict of attribute key to value, of what was given
        :raises webob.exc.HTTPUnsupportedMediaType: for a format that nobody here reads
        :raises errors.Invalid: when it cannot be read
        :raises InvalidBody: when something in it is wrong
        """
        if self.optional and not request.body:
            return {}
        reader = formats.FORMATS.get(request.content_type)
        if reader is None:
            raise webob.exc.HTTPUnsupportedMediaType(
                f'Content-Type must be {" or ".join(formats.FORMATS)}, '
                f'not {request.content_type!r}.')
        return self.parse(reader, request.body, version)

    def parse(self, reader, content, version):
        """Read and check a body of a known format.

        :param reader: one of :mod:`flavorsvc.api.formats`
        :param content: bytes
        :param version: (major, minor)
        :returns: dict of attribute key to value, of what was given
        :raises errors.Invalid: when it cannot be read
        :raises InvalidBody: when something in it is wrong
        """
        try:
            data = reader.read(content, self.shape, version)
            faults = schema.faults(self.shape, data, self.purpose, version)
        except RecursionError:
            raise errors.Invalid('body', 'is nested too deeply') from None
        if faults:
            raise InvalidBody([errors.Invalid(*fault) for fault in faults])
        if isinstance(self.shape, types.Single):
            return self.shape.datatype.values(data[self.shape.name], version)
        return self.shape.values(data, version)


class Answer:
    """An answer whose status, or shape, depends on what became of the request.

    :ivar value: what a method would return
    :ivar status: int
    :ivar shape: types.Single or types.Listing; None for the one that the method is exposed with
    """

    def __init__(self, value, status, shape=None):
        self.value = value
        self.status = status
        self.shape = shape


@dataclasses.dataclass(frozen=True)
class Exposed:
    """How a method answers HTTP; the document of the API is made from it.

    See :func:`expose` for what is in it.
    """

    answers: object
    body: Body | None
    query: object
    status: int
    statuses: tuple
    first: object
    seed: dict
    heeds: tuple = ()
    since: tuple = types.CONTRACT


def expose(answers=None, body=None, query=None, status=200, statuses=(), first=None, seed=None,
           heeds=(), since=types.CONTRACT):
    """Make a method of a controller answer HTTP.

    The method is called with the context of the request, the variable segments of the path,
    ``filters`` and ``page`` where there is a query, ``body`` where there is one.

    :param answers: types.Single or types.Listing that the method returns; where it returns None
        instead, the answer is 204
    :param body: Body, or None where a request has none
    :param query: queries.Query, or None where no parameter is known
    :param status: int, the status of an answer with content
    :param statuses: ints, further ones that an :class:`Answer` of it may have, 204, and those of
        errors that are not to be seen from the method, the path and what it heeds
    :param first: function of (controller, context, segments …) that decides what has to be
        decided before the body is read
    :param seed: dict of an error to what the contract of the seeds (1.0) says there (see
        :func:`flavorsvc.api.seed.told`)
    :param heeds: names of the headers that it reads, of those that not every method does; for the
        document of the API
    :param since: (major, minor), the first microversion that has it; below, the URL is not found
    """
    exposed = Exposed(answers, body, query, status, statuses, first, seed or {}, heeds, since)

    def decorate(method):
        @pecan.expose(content_type=formats.XML.media_type)
        @pecan.expose(content_type=formats.JSON.media_type)
        @functools.wraps(method)
        def controller(self, *segments):
            if not microversion.is_contract():
                return _answer(exposed, method, self, segments)
            with seeds.told(exposed.seed):
                return _answer(exposed, method, self, segments)
        controller.exposed = exposed
        return controller
    return decorate


def _answer(exposed, method, self, segments):
    request, response, version = pecan.request, pecan.response, microversion.current()
    ctxt = request.context['ctxt']
    arguments = {}
    if version < exposed.since:
        raise webob.exc.HTTPNotFound(
            f'This needs microversion {microversion.text(exposed.since)} (header '
            f'{microversion.HEADER}: {microversion.SERVICE} {microversion.text(exposed.since)}).')
    if exposed.first is not None:
        exposed.first(self, ctxt, *segments)
    if exposed.query is None:
        queries.none(request.GET)
    else:
        arguments.update(exposed.query.read(request.GET, self.max_limit, version))
    if exposed.body is not None:
        arguments['body'] = exposed.body.read(request, version)
    answer = method(self, ctxt, *segments, **arguments)
    if not isinstance(answer, Answer):
        answer = Answer(answer, 204 if answer is None else exposed.status)
    response.status = answer.status
    if answer.value is None:
        return b''
    shape = answer.shape or exposed.answers
    following = None
    if 'page' in arguments:
        following = queries.following(request, arguments['page'], answer.value, shape.marker)
    chosen = formats.FORMATS[request.pecan['content_type']]
    return chosen.write(shape, answer.value, version, following)


class Identity(hooks.PecanHook):
    """Lets nobody pass whom the authentication in front did not confirm."""

    priority = 20

    def __init__(self, public):
        """Prepare.

        :param public: collection of paths that need no token
        """
        self._public = public

    def on_route(self, state):
        environ = state.request.environ
        confirmed = environ.get('HTTP_X_IDENTITY_STATUS') == 'Confirmed'
        if not confirmed and state.request.path_info not in self._public:
            raise webob.exc.HTTPUnauthorized('A valid token is needed in X-Auth-Token.')
        state.request.context['ctxt'] = (
            context.RequestContext.from_environ(environ) if confirmed
            else context.RequestContext(request_id=environ.get('openstack.request_id')))


def describe(error, environ):
    """Describe a failure: as the API-SIG asks, or at 1.0 as the seeds do.

    :param error: exception
    :param environ: WSGI environment of the request
    :returns: pecan.Response
    """
    request_id = environ.get('openstack.request_id', '')
    entries = [{'request_id': request_id, 'links': [], **entry}
               for entry in _entries(error, environ)]
    environ[DESCRIBED] = True
    format_ = formats.accepted(webob.Request(environ).accept) or formats.JSON
    document, content_type = {'errors': entries}, format_.content_type
    if microversion.of(environ) == types.CONTRACT:
        document = seeds.document(entries, format_)
    content = format_.dump(document)
    plain = seeds.plain_text(error, environ)
    if plain is not None:
        content, content_type = plain.encode(), 'text/plain'
    response = pecan.Response(content, status=entries[0]['status'], content_type=content_type)
    if isinstance(error, webob.exc.HTTPMethodNotAllowed):
        response.allow = error.allow
    response.headers.update(seeds.challenge(error, environ))
    return response


def _entries(error, environ):
    if isinstance(error, seeds.Said):
        return [{**entry, 'status': error.status, 'detail': error.text or entry['detail']}
                for entry in _entries(error.error, environ)]
    if isinstance(error, InvalidBody):
        return [_entry(400, fault.code, fault.title, fault.reason) for fault in error.faults]
    for kind in type(error).__mro__:
        if kind in STATUS:
            return [_entry(STATUS[kind], kind.code, kind.title, error.reason)]
    if isinstance(error, webob.exc.HTTPClientError):
        return [_of_http(error, environ)]
    log_unexpected(error, environ)
    return [_entry(500, 'flavorsvc.internal', 'Internal Server Error', UNEXPECTED)]


def log_unexpected(error, environ):
    """Log what the caller is told nothing of.

    :param error: exception
    :param environ: WSGI environment of the request
    """
    LOG.error('%s %s failed', environ['REQUEST_METHOD'], environ.get('PATH_INFO'), exc_info=error)


def _of_http(error, environ):
    code = re.sub(r'\W+', '_', error.title.lower())
    entry = _entry(error.code, f'flavorsvc.{code}', error.title,
                   error.detail or error.explanation)
    if isinstance(error, microversion.NotSupported):
        versions = f'{webob.Request(environ).application_url}/'
        entry.update(code='flavorsvc.microversion_not_supported',
                     min_version=microversion.text(microversion.MIN),
                     max_version=microversion.text(microversion.newest(environ)),
                     links=[{'rel': 'help', 'href': versions}])
    return entry


def _entry(status, code, title, detail):
    return {'status': status, 'code': code, 'title': title, 'detail': detail}
