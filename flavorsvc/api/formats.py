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

import wsme.rest.json

from flavorsvc.api import types
from flavorsvc.domain import errors


class Json:
    """JSON, taken strictly: what two readers could understand in two ways is refused."""

    media_type = 'application/json'

    def read(self, body, shape):
        """Read a body.

        :param body: bytes
        :param shape: types.Single or a WSME type; JSON tells its own types, so it is not needed
        :returns: dict, or whatever else the JSON says
        :raises errors.Invalid: when it is not JSON
        """
        try:
            return json.loads(body.decode('utf-8'), object_pairs_hook=_without_repeated_keys,
                              parse_constant=_refuse, parse_float=_finite)
        except RecursionError:
            raise errors.Invalid('body', 'is nested too deeply') from None
        except ValueError as error:
            raise errors.Invalid('body', f'is not JSON: {str(error)[:200]}') from None

    def write(self, shape, answer, following=None):
        """Write an answer.

        :param shape: types.Single or types.Listing
        :param answer: a resource; for a listing a list of them
        :param following: str, the URL of the next page of a listing, or None
        :returns: bytes
        """
        if isinstance(shape, types.Single):
            return self.dump({shape.name: wsme.rest.json.tojson(shape.datatype, answer)})
        document = {shape.name: [wsme.rest.json.tojson(shape.datatype, each) for each in answer]}
        if following is not None:
            document[f'{shape.name}_links'] = [{'rel': 'next', 'href': following}]
        return self.dump(document)

    def dump(self, document):
        """Write a document that no WSME type describes, such as an error.

        :returns: bytes
        """
        return json.dumps(document).encode('utf-8')


def _without_repeated_keys(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, value in pairs]
        raise ValueError(f'the key {max(keys, key=keys.count)!r} is repeated')
    return members


def _refuse(constant):
    raise ValueError(f'{constant} is not a number of JSON')


def _finite(text):
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f'{text[:20]} is too large a number')
    return number


JSON = Json()

#: Media type → format, of what may be sent; the first one is the default of what is answered.
FORMATS = {JSON.media_type: JSON}


def accepted(accept):
    """Choose the format of an answer.

    :param accept: webob.acceptparse.AcceptHeader of the request
    :returns: a format; None when the caller accepts none
    """
    offers = accept.acceptable_offers(list(FORMATS))
    return FORMATS[offers[0][0]] if offers else None
