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

"""Plans: what would bring regions to a catalogue, and doing just that."""

from openstack import exceptions
from openstack import resource
import tenacity

from flavorsvc.client.sdk import resources

#: Seconds between two looks at a plan that is applied: short at first, as most are done at once.
_FIRST_LOOK_S, _LONGER_S, _LONGEST_S = 0.2, 0.2, 3.0


class Plan(resources.FlavorsvcResource):
    """What would bring regions to a catalogue, or what became of it."""

    resource_key = 'plan'
    resources_key = 'plans'
    base_path = '/plans'

    allow_create = True
    allow_fetch = True
    allow_list = True

    _query_mapping = resource.QueryParameters('sort_key', 'sort_dir')

    #: 'ready' or 'applied'
    state = resource.Body('state')
    #: Names of the regions; when it is made also 'all'
    regions = resource.Body('regions')
    #: Whether flavors of the service that are not given are removed
    prune = resource.Body('prune', type=bool)
    #: 'refuse', 'replace-if-unused' or 'replace', as of a Flavor
    on_immutable = resource.Body('on_immutable')
    #: Only sent: list of dict, a whole catalogue; left out for the stored one
    flavors = resource.Body('flavors', type=list)
    #: 'given' or 'stored'
    catalogue = resource.Body('catalogue')
    #: list of dict with name and reason
    unread_regions = resource.Body('unread_regions', type=list)
    #: dict of numbers: create, change, replace, adopt, remove, catalogue, refused, destructive,
    #: servers
    summary = resource.Body('summary', type=dict)
    #: dict of numbers: planned, refused, under_way, done, failed, superseded; not in a list
    progress = resource.Body('progress', type=dict)
    #: list of dict with region (None: the catalogue itself), flavor_id, flavor_name, action,
    #: differences, destructive, servers, refused, because, status, error, installation_id; not in
    #: a list
    actions = resource.Body('actions', type=list)
    created_by = resource.Body('created_by')
    created_at = resource.Body('created_at')
    request_id = resource.Body('request_id')
    expires_at = resource.Body('expires_at')
    applied_by = resource.Body('applied_by')
    applied_at = resource.Body('applied_at')
    applied_request_id = resource.Body('applied_request_id')

    @property
    def is_under_way(self):
        """Whether regions still have something to do."""
        return self.progress['under_way'] > 0


class Plans:
    """Changing many flavors in many regions at once, after a look at what that does."""

    def plans(self, **query):
        """List plans, without their actions.

        :param query: sort_key, sort_dir, marker; limit is the size of a page
        :returns: generator of Plan; asks for page after page
        """
        return self._list(Plan, **{key: value for key, value in query.items()
                                   if value is not None})

    def get_plan(self, plan):
        """Return the plan of this id (or Plan), as it is now."""
        return self._get(Plan, plan)

    def create_plan(self, regions, **attrs):
        """Find out what would bring regions to a catalogue. Nothing is changed.

        :param regions: list of names, or 'all'
        :param attrs: any of flavors (list of dict), prune and on_immutable, see :class:`Plan`
        :returns: Plan
        """
        return self._create(Plan, regions=regions, **attrs)

    def apply_plan(self, plan):
        """Do what a plan says.

        :param plan: id or Plan
        :returns: Plan, see :meth:`wait_for_plan`
        :raises openstack.exceptions.ConflictException: when the catalogue or a region moved since
            it was made, or it was applied already
        """
        response = self.post(resources.path(Plan, plan, 'apply'))
        return self._existing(Plan, response.json()['plan'])

    def wait_for_plan(self, plan, timeout=None):
        """Follow a plan that was applied until no region has anything left to do.

        :param plan: Plan
        :param timeout: seconds, or None for as long as it takes
        :returns: generator of Plan, each as it stands then; the first one comes at once
        :raises openstack.exceptions.ResourceTimeout: when time is up
        """
        yield plan
        looks = tenacity.Retrying(
            stop=tenacity.stop_never if timeout is None else tenacity.stop_after_delay(timeout),
            wait=tenacity.wait_incrementing(_FIRST_LOOK_S, _LONGER_S, _LONGEST_S),
            retry=tenacity.retry_if_result(bool) | tenacity.retry_if_exception(resources.may_pass))
        try:
            for look in looks if plan.is_under_way else ():
                with look:
                    plan = self.get_plan(plan.id)
                if not look.retry_state.outcome.failed:
                    look.retry_state.set_result(plan.is_under_way)
                    yield plan
        except tenacity.RetryError as error:
            raise exceptions.ResourceTimeout(
                f'{plan.progress["under_way"]} of {len(plan.actions)} actions were not done after '
                f'{timeout:g} s') from error
