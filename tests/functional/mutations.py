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

"""What can happen to a right request on its way: the samples of the documentation, spoilt."""

import copy
import json
import re
from xml.etree import ElementTree

from hypothesis import strategies as st

from tests.functional import generated
from tests.functional import samples

#: What stands where something else should.
VALUES = [None, True, False, 0, -1, 1.5, 1e300, 2 ** 31, 2 ** 63, 10 ** 400, '', ' ', 'true', '1',
          'all', [], [None], ['a', 'a'], {}, {'': ''}, {'a': {'b': 1}}, 'a' * 300, 'a/b', '..',
          'one', 'RegionOne', ['RegionOne', 'Nowhere'], '\x00', '\x1b[2J', 'a\nb', '\u202e',
          '\ud800', '\U0001f600', 'größe', "'; DROP TABLE flavors; --", '{}%s%n', '&a;', ']]>']
KEYS = ['', 'id', 'name', 'uuid', 'links', 'nodes', 'regions', 'promoted', 'public', 'generation',
        '__class__', '$ref', 'a.b', 'größe', '\x00', 'x' * 300]
ENCODINGS = ['utf-16', 'utf-32', 'utf-8-sig', 'cp037', 'utf-7']
DTD = ('<!DOCTYPE flavor [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">'
       '<!ENTITY c SYSTEM "file:///etc/passwd">]>')

#: How many changes of one document.
CHANGES = st.sampled_from([0, 0, 1, 1, 2, 3])

values = st.one_of(st.sampled_from(VALUES), st.integers(), st.text(max_size=5))
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=5))
# bytes of a segment or a query, of which not all are UTF-8
escaped = st.one_of(
    st.sampled_from(['a.json', '..', '%2e%2e', 'a%2Fb', 'one%2Finstall', 'a,b', '%00', '%0a',
                     'gr%C3%B6%C3%9Fe', '%ff', '%F0%9F%98%80', '%ED%A0%80', '%20', 'a' * 3000]),
    st.binary(min_size=1, max_size=9).map(
        lambda raw: ''.join(f'%{byte:02x}' for byte in raw)))
headers = st.fixed_dictionaries({}, optional={
    'Accept': st.sampled_from(['application/xml', 'application/json;q=0.1, application/xml;q=0.2',
                               'text/html', '*/*;q=0', 'a/b;;;', '\xff']),
    'If-Match': st.sampled_from(['"1"', '*', '1', '"x"', '"1", "2"', 'W/"1"', '\xff']),
    'Prefer': st.sampled_from(['wait=0', 'wait=-1', 'respond-async, wait=0', '\xff']),
    'X-Auth-Token-KeyStone': st.sampled_from(['', 'token', '\xff']),
    'Content-Type': st.sampled_from(['application/json', 'application/xml', 'text/xml', '\xff',
                                     'application/json; charset=utf-16', 'multipart/form-data'])})


def steps():
    """Give what of the story is spoilt: (method, path, media type, content) with a version each.

    :returns: list of (method, path, headers, bytes or None)
    """
    found = []
    for step in samples.story():
        file = step.file('req')
        path = re.sub(r'{[^}]+}', 'one', step.path)
        kept = {name: value for name, value in step.headers.items() if name != 'If-Match'}
        if file is not None:
            kept['Content-Type'] = f'application/{file.suffix[1:]}'
        found.append((step.method, path, kept, None if file is None else file.read_bytes()))
    return found


@st.composite
def requests(draw):
    """Spoil a request of the story.

    :returns: (method, path, headers, bytes or None)
    """
    method, path, kept, content = draw(st.sampled_from(STEPS))
    if content is None:
        content = draw(st.one_of(st.none(), st.binary(max_size=20)))
    elif kept['Content-Type'] == generated.XML:
        content = draw(_xml(content))
    else:
        content = draw(_json(content))
    if draw(st.booleans()):
        kept = {**kept, **draw(headers)}
    kept['OpenStack-API-Version'] = f'flavorsvc {draw(st.sampled_from(generated.VERSIONS))}'
    return method, draw(_path(path)), kept, content


@st.composite
def _path(draw, path):
    """Put something that is there, or something odd, for the segment that names a thing."""
    path, _, query = path.partition('?')
    segments = path.split('/')
    if len(segments) > 3:
        there = ['RegionOne', 'redis', 'one', 'one,f1']
        segments[3] = draw(st.one_of(st.sampled_from(there), st.just(segments[3]), escaped))
    if draw(st.integers(0, 4)) == 0:
        query = '&'.join(filter(None, [query, draw(st.builds(
            '{}={}'.format, st.one_of(st.sampled_from(['limit', 'name', 'region', 'x']), escaped),
            escaped))]))
    return '/'.join(segments) + (f'?{query}' if query else '')


@st.composite
def _json(draw, content):
    document = json.loads(content)
    for _ in range(draw(CHANGES)):
        document = draw(_changed(document))
    text = json.dumps(document)
    return draw(_spoilt(text, [
        lambda text: re.sub(r'("[a-z_]+": )', r'\1 1, \1', text, count=1),
        lambda text: text.replace('"', "'"), lambda text: text.replace(':', ': NaN, "x":', 1),
        lambda text: text.replace('1', '9' * 5000, 1), lambda text: '[' * 3000 + text,
        lambda text: text + text, lambda text: '\ufeff' + text]))


@st.composite
def _changed(draw, document):
    """Change one place of a document."""
    document = copy.deepcopy(document)
    place = draw(st.sampled_from(list(_containers(document)) or [None]))
    if place is None:
        return draw(values)
    at = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    change = draw(st.sampled_from(['drop', 'rename', 'value', 'value', 'add', 'wrap']))
    if change == 'drop':
        del place[at]
    elif change == 'rename' and isinstance(place, dict):
        place[draw(keys)] = place.pop(at)
    elif change == 'add' and isinstance(place, dict):
        place[draw(keys)] = draw(values)
    elif change == 'wrap':
        place[at] = draw(st.sampled_from([[place[at]], {'a': place[at]}, [place[at]] * 2]))
    else:
        place[at] = draw(values)
    return document


def _containers(document):
    """Give the lists and dicts of a document that have something in them."""
    if isinstance(document, dict | list) and document:
        yield document
        for each in document.values() if isinstance(document, dict) else document:
            yield from _containers(each)


@st.composite
def _xml(draw, content):
    root = ElementTree.fromstring(content)
    for _ in range(draw(CHANGES)):
        draw(_changed_element(root))
    text = ElementTree.tostring(root, encoding='unicode')
    return draw(_spoilt(text, [
        lambda text: DTD + text, lambda text: DTD + text.replace('</', '&b;&c;</', 1),
        lambda text: text.replace('</', '&#0;</', 1), lambda text: '<a>' * 3000 + text,
        lambda text: text + text, lambda text: text.replace('>', ' id="1" id="2">', 1),
        lambda text: text.replace('>', ' xmlns="urn:x">', 1),
        lambda text: '<?xml version="1.0" encoding="klingon"?>' + text,
        lambda text: text.replace('</', '<![CDATA[</a>]]></', 1)]))


@st.composite
def _changed_element(draw, root):
    """Change one element of a tree, where it is."""
    element = draw(st.sampled_from(list(root.iter())))
    change = draw(st.sampled_from(['drop', 'tag', 'text', 'attribute', 'repeat', 'nest']))
    if change == 'drop' and len(element):
        element.remove(element[0])
    elif change == 'tag':
        element.tag = draw(st.sampled_from(['x', 'id', 'name', 'node', 'item', 'links', 'ä']))
    elif change == 'attribute':
        element.set(draw(st.sampled_from(['id', 'name', 'key', 'nil', 'type', 'x'])),
                    draw(st.sampled_from(['', '1', 'true', 'integer', 'number', 'a b'])))
    elif change == 'repeat' and len(element):
        element.append(copy.deepcopy(element[0]))
    elif change == 'nest':
        element.append(copy.deepcopy(element))
    else:
        element.text = str(draw(values))


@st.composite
def _spoilt(draw, text, ways):
    """Write a text, now and then in one of some ways that are not right.

    :returns: bytes
    """
    way = draw(st.sampled_from([*['none'] * 5, 'text', 'cut', 'encoding', 'bytes']))
    if way == 'text':
        text = draw(st.sampled_from(ways))(text)
    elif way == 'encoding':
        return text.encode(draw(st.sampled_from(ENCODINGS)), 'surrogatepass')
    content = text.encode('utf-8', 'surrogatepass')
    if way == 'cut':
        return content[:draw(st.integers(0, len(content)))]
    if way == 'bytes':
        at = draw(st.integers(0, len(content)))
        return content[:at] + draw(st.binary(min_size=1, max_size=3)) + content[at:]
    return content


STEPS = steps()
