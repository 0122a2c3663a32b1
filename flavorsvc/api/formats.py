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

"""Formats of bodies. A format is a media type, a reader and a writer over WSME types."""

import json
import math
import re
from xml.etree import ElementTree

import defusedxml
import defusedxml.ElementTree
import webob.exc
import wsme.rest.json
import wsme.types

from flavorsvc.api import types
from flavorsvc.domain import errors

_MOST_DIGITS = 1000


class Json:
    """JSON, taken strictly: what two readers could understand in two ways is refused."""

    media_type = 'application/json'
    content_type = 'application/json'

    def read(self, body, shape, version=types.NEWEST):
        """Read a body.

        :param body: bytes
        :param shape: types.Single or a WSME type; JSON tells its own types, so it is not needed
        :param version: (major, minor)
        :returns: dict, or whatever else the JSON says
        :raises errors.Invalid: when it is not JSON
        """
        try:
            return json.loads(body.decode('utf-8'), object_pairs_hook=_without_repeated_keys,
                              parse_constant=_refuse, parse_float=_finite, parse_int=_short)
        except RecursionError:
            raise errors.Invalid('body', 'is nested too deeply') from None
        except UnicodeDecodeError:
            raise errors.Invalid('body', 'is not JSON: it is not UTF-8') from None
        except ValueError as error:
            raise errors.Invalid('body', f'is not JSON: {str(error)[:200]}') from None

    def write(self, shape, answer, version=types.NEWEST, following=None):
        """Write an answer.

        :param shape: types.Single or types.Listing
        :param answer: a resource; for a listing a list of them
        :param version: (major, minor)
        :param following: str, the URL of the next page of a listing, or None
        :returns: bytes
        """
        if isinstance(shape, types.Single):
            return self.dump({shape.name: _members(shape.datatype, answer, version)})
        name, _ = shape.names(version)
        document = {name: [_members(shape.datatype, each, version) for each in answer]}
        if following is not None:
            document[f'{name}_links'] = [{'rel': 'next', 'href': following}]
        return self.dump(document)

    def dump(self, document):
        """Write a document that no WSME type describes, such as an error.

        :returns: bytes
        """
        return json.dumps(document).encode('utf-8')


class Xml:
    """XML as the FIWARE document has it: ``<flavor id="1"><name>…</name>…<node>…</node></flavor>``.

    The id is an attribute. A list is its items one after the other, without
    an element around them. An object with keys of the caller's choice is
    ``<item key="…">``. The order of elements does not matter.
    """

    media_type = 'application/xml'
    content_type = 'application/xml; charset=utf-8'

    def read(self, body, shape, version=types.NEWEST):
        """Read a body, by the types that it should have.

        A text that is no such value stays a text, for the schema to refuse.

        :param body: bytes
        :param shape: types.Single or a WSME type
        :param version: (major, minor)
        :returns: dict
        :raises errors.Invalid: when it is not XML, or says something twice
        """
        try:
            root = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise errors.Invalid('body', f'is not XML: {_why(error)}') from None
        if not isinstance(shape, types.Single):
            return _read(root, shape, version, '')
        return {root.tag: _read(root, shape.datatype, version, f'{root.tag}.')}

    def write(self, shape, answer, version=types.NEWEST, following=None):
        """Write an answer. See :meth:`Json.write`."""
        if isinstance(shape, types.Single):
            return _text(_element(shape.name, _members(shape.datatype, answer, version)))
        name, item = shape.names(version)
        root = ElementTree.Element(name)
        for each in answer:
            root.append(_element(item, _members(shape.datatype, each, version)))
        if following is not None:
            root.append(_element('link', {'rel': 'next', 'href': following}))
        return _text(root)

    def dump(self, document):
        """Write a document that no WSME type describes, such as an error.

        :param document: dict with one key
        :returns: bytes
        """
        [(name, content)] = document.items()
        root = ElementTree.Element(name)
        if isinstance(content, list):
            root.extend(_element(name[:-1], each) for each in content)
        else:
            root = _element(name, content)
        return _text(root)


def _members(datatype, resource, version):
    """Give what an answer has of a resource: its attributes that are set, ready for JSON."""
    return {name: wsme.rest.json.tojson(each.datatype, value)
            for name, each in types.attributes(datatype, version)
            if (value := getattr(resource, each.key)) is not wsme.Unset}


def _without_repeated_keys(pairs):
    members = {}
    for key, value in pairs:
        if key in members:
            raise ValueError(f'the key {key!r} is repeated')
        members[key] = value
    return members


def _refuse(constant):
    raise ValueError(f'{constant} is not a number of JSON')


def _finite(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f'{text[:20]} is too large a number')
    return number


def _short(text):
    # Python itself refuses one of thousands of digits, in words for programmers.
    if len(text) > _MOST_DIGITS:
        raise ValueError(f'{text[:20]}… is too large a number')
    return int(text)


def _why(error):
    if isinstance(error, defusedxml.DefusedXmlException):
        return 'it declares a document type or entities, which are not read'
    return str(error)[:200]


#: Whether XML counts these texts as true, as xs:boolean does.
_TRUTHS = {'true': True, '1': True, 'false': False, '0': False}
_INTEGER = re.compile(r'[+-]?[0-9]{1,30}')
_NUMBER = re.compile(r'[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?')


def _read(element, datatype, version, path):
    """Read an element whose children are the attributes of a type."""
    known = dict(types.attributes(datatype, version))
    items = {name[:-1]: name for name, each in known.items() if _is_list(each.datatype)}
    found = {}
    for name, text in element.attrib.items():
        if name != 'id' and name in known:
            raise errors.Invalid(f'{path}{name}', 'must be an element, not an attribute')
        found[name] = text
    for child in element:
        if child.tag in items:
            if not isinstance(found.setdefault(items[child.tag], []), list):
                raise errors.Invalid(f'{path}{items[child.tag]}', 'is given more than once')
            found[items[child.tag]].append(_item(child, known[items[child.tag]].datatype, version,
                                                 path))
        elif child.tag in known and len(child) and child.tag in items.values():
            raise errors.Invalid(f'{path}{child.tag}', f'has no element of its own: write '
                                                       f'<{child.tag[:-1]}> for each item')
        elif child.tag in known:
            _add(found, child.tag, _value(child, known[child.tag].datatype), path)
        else:
            found[child.tag] = child.text
    return found


def _item(element, datatype, version, path):
    model = types.model_of_items(datatype)
    if model is None:
        return _value(element, str)
    return _read(element, model, version, f'{path}{element.tag}.')


def _add(found, name, value, path):
    if name in found:
        raise errors.Invalid(f'{path}{name}', 'is given more than once')
    found[name] = value


def _value(element, datatype):
    if isinstance(datatype, types.Map):
        return _map(element)
    if len(element) or element.get('nil') == 'true':
        return None if not len(element) else [child.tag for child in element]
    return _scalar(element.text or '', getattr(datatype, 'basetype', datatype))


def _map(element):
    if (element.text or '').strip():
        return element.text
    found = {}
    for item in element:
        kind = {'integer': int, 'number': float, 'boolean': bool}.get(item.get('type'), str)
        _add(found, item.get('key', ''), _scalar(item.text or '', kind), f'{element.tag}.')
    return found


def _scalar(text, basetype):
    word = text.strip()
    if basetype is bool:
        return _TRUTHS.get(word, text)
    if basetype is int and _INTEGER.fullmatch(word):
        return int(word)
    if basetype is float and _NUMBER.fullmatch(word):
        return float(word)
    return text


def _is_list(datatype):
    return isinstance(datatype, types.Items | list | wsme.types.ArrayType) or (
        isinstance(datatype, types.Value) and 'items' in datatype.schema)


def _element(name, members):
    """Make an element of a dict of members, or of a scalar."""
    element = ElementTree.Element(name)
    if not isinstance(members, dict):
        element.text = _written(members)
        return element
    for member, value in members.items():
        if member in ('id', 'rel', 'href'):
            element.set(member, _written(value))
        elif isinstance(value, list):
            element.extend(_element(member[:-1], each) for each in value)
        elif isinstance(value, dict):
            element.append(_of_map(member, value))
        elif value is not None:
            element.append(_element(member, value))
    return element


def _of_map(name, members):
    element = ElementTree.Element(name)
    for key, value in members.items():
        item = _element('item', value)
        item.set('key', _written(key))
        if not isinstance(value, str):
            kind = {bool: 'boolean', int: 'integer', float: 'number'}[type(value)]
            item.set('type', kind)
        element.append(item)
    return element


#: What XML 1.0 cannot carry, not even escaped; Nova may still say it.
_UNSPEAKABLE = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def _written(value):
    if isinstance(value, bool):
        return str(value).lower()
    return _UNSPEAKABLE.sub('\ufffd', str(value))


def _text(root):
    return ElementTree.tostring(root, encoding='utf-8')


JSON = Json()
XML = Xml()

#: Media type → format, of what may be sent; the first one is the default of what is answered.
FORMATS = {each.media_type: each for each in (JSON, XML)}


def accepted(accept):
    """Choose the format of an answer.

    :param accept: webob.acceptparse.AcceptHeader of the request
    :returns: a format; None when the caller accepts none
    """
    if not accept.header_value:  # an empty one is as good as none
        return JSON
    offers = accept.acceptable_offers(list(FORMATS))
    return FORMATS[offers[0][0]] if offers else None


def chosen(request):
    """Choose the format of the answer to a request.

    :param request: webob.Request
    :returns: a format
    :raises webob.exc.HTTPNotAcceptable: when the caller accepts none
    """
    found = accepted(request.accept)
    if found is None:
        raise webob.exc.HTTPNotAcceptable(
            f'Answers are {" or ".join(FORMATS)}; Accept allows neither.')
    return found
