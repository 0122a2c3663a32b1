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


"""The Nova of a region, asked with the caller's own token, and what keeps that token secret."""

import contextlib
import traceback

from oslo_log import log

from flavorsvc import context
from flavorsvc.conductor import novas
from flavorsvc.domain import errors

LOG = log.getLogger(__name__)

_HIDDEN = '***'
#: Characters below which a text is no token of Keystone, and stands in other words too.
_SHORTEST_TOKEN = 8

#: What is also the caller's business where the token is the caller's.
_ANSWERS = {
    **novas.REFUSALS,
    'unauthorized': lambda region, words: errors.Unauthorized(
        f'The Nova of region {region!r} refuses the token: {words}'),
}


class Callers:
    """Gives each caller the Novas, with the token that came with the request."""

    def __init__(self, clouds, region_novas):
        """Remember where to look; nothing is contacted.

        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param region_novas: flavorsvc.conductor.novas.Novas
        """
        self._clouds, self._novas = clouds, region_novas

    @contextlib.contextmanager
    def asked(self, region, tokens, request_id):
        """Give a region's Nova to a block that asks it something for a caller.

        :param region: str
        :param tokens: dict with own, a token of our Keystone or None, and region, a token of
            that region's or None
        :param request_id: str that Nova is to log
        :returns: context manager that gives a :class:`flavorsvc.cloud.nova.Nova`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.Unauthorized: when no token came that this region could take, or it is
            refused there
        :raises errors.FlavorsvcError: what Nova answered, in its words
        """
        with _secret(tokens), novas.answered(region, _ANSWERS):
            place = self._novas.place(region)
            yield novas.border(self._cloud(place, tokens), place, request_id)

    @contextlib.contextmanager
    def by_default(self, tokens, request_id):
        """Give the Nova of the default region to a block. See :meth:`asked`.

        :returns: context manager that gives (str, the name of that region,
            :class:`flavorsvc.cloud.nova.Nova`)
        :raises errors.RegionUnreachable: when there is no such region, or it does not answer
        :raises errors.FlavorsvcError: otherwise as :meth:`asked`
        """
        region = self._novas.default()
        with _secret(tokens), novas.answered(region, _ANSWERS):
            place = self._novas.discovered(region)
            yield region, novas.border(self._cloud(place, tokens), place, request_id)

    @contextlib.contextmanager
    def passed(self, region, tokens, request_id):
        """Give the way to a region's Nova to a block that passes a caller's request to it.

        :param region: str, or None for the default region
        :param tokens: dict, see :meth:`asked`
        :param request_id: str that Nova is to log
        :returns: context manager that gives where the region is, a dict as of
            :meth:`flavorsvc.conductor.novas.Novas.place`, and a
            :class:`flavorsvc.cloud.passing.Passage`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.Unauthorized: when no token came that this region could take
        :raises errors.RegionUnreachable: when it does not answer as a Nova
        """
        with _secret(tokens):
            place = self._novas.place(region)
            with novas.answered(place['name'], {}):
                yield place, self._cloud(place, tokens).passage(
                    place['endpoint'], context.global_request_id(request_id) or request_id,
                    place['name'])

    def _cloud(self, place, tokens):
        foreign = place['access'] is not None
        return self._clouds.as_caller(_token(place['name'], tokens, foreign), foreign)


def _token(region, tokens, foreign):
    """Choose the token for a region; that of our own Keystone never leaves our own cloud."""
    own = tokens.get('own')
    token = tokens.get('region') or (None if foreign else own)
    if foreign and token == own:
        token = None  # whoever sends one token in both headers has none of that Keystone
    if not token and foreign:
        raise errors.Unauthorized(
            f'Region {region!r} has a Keystone of its own: a token of that Keystone is needed '
            f'in X-Auth-Token-KeyStone.')
    if not token:
        raise errors.Unauthorized(f'The Nova of region {region!r} needs a token of Keystone.')
    # a library that cannot put it into a header would say so, and quote it
    if not (token.isascii() and token.isprintable()) or ' ' in token:
        raise errors.Unauthorized(f'What came for region {region!r} is not a token.')
    return token


@contextlib.contextmanager
def _secret(tokens):
    """Hide the tokens from whatever a block raises: errors are logged, and cross RPC.

    :raises errors.FlavorsvcError: as the block, without what it was caused by
    :raises RuntimeError: naming the kind of any other error, which is logged here
    """
    hidden = [token for token in tokens.values() if token and len(token) >= _SHORTEST_TOKEN]
    try:
        yield
    except errors.FlavorsvcError as error:
        told = type(error)(*(_without(hidden, each) for each in error.args))
    except Exception as error:
        LOG.error('A call with the token of a caller failed: %s',
                  _without(hidden, ''.join(traceback.format_exception(error))))
        told = RuntimeError(f'{type(error).__name__}; the conductor\'s log says more.')
    else:
        return
    raise told from None


def _without(hidden, value):
    if isinstance(value, str):
        for token in hidden:
            value = value.replace(token, _HIDDEN)
    return value
