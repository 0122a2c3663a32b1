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

"""What the controllers of all resources share."""

import re
import urllib.parse

import pecan

from flavorsvc import policies
from flavorsvc.api import types
from flavorsvc.domain import errors

_GENERATION = re.compile(r'(?:W/)?"([0-9]{1,9})"')


class Controller:
    """Authorises, asks the conductor, represents what it says.

    :ivar conductor: flavorsvc.conductor.client.Conductor
    :ivar max_limit: int, most resources in a page
    """

    def __init__(self, conductor, rules, max_limit):
        """Prepare.

        :param rules: oslo_policy.policy.Enforcer
        """
        self.conductor = conductor
        self.max_limit = max_limit
        self._rules = rules

    def allowed(self, ctxt, rule, target):
        """Tell whether the caller may do something. See :func:`flavorsvc.policies.allowed`."""
        return policies.allowed(self._rules, ctxt, rule, target)

    def enforce(self, ctxt, rule, target, because=None):
        """Let the caller pass, or refuse. See :func:`flavorsvc.policies.enforce`.

        :raises errors.Forbidden: when the caller may not
        """
        policies.enforce(self._rules, ctxt, rule, target, because)

    def visible_to(self, ctxt, resource):
        """Tell whose objects the caller may list.

        :param resource: str, 'flavors' or 'installations'
        :returns: str, a project id that may be empty and then owns nothing; None for all
        :raises errors.Forbidden: when the caller may not list any
        """
        own = {'project_id': ctxt.project_id}
        self.enforce(ctxt, f'{resource}:list', own)
        if self.allowed(ctxt, f'{resource}:list_all', own):
            return None
        return ctxt.project_id or ''

    def own_regions(self, ctxt):
        """Name the regions that the caller's project owns.

        :returns: list of str
        """
        return self.region_names(ctxt, project_id=ctxt.project_id) if ctxt.project_id else []

    def region_names(self, ctxt, **filters):
        """Name the regions that a flavor can be installed into.

        :param filters: as :meth:`flavorsvc.conductor.client.Conductor.regions_list` has them
        :returns: list of str
        """
        page = {'limit': None, 'marker': None, 'sort_key': 'name', 'sort_dir': 'asc'}
        regions = self.all_of(page, 'name', lambda page: self.conductor.regions_list(
            ctxt, {**filters, 'is_listed': True}, page))
        return [region['name'] for region in regions]

    def enforce_in_regions(self, ctxt, rule, names):
        """Let the caller pass who may act on all these regions.

        :param names: list of str, or 'all'
        :raises errors.Forbidden: naming the first one that is in the way
        """
        if not names or self.allowed(ctxt, rule, {}):
            return
        if names == 'all':
            self.enforce(ctxt, rule, {}, because='For "all" regions it takes the infrastructure '
                                                 'manager; name the regions of your project.')
        own = self.own_regions(ctxt)
        for name in names:
            if name not in own:
                self._enforce_in_region_of_others(ctxt, rule, name)
            else:
                self.enforce(ctxt, rule, {'region_project_id': ctxt.project_id})

    def _enforce_in_region_of_others(self, ctxt, rule, name):
        try:
            self.conductor.region_get(ctxt, name)
        except errors.NotFound:
            raise errors.UnknownRegion(name) from None
        self.enforce(ctxt, rule, {},
                     because=f'The region {name!r} is not one of your project.')

    def all_of(self, page, marker, ask):
        """Ask for a page; for page after page where it has no limit.

        :param page: dict with limit (int, or None for everything), marker, sort_key, sort_dir
        :param marker: str, the key of what the next page starts after
        :param ask: function of a page that gives a list of dict
        :returns: list of dict
        """
        if page['limit'] is not None:
            return ask(page)
        found = []
        while True:
            last = found[-1][marker] if found else page['marker']
            try:
                more = ask({**page, 'limit': self.max_limit, 'marker': last})
            except errors.Invalid as error:
                if error.field != 'marker' or not found:
                    raise
                # it went while its page was answered, so the one before it is the last
                found.pop()
                continue
            found += more
            if len(more) < self.max_limit:
                return found


def url(*segments):
    """Give the absolute URL of something under /v1.

    :param segments: str, such as 'flavors' and an id
    """
    path = '/'.join(urllib.parse.quote(segment, safe='') for segment in segments)
    return f'{pecan.request.application_url}/v1/{path}'


def self_link(*segments):
    """Give the links of a resource: the one to itself.

    :returns: list of types.Link
    """
    return [types.Link(rel='self', href=url(*segments))]


def tokens():
    """Give the tokens that came with the request that is being answered.

    :returns: dict with own (str or None), the token of the Keystone of this service, and region
        (str or None), the one that was given for the region
    """
    headers = pecan.request.headers
    return {'own': headers.get('X-Auth-Token') or None,
            'region': headers.get('X-Auth-Token-KeyStone') or None}


def expected_generation():
    """Read the generation that the caller makes a condition of what it asks.

    :returns: int; None when any will do
    :raises errors.Invalid: when If-Match is no ETag of this service
    """
    condition = pecan.request.headers.get('If-Match', '*')
    if condition == '*':
        return None
    found = _GENERATION.fullmatch(condition)
    if found is None:
        raise errors.Invalid('If-Match', 'must be one ETag of this service, such as "3", or *')
    return int(found.group(1))
