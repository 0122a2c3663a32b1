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

"""Plans: /v1/plans."""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api import waiting
from flavorsvc.api.expose import PREFER
from flavorsvc.api.expose import Answer
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import drift
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import regions
from flavorsvc.domain import plan
from flavorsvc.domain.installation import OnImmutable

SINCE = types.GUARDED
Summary = types.Map(types.one_of(*plan.Act, 'catalogue', 'refused', 'destructive', 'servers'),
                    types.Size, 'an object of numbers')
Choice = regions.OnImmutable
Progress = types.Map(types.one_of(*plan.Outcome), types.Size, 'an object of numbers')


class Wanted(types.Model):
    """What a plan is to bring about."""

    regions = Attr(regions.Names, mandatory=True)
    prune = Attr(types.Boolean)
    on_immutable = Attr(Choice)
    flavors = Attr([flavors.Flavor])


class UnreadRegion(types.Model):
    """A region that could not be read when the plan was made, and why."""

    name = readonly(str)
    reason = readonly(str)


class Action(types.Model):
    """One thing to do, and what became of it."""

    region = readonly(str, nullable=True)
    flavor_id = readonly(str)
    flavor_name = readonly(str)
    act = readonly(types.one_of(*plan.Act), name='action')
    differences = readonly([drift.Difference])
    destructive = readonly(types.Boolean)
    servers = readonly(int, nullable=True)
    refused = readonly(types.one_of(*plan.Refusal), nullable=True)
    because = readonly(str, nullable=True)
    status = readonly(types.one_of(*plan.Outcome))
    error = readonly(str, nullable=True)
    installation_id = readonly(str, nullable=True)


class Plan(types.Resource):
    """What brings regions to a catalogue."""

    id = readonly(types.Uuid)
    state = readonly(types.one_of('ready', 'applied'))
    regions = readonly([str])
    prune = readonly(types.Boolean)
    on_immutable = readonly(Choice)
    catalogue = readonly(types.one_of('given', 'stored'))
    unread_regions = readonly([UnreadRegion])
    summary = readonly(Summary)
    progress = readonly(Progress)
    actions = readonly([Action])
    created_by = readonly(str, nullable=True)
    created_at = readonly(types.Timestamp)
    request_id = readonly(str, nullable=True)
    expires_at = readonly(types.Timestamp)
    applied_by = readonly(str, nullable=True)
    applied_at = readonly(types.Timestamp, nullable=True)
    applied_request_id = readonly(str, nullable=True)


WANTED = types.Single('plan', Wanted)
PLAN = types.Single('plan', Plan)
PLANS = types.Listing('plans', Plan)

QUERY = query.Query(filters={}, sort_keys={'created_at': 'created_at'}, marker=types.Uuid)


class Plans(controller.Controller):
    """/v1/plans"""

    @expose(PLANS, query=QUERY, since=SINCE)
    def index(self, ctxt, filters, page):
        """List the plans, without their actions."""
        self.enforce(ctxt, 'plans:list', {})
        return [represent(each) for each in self.conductor.plans_list(ctxt, page)]

    @expose(PLAN, since=SINCE)
    def show(self, ctxt, plan_id):
        """Show a plan, and what became of it."""
        self.enforce(ctxt, 'plans:show', {})
        return represent(self.conductor.plan_get(ctxt, plan_id))

    @expose(PLAN, body=Body(WANTED), status=201, since=SINCE)
    def create(self, ctxt, body):
        """Find out what would bring regions to a catalogue; nothing is changed."""
        self.enforce(ctxt, 'plans:create', {})
        asked = {'prune': False, 'on_immutable': OnImmutable.REFUSE, 'flavors': None, **body}
        if asked['flavors'] is not None:
            asked['flavors'] = [flavors.publishing(each) for each in asked['flavors']]
        made = self.conductor.plan_create(ctxt, asked)
        pecan.response.location = controller.url('plans', made['id'])
        return represent(made)

    @expose(PLAN, status=202, statuses=(200,), heeds=(PREFER,), since=SINCE)
    def apply(self, ctxt, plan_id):
        """Do what a plan says, unless anything moved since it was made."""
        self.enforce(ctxt, 'plans:apply', {})
        made, seconds = self.conductor.plan_apply(ctxt, plan_id), waiting.patience().seconds
        if seconds and _is_under_way(made):
            made = waiting.watch(seconds, lambda: self.conductor.plan_get(ctxt, plan_id),
                                 _is_under_way)
        pecan.response.location = controller.url('plans', plan_id)
        return Answer(represent(made), 200 if seconds and not _is_under_way(made) else 202)


def _is_under_way(values):
    return values['progress'][plan.Outcome.UNDER_WAY] > 0


def represent(values):
    """Represent a plan.

    :param values: dict, from the conductor; without actions it is one of a list
    :returns: Plan
    """
    resource = Plan.of(
        {name: value for name, value in values.items() if name != 'actions'},
        catalogue='stored' if values['of_stored'] else 'given',
        unread_regions=[UnreadRegion(name=name, reason=reason)
                        for name, reason in sorted(values['silent'].items())],
        links=controller.self_link('plans', values['id']))
    if 'actions' in values:
        resource.actions = [Action.of({
            **each, 'flavor_name': each['name'], 'installation_id': each.get('installation'),
            'differences': [drift.difference(each) for each in each['differences']]})
            for each in values['actions']]
    return resource
