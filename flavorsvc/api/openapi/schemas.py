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

"""The schemas of the document of the API, from the types that read requests and write answers."""

import copy

from wsme import types as wtypes

from flavorsvc.api import schema
from flavorsvc.api import types

#: The formats of our own, as far as a pattern of ECMAScript tells them: what Nova takes for
#: printable depends on the version of Unicode. Beside the pattern the format keeps its name.
_ODD = r'\u0000-\u001f\u007f-\u009f\u00ad\u2028\u2029\ue000-\uf8ff\ufeff\uffff'
_PATTERNS = {'printable': f'^[^{_ODD}]*$', 'name': rf'^[^\s{_ODD}]([^{_ODD}]*[^\s{_ODD}])?$'}
_PLAIN = {str: 'string', int: 'integer', float: 'number', bool: 'boolean'}
#: The key of what JSON has and XML has not: an object with keys of the caller's choice.
_IN_XML = 'in XML <item key="…"> for each key'

LINK = {'type': 'object', 'required': ['rel', 'href'], 'additionalProperties': False,
        'properties': {'rel': {'type': 'string', 'xml': {'attribute': True}},
                       'href': {'type': 'string', 'format': 'uri', 'xml': {'attribute': True}}}}


def portable(bounds):
    """Give the bounds of a value in words that are not only Python's.

    :param bounds: dict, a JSON schema that :mod:`flavorsvc.api.schema` checks by
    :returns: dict
    """
    told = copy.deepcopy(bounds)
    _make_portable(told)
    return told


def _make_portable(told):
    if 'pattern' in told:
        # says more than the format, and generators follow only one of the two
        told['pattern'] = told['pattern'].replace(r'\Z', '$')
        told.pop('format', None)
    elif told.get('format') in _PATTERNS:
        told['pattern'] = _PATTERNS[told['format']]
    for below in ('items', 'propertyNames', 'additionalProperties'):
        if isinstance(told.get(below), dict):
            _make_portable(told[below])
    for name in list(told.get('properties', ())):
        if 'not' in told['properties'][name]:
            # what nobody may send is not there; additionalProperties refuses it
            del told['properties'][name]
        else:
            _make_portable(told['properties'][name])


class Schemas:
    """The named schemas that one document refers to.

    :ivar version: (major, minor)
    :ivar components: dict of name to JSON schema
    :ivar responses: dict of name to response object, of those that operations share
    """

    def __init__(self, version):
        self.version = version
        self.components = {'Link': LINK}
        self.responses = {}
        self._owners = {'Link': types.Link}

    def answered(self, shape):
        """Describe the body of an answer.

        :param shape: types.Single or types.Listing
        :returns: dict of media type to dict
        """
        resource = self._refer(shape.datatype, '', self._resource)
        if isinstance(shape, types.Single):
            return _media(_around(shape.name, resource),
                          {**resource, 'xml': {'name': shape.name}})
        name, item = shape.names(self.version)
        listing = _around(name, {'type': 'array', 'items': resource})
        listing['properties'][f'{name}_links'] = {
            'type': 'array', 'items': _ref('Link'),
            'description': 'where the next page is, in XML an element "link"'}
        return _media(listing, {
            'type': 'array', 'xml': {'name': name, 'wrapped': True},
            'items': {**resource, 'xml': {'name': item}}})

    def sent(self, body):
        """Describe the body of a request.

        :param body: expose.Body
        :returns: dict of media type to dict
        """
        single = isinstance(body.shape, types.Single)
        datatype = body.shape.datatype if single else body.shape
        content = self._refer(datatype, body.purpose.capitalize(), lambda datatype: _in_xml(
            portable(schema.derive(datatype, body.purpose, self.version))))
        if not single:
            return _media(content, {**content, 'xml': {'name': datatype.__name__.lower()}})
        return _media(_around(body.shape.name, content),
                      {**content, 'xml': {'name': body.shape.name}})

    def _refer(self, datatype, suffix, describe):
        """Refer to the schema of a type, which is described when it is first referred to."""
        name = datatype.__name__ + suffix
        if self._owners.get(name, datatype) is not datatype:
            module = datatype.__module__.rpartition('.')[2]
            name = ''.join(word.capitalize() for word in module.split('_')) + name
        if name not in self._owners:
            self._owners[name] = datatype
            self.components[name] = describe(datatype)
        return _ref(name)

    def _resource(self, datatype):
        attributes = types.attributes(datatype, self.version)
        properties = {name: self._attribute(each) for name, each in attributes}
        always = [name for name, each in attributes if each.mandatory or name == 'id']
        return _in_xml({
            'type': 'object', 'description': (datatype.__doc__ or '').split('\n')[0],
            'properties': properties, 'required': always, 'additionalProperties': False})

    def _attribute(self, attribute):
        told = self._value(attribute.datatype)
        if attribute.nullable:
            told['type'] = [told['type'], 'null']
            if 'enum' in told:
                told['enum'].append(None)
        if attribute.readonly:
            told['readOnly'] = True
        return told

    def _value(self, datatype):
        if isinstance(datatype, types.Value):
            return portable(datatype.schema)
        if isinstance(datatype, list | wtypes.ArrayType):
            [item] = datatype if isinstance(datatype, list) else [datatype.item_type]
            return {'type': 'array', 'items': self._value(item)}
        if datatype in _PLAIN:
            return {'type': _PLAIN[datatype]}
        return self._refer(datatype, '', self._resource)


def _ref(name):
    return {'$ref': f'#/components/schemas/{name}'}


def _around(name, content):
    return {'type': 'object', 'properties': {name: content}, 'required': [name],
            'additionalProperties': False}


def _media(in_json, in_xml):
    return {'application/json': {'schema': in_json}, 'application/xml': {'schema': in_xml}}


def _in_xml(resource):
    """Tell how XML has the attributes of a resource: see :class:`flavorsvc.api.formats.Xml`."""
    for name, each in resource['properties'].items():
        if name == 'id':
            each['xml'] = {'attribute': True}
        elif 'items' in each:
            each['items'] = {**each['items'], 'xml': {'name': name[:-1]}}
        elif 'propertyNames' in each:
            each['description'] = f'{each["description"]}; {_IN_XML}'
    return resource


def errors(version):
    """Describe what an error answers.

    :param version: (major, minor)
    :returns: dict of name to JSON schema: 'Errors', and at 1.0 'Error'
    """
    text, links = {'type': 'string'}, {'type': 'array', 'items': _ref('Link')}
    entry = {
        'type': 'object', 'required': ['request_id', 'code', 'status', 'title', 'detail', 'links'],
        'properties': {
            'request_id': text, 'code': {'type': 'string', 'pattern': r'^flavorsvc\.\w+$'},
            'status': {'type': 'integer', 'minimum': 400, 'maximum': 599}, 'title': text,
            'detail': {'type': 'string', 'minLength': 1}, 'links': links,
            'min_version': text, 'max_version': text},
        'additionalProperties': False}
    found = {'Errors': _around('errors', {'type': 'array', 'minItems': 1, 'items': entry})}
    found['Errors']['description'] = 'what is wrong, each with the field and the reason'
    if version == types.CONTRACT:
        found['Error'] = _around('error', {
            'type': 'object', 'required': ['message', 'code', 'request_id'],
            'properties': {'message': {'type': 'string', 'minLength': 1},
                           'code': entry['properties']['code'], 'request_id': text},
            'additionalProperties': False})
    return found


def error_content(version, status):
    """Describe the body of an error.

    :param version: (major, minor)
    :param status: int; what is wrong with the microversion itself is told as the newest one does
    :returns: dict of media type to dict
    """
    told = _ref('Errors')
    if version == types.CONTRACT:
        told = {'anyOf': [_ref('Error'), _ref('Errors')]} if status in (400, 406) else _ref('Error')
    return _media(told, {'description': 'the same as in JSON, each member an element',
                         'type': 'object'})
