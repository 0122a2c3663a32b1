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

"""What the contract of the seeds says where the API says something else since.

Microversion 1.0 keeps the statuses and texts of the FIWARE document word for word. A controller
lists, by error, what is said in its place; nothing else of it knows of the contract's errors.
"""

import contextlib
import dataclasses

import webob.exc

from flavorsvc.api import formats
from flavorsvc.api import microversion
from flavorsvc.api import types
from flavorsvc.domain import errors


@dataclasses.dataclass(frozen=True)
class Status:
    """Another status, and perhaps other words.

    :ivar status: int
    :ivar text: str; ``{0}`` … are the arguments of the error; None where its own words are kept
    """

    status: int
    text: str | None = None


class Plain(Status):
    """An answer whose body is the words as text/plain."""


#: For a missing privilege on promoted flavors.
NOT_ALLOWED = Plain(405, 'The method specified in the Request-Line is not allowed for the resource '
                         'identified by the Request-URI.')

_NO_TOKEN = 'Could not verify your access level for that URL.\nYou have to login with proper token'


class Said(Exception):
    """An error, and what the contract says of it.

    :ivar error: errors.FlavorsvcError
    :ivar status: int
    :ivar text: str, or None where the error's own is kept
    :ivar is_plain: bool, whether the body is text/plain
    """

    def __init__(self, error, say):
        super().__init__(error, say)
        self.error, self.status = error, say.status
        self.text = say.text and say.text.format(*error.args)
        self.is_plain = isinstance(say, Plain)


@contextlib.contextmanager
def told(table):
    """Say what a table says of the errors of a block.

    :param table: dict of an error class, of the name of the rule that forbids, or of the kind of
        what is not found, to Status or Plain
    :raises Said: in place of an error that is in it
    """
    try:
        yield
    except errors.FlavorsvcError as error:
        named = isinstance(error, errors.Forbidden | errors.NotFound)
        for key in (*error.args[:named], *type(error).__mro__):
            if key in table:
                raise Said(error, table[key]) from error
        raise


def document(entries, chosen):
    """Describe failures as the contract does.

    :param entries: list of dict, as the API-SIG has them
    :param chosen: format of :mod:`flavorsvc.api.formats`
    :returns: dict
    """
    error = {'message': '; '.join(entry['detail'] for entry in entries)}
    if chosen is not formats.XML:  # the schema of the first program allows no other element there
        error.update(code=entries[0]['code'], request_id=entries[0]['request_id'])
    return {'error': error}


def plain_text(error, environ):
    """Tell what the contract answers to an error as text/plain.

    :param environ: WSGI environment of the request
    :returns: str; None where the answer is JSON or XML
    """
    if isinstance(error, Said):
        return error.text if error.is_plain else None
    return _NO_TOKEN if _wants_token(error, environ) else None


def challenge(error, environ):
    """Give the header by which the contract asks for a token.

    :param environ: WSGI environment of the request
    :returns: dict of header to value
    """
    return {'X-Auth-Token': 'Auth2 realm="Token Required"'} if _wants_token(error, environ) else {}


def _wants_token(error, environ):
    return (isinstance(error, webob.exc.HTTPUnauthorized)
            and microversion.of(environ) == types.CONTRACT)
