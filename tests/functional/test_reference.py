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

"""The API reference describes the routes that there are, with what they take and answer."""

import itertools
import pathlib
import re

import pytest
import yaml

from flavorsvc.api import expose
from flavorsvc.api import microversion
from flavorsvc.api import root
from flavorsvc.api import schema
from flavorsvc.api import types
from tests.functional import samples
from tests.functional import test_samples

PAGES = pathlib.Path(__file__).parents[2] / 'doc/source/api'
PARAMETERS = yaml.safe_load((PAGES / 'parameters.yaml').read_text())
TREE = root.own(root.routes(None, None, 1))

#: Where there is no controller, and so nothing to compare.
MIDDLEWARE = {('GET', '/healthcheck')}

#: What is left out of some answers, by who asks.
HIDDEN = {'extra_specs', 'projects'}

#: Every microversion, the oldest first.
VERSIONS = [types.CONTRACT, types.CONVENTIONAL, types.NEWEST]

HEADERS = {expose.IF_MATCH, expose.PREFER, expose.REGION_TOKEN}

_METHOD = re.compile(r'^\.\. rest_method:: (\w+) (\S+)$', re.MULTILINE)


def described():
    """Give the text of each method of the pages: (method, path) → text until the next one."""
    found = {}
    for page in PAGES.glob('*.rst'):
        text = page.read_text()
        methods = list(_METHOD.finditer(text))
        for one, following in itertools.zip_longest(methods, methods[1:]):
            found[one[1], one[2]] = text[one.end():following.start() if following else None]
    return found


DESCRIBED = described()
#: Those of Nova's API: what they take and answer is for Nova to say.
NOVAS = {route for route in DESCRIBED if route[1].startswith('/v2.1/')}
ROUTES = sorted(DESCRIBED.keys() - MIDDLEWARE - NOVAS)
NAMES = [' '.join(route) for route in ROUTES]


def exposed(method, path):
    """How the method is exposed that a rest_method names."""
    step = samples.Step('', f'{method} {path}')
    return test_samples.controller_of(step, TREE).exposed


def table(text, title):
    """The rows of a table of parameters: name → what parameters.yaml says of it."""
    start = rf'^{title}\n-+\n\n\.\. rest_parameters:: parameters\.yaml\n\n'
    rows = re.search(rf'{start}((?:   - .+\n)+)', text, re.MULTILINE)
    return {name: PARAMETERS[key] for row in (yaml.safe_load(rows[1]) if rows else [])
            for name, key in row.items()}


def codes(text, kind):
    """The status codes of a method: kind is success or error."""
    rows = re.search(rf'^\.\. rest_status_code:: {kind} status\.yaml\n\n((?:   - .+\n)+)', text,
                     re.MULTILINE)
    return {int(re.match(r'\d+', str(next(iter(row)) if isinstance(row, dict) else row))[0])
            for row in (yaml.safe_load(rows[1]) if rows else [])}


def kind_of(attribute):
    """The type of an attribute, in the words of the reference."""
    datatype = attribute.datatype
    if isinstance(datatype, types.Value):
        kinds = datatype.schema['type']
    else:
        kinds = {str: 'string', int: 'integer'}.get(datatype, 'array')
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return ' or '.join([*kinds, *(['null'] if attribute.nullable else [])])


def fields(datatype, is_told, required):
    """Rows for the attributes of a type: name → (in, required, type, from, until a version)."""
    names = [{name: each for name, each in types.attributes(datatype, version) if is_told(each)}
             for version in VERSIONS]
    return {name: ('body', required(each), kind_of(each), *between(
                [version for version, known in zip(VERSIONS, names, strict=True)
                 if name in known]))
            for known in names for name, each in known.items()}


def between(versions):
    """The first and the last of the versions that have something, where it is not that of all."""
    first, last = versions[0], versions[-1]
    return (None if first == VERSIONS[0] else microversion.text(first),
            None if last == VERSIONS[-1] else microversion.text(last))


def envelope(shape):
    """Rows for what is around the fields: the key of the object, or that of the list."""
    if not isinstance(shape, types.Listing):
        return {shape.name: ('body', True, 'object', None, None)}
    (old, _), (new, _) = map(shape.names, (types.CONTRACT, types.CONVENTIONAL))
    return {old: ('body', True, 'array', None, None if old == new else '1.0'),
            new: ('body', True, 'array', None if old == new else '1.1', None)}


def expected_request(path, how):
    rows = {name: ('path', True, 'string', None, None) for name in re.findall('{(.+?)}', path)}
    rows |= {name: ('header', False, 'string', None, None) for name in how.heeds}
    if how.query is not None:
        rows |= {name: ('query', False, value.schema['type'], None, None)
                 for name, value in how.query.parameters.items()}
    if how.body is not None:
        shape, creates = how.body.shape, how.body.purpose == schema.CREATE
        if isinstance(shape, types.Single):
            rows |= envelope(shape)
            shape = shape.datatype
        rows |= fields(shape, lambda each: not each.readonly and (creates or not each.fixed),
                       lambda each: creates and bool(each.mandatory))
    return rows


def expected_response(how):
    if not isinstance(how.answers, types.Single | types.Listing):
        return {}
    rows = envelope(how.answers) | fields(
        how.answers.datatype, lambda each: True, lambda each: each.name not in HIDDEN)
    if isinstance(how.answers, types.Listing) and how.query is not None:
        rows[f'{how.answers.name}_links'] = ('body', False, 'array', None, None)
    return rows


def said(rows):
    return {name: (each['in'], each['required'], each['type'], each.get('min_version'),
                   each.get('max_version'))
            for name, each in rows.items()}


@pytest.mark.parametrize(('method', 'path'), ROUTES, ids=NAMES)
def test_a_method_takes_what_the_reference_says(method, path):
    how = exposed(method, path)
    assert said(table(DESCRIBED[method, path], 'Request')) == expected_request(path, how)


@pytest.mark.parametrize(('method', 'path'), ROUTES, ids=NAMES)
def test_a_method_answers_what_the_reference_says(method, path):
    how = exposed(method, path)
    assert said(table(DESCRIBED[method, path], 'Response')) == expected_response(how)


@pytest.mark.parametrize(('method', 'path'), ROUTES, ids=NAMES)
def test_a_method_succeeds_with_the_status_codes_of_the_reference(method, path):
    how = exposed(method, path)
    good = {204} if how.answers is None else {
        status for status in (how.status, *how.statuses) if status < 400}
    assert codes(DESCRIBED[method, path], 'success') == good


@pytest.mark.parametrize(('method', 'path'), ROUTES, ids=NAMES)
def test_the_failures_of_the_samples_are_in_the_reference(method, path):
    own = test_samples.controller_of(samples.Step('', f'{method} {path}'), TREE).__func__
    failures = {step.status for step in samples.story()
                if step.status >= 400 and step.path != '/healthcheck'
                and test_samples.controller_of(step, TREE).__func__ is own}
    assert failures <= codes(DESCRIBED[method, path], 'error')


def test_every_route_is_described():
    """Under its path, or as another name in the index."""
    index = (PAGES / 'index.rst').read_text()
    described = {(method, re.sub('{.+?}', '*', path).strip('/')) for method, path in DESCRIBED}
    functions = {test_samples.controller_of(samples.Step('', ' '.join(route)), TREE).__func__
                 for route in ROUTES}
    other_names = {re.sub('{.+?}', '*', path) for path in re.findall(r'   \* - ``/(.+?)``', index)}
    missing = [
        f'{method} {path}'
        for path, methods in TREE.items() for method, controller in methods.items()
        if (method, path) not in described and not (
            controller.__func__ in functions and path.removeprefix('api/') in
            other_names | {path for _, path in described})]
    assert missing == []


def test_every_route_of_novas_api_is_named_in_its_page():
    page = (PAGES / 'compute.rst').read_text()
    named = {(method, re.sub('{.+?}', '*', path))
             for method, path in re.findall(r'   \* - (\w+)\n     - ``/(\S+)``', page)}
    tree = root.routes(None, None, 1)
    assert named == {(method, path) for path in tree.keys() - TREE.keys()
                     for method in tree[path]}


def test_every_route_of_servers_is_described():
    tree = root.routes(None, None, 1)
    assert {(method, re.sub('{.+?}', '*', path).strip('/')) for method, path in NOVAS} == {
        (method, path) for path in tree if path.startswith('v2.1/servers')
        for method in tree[path]}


def test_every_parameter_is_used():
    used = {key for text in DESCRIBED.values()
            for key in re.findall(r'^   - [\w-]+: (\w+)$', text, re.MULTILINE)}
    assert PARAMETERS.keys() - used == set()
