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

"""What bodies under /v2.1 may say, by microversion.

Nova is laxer than our own API: numbers may be texts, truth has many spellings. What was read is
turned into our own values here, so that nothing behind knows of it.
"""

import jsonschema

from flavorsvc.api import formats
from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.compute.faults import Fault
from flavorsvc.domain import errors
from flavorsvc.domain import nesting

DESCRIPTION_SINCE = (2, 55)
RXTX_FACTOR_UNTIL = (2, 101)

_TRUE = ('True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes')
_FALSE = ('False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no')
_LONGEST_MESSAGE = 250

_MALFORMED = 'Malformed request body'


def _object(properties, required=(), **more):
    return {'type': 'object', 'properties': properties, 'required': list(required),
            'additionalProperties': False, **more}


def _integer(minimum):
    return {'type': ['integer', 'string'], 'pattern': r'^[0-9]{1,20}\Z', 'minimum': minimum,
            'maximum': 2 ** 31 - 1}


_NAME = {'type': 'string', 'minLength': 1, 'maxLength': 255, 'format': 'name'}
_ID = {'type': ['string', 'number', 'null'], 'minLength': 1, 'maxLength': 255,
       'pattern': r'^(?! )[a-zA-Z0-9. _-]+(?<! )\Z'}
_FACTOR = {'type': ['number', 'string'], 'pattern': r'^[0-9]{1,40}(\.[0-9]{1,40})?\Z',
           'exclusiveMinimum': 0, 'maximum': 3.40282e+38}
_TRUTH = {'type': ['boolean', 'string'], 'enum': [True, False, *_TRUE, *_FALSE]}
_DESCRIPTION = {'type': ['string', 'null'], 'maxLength': 65535, 'format': 'printable'}
_EXTRA_SPECS = {
    'type': 'object', 'additionalProperties': False,
    'patternProperties': {r'^[a-zA-Z0-9_:. -]{1,255}\Z': {
        'type': ['string', 'number'], 'maxLength': 255, 'format': 'printable'}}}
_ACCESS = _object({'tenant': types.ProjectId.schema}, ['tenant'])

#: Name on the wire → (key of the conductor, schema, reader).
_FIELDS = {
    'name': ('name', _NAME, str),
    'id': ('id', _ID, lambda value: None if value is None else str(value)),
    'ram': ('ram_mib', _integer(1), int),
    'vcpus': ('vcpus', _integer(1), int),
    'disk': ('disk_gib', _integer(0), int),
    'OS-FLV-EXT-DATA:ephemeral': ('ephemeral_gib', _integer(0), int),
    'swap': ('swap_mib', _integer(0), int),
    'rxtx_factor': ('rxtx_factor', _FACTOR, float),
    'os-flavor-access:is_public': ('is_public', _TRUTH, lambda value: value in (True, *_TRUE)),
    'description': ('description', _DESCRIPTION, lambda value: value),
}
_REQUIRED = ('name', 'ram', 'vcpus', 'disk')


def create(version):
    """Tell what creates a flavor.

    :param version: (major, minor)
    :returns: dict, JSON schema
    """
    left_out = {name for name, is_there in (('description', version >= DESCRIPTION_SINCE),
                                            ('rxtx_factor', version <= RXTX_FACTOR_UNTIL))
                if not is_there}
    return _object({'flavor': _object(
        {name: each for name, (_, each, _) in _FIELDS.items() if name not in left_out},
        _REQUIRED)}, ['flavor'])


def update(version):
    """Tell what changes a flavor: its description is all that Nova can change."""
    return _object({'flavor': _object({'description': _DESCRIPTION}, ['description'])}, ['flavor'])


def extra_specs(version):
    """Tell what sets extra specs."""
    return _object({'extra_specs': _EXTRA_SPECS}, ['extra_specs'])


def extra_spec(version):
    """Tell what sets one extra spec."""
    return {**_EXTRA_SPECS, 'minProperties': 1, 'maxProperties': 1}


#: What can be done with a flavor by POST …/action → its body.
ACTIONS = {name: _object({name: _ACCESS}, [name])
           for name in ('addTenantAccess', 'removeTenantAccess')}


def action(version):
    """Tell what an action is; which one decides what has to be in it."""
    return {'type': 'object', 'minProperties': 1, 'maxProperties': 1}


def server(version):
    """Tell what changes a server; what of it is for its Nova to say."""
    return _object({'server': {'type': 'object'}}, ['server'])


#: What can be done here with a server by POST …/action → its body; its Nova says the rest.
SERVER_ACTIONS = {'rebuild': _object({'rebuild': {'type': 'object'}}, ['rebuild'])}


def values_of(flavor):
    """Turn the fields of a flavor that was read into what the conductor takes.

    :param flavor: dict of name on the wire to value, as a schema allows it
    :returns: dict of key to value
    """
    return {key: read(flavor[name]) for name, (key, _, read) in _FIELDS.items() if name in flavor}


def read(request):
    """Read the body of a request.

    :param request: webob.Request
    :returns: what the JSON says; None where there is no body
    :raises Fault: when it is not JSON, or nested too deeply
    """
    if request.content_type not in ('', 'text/plain', 'application/json',
                                    'application/vnd.openstack.compute+json'):
        raise Fault(415, 'Unsupported Content-Type')
    if not request.body:
        return None
    try:
        found = formats.JSON.read(request.body, None)
    except errors.Invalid:
        raise Fault(400, _MALFORMED) from None
    if nesting.is_deep(found):
        raise Fault(400, _MALFORMED)
    return found


def check(document, data):
    """Refuse what a schema does not allow.

    :param document: dict, JSON schema
    :param data: what was read
    :raises Fault: saying what is wrong, and with which field
    """
    try:
        error = jsonschema.exceptions.best_match(
            _Lax(document, format_checker=schema.FORMATS).iter_errors(data))
        if error is not None:
            raise Fault(400, _words(error))
    except RecursionError:
        raise Fault(400, _MALFORMED) from None


def _words(error):
    message = error.message
    if len(message) > _LONGEST_MESSAGE:
        message = f'{message[:_LONGEST_MESSAGE]}…'
    if not error.path:
        return message
    return (f'Invalid input for field/attribute {schema.named(str(error.path[-1]))}. '
            f'Value: {schema.shown(error.instance)}. {message}')


def _number(instance):
    """Read a number, also out of a text; None where it is none."""
    if isinstance(instance, bool):
        return None
    try:
        return float(instance)
    except (TypeError, ValueError, OverflowError):
        return None


def _bound(keyword):
    checks = jsonschema.Draft202012Validator.VALIDATORS[keyword]

    def of_number(validator, bound, instance, schema_):
        number = _number(instance)
        # what is not a number is for the pattern to refuse
        if number is not None:
            yield from checks(validator, bound, number, schema_) or ()
    return of_number


_Lax = jsonschema.validators.extend(
    schema.Strict, {keyword: _bound(keyword)
                    for keyword in ('minimum', 'maximum', 'exclusiveMinimum')})
