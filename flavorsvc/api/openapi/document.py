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

"""The document of the API (OpenAPI 3.1), made from what serves the requests.

The routes come from the URL tree, the rest of an operation from how its method is exposed
(:class:`flavorsvc.api.expose.Exposed`) and what its docstring says.
"""

import dataclasses
import http
import inspect
import re

from flavorsvc.api import expose
from flavorsvc.api import microversion
from flavorsvc.api import seed
from flavorsvc.api import types
from flavorsvc.api.openapi import schemas
from flavorsvc.domain import errors

_DESCRIPTION = """\
One catalogue of flavors, kept the same in every Nova region.

This document holds for microversion {version}; ask for it with another OpenStack-API-Version for
that of another. Whatever answers GET answers HEAD too. JSON is answered unless Accept asks for
XML. A path that has two servers is served at both.
"""

_TOKEN = ('A token of Keystone for a project. What identifies a caller depends on [DEFAULT] '
          'auth_strategy.')
SECURITY = {
    'token': {'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token', 'description': _TOKEN},
    'basic': {'type': 'http', 'scheme': 'basic',
              'description': 'Where auth_strategy is http_basic.'},
    'user': {'type': 'apiKey', 'in': 'header', 'name': 'user',
             'description': 'The name, in the form of the FIWARE document; as basic.'},
    'password': {'type': 'apiKey', 'in': 'header', 'name': 'password',
                 'description': 'The password that goes with the header user.'},
}
#: Each of these will do.
_IDENTITIES = [{'token': []}, {'basic': []}, {'user': [], 'password': []}]

#: Header that a method may heed → what it is for.
_HEEDED = {
    expose.IF_MATCH: ('do it only while the flavor is at this generation: its ETag, or *',
                      {'type': 'string', 'pattern': r'^(\*|(W/)?"[0-9]{1,9}")$'}),
    expose.PREFER: ('how long to wait for regions (RFC 7240): wait=N in seconds, respond-async',
                    {'type': 'string'}),
    expose.REGION_TOKEN: ('a token of the Keystone of the region, where that is another one',
                          {'type': 'string'}),
}
_PAGING = {
    'limit': 'most resources in the answer; a number above the limit of the service counts as it',
    'marker': 'what the page starts after: the id, or the name, of the last one of the page '
              'before',
    'sort_key': 'what the list is sorted by', 'sort_dir': 'how it is sorted',
}
_HEADERS = {
    'ETag': 'the generation of the flavor',
    'Location': 'where what was made is, or where the work can be looked at',
    'Preference-Applied': 'what was heeded of Prefer',
    'WWW-Authenticate': 'how to identify oneself',
    'X-Openstack-Request-Id': 'by which the logs name the request',
    microversion.HEADER: 'the microversion that is answered',
}


@dataclasses.dataclass(frozen=True)
class Routes:
    """What :mod:`flavorsvc.api.root` knows of the paths.

    :ivar tree: dict of path to method to controller
    :ivar under_api: str, the prefix under which some paths are served once more
    :ivar public: collection of paths that need no token
    :ivar discovery: collection of paths that depend on no microversion
    """

    tree: dict
    under_api: str
    public: frozenset
    discovery: frozenset


def document(routes, version):
    """Make the document of a microversion.

    :param routes: Routes
    :param version: (major, minor)
    :returns: dict; 'servers' are left to who knows the host, also those of the paths in
        'x-served-twice', which is to be taken out
    """
    found = schemas.Schemas(version)
    paths, twice, first = {}, [], {}
    for path, every in routes.tree.items():
        methods = {method: controller for method, controller in every.items()
                   if controller.exposed.since <= version}
        if not methods:
            continue
        original = path.removeprefix(routes.under_api)
        if original != path and original in routes.tree:
            twice.append(templated(original, methods))
            continue
        name = templated(path, methods)
        paths[name] = {
            **_segments_of(path, methods),
            **{method.lower(): _operation(name, method, controller, found, first, routes)
               for method, controller in methods.items()}}
    found.components.update(schemas.errors(version))
    return {
        'openapi': '3.1.0',
        'info': {'title': 'flavorsvc', 'version': microversion.text(version),
                 'description': _DESCRIPTION.format(version=microversion.text(version)),
                 'license': {'name': 'Apache-2.0', 'identifier': 'Apache-2.0'}},
        'security': _IDENTITIES,
        'tags': [{'name': tag} for tag in dict.fromkeys(
            tag for item in paths.values() for method, each in item.items()
            if method != 'parameters' for tag in each['tags'])],
        'paths': paths,
        'components': {'schemas': found.components, 'responses': found.responses,
                       'securitySchemes': SECURITY, 'parameters': _parameters(version),
                       'headers': _headers()},
        'x-served-twice': twice,
    }


def templated(path, methods):
    """Write a path of the tree as the document has it: /v1/regions/{region}/flavors/{flavor_id}.

    :param path: str, in which ``*`` is a segment of the caller's choice
    :param methods: dict of method to controller, whose arguments name these segments
    :returns: str
    """
    names = iter(_segments(methods))
    return '/' + '/'.join(f'{{{next(names)}}}' if step == '*' else step
                          for step in path.split('/'))


def _segments(methods):
    """Name the variable segments of a path as the first of its methods does."""
    arguments = list(inspect.signature(next(iter(methods.values()))).parameters)
    return [name for name in arguments[1:] if name not in ('body', 'filters', 'page')]


def _segments_of(path, methods):
    segments = _segments(methods)[:path.count('*')]
    return {'parameters': list(map(_segment, segments))} if segments else {}


def _operation(path, method, controller, found, first, routes):
    """Describe a method of a path.

    :param path: str, with the names of its segments
    :param first: dict of (function, method) to the path where it was met first, which grows
    :returns: dict, an operation object
    """
    told = Operation(method, controller, found, has_segments='{' in path,
                     is_public=path in routes.public,
                     is_discovery=path in routes.discovery).described()
    same = first.setdefault((controller.__func__, method), path)
    if same != path:
        words = re.sub(r'\W+', '_', re.sub(r'{\w+}', '', path).removeprefix('/v1/')).strip('_')
        told.update(operationId=f'{told["operationId"]}_at_{words}',
                    description=f'Another spelling of {same}.')
        if found.version != types.CONTRACT:
            told['deprecated'] = True
    return told


def _segment(name):
    return {'name': name, 'in': 'path', 'required': True,
            'schema': {'type': 'string', 'minLength': 1, 'pattern': '^[^/]+$'}}


def _snake(name):
    words = name.replace('OpenStack', 'Openstack').replace('OpenApi', 'Openapi')
    return re.sub(r'(?<=[a-z])(?=[A-Z])', '_', words).lower()


class Operation:
    """One method of one path."""

    def __init__(self, method, controller, found, has_segments, is_public, is_discovery):
        """Prepare.

        :param method: str, of HTTP
        :param controller: bound method with ``exposed``
        :param found: schemas.Schemas
        :param has_segments: bool, whether the path has segments of the caller's choice
        :param is_public: bool, whether it needs no token
        :param is_discovery: bool, whether it depends on no microversion
        """
        self._method = method
        self._controller = controller
        self._exposed = controller.exposed
        self._has_segments = has_segments
        self._is_public = is_public
        self._is_discovery = is_discovery
        self._schemas = found
        # errors of what depends on no microversion are told as the newest does
        self._version = microversion.MAX if is_discovery else found.version

    def described(self):
        """Describe it.

        :returns: dict, an operation object
        """
        summary, _, rest = inspect.getdoc(self._controller).partition('\n')
        tag = _snake(type(self._controller.__self__).__name__)
        operation = {
            'operationId': f'{tag}_{self._controller.__name__}',
            'summary': summary.removesuffix('.'), 'tags': [tag],
            'parameters': self._parameters(),
            'responses': dict(sorted({**self._errors(), **self._successes()}.items()))}
        if rest.strip():
            operation['description'] = rest.strip()
        if self._is_public:
            operation['security'] = []
        if self._exposed.body is not None:
            operation['requestBody'] = {'required': not self._exposed.body.optional,
                                        'content': self._schemas.sent(self._exposed.body)}
        return operation

    def _parameters(self):
        heeded = [*([] if self._is_discovery else [microversion.HEADER]), *self._exposed.heeds]
        query = self._exposed.query.parameters_at(self._version) if self._exposed.query else {}
        return [{'$ref': f'#/components/parameters/{name}'} for name in heeded] + [
            {'name': name, 'in': 'query', 'schema': schemas.portable(value.schema),
             'description': _PAGING.get(name, value.says),
             **({'allowEmptyValue': True} if value is types.Flag else {})}
            for name, value in query.items()]

    def _successes(self):
        exposed = self._exposed
        if exposed.answers is None:
            return {'204': self._response(204)}
        return {str(status): self._response(
            status, None if status == 204 else self._content(exposed.answers))
            for status in (exposed.status, *exposed.statuses) if status < 400}

    def _content(self, answers):
        if isinstance(answers, dict):
            return answers
        return self._schemas.answered(answers)

    def _response(self, status, content=None):
        names = ['X-Openstack-Request-Id']
        if not self._is_discovery:
            names.append(microversion.HEADER)
        if status in (201, 202):
            names.append('Location')
        if status < 300 and expose.PREFER in self._exposed.heeds:
            names.append('Preference-Applied')
        if status in (200, 201) and self._has_etag():
            names.append('ETag')
        if status == 401:
            names.append('WWW-Authenticate')
        told = {'description': http.HTTPStatus(status).phrase,
                'headers': {name: {'$ref': f'#/components/headers/{name}'} for name in names}}
        if content is not None:
            told['content'] = content
        return told

    def _has_etag(self):
        siblings = inspect.getmembers(type(self._controller.__self__),
                                      lambda each: hasattr(each, 'exposed'))
        return isinstance(self._exposed.answers, types.Single) and any(
            expose.IF_MATCH in method.exposed.heeds for _, method in siblings)

    def _errors(self):
        says = self._exposed.seed.values() if self._version == types.CONTRACT else ()
        texts = {say.status: say.text for say in says if isinstance(say, seed.Plain)}
        return {str(status): self._error(status, texts.get(status))
                for status in self._statuses() | {say.status for say in says}}

    def _error(self, status, text):
        """Describe an answer that is an error, once for all operations that share it.

        :param text: str, what the contract of the seeds says there as text/plain; may be None
        """
        content = schemas.error_content(self._version, status)
        if status == 401 and self._version == types.CONTRACT:
            content.update(_plain())
        if text is not None:
            content.update(_plain(text))
        told = self._response(status, content)
        if text is not None or self._is_discovery:
            return told
        name = re.sub(r'\W', '', told['description'])
        self._schemas.responses[name] = told
        return {'$ref': f'#/components/responses/{name}'}

    def _statuses(self):
        """Tell the errors that this may end with.

        :returns: set of int
        """
        heeds, status = self._exposed.heeds, expose.STATUS
        kinds, found = {errors.Invalid}, {406}
        if not self._is_public:
            kinds |= {errors.Unauthorized, errors.Forbidden, errors.Unavailable}
        if self._has_segments:
            kinds.add(errors.NotFound)
        if self._method != 'GET':
            kinds.add(errors.Conflict)
        if self._exposed.body is not None:
            found |= {413, 415}
        if expose.IF_MATCH in heeds:
            kinds.add(errors.GenerationMismatch)
        insists = expose.PREFER in heeds and self._version == types.CONTRACT
        if expose.REGION_TOKEN in heeds or insists:
            kinds.add(errors.RegionUnreachable)
        return (found | {status[kind] for kind in kinds}
                | {status for status in self._exposed.statuses if status >= 400})


def _plain(text=None):
    told = {'type': 'string'}
    if text is not None:
        told['examples'] = [re.sub(r'\{\d\}', '…', text)]
    return {'text/plain': {'schema': told}}


def _parameters(version):
    wanted = f'{microversion.SERVICE} {microversion.text(version)}'
    known = {microversion.HEADER: {
        'description': 'the microversion; without it, 1.0 is meant',
        'required': version != microversion.MIN,
        'schema': {'type': 'string', 'enum': [wanted]}}}
    known.update((name, {'description': says, 'schema': bounds})
                 for name, (says, bounds) in _HEEDED.items())
    return {name: {'name': name, 'in': 'header', **each} for name, each in known.items()}


def _headers():
    return {name: {'description': says, 'schema': {'type': 'string'}}
            for name, says in _HEADERS.items()}
