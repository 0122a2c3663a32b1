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

"""Query parameters under /v2.1, as Nova reads them: the last of several counts.

What is unknown was passed over by Nova at first and is refused since some microversion; each list
of parameters says since which.
"""

import re

from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.compute.faults import Fault

NAME_SINCE = (2, 102)

_LIMIT = re.compile(r'[0-9]{1,4000}')
_DIRECTIONS = ('asc', 'desc')
#: Word in the request → key of the conductor. What all flavors have alike sorts by nothing.
_SORT_KEYS = {
    'created_at': 'created_at', 'description': 'description', 'disabled': 'pk',
    'ephemeral_gb': 'ephemeral_gib', 'flavorid': 'id', 'id': 'pk', 'is_public': 'is_public',
    'memory_mb': 'ram_mib', 'name': 'name', 'root_gb': 'disk_gib', 'rxtx_factor': 'rxtx_factor',
    'swap': 'swap_mib', 'updated_at': 'updated_at', 'vcpu_weight': 'pk', 'vcpus': 'vcpus'}
_KNOWN = ('limit', 'marker', 'is_public', 'minRam', 'minDisk', 'sort_key', 'sort_dir')
_MOST = 2 ** 31 - 1

#: A pattern that all databases understand alike, and that no name can make them search for long:
#: single characters with at most one quantifier each, anchors, alternatives; with at most two
#: quantifiers in all.
_PATTERN = re.compile(
    r'(?:(?:[^\\(){}\[\]*+?^$|]|\\[^\w\s]|\[\^?[\w .:-]+\])[*+?]?|[\^$|])*')
_QUANTIFIERS = re.compile(r'(?<!\\)[*+?]')
_TRUTH = {**dict.fromkeys(('1', 't', 'true', 'on', 'y', 'yes'), True),
          **dict.fromkeys(('0', 'f', 'false', 'off', 'n', 'no'), False)}


class Nothing:
    """A method that has no parameters.

    :ivar strict_since: (major, minor) since which there may be no others; None for never
    """

    def __init__(self, strict_since=None):
        self._strict_since = strict_since

    def read(self, parameters, version, max_limit):
        """Read the parameters of a request: there is nothing in them.

        :raises Fault: when there may not be any
        """
        if self._strict_since is not None and version >= self._strict_since:
            _refuse_unknown(parameters, ())
        return {}


class Passed:
    """Parameters that are for a region's Nova to read."""

    def read(self, parameters, version, max_limit):
        """Read the parameters of a request.

        :returns: dict with parameters: list of [name, value], in their order
        """
        return {'parameters': [list(each) for each in parameters.items()]}


class Listing:
    """The parameters of a list of flavors."""

    def read(self, parameters, version, max_limit):
        """Read the parameters of a request.

        :param parameters: webob.multidict.MultiDict
        :param version: (major, minor)
        :param max_limit: int, most resources in a page
        :returns: dict with filters (is_public is still a text), and page, as the conductor
            takes them
        :raises Fault: saying what is wrong with which one
        """
        known = (*_KNOWN, 'name') if version >= NAME_SINCE else _KNOWN
        if version >= (2, 75):
            _refuse_unknown(parameters, known)
        given = {name: value for name, value in parameters.items() if name in known}
        limits = [_limit(value, max_limit) for value in parameters.getall('limit')]
        sort_keys = [key for key in _SORT_KEYS if key != 'rxtx_factor' or version < NAME_SINCE]
        page = {'limit': limits[-1] if limits else max_limit,
                'marker': _marker(given.get('marker')),
                'sort_key': _SORT_KEYS[_one_of('sort_key', parameters, sort_keys, 'flavorid')],
                'sort_dir': _one_of('sort_dir', parameters, _DIRECTIONS, 'asc')}
        filters = {'is_public': given.get('is_public'),
                   'min_ram_mib': _number('minRam', given),
                   'min_disk_gib': _number('minDisk', given),
                   'name_pattern': _pattern(given.get('name'))}
        return {'page': page, 'filters': filters}


def is_public(text):
    """Read which flavors one wants to see who may see all.

    :param text: str, or None where it was not given
    :returns: bool; None for both kinds
    :raises Fault: for anything else
    """
    if text is None:
        return True
    if text.lower() == 'none':
        return None
    found = _TRUTH.get(text.strip().lower())
    if found is None:
        raise Fault(400, f'Invalid is_public filter [{schema.named(text)}]')
    return found


def _refuse_unknown(parameters, known):
    for name in parameters:
        if name not in known:
            raise Fault(400, f'Additional properties are not allowed ({schema.shown(name)} was '
                             f'unexpected)')


def _wrong(name, text, why):
    return Fault(400, f'Invalid input for query parameters {name}. Value: {schema.named(text)}. '
                      f'{why}')


def _limit(text, max_limit):
    if not _LIMIT.fullmatch(text):
        raise _wrong('limit', text, f'{schema.shown(text)} is no number')
    return min(int(text), max_limit)


def _one_of(name, parameters, words, default):
    given = parameters.getall(name)
    for text in given:
        if text not in words:
            raise _wrong(name, text, f'{schema.shown(text)} is not one of {", ".join(words)}')
    return given[-1] if given else default


def _marker(text):
    if text is not None and not types.is_printable(text):
        raise Fault(400, f'marker [{schema.named(text)}] not found')
    return text


def _number(name, given):
    """Read a least size, within what a size can be at all."""
    if name not in given:
        return None
    try:
        return max(-1, min(int(given[name]), _MOST + 1))
    except ValueError:
        raise Fault(400, f'Invalid {name} filter [{schema.named(given[name])}]') from None


def _pattern(text):
    if not text:
        return None
    if not (len(text) <= 255 and types.is_printable(text) and _PATTERN.fullmatch(text)
            and len(_QUANTIFIERS.findall(text)) <= 2 and _compiles(text)):
        raise _wrong('name', text, 'It must be a regular expression of at most 255 characters '
                                   'without groups and with at most two of * + ?')
    return text


def _compiles(text):
    try:
        re.compile(text)
    except re.error:
        return False
    return True
