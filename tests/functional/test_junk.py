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

"""Whatever is sent, the service answers, and never that it failed itself."""

import json
import re

from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.functional import generated
from tests.functional import site as sites

JSON = {'Content-Type': 'application/json'}
PATHS = ['/' + path for path in generated.TREE] + ['/healthcheck', '/v1/nothing']
METHODS = ['GET', 'GET', 'HEAD', 'DELETE', 'PUT', 'OPTIONS', 'POST', 'PATCH', 'X']
FIELDS = ['flavor', 'node', 'nodes', 'openstack_flavor',
          'region', 'regions', 'id', 'uuid', 'name', 'vcpus', 'ram',
          'disk', 'ephemeral', 'swap', 'rxtx_factor', 'description', 'is_public', 'extra_specs',
          'properties', 'public', 'promoted', 'projects', 'project_id', 'generation', 'links',
          'max_concurrency', 'cpu_arch', 'a:b']

# what exists, what does not, and what is no id; most of it right, or nothing gets far
segments = st.one_of(st.sampled_from(['one', 'RegionOne']), st.sampled_from(['one', 'RegionOne']),
                     st.sampled_from(['install', '..', '%2e%2e', '%00', '%ff']),
                     st.binary(max_size=12).map(
                         lambda raw: ''.join(f'%{byte:02x}' for byte in raw)))
paths = st.builds(lambda path, segment, rest: path.replace('*', segment or 'x') + rest,
                  st.sampled_from(PATHS), segments, st.sampled_from([''] * 9 + ['/', '//', '/x']))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
                    st.sampled_from(['all', 'one', 'RegionOne', 'x86_64', '\x00', '\ud800']))
values = st.recursive(scalars, lambda inner: st.one_of(
    st.lists(inner, max_size=4),
    st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=8)), inner, max_size=5)),
    max_leaves=12)
sizes = st.integers(1, 9)
plain = st.text('ab1', min_size=1, max_size=5)
texts = st.one_of(plain, plain, plain, plain, st.text(max_size=4))
needed = {'name': texts, 'vcpus': sizes, 'ram': sizes, 'disk': sizes}
optional = {
    'id': texts, 'swap': sizes, 'ephemeral': sizes, 'description': st.one_of(st.none(), texts),
    'public': st.booleans(), 'promoted': st.booleans(), 'is_public': st.booleans(),
    'rxtx_factor': st.floats(0.1, 1e39), 'projects': st.lists(texts, max_size=3),
    'extra_specs': st.dictionaries(texts, texts, max_size=3),
    'properties': st.one_of(
        st.fixed_dictionaries({'cpu_arch': plain, 'cpu_speed_mhz': sizes}),
        st.dictionaries(st.sampled_from(['cpu_arch', 'x']), scalars, max_size=2))}
flavors = st.one_of(
    st.fixed_dictionaries(needed, optional=optional),
    st.fixed_dictionaries({}, optional={**needed, **optional}),
    # one thing wrong
    st.builds(lambda flavor, name, value: {**flavor, name: value},
              st.fixed_dictionaries(needed, optional=optional), st.sampled_from(FIELDS), values))
regions = st.one_of(st.just('all'), values,
                    st.lists(st.sampled_from(['RegionOne', 'RegionTwo', 'Nowhere']), max_size=3))
flavor_bodies = st.fixed_dictionaries({'flavor': flavors})
openstack_flavor_bodies = st.fixed_dictionaries({'openstack_flavor': flavors})
region_bodies = st.fixed_dictionaries({'region': st.fixed_dictionaries({}, optional={
    'project_id': st.one_of(texts, values), 'max_concurrency': st.one_of(sizes, values)})})
choice_bodies = st.fixed_dictionaries({'regions': regions})
envelopes = st.one_of(flavor_bodies, openstack_flavor_bodies, region_bodies, choice_bodies, values)


def in_xml(value, name='flavor'):
    """Write anything as XML, as well as it goes.

    :returns: str
    """
    if isinstance(value, dict):
        text = ''.join(in_xml(each, key or 'x') for key, each in value.items())
        return text if name == 'flavor' and len(value) == 1 else f'<{name}>{text}</{name}>'
    if isinstance(value, list):
        return ''.join(in_xml(each, name[:-1] or 'x') for each in value)
    return f'<{name}>{value}</{name}>'


def written(envelope):
    """Write what was generated, now and then cut somewhere."""
    documents = st.one_of(envelope.map(lambda value: json.dumps(value).encode()), envelope.map(
        lambda value: in_xml(value).encode('utf-8', 'surrogatepass')))
    return st.one_of(documents, documents, documents, st.builds(
        lambda document, cut: document[:cut], documents, st.integers(0, 60)))


#: Bodies where they belong: without these, nothing would get as far as the database.
MEANT = [
    ('POST', '/v1/flavors', flavor_bodies), ('POST', '/v1/flavors', flavor_bodies),
    ('PATCH', '/v1/flavors/one', flavor_bodies),
    ('POST', '/v1/flavors/one/install', choice_bodies),
    ('POST', '/v1/flavors/one/uninstall', choice_bodies),
    ('PUT', '/v1/flavors/one', flavor_bodies),
    ('POST', '/v1/promotedflavors', flavor_bodies),
    ('POST', '/v1/regions/RegionOne/flavors', flavor_bodies),
    ('PUT', '/v1/region/RegionOne/flavors/f1', flavor_bodies),
    ('PATCH', '/v1/regions/RegionOne', region_bodies),
    ('POST', '/v1/openstack_flavors', openstack_flavor_bodies),
    ('POST', '/v1/openstack_flavors/one/register', choice_bodies),
]
requests = st.one_of(
    st.tuples(st.sampled_from(METHODS), paths,
              st.one_of(st.none(), st.binary(max_size=40), written(envelopes))),
    st.sampled_from(MEANT).flatmap(
        lambda meant: st.tuples(st.just(meant[0]), st.just(meant[1]), written(meant[2]))))
names = ['limit', 'marker', 'sort_key', 'sort_dir', 'name', 'public', 'region', 'flavor', 'status',
         'project_id', '_method', '__body__']
junk_queries = st.lists(st.tuples(
    st.sampled_from(names),
    st.one_of(st.sampled_from(['1', '-1', 'true', 'name', 'created_at', 'desc', 'one', '%00']),
              st.binary(max_size=6).map(lambda raw: ''.join(f'%{byte:02x}' for byte in raw)))),
    max_size=3).map(lambda pairs: '&'.join('='.join(pair) for pair in pairs))
queries = st.one_of(st.just(''), st.just(''), junk_queries)
# what a server lets through in a header
header_texts = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
junk_headers = st.fixed_dictionaries({}, optional={
    'Content-Type': st.one_of(header_texts, st.sampled_from([
        'application/json', 'application/json; charset=utf-16', 'text/xml',
        'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])),
    'Accept': st.one_of(header_texts, st.sampled_from(['*/*', 'application/json;q=0', 'a/b;;;'])),
    'OpenStack-API-Version': st.one_of(header_texts, st.builds(
        'flavorsvc {}'.format, st.one_of(
            header_texts, st.sampled_from(['1.1', '1.2', 'latest', '1.3'])))),
    'If-Match': st.one_of(header_texts, st.sampled_from(['"1"', '*', 'W/"1"'])),
    'Host': header_texts, 'Origin': header_texts, 'X-OpenStack-Request-ID': header_texts,
    'Content-Length': st.one_of(header_texts, st.integers(-2, 50).map(str)),
    'X-Forwarded-Proto': header_texts, 'Forwarded': header_texts, 'Cookie': header_texts,
    'X-Roles': header_texts, 'Prefer': header_texts})
right_headers = st.fixed_dictionaries(
    {'Content-Type': st.sampled_from([generated.JSON, generated.JSON, generated.XML])},
    optional={'OpenStack-API-Version': st.just('flavorsvc 1.1'),
              'Accept': st.just(generated.XML)})
headers = st.one_of(right_headers, right_headers, st.builds(
    lambda right, junk: {**right, **junk}, right_headers, junk_headers))
callers = st.sampled_from([*sites.CALLERS, *['manager'] * 9, 'bad', None])


@settings(max_examples=generated.share(0.2), **generated.SETTINGS)
@given(request=requests, query=queries, token=callers, headers=headers)
@example(('POST', '/v1/flavors', b'[' * 100_000), '', 'manager', JSON)
@example(('POST', '/v1/flavors', b'--x'), '', 'manager',
         {'Content-Type': 'multipart/form-data; boundary=x'})
@example(('GET', '/v1/flavors/%ff', None), '', 'manager', {})
@example(('GET', '/v1/flavors', None), 'name=%ff', 'manager', {})
@example(('GET', '/v1/flavors', None), 'marker=%00', 'manager', {})
def test_junk_is_never_a_failure(furnished, request, query, token, headers):
    method, path, body = request
    response = furnished.ask(method, path + (f'?{query}' if query else ''), token, headers, body)
    generated.check(response, method)
    if response.status_int >= 400 and response.content_type == generated.JSON and method != 'HEAD':
        for error in response.json.get('errors', ()):
            assert error['status'] == response.status_int
            assert re.fullmatch(r'flavorsvc\.\w+', error['code'])
