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

"""Requests that a program makes up: how many, to what, and what must hold of every answer."""

import inspect
import json
import os
import re
from xml.etree import ElementTree

import hypothesis
import requests_mock
import webob

from flavorsvc.api import expose
from flavorsvc.api import microversion
from flavorsvc.api import root
from flavorsvc.api import types
from flavorsvc.cloud import credentials
from tests import tally
from tests.functional import site as sites

#: Requests of one run, over all tests that make them up.
TOTAL = int(os.environ.get('FLAVORSVC_GENERATED', '4000'))
#: Those of hypothesis. Without a number of its own a run is the same each time.
SETTINGS = {'deadline': None, 'database': None,
            'derandomize': 'FLAVORSVC_GENERATED' not in os.environ,
            'suppress_health_check': list(hypothesis.HealthCheck)}
VERSIONS = [microversion.text(microversion.MIN), microversion.text(microversion.MAX)]
TREE = root.own(root.routes(None, None, 1))
JSON, XML = 'application/json', 'application/xml'
#: Nobody waits for the regions: no engine works here.
AT_ONCE = 'respond-async'

#: After so many requests the site is as it was, or lists would grow and grow.
_FRESH_AFTER = 500


def share(part):
    """Tell how many requests a test makes that is to make a part of all of them."""
    return max(1, round(TOTAL * part))


class Furnished:
    """A site with something to hit on, which it keeps getting again.

    :ivar app: WSGI application
    """

    def __init__(self, site):
        self._site = site
        self._left = 0
        self.conf = site.conf

    def app(self, environ, start_response):
        if not self._left:
            self._left = _FRESH_AFTER
            self.furnish()
        self._left -= 1

        def answer(status, headers, exc_info=None):
            tally.statuses[status[:3]] += 1
            return start_response(status, headers, exc_info)
        return self._site.app(environ, answer)

    def furnish(self):
        """Have two flavors, one of them with properties and installed; a service type with one."""
        self._site.reset()
        flavor = {'id': 'one', 'name': 'one', 'vcpus': 1, 'ram': 1, 'disk': 1, 'public': True}
        rich = {**flavor, 'id': 'two', 'name': 'two', 'promoted': True, 'description': 'd',
                'properties': {'cpu_arch': 'x'}, 'extra_specs': {'a:b': 'c'}}
        headers = {'X-Auth-Token': 'manager', 'OpenStack-API-Version': 'flavorsvc 1.1',
                   'Content-Type': JSON}
        for method, path, body in [
                ('POST', '/v1/flavors', {'flavor': flavor}),
                ('POST', '/v1/flavors', {'flavor': rich}),
                ('POST', '/v1/flavors/two/install', {'regions': ['RegionOne']}),
                ('PUT', '/v1/service_types/redis', {'service_type': {'min_ram': 1}}),
                ('POST', '/v1/registered_flavors/redis/f1', None)]:
            request = webob.Request.blank(path, method=method, headers=headers,
                                          body=b'' if body is None else written(body))
            response = request.get_response(self._site.app)
            assert response.status_int in (201, 202), response.text

    def ask(self, method, path, token='manager', headers=(), body=None):
        """Send a request.

        :param path: str, with a query where there is one
        :param headers: dict of str to str of latin-1, as a server hands them on
        :param body: bytes or None
        """
        request = webob.Request.blank(path, method=method)
        if body is not None:
            request.body = body
        headers = dict(headers)
        # whatever else it prefers: at 1.0 who waits for regions in vain is told so by a 502
        headers['Prefer'] = f'{AT_ONCE}, {headers.get("Prefer", "")}'
        for name, value in headers.items():
            key = name.upper().replace('-', '_')
            request.environ[key if key.startswith('CONTENT_') else f'HTTP_{key}'] = value
        if token is not None:
            request.environ['HTTP_X_AUTH_TOKEN'] = token
        return request.get_response(self.app)


def details(response):
    """Give what an answer that is an error says: list of str."""
    if response.content_type == 'text/plain':
        return [response.text]
    if response.content_type == XML:
        found = ElementTree.fromstring(response.body)
        return [each.text for each in found.iter() if each.tag in ('detail', 'message')]
    if 'error' in response.json:
        return [response.json['error']['message']]
    return [error['detail'] for error in response.json['errors']]


def _known():
    """Name all that a client can send and get wrong: paths, parameters, headers, bodies."""
    found = {'body', 'URL', 'Content-Length', expose.IF_MATCH, microversion.HEADER}
    for methods in TREE.values():
        for controller in methods.values():
            found |= set(inspect.signature(controller).parameters)
            found |= _sent(controller.exposed)
    return found


def _sent(exposed):
    found = set(exposed.query.parameters) if exposed.query else set()
    if exposed.body is None:
        return found
    if isinstance(exposed.body.shape, types.Single):
        return found | {exposed.body.shape.name}
    return found | {name for name, _ in types.attributes(exposed.body.shape, microversion.MAX)}


KNOWN = _known()
_UNKNOWN = re.compile(r'unknown field|unknown query parameter|is given more than once')


def check(response, method='GET'):
    """Assert what holds of every answer."""
    assert response.status_int < 500, response.text
    assert 'Traceback' not in response.text
    if response.status_int < 400 or method == 'HEAD':
        return
    said = details(response)
    assert said and all(said)
    if response.status_int == 400:
        for detail in said:
            field, _, reason = detail.partition(': ')
            assert reason, detail
            assert re.split(r'[.\[]', field)[0] in KNOWN or _UNKNOWN.match(reason), detail


class Nova:
    """Answers for the Nova of every region, from memory: the flavors that only it has.

    Whatever else is called is not there.
    """

    def __init__(self):
        self._flavors = {'f1': {
            'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': 0,
            'OS-FLV-EXT-DATA:ephemeral': 0, 'rxtx_factor': 1.0, 'description': None,
            'os-flavor-access:is_public': True, 'extra_specs': {'a': 'b'}}}
        self.mocker = requests_mock.Mocker()
        for method, path, answer in [
                ('POST', r'/flavors$', self._create), ('GET', r'/flavors/[^/?]+$', self._show),
                ('PUT', r'/flavors/[^/?]+$', self._show),
                ('POST', r'/flavors/[^/?]+/os-extra_specs$', self._set),
                ('DELETE', r'/flavors/[^/?]+/os-extra_specs/', self._nothing),
                ('DELETE', r'/flavors/[^/?]+$', self._nothing),
                # the last one that fits is taken
                ('GET', r'/flavors/detail(\?|$)', self._list)]:
            self.mocker.register_uri(
                method, re.compile(r'^http://region\w+\.test/v2\.1' + path), json=answer,
                headers={'x-compute-request-id': 'req-nova'})

    def _list(self, request, context):
        return {'flavors': [] if 'marker' in request.qs else list(self._flavors.values())}

    def _create(self, request, context):
        values = request.json()['flavor']
        if values['name'] == 'n1':
            context.status_code = 409
            return {'conflictingRequest': {'message': 'Flavor with name n1 already exists.'}}
        return {'flavor': {**self._flavors['f1'], **values, 'extra_specs': {},
                           'id': values.get('id') or 'made'}}

    def _show(self, request, context):
        found = self._flavors.get(request.path.rpartition('/')[2])
        if found is None:
            context.status_code = 404
            return {'itemNotFound': {'message': 'Flavor could not be found.'}}
        return {'flavor': found}

    def _set(self, request, context):
        return request.json()

    def _nothing(self, request, context):
        context.status_code = 202
        return {}


def configuration(folder, database_url):
    """Configure a site that answers quickly: its broker is of this process, and does not poll."""
    keys = folder / 'keys'
    credentials.Keys(str(keys)).set_up()
    return sites.configuration(folder, 'kombu+memory:///', database_url,
                               credentials={'key_repository': keys})


def written(document):
    """Write JSON."""
    return json.dumps(document).encode()
