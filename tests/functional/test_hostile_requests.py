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

"""Requests that are meant to harm: the answer to each, at both versions and in both formats."""

import pytest

from tests.functional import generated

RIGHT = {'name': 'a', 'vcpus': 1, 'ram': 1, 'disk': 1, 'swap': 0}
DEEP = 100_000
LARGE = 2 ** 21
TOO_LARGE = 'The body is larger than 1048576 bytes.'
TOO_DEEP = 'body: is nested too deeply'
NO_DTD = 'body: is not XML: it declares a document type or entities, which are not read'
NO_URL = 'There is nothing under this URL.'
NOT_UTF8 = 'URL: is not UTF-8'
NAME = 'flavor.name: must be 1 to 255 printable characters without a blank at either end, not '
SIZE = 'must be an integer from {} to 2147483647, not '


def flavor(**changes):
    return generated.written({'flavor': {**RIGHT, **changes}})


def raw(name):
    """Write a flavor whose name is some bytes as they are."""
    return flavor(name='NAME').replace(b'NAME', name)


def element(name, head=b''):
    """Write a flavor in XML whose name is some bytes as they are."""
    return (head + b'<flavor><name>' + name + b'</name><vcpus>1</vcpus><ram>1</ram><disk>1</disk>'
            b'<swap>0</swap></flavor>')


def laughs():
    """Write the entity bomb of ten times ten times ten …"""
    entities = ''.join(f'<!ENTITY {name} "{f"&{inner};" * 10}">'
                       for inner, name in zip('abcdefghi', 'bcdefghij', strict=True))
    return element(b'&j;', f'<!DOCTYPE flavor [<!ENTITY a "ha">{entities}]>'.encode())


#: (what it is, body, status, what is said)
JSON_BODIES = [
    ('deep lists', b'[' * DEEP, 400, TOO_DEEP),
    ('deep lists that end', b'[' * DEEP + b']' * DEEP, 400, TOO_DEEP),
    ('deep objects', b'{"flavor":' * DEEP, 400, TOO_DEEP),
    ('deep within a field', raw(b'"').replace(b'"""', b'[' * DEEP + b']' * DEEP), 400, TOO_DEEP),
    ('2 MiB', flavor(description='a' * LARGE), 413, TOO_LARGE),
    ('2 MiB of blanks', b' ' * LARGE, 413, TOO_LARGE),
    ('a key twice', b'{"flavor": {"name": "a", "name": "b"}}', 400,
     "body: is not JSON: the key 'name' is repeated"),
    ('the envelope twice', b'{"flavor": {}, "flavor": {}}', 400,
     "body: is not JSON: the key 'flavor' is repeated"),
    ('a key twice, once escaped', b'{"flavor": {"name": "a", "n\\u0061me": "b"}}', 400,
     "body: is not JSON: the key 'name' is repeated"),
    ('NUL', flavor(name='a\x00b'), 400, NAME + r"'a\x00b'"),
    ('a terminal escape', flavor(name='a\x1b[2Jb'), 400, NAME + r"'a\x1b[2Jb'"),
    ('a line of its own', flavor(name='a\r\nb'), 400, NAME + r"'a\r\nb'"),
    ('a right-to-left override', flavor(name='a\u202eb'), 400, NAME + r"'a\u202eb'"),
    ('half a character', flavor(name='\ud800'), 400, NAME + r"'\ud800'"),
    ('a raw control character', raw(b'a\x00b'), 400,
     'body: is not JSON: Invalid control character at: line 1 column 23 (char 22)'),
    ('not UTF-8', raw(b'\xff'), 400,
     "body: is not JSON: it is not UTF-8"),
    ('UTF-16', flavor().decode().encode('utf-16'), 400,
     "body: is not JSON: it is not UTF-8"),
    ('a huge number', flavor(vcpus=10 ** 400), 400,
     f'flavor.vcpus: {SIZE.format(1)}1{"0" * 59}…'),
    ('an infinite number', flavor().replace(b'"disk": 1', b'"disk": 1e999'), 400,
     'body: is not JSON: 1e999 is too large a number'),
    ('an unknown field of odd name', flavor(**{'\x00': 1}), 400,
     r"flavor.'\x00': unknown field"),
]
XML_BODIES = [
    ('an entity bomb', laughs(), 400, NO_DTD),
    ('a quadratic bomb', element(b'&a;' * 9000, b'<!DOCTYPE f [<!ENTITY a "' + b'a' * 90_000
                                 + b'">]>'), 400, NO_DTD),
    ('a document type', element(b'a', b'<!DOCTYPE flavor>'), 400, NO_DTD),
    ('a foreign document type', element(b'a', b'<!DOCTYPE flavor SYSTEM "http://x.test/a">'), 400,
     NO_DTD),
    ('an external entity', element(b'&x;', b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">'
                                           b']>'), 400, NO_DTD),
    ('a parameter entity', element(b'a', b'<!DOCTYPE f [<!ENTITY % x SYSTEM "http://x.test/"> %x;'
                                         b']>'), 400, NO_DTD),
    ('an entity of nobody', element(b'&x;'), 400,
     'body: is not XML: undefined entity: line 1, column 14'),
    ('deep elements', b'<a>' * DEEP + b'</a>' * DEEP, 400,
     'flavor: is missing; a: unknown field'),
    ('deep elements without end', b'<a>' * DEEP, 400,
     'body: is not XML: no element found: line 1, column 300000'),
    ('deep within a field', element(b'<a>' * DEEP + b'</a>' * DEEP), 400, NAME + '["a"]'),
    ('2 MiB', element(b'a' * LARGE), 413, TOO_LARGE),
    ('an element twice', element(b'a</name><name>b'), 400, 'flavor.name: is given more than once'),
    ('an attribute twice', b'<flavor id="a" id="b"/>', 400,
     'body: is not XML: duplicate attribute: line 1, column 15'),
    ('an id twice', b'<flavor id="a"><id>b</id></flavor>', 400,
     'flavor.id: is given more than once'),
    ('NUL', element(b'a&#0;b'), 400,
     'body: is not XML: reference to invalid character number: line 1, column 15'),
    ('a terminal escape', element(b'a\x1bb'), 400,
     'body: is not XML: not well-formed (invalid token): line 1, column 15'),
    ('not UTF-8', element(b'\xff'), 400,
     'body: is not XML: not well-formed (invalid token): line 1, column 14'),
    ('an encoding of nobody', element(b'a', b'<?xml version="1.0" encoding="klingon"?>'), 400,
     'body: is not XML: unknown encoding: klingon'),
    ('two documents', element(b'a') * 2, 400,
     'body: is not XML: junk after document element: line 1, column 87'),
    ('a huge number', element(b'a').replace(b'<ram>1', b'<ram>' + b'9' * 29), 400,
     f'flavor.ram: {SIZE.format(1)}{"9" * 29}'),
    ('the namespace of another', element(b'a').replace(b'<flavor>', b'<flavor xmlns="urn:x">'),
     400, 'flavor: is missing; {urn:x}flavor: unknown field'),
]
BODIES = [*((generated.JSON, *rest) for rest in JSON_BODIES),
          *((generated.XML, *rest) for rest in XML_BODIES)]


def missing(name):
    return f"There is no flavor '{name}'."


#: (path below /v1/flavors, status, what is said)
PATHS = [
    ('/a.json', 404, missing('a.json')), ('/one.xml', 404, missing('one.xml')),
    ('/a.b.c', 404, missing('a.b.c')), ('/..', 404, missing('..')),
    ('/%2e%2e', 404, missing('..')), ('/.', 404, missing('.')),
    ('/a%2Fb', 404, NO_URL), ('/one%2Finstall', 405, 'Only POST can be used here.'),
    ('/one%2F..%2Ftwo', 404, NO_URL), ('/a%252Fb', 404, missing('a%2Fb')),
    ('/a%5Cb', 404, missing(r'a\\b')), ('/one,two', 404, missing('one,two')),
    ('/%2C', 404, missing(',')), ('/one;x=1', 404, missing('one;x=1')),
    ('/one%3Fx', 404, missing('one?x')), ('/one%23', 404, missing('one#')),
    ('/*', 404, missing('*')),
    ('/gr%C3%B6%C3%9Fe', 404, missing('größe')), ('/%E6%BC%A2', 404, missing('漢')),
    ('/%20one', 404, missing(' one')), ('/%25s%7B%7D', 404, missing('%s{}')),
    ('/%F0%9F%98%80', 404, NO_URL), ('/%E2%80%AE', 404, NO_URL), ('/%00', 404, NO_URL),
    ('/one%00', 404, NO_URL), ('/%0d%0aX-Y:%20z', 404, NO_URL), ('/%1b[2J', 404, NO_URL),
    ('/' + 'a' * 3000, 404, missing('a' * 3000)),
    ('/%ff', 400, NOT_UTF8), ('/%c0%af', 400, NOT_UTF8), ('/%ED%A0%80', 400, NOT_UTF8),
    ('?name=%ff', 400, NOT_UTF8), ('?%ff=1', 400, NOT_UTF8),
    ('?%00=1', 400, r"'\x00': unknown query parameter"),
    ('?name=%00', 400, 'name: must be 1 to 255 printable characters without a blank at either end,'
                       r" not '\x00'"),
    ('?name=a&name=b', 400, 'name: is given more than once'),
    ('?limit=' + '9' * 5000, 400, f"limit: {SIZE.format(1)}'{'9' * 59}…"),
    ('?limit=%D9%A1', 400, f"limit: {SIZE.format(1)}'\u0661'"),
    ('?marker=..%2F..', 400, 'marker: must be 1 to 255 letters, digits, blanks and . _ - without a '
                             "blank at either end, not '../..'"),
]
#: (headers, status, what is said)
HEADERS = [
    ({'OpenStack-API-Version': 'flavorsvc 1.99'}, 406,
     'Version 1.99 is not supported; this service has 1.0 to 1.2.'),
    ({'OpenStack-API-Version': 'flavorsvc \xff'}, 400,
     'OpenStack-API-Version: must be such as "flavorsvc 1.2" or "flavorsvc latest", not \'ÿ\''),
    ({'If-Match': '\xff'}, 400,
     'If-Match: must be one ETag of this service, such as "3", or *'),
    ({'Accept': 'image/png'}, 406,
     'Answers are application/json or application/xml; Accept allows neither.'),
    ({'Content-Type': '\xff'}, 415,
     "Content-Type must be application/json or application/xml, not 'ÿ'."),
    ({'Content-Type': 'multipart/form-data; boundary=x'}, 415,
     "Content-Type must be application/json or application/xml, not 'multipart/form-data'."),
    ({'Content-Length': '-1'}, 400, 'Content-Length: must be a number of bytes'),
    ({'Content-Length': '1e3'}, 400, 'Content-Length: must be a number of bytes'),
]


@pytest.fixture(params=generated.VERSIONS)
def version(request):
    return {'OpenStack-API-Version': f'flavorsvc {request.param}'}


@pytest.fixture(params=[generated.JSON, generated.XML])
def accept(request):
    return {'Accept': request.param}


def told(response):
    """Give all that an answer says, which at 1.0 is one text."""
    generated.check(response)
    return '; '.join(generated.details(response))


@pytest.mark.parametrize(('sent', 'what', 'body', 'status', 'said'), BODIES,
                         ids=[f'{each[0][12:]}-{each[1]}' for each in BODIES])
def test_a_body(furnished, version, accept, sent, what, body, status, said):
    response = furnished.ask('POST', '/v1/flavors', body=body,
                             headers={**version, **accept, 'Content-Type': sent})
    assert (response.status_int, response.content_type) == (status, accept['Accept'])
    assert told(response) == said


@pytest.mark.parametrize(('path', 'status', 'said'), PATHS, ids=lambda value: str(value)[:30])
def test_a_path(furnished, version, accept, path, status, said):
    response = furnished.ask('GET', f'/v1/flavors{path}', headers={**version, **accept})
    assert (response.status_int, response.content_type) == (status, accept['Accept'])
    assert told(response) == said


@pytest.mark.parametrize(('headers', 'status', 'said'), HEADERS, ids=lambda value: str(value)[:40])
def test_a_header(furnished, version, headers, status, said):
    response = furnished.ask('PATCH', '/v1/flavors/one', body=b'{"flavor": {"ram": 2}}', headers={
        'Content-Type': generated.JSON, **version, **headers})
    assert (response.status_int, told(response)) == (status, said)


def test_what_is_like_it_and_right(furnished, version):
    """The bodies above are refused for what is wrong with them, and not for the rest."""
    for sent, body in [(generated.JSON, flavor(name='größe')),
                       (generated.XML, element('größe, too'.encode()))]:
        response = furnished.ask('POST', '/v1/flavors', body=body,
                                 headers={**version, 'Content-Type': sent})
        assert response.status_int in (201, 409), response.text
