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

"""Reading a file of flavors, and saying clearly what is wrong with it."""

import difflib

import jsonschema
import yaml


class Invalid(Exception):
    """A file cannot be used.

    :ivar problems: list of str, each naming the file and, where it can, the flavor and the field
    """

    def __init__(self, problems):
        super().__init__('\n'.join(problems))
        self.problems = problems


def _text(longest, meaning='text', **more):
    return {'type': 'string', 'maxLength': longest, **more,
            'description': f'{meaning} of at most {longest} characters'}


def _whole(least, meaning):
    return {'type': 'integer', 'minimum': least, 'maximum': 2**31 - 1,
            'description': f'{meaning}, a whole number from {least} to {2**31 - 1}'}


def _truth(meaning):
    return {'type': 'boolean', 'description': f'true or false: {meaning}'}


_KEY = {'type': 'string', 'pattern': r'^[a-zA-Z0-9_\-:. ]{1,255}\Z',
        'description': 'at most 255 letters, digits, blanks and _-:.'}

#: Every field of a flavor in the file; the descriptions are what people read in messages.
FIELDS = {
    'id': {'type': 'string', 'pattern': r'^(?! )[a-zA-Z0-9. _-]{1,255}(?<! )\Z',
           'description': 'at most 255 letters, digits, blanks and ._- without a blank at an end'},
    'name': _text(255, minLength=1),
    'vcpus': _whole(1, 'number of virtual CPUs'),
    'ram': _whole(1, 'memory in MiB'),
    'disk': _whole(0, 'root disk in GiB'),
    'ephemeral': _whole(0, 'ephemeral disk in GiB'),
    'swap': _whole(0, 'swap in MiB'),
    'rxtx_factor': {'type': 'number', 'exclusiveMinimum': 0,
                    'description': 'a number greater than 0'},
    'description': {'anyOf': [_text(65535), {'type': 'null'}],
                    'description': 'text of at most 65535 characters'},
    'is_public': _truth('whether all projects of a region may use it'),
    'extra_specs': {
        'type': 'object',
        'propertyNames': _KEY,
        'additionalProperties': _text(255),
        'description': 'keys with a text each'},
    'properties': {
        'type': 'object', 'propertyNames': _KEY,
        'additionalProperties': {'type': ['string', 'number', 'boolean'], 'maxLength': 255,
                                 'description': 'a text, a number, true or false'},
        'description': 'keys with a value each'},
    'public': _truth('whether it is published in the catalogue'),
    'promoted': _truth('whether it is promoted'),
    'projects': {'type': 'array', 'items': _text(255, 'the id of a project', minLength=1),
                 'uniqueItems': True, 'description': 'a list of different ids of projects'},
    'status': {'type': 'string', 'enum': ['draft', 'active', 'deprecated', 'retired'],
               'description': 'draft, active, deprecated or retired'},
    'deprecated_on': {'type': 'string', 'pattern': r'^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z',
                      'description': 'a date such as 2026-11-21'},
    'successor': {'type': 'string', 'minLength': 1, 'maxLength': 255,
                  'description': 'the id of the flavor to be used instead'},
    'deprecation_reason': _text(1000, minLength=1),
}

_FLAVOR = {'type': 'object', 'properties': FIELDS, 'required': ['name', 'vcpus', 'ram', 'disk'],
           'additionalProperties': False, 'description': 'the fields of a flavor'}

_FILE = {
    'type': 'object', 'required': ['flavors'], 'additionalProperties': False,
    'description': 'a mapping with the key flavors',
    'properties': {'flavors': {'type': 'array', 'minItems': 1, 'items': _FLAVOR,
                               'description': 'a list of at least one flavor'}},
}


def _is_integer(checker, value):
    # jsonschema takes 1.0 for an integer, the service does not.
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine('integer', _is_integer))

#: Tags of plain scalars that people write without quotes and mean as text.
_PLAIN = {f'tag:yaml.org,2002:{name}' for name in ('int', 'float', 'bool', 'timestamp')}
_TEXT = 'tag:yaml.org,2002:str'


def read(stream, name):
    """Read flavors from YAML, of which JSON is a part.

    Numbers and the like count as text where the service wants text: an id 001
    or an extra spec 1.10 arrive as they are written.

    :param stream: open text or binary file
    :param name: what to call the file in messages
    :returns: list of dicts, with the fields of ``FIELDS`` that the file names
    :raises Invalid: with everything that is wrong
    """
    try:
        document = _load(stream)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid([f'{name}: not YAML: {error}']) from None
    problems = list(_problems(document))
    if not problems:
        problems = list(_duplicates(document['flavors']))
    if problems:
        raise Invalid([f'{name}: {problem}' for problem in problems])
    return document['flavors']


def _load(stream):
    loader = yaml.SafeLoader(stream)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _refuse_repeated_keys(root, set())
        for flavor in _items(_get(root, 'flavors')):
            for field in ('id', 'name', 'description', 'deprecated_on', 'successor',
                          'deprecation_reason'):
                _as_text(_get(flavor, field))
            for project in _items(_get(flavor, 'projects')):
                _as_text(project)
            extra_specs = _get(flavor, 'extra_specs')
            if isinstance(extra_specs, yaml.MappingNode):
                loader.flatten_mapping(extra_specs)
                for key, value in extra_specs.value:
                    _as_text(key)
                    _as_text(value)
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _get(node, key):
    """Return the node under a key of a mapping node, or None."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value
    return None


def _items(node):
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _as_text(node):
    if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN:
        node.tag = _TEXT


def _refuse_repeated_keys(node, seen):
    """Raise a YAMLError for a key that a mapping has twice, of which YAML keeps the last."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, seen)
    elif isinstance(node, yaml.MappingNode):
        keys = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    raise yaml.MarkedYAMLError(
                        problem=f'the key {key.value!r} is there twice',
                        problem_mark=key.start_mark)
                keys.add(key.value)
            _refuse_repeated_keys(value, seen)


def _problems(document):
    """Yield what is wrong by the schema, in the order of the file."""
    errors = _Validator(_FILE).iter_errors(document)
    for error in sorted(errors, key=lambda error: [str(step).zfill(9) for step in error.path]):
        where = _where(document, list(error.path))
        if error.validator == 'additionalProperties':
            known = error.schema['properties']
            for key in error.instance:
                if key not in known:
                    close = difflib.get_close_matches(str(key), known, n=1)
                    hint = f'; did you mean {close[0]}?' if close else ''
                    yield f'{where}unknown field {str(key)!r}{hint}'
        elif error.validator == 'required':
            # There is one error a missing field, and its message starts with the name of it.
            yield f'{where}{error.message.split()[0].strip(chr(39))} is missing'
        else:
            description = error.schema.get('description', error.message)
            if 'propertyNames' in error.schema_path:
                yield f'{where}the key {_shown(error.instance)} must be {description}'
            else:
                yield f'{where}must be {description}, not {_shown(error.instance)}'


def _where(document, path):
    """Return the place of an error as a prefix, like 'flavor 3 (SCS-1V-4): ram: '."""
    if len(path) < 2:
        return ''.join(f'{step}: ' for step in path)
    flavor = document['flavors'][path[1]]
    name = flavor.get('name') or flavor.get('id') if isinstance(flavor, dict) else None
    place = f'flavor {path[1] + 1}' + (f' ({name})' if isinstance(name, str) else '')
    return ': '.join([place, *map(str, path[2:]), ''])


def _shown(value):
    text = 'empty' if value is None else repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'


def _duplicates(flavors):
    """Yield the ids and names that several flavors claim."""
    first = {}
    for number, flavor in enumerate(flavors, 1):
        for field in ('id', 'name'):
            if field in flavor:
                other = first.setdefault((field, flavor[field]), number)
                if other != number:
                    yield (f'flavor {number} ({flavor["name"]}): {field}: {flavor[field]!r} is '
                           f'already that of flavor {other}')
