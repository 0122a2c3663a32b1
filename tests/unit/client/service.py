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

"""A stand-in for Keystone and the flavor service, as far as a client sees them over HTTP."""

import itertools
import json
import re
import urllib.parse

import requests_mock

from tests.unit.client import clouds
from tests.unit.client import drift
from tests.unit.client import plans
from tests.unit.client import service_types
from tests.unit.client.answers import Asked
from tests.unit.client.answers import Refusal

AUTH_URL = 'http://keystone.example.org/v3'
URL = 'http://flavorsvc.example.org:9890/v1'
PROJECT_ID = 'a' * 32

_VERSIONS = {'versions': [{'id': 'v1.0', 'status': 'CURRENT', 'min_version': '1.1',
                           'max_version': '1.2', 'version': '1.2',
                           'links': [{'rel': 'self', 'href': f'{URL}/'}]}]}
_FLAVOR = {'ephemeral': 0, 'swap': 0, 'rxtx_factor': 1.0, 'description': None, 'is_public': True,
           'extra_specs': {}, 'properties': {}, 'public': False, 'promoted': False,
           'projects': [], 'project_id': PROJECT_ID, 'status': 'active', 'regions': [],
           'deprecated_on': None, 'successor': None, 'deprecation_reason': None,
           'created_at': '2026-11-01T10:00:00+00:00', 'updated_at': None}


class Keystone:
    """Answers what a client asks Keystone for.

    :ivar regions: names of the regions whose catalogue lists the flavor service
    :ivar forbids: whether the user may not look up projects
    """

    def __init__(self):
        self.regions = ['RegionOne']
        self.forbids = False
        self.project_names = {'edge': 'e' * 32}

    def __call__(self, request):
        if not request.url.startswith(AUTH_URL):
            return None
        path = request.path.removeprefix('/v3').rstrip('/')
        if path == '':
            return requests_mock.create_response(request, json={'version': {
                'id': 'v3.14', 'status': 'stable', 'links': [{'rel': 'self', 'href': AUTH_URL}]}})
        if path == '/auth/tokens':
            return requests_mock.create_response(
                request, status_code=201, headers={'X-Subject-Token': 'token'},
                json={'token': self._token()})
        name = urllib.parse.parse_qs(request.query).get('name', [None])[0]
        if path.startswith('/projects') and self.forbids:
            return requests_mock.create_response(request, status_code=403, json={
                'error': {'message': 'forbidden', 'code': 403}})
        if path == '/projects' and name in self.project_names:
            return requests_mock.create_response(request, json={
                'projects': [{'id': self.project_names[name], 'name': name}]})
        if path == '/projects':
            return requests_mock.create_response(request, json={'projects': []})
        return requests_mock.create_response(request, status_code=404, json={
            'error': {'message': 'not found', 'code': 404}})


    def _token(self):
        def listed(kind, url, regions):
            return {'id': kind, 'type': kind, 'name': kind, 'endpoints': [
                {'id': f'{kind}-{region}', 'interface': 'public', 'url': url,
                 'region': region, 'region_id': region} for region in regions]}

        domain = {'id': 'default', 'name': 'Default'}
        return {
            'methods': ['password'], 'audit_ids': ['audit'],
            'issued_at': '2026-11-01T00:00:00.000000Z', 'expires_at': '2999-11-01T00:00:00.000000Z',
            'user': {'id': 'b' * 32, 'name': 'manager', 'domain': domain},
            'project': {'id': PROJECT_ID, 'name': 'demo', 'domain': domain},
            'roles': [{'id': 'c' * 32, 'name': 'InfrastructureManager'}],
            'catalog': [listed('identity', AUTH_URL, ['RegionOne']),
                        listed('flavorsvc', URL, self.regions)]}


class Service(clouds.Clouds, drift.Drift, plans.Plans, service_types.ServiceTypes):
    """Answers what a client asks the flavor service for, and keeps what it was told.

    :ivar requests: (method, path with query, body or None) of all that was asked
    :ivar fates: dict of (flavor name, region) to the states that an installation goes through, one
        each time somebody looks: (status, reason, error). Others are active at the first look.
    :ivar refusals: dict of (method, path) to a list of Refusal, one a request
    :ivar newest: str, the only microversion that it knows; None for any
    """

    def __init__(self, page=1000):
        super().__init__()
        self.page = page
        self.flavors = {}
        self.installations = {}
        self.regions = {name: {'id': name, 'name': name, 'kind': 'discovered', 'state': 'up',
                               'reason': None, 'max_concurrency': 4, 'project_id': None}
                        for name in ('RegionOne', 'RegionTwo', 'RegionThree')}
        self.requests = []
        self.headers = []
        self.fates = {}
        self.refusals = {}
        self.newest = None
        self._numbers = itertools.count(1)

    def add(self, name, **fields):
        """Put a flavor in, as if somebody had done so before."""
        flavor = {**_FLAVOR, 'id': f'id-of-{name}', 'name': name, 'vcpus': 1, 'ram': 1024,
                  'disk': 0, 'generation': 1, **fields}
        self.flavors[flavor['id']] = flavor
        return flavor

    def asked(self, method):
        """Return the paths and bodies that were asked for by a method."""
        return [(path, body) for seen, path, body in self.requests if seen == method]

    def __call__(self, request):
        root = URL.removesuffix('/v1')
        if not request.url.startswith(root):
            return None
        path = request.url.removeprefix(root)
        if path.strip('/') in ('', 'v1'):
            return requests_mock.create_response(request, json=_VERSIONS)
        body = json.loads(request.body) if request.body else None
        self.requests.append((request.method, path.removeprefix('/v1'), body))
        self.headers.append(request.headers)
        if self.newest and request.headers['OpenStack-API-Version'] != f'flavorsvc {self.newest}':
            return requests_mock.create_response(request, status_code=406, json={'errors': [{
                'status': 406, 'title': 'Not Acceptable', 'detail': f'{self.newest} it is.',
                'min_version': self.newest, 'max_version': self.newest}]})
        try:
            status, answer = self._answer(request, path.removeprefix('/v1'), body)
        except Refusal as refusal:
            status = refusal.status
            answer = {'errors': [{'request_id': 'req-1', 'code': 'flavorsvc.x', 'status': status,
                                  'title': 'No', 'detail': refusal.detail, 'links': []}]}
        return requests_mock.create_response(
            request, status_code=status, headers={'x-openstack-request-id': 'req-1'},
            **({} if answer is None else {'json': answer}))

    def _answer(self, request, url, body):
        path, _, query = url.partition('?')
        query = {key: values[0] for key, values in urllib.parse.parse_qs(query).items()}
        if self.refusals.get((request.method, path)):
            raise self.refusals[request.method, path].pop(0)
        for method, pattern, answer in self._ROUTES:
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                names = [urllib.parse.unquote(group) for group in match.groups()]
                return answer(self, *names, *([body] if body is not None else []),
                              **({'query': query} if method == 'GET' and not names else {}),
                              **({'request': request} if method == 'PATCH' else {}))
        for method, pattern, answer in (*self.CLOUD_ROUTES, *self.DRIFT_ROUTES, *self.PLAN_ROUTES,
                                        *self.SERVICE_TYPE_ROUTES):
            match = re.fullmatch(pattern, path)
            if match and method == request.method:
                names = [urllib.parse.unquote(group) for group in match.groups()]
                return answer(self, Asked(names, query, body, request.headers))
        raise Refusal(404, f'There is no {path}.')

    def _pages(self, key, found, query):
        found = sorted(found, key=lambda one: one['id'])
        if 'marker' in query:
            found = [one for one in found if one['id'] > query['marker']]
        size = min(int(query.get('limit', self.page)), self.page)
        answer = {key: found[:size]}
        if len(found) > size:
            answer[f'{key}_links'] = [{
                'rel': 'next',
                'href': f'{URL}/{key}?marker={urllib.parse.quote(found[size - 1]["id"])}'}]
        return 200, answer

    def _flavor(self, name):
        if name not in self.flavors:
            raise Refusal(404, f'There is no flavor {name!r}.')
        return self.flavors[name]

    def list_flavors(self, query):
        names = {'name', 'is_public', 'public', 'promoted'}
        return self._pages('flavors', [
            one for one in self.flavors.values()
            if all(str(one[key]).lower() == query[key].lower() for key in names & query.keys())
        ], query)

    def get_flavor(self, name):
        return 200, {'flavor': self._flavor(name)}

    def create_flavor(self, body):
        values = body['flavor']
        if any(one['name'] == values['name'] for one in self.flavors.values()):
            raise Refusal(409, f'There is already a flavor whose name is {values["name"]!r}.')
        return 201, {'flavor': self.add(**values)}

    def change_flavor(self, name, body, request):
        flavor = self._flavor(name)
        if request.headers.get('If-Match', f'"{flavor["generation"]}"') != (
                f'"{flavor["generation"]}"'):
            raise Refusal(412, f'The flavor {name!r} is at generation {flavor["generation"]}.')
        changes = {key: value for key, value in body['flavor'].items() if key != 'on_immutable'}
        flavor.update(changes, generation=flavor['generation'] + 1)
        for one in self.installations.values():
            if one['flavor_id'] == name:
                one['status'] = 'pending'
        return 200, {'flavor': flavor}

    def delete_flavor(self, name):
        flavor = self._flavor(name)
        left = [one for one in self.installations.values() if one['flavor_id'] == name]
        if not left:
            del self.flavors[name]
            return 204, None
        flavor['status'] = 'deleting'
        return self.uninstall(name, {'regions': 'all'})

    def install(self, name, body=None):
        flavor = self._flavor(name)
        regions = (body or {}).get('regions', ['RegionOne'])
        asked = []
        for region in (self.regions if regions == 'all' else regions):
            if region not in self.regions:
                raise Refusal(404, f'There is no region {region!r}.')
            key = f'{next(self._numbers):04}'
            for old, one in self.installations.items():
                if (one['flavor_id'], one['region']) == (name, region):
                    key = old
            asked.append(self.installations.setdefault(key, {
                'id': key, 'flavor_id': name, 'flavor_name': flavor['name'], 'region': region,
                'desired': 'present', 'status': 'pending', 'reason': None, 'error': None}))
        return 202, {'installations': [dict(one) for one in asked]}

    def uninstall(self, name, body):
        asked = [one for one in self.installations.values() if one['flavor_id'] == name
                 and (body['regions'] == 'all' or one['region'] in body['regions'])]
        for one in asked:
            one.update(desired='absent', status='pending')
        return 202, {'installations': [dict(one) for one in asked]}

    def list_installations(self, query):
        filters = {'flavor': 'flavor_id', 'region': 'region', 'status': 'status'}
        if 'status' not in query:
            for key, one in list(self.installations.items()):
                self._get_on(key, one)
        return self._pages('installations', [
            one for one in self.installations.values()
            if all(one[field] == query[key] for key, field in filters.items() if key in query)
        ], query)

    def _get_on(self, key, one):
        """Let an installation come one state nearer to its fate."""
        fate = self.fates.get((one['flavor_name'], one['region']))
        if one['desired'] == 'absent' and not fate:
            del self.installations[key]
        elif not fate:
            one.update(status='active', reason=None, error=None)
        else:
            status, reason, error = fate.pop(0) if len(fate) > 1 else fate[0]
            one.update(status=status, reason=reason, error=error)

    def get_installation(self, key):
        if key not in self.installations:
            raise Refusal(404, f'There is no installation {key!r}.')
        return 200, {'installation': self.installations[key]}

    def retry(self, key):
        self.get_installation(key)[1]['installation']['status'] = 'pending'
        return 202, {'installation': self.installations[key]}

    def list_regions(self, query):
        return self._pages('regions', self.regions.values(), query)

    def get_region(self, name):
        if name not in self.regions:
            raise Refusal(404, f'There is no region {name!r}.')
        return 200, {'region': self.regions[name]}

    def change_region(self, name, body, request):
        self.get_region(name)[1]['region'].update(body['region'])
        return self.get_region(name)

    def forget_region(self, name):
        if self.get_region(name)[1]['region']['state'] != 'gone':
            raise Refusal(409, f'The catalogue lists the region {name!r}.')
        del self.regions[name]
        return 204, None

    def list_openstack_flavors(self, query):
        return self._pages('openstack_flavors', [
            self._openstack(one) for one in self.flavors.values() if one['properties']], query)

    def get_openstack_flavor(self, name):
        return 200, {'openstack_flavor': self._openstack(self._flavor(name))}

    def create_openstack_flavor(self, body):
        return 201, {'openstack_flavor': self._openstack(self.add(**body['openstack_flavor']))}

    @staticmethod
    def _openstack(flavor):
        return {**flavor, 'uuid': flavor['id']}

    _ROUTES = (
        ('GET', '/flavors', list_flavors),
        ('POST', '/flavors', create_flavor),
        ('GET', '/flavors/([^/]+)', get_flavor),
        ('PATCH', '/flavors/([^/]+)', change_flavor),
        ('DELETE', '/flavors/([^/]+)', delete_flavor),
        ('POST', '/flavors/([^/]+)/install', install),
        ('POST', '/flavors/([^/]+)/uninstall', uninstall),
        ('GET', '/installations', list_installations),
        ('GET', '/installations/([^/]+)', get_installation),
        ('POST', '/installations/([^/]+)/retry', retry),
        ('GET', '/regions', list_regions),
        ('GET', '/regions/([^/]+)', get_region),
        ('PATCH', '/regions/([^/]+)', change_region),
        ('DELETE', '/regions/([^/]+)', forget_region),
        ('GET', '/openstack_flavors', list_openstack_flavors),
        ('POST', '/openstack_flavors', create_openstack_flavor),
        ('GET', '/openstack_flavors/([^/]+)', get_openstack_flavor),
        ('DELETE', '/openstack_flavors/([^/]+)', delete_flavor),
        ('POST', '/openstack_flavors/([^/]+)/register', install),
    )
