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

"""Query parameters of lists: filters, sorting, pages. Whatever else is sent is refused."""

import urllib.parse

from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.domain import errors

_LIMIT = types.integer(1, 2 ** 31 - 1)
_DIRECTION = types.one_of('asc', 'desc')
_TRUTH = {'true': True, 'false': False}


class Query:
    """What one list may be asked.

    :ivar filters: dict of parameter to types.Value
    :ivar earlier: dict of those that were other values before 1.2, to what they were
    :ivar sort_keys: dict of word in the request to key of the conductor; the first is the default;
        None for what has no pages
    :ivar marker: types.Value that a marker must be
    :ivar parameters: dict of every parameter to types.Value, at the newest microversion
    """

    def __init__(self, filters, sort_keys=None, marker=types.Name, earlier=None):
        self.filters = filters
        self.earlier = earlier or {}
        self.sort_keys = sort_keys
        self.marker = marker
        self.parameters = dict(filters)
        if sort_keys:
            self.parameters.update(limit=_LIMIT, marker=marker, sort_dir=_DIRECTION,
                                   sort_key=types.one_of(*sort_keys))

    def parameters_at(self, version):
        """Give what a microversion knows.

        :param version: (major, minor)
        :returns: dict of every parameter to types.Value
        """
        return {**self.parameters, **(self.earlier if version < types.GUARDED else {})}

    def read(self, parameters, max_limit, version=types.NEWEST):
        """Read the parameters of a request.

        The seeds know no pages: at 1.0, whoever names no limit gets everything, for which the
        limit of the page is None.

        :param parameters: webob.multidict.MultiDict
        :param max_limit: int, most resources in a page; asking for more gives that many
        :param version: (major, minor)
        :returns: dict with filters, and page where there are any, as the conductor takes them
        :raises errors.Invalid: for a parameter that is unknown, repeated or out of bounds
        """
        given = self._given(parameters, self.parameters_at(version))
        if not self.sort_keys:
            return {'filters': given}
        default = next(iter(self.sort_keys))
        limit = min(given.pop('limit', max_limit), max_limit)
        everything = version == types.CONTRACT and 'limit' not in parameters
        page = {'limit': None if everything else limit,
                'marker': given.pop('marker', None),
                'sort_key': self.sort_keys[given.pop('sort_key', default)],
                'sort_dir': given.pop('sort_dir', 'asc')}
        return {'filters': given, 'page': page}

    @staticmethod
    def _given(parameters, known):
        given = {}
        for name, text in parameters.items():
            if name not in known:
                raise errors.Invalid(schema.named(name), 'unknown query parameter')
            if name in given:
                raise errors.Invalid(name, 'is given more than once')
            given[name] = _value(name, known[name], text)
        return given


def _value(name, value_type, text):
    value = text
    if value_type.basetype is bool:
        value = True if not text and value_type is types.Flag else _TRUTH.get(text.lower(), text)
    elif value_type.basetype is int and text.isascii() and text.isdigit() and len(text) < 20:
        value = int(text)
    fault = schema.value_fault(value_type, value)
    if fault is not None:
        raise errors.Invalid(name, fault)
    return value


def none(parameters):
    """Read the parameters of a request that takes none.

    :raises errors.Invalid: when there is one
    """
    for name in parameters:
        raise errors.Invalid(schema.named(name), 'unknown query parameter')


def following(request, page, resources, marker):
    """Give the URL of the page after this one.

    :param request: webob.Request
    :param page: dict, from :meth:`Query.read`
    :param resources: list, what is in this page
    :param marker: str, the attribute of the last of them that the next page starts after
    :returns: str, or None when this page is not full and thus the last one
    """
    if page['limit'] is None or len(resources) < page['limit']:
        return None
    parameters = request.GET.copy()
    parameters['marker'] = getattr(resources[-1], marker)
    return f'{request.path_url}?{urllib.parse.urlencode(list(parameters.items()))}'
