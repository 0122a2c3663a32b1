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

"""JSON schemas derived from WSME types, and what is wrong with a body in words.

WSME's own reading is lax (it takes true and "2" for integers, and null for mandatory values), so
its types are only the model; jsonschema does the checking.
"""

import functools
import itertools
import json
import re

import jsonschema

from flavorsvc.api import types

#: Most faults of one body that are reported.
MAX_REASONS = 10
#: Most objects in a list of them.
MOST_ITEMS = 10000
#: Most characters of a refused value that are repeated to the caller.
MAX_SHOWN = 60

#: A user, and perhaps a password, in a URL.
_USER = re.compile(r'//[^/@]*@')

#: UPDATE changes something; MODIFY may ask for what is so already, and be empty.
CREATE, UPDATE, MODIFY = 'create', 'update', 'modify'


def derive(shape, purpose=CREATE, version=types.NEWEST):
    """Derive the JSON schema of a body.

    :param shape: types.Single, or a WSME type for a body without a key around it
    :param purpose: CREATE, or UPDATE or MODIFY where nothing is required and what is fixed is
        refused
    :param version: (major, minor)
    :returns: dict
    """
    if not isinstance(shape, types.Single):
        return _of_complex(shape, purpose, version)
    return {'type': 'object',
            'properties': {shape.name: _of_complex(shape.datatype, purpose, version)},
            'required': [shape.name], 'additionalProperties': False,
            'description': f'an object with the key {shape.name}'}


def _of_complex(datatype, purpose, version):
    attributes = types.attributes(datatype, version)
    schema = {
        'type': 'object', 'description': 'an object', 'additionalProperties': False,
        'properties': {name: _of_attribute(each, purpose, version)
                       for name, each in attributes}}
    if purpose == UPDATE:
        schema.update(minProperties=1, description='an object with at least one change')
    elif purpose == CREATE:
        schema['required'] = [
            name for name, each in attributes
            if each.mandatory or (each.required_at_1_0 and version == types.CONTRACT)]
    return schema


def _of_attribute(attribute, purpose, version):
    if attribute.readonly:
        return {'not': {}, 'readOnly': True, 'description': 'is read-only'}
    if attribute.fixed and purpose != CREATE:
        return {'not': {}, 'readOnly': True, 'description': 'cannot be changed'}
    item = types.model_of_items(attribute.datatype)
    if item is not None:
        return {'type': 'array', 'items': _of_complex(item, purpose, version),
                'maxItems': MOST_ITEMS, 'description': f'a list of at most {MOST_ITEMS} objects'}
    schema = attribute.datatype.schema
    if not attribute.nullable:
        return schema
    nullable = {**schema, 'type': [schema['type'], 'null'],
                'description': f'{schema["description"]}, or null'}
    if 'enum' in schema:
        nullable['enum'] = [*schema['enum'], None]
    return nullable


def _is_integer(checker, value):
    # jsonschema's own counts 1.0
    return isinstance(value, int) and not isinstance(value, bool)


def _unique_items(validator, unique, instance, schema):
    # jsonschema's own compares each item with each other when they cannot be sorted
    if not unique or not isinstance(instance, list):
        return
    texts = [item for item in instance if isinstance(item, str)]
    if len(set(texts)) != len(texts):
        yield jsonschema.ValidationError('items are repeated')


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks('printable')(lambda value: not isinstance(value, str) or types.is_printable(value))
FORMATS.checks('date')(lambda value: not isinstance(value, str) or types.is_date(value))
FORMATS.checks('name')(lambda value: not isinstance(value, str) or types.is_name(value))

Strict = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {'uniqueItems': _unique_items},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine('integer', _is_integer))


@functools.cache
def validator(shape, purpose=CREATE, version=types.NEWEST):
    """Make the validator of a body, once.

    :returns: an object whose iter_errors gives what is wrong
    """
    return Strict(derive(shape, purpose, version), format_checker=FORMATS)


def value_fault(value_type, value):
    """Check one value, such as that of a query parameter.

    :param value_type: types.Value
    :returns: str, what is wrong with it; None when nothing is
    """
    if Strict(value_type.schema, format_checker=FORMATS).is_valid(value):
        return None
    return f'must be {value_type.says}, not {shown(value)}'


def faults(shape, data, purpose=CREATE, version=types.NEWEST):
    """Check a body.

    :param data: what was read
    :returns: list of (field, reason), both str, such as
        ('flavor.ram', "must be an integer from 1 to 2147483647, not 'x'"); empty when it is right
    """
    later = _later(shape, version)
    found = (fault for error in validator(shape, purpose, version).iter_errors(data)
             for fault in _faults(error, later))
    return list(dict.fromkeys(itertools.islice(found, MAX_REASONS)))


def _later(shape, version):
    """Tell which attributes came after a microversion.

    :returns: dict of name to (major, minor)
    """
    datatype = shape.datatype if isinstance(shape, types.Single) else shape
    return {name: each.since for name, each in types.attributes(datatype, types.NEWEST)
            if each.since > version}


def _faults(error, later):
    field = _field(error.absolute_path)
    if error.validator == 'required':
        for name in error.validator_value:
            if name not in error.instance:
                yield _below(field, name), 'is missing'
    elif error.validator == 'additionalProperties':
        for name in error.instance:
            if name not in error.schema['properties']:
                yield _below(field, name), _unknown(name, later)
    elif error.validator == 'not':
        yield field, error.schema['description']
    elif 'writeOnly' in repr(error.schema):
        yield field or 'body', f'must be {error.schema["description"]}'
    elif 'propertyNames' in error.absolute_schema_path:
        yield field, f'each key must be {error.schema["description"]}, not {shown(error.instance)}'
    else:
        yield field or 'body', (f'must be {error.schema["description"]}, '
                                f'not {shown(error.instance)}')


def _unknown(name, later):
    if name not in later:
        return 'unknown field'
    since = '.'.join(map(str, later[name]))
    return f'needs microversion {since} (header OpenStack-API-Version: flavorsvc {since})'


def _field(path):
    field = ''
    for step in path:
        field = f'{field}[{step}]' if isinstance(step, int) else _below(field, step)
    return field


def _below(field, name):
    return f'{field}.{named(name)}' if field else named(name)


def named(name):
    """Repeat a name that the caller chose: quoted where it cannot be printed, cut where long."""
    return name[:MAX_SHOWN] if name and types.is_printable(name) else shown(name)


def shown(value):
    """Repeat a refused value to the caller, cut where it is long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    text = _USER.sub('//***@', text)
    return text if len(text) <= MAX_SHOWN else f'{text[:MAX_SHOWN]}…'
