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

"""Where flavors can go: /v1/regions."""

from flavorsvc.api import controller
from flavorsvc.api import microversion
from flavorsvc.api import query
from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.domain import drift
from flavorsvc.domain import installation

State = types.one_of('up', 'slow', 'down', 'unknown', 'gone')
Seconds = types.Value(float, 'seconds', type='number', minimum=0)
Names = types.Value(
    object, 'a list of 1 to 1000 different region names, or "all"', type=['array', 'string'],
    pattern=r'^all\Z', items=types.Name.schema, minItems=1, maxItems=1000, uniqueItems=True)
OnImmutable = types.one_of(*installation.OnImmutable)

SINCE = types.CONVENTIONAL


class Choice(types.Model):
    """The regions that are meant."""

    regions = Attr(Names, mandatory=True)


class Arrival(Choice):
    """The regions that are to have a flavor."""

    on_immutable = Attr(OnImmutable, since=types.GUARDED)


class Departure(Choice):
    """The regions that are to lose a flavor."""

    unless_used = Attr(types.Boolean, since=types.GUARDED)


class Region(types.Resource):
    """A region, as the service catalogue announced it and as it last answered."""

    id = readonly(types.Name)
    name = readonly(types.Name)
    kind = readonly(str, since=SINCE)
    endpoint = readonly(str, since=SINCE)
    project_id = Attr(types.ProjectId, nullable=True, since=SINCE)
    state = readonly(State, since=SINCE)
    reason = readonly(str, since=SINCE, nullable=True)
    since = readonly(types.Timestamp, since=SINCE)
    microversion = readonly(str, name='nova_microversion', since=SINCE, nullable=True)
    max_concurrency = Attr(types.integer(1, 1000), nullable=True, since=SINCE)
    drift_policy = Attr(types.one_of(*drift.Policy), nullable=True, since=types.GUARDED)
    audited_at = readonly(types.Timestamp, since=types.GUARDED, nullable=True)
    audit_due_at = readonly(types.Timestamp, since=types.GUARDED, nullable=True)
    audit_error = readonly(str, since=types.GUARDED, nullable=True)
    last_seen_at = readonly(types.Timestamp, since=SINCE)
    answer_s = readonly(Seconds, name='answer_seconds', since=types.GUARDED, nullable=True)
    in_progress = readonly(int, since=types.GUARDED)
    maintenance = Attr(types.Boolean, since=types.GUARDED)
    maintenance_reason = Attr(types.text(1, 1000), nullable=True, since=types.GUARDED)
    maintenance_since = readonly(types.Timestamp, since=types.GUARDED, nullable=True)
    created_at = readonly(types.Timestamp, since=SINCE)


REGION = types.Single('region', Region)
REGIONS = types.Listing('regions', Region, at_1_0=('Infrastructures', 'infrastructure'))

QUERY = query.Query(filters={'state': State, 'project_id': types.ProjectId},
                    sort_keys={'name': 'name', 'state': 'state'})


class Regions(controller.Controller):
    """/v1/regions"""

    @expose(REGIONS, query=QUERY)
    def index(self, ctxt, filters, page):
        """List the regions."""
        self.enforce(ctxt, 'regions:list', {})
        if microversion.is_contract():
            filters['is_listed'] = True  # the seeds know no region that has left
        if microversion.current() < types.GUARDED:
            if filters.get('state') == 'slow':
                return []  # as far as this version knows, they are up
            filters['slow_is_up'] = True
        found = self.all_of(page, 'name', lambda page: self.conductor.regions_list(
            ctxt, filters, page))
        return [represent(each) for each in found]

    @expose(REGION)
    def show(self, ctxt, name):
        """Show a region."""
        region = self.conductor.region_get(ctxt, name)
        self.enforce(ctxt, 'regions:show', {'project_id': region['project_id']})
        return represent(region)

    @expose(REGION, body=Body(REGION, schema.UPDATE))
    def update(self, ctxt, name, body):
        """Change who owns a region, how many calls it gets, its drift policy, its maintenance."""
        region = self.conductor.region_get(ctxt, name)
        self.enforce(ctxt, 'regions:update', {'project_id': region['project_id']})
        return represent(self.conductor.region_update(ctxt, name, body))

    @expose(REGION, status=202, since=types.GUARDED)
    def audit(self, ctxt, region):
        """Have a region audited as soon as it can be."""
        found = self.conductor.region_get(ctxt, region)
        self.enforce(ctxt, 'regions:audit', {'region_project_id': found['project_id']},
                     because=f'The region {region!r} is not one of your project.')
        return represent(self.conductor.region_audit(ctxt, region))

    @expose()
    def forget(self, ctxt, name):
        """Forget a region that has left the service catalogue."""
        region = self.conductor.region_get(ctxt, name)
        self.enforce(ctxt, 'regions:forget', {'project_id': region['project_id']})
        self.conductor.region_forget(ctxt, name)


def represent(values):
    """Represent a region, whose id is its name. Before 1.2, a slow one is up.

    :param values: dict, from the conductor
    :returns: Region
    """
    if values['state'] == 'slow' and microversion.current() < types.GUARDED:
        values = {**values, 'state': 'up', 'reason': None}
    return Region.of(values, id=values['name'],
                     links=controller.self_link('regions', values['name']))
