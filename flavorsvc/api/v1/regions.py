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

State = types.one_of('up', 'down', 'unknown', 'gone')
Names = types.Value(
    object, 'a list of 1 to 1000 different region names, or "all"', type=['array', 'string'],
    pattern=r'^all\Z', items=types.Name.schema, minItems=1, maxItems=1000, uniqueItems=True)


SINCE = types.CONVENTIONAL


class Choice(types.Model):
    """The regions that are meant."""

    regions = Attr(Names, mandatory=True)


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
    last_seen_at = readonly(types.Timestamp, since=SINCE)
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
        """Record who owns a region, and how many calls it gets at the same time."""
        region = self.conductor.region_get(ctxt, name)
        self.enforce(ctxt, 'regions:update', {'project_id': region['project_id']})
        return represent(self.conductor.region_update(ctxt, name, body))

    @expose()
    def forget(self, ctxt, name):
        """Forget a region that has left the service catalogue."""
        region = self.conductor.region_get(ctxt, name)
        self.enforce(ctxt, 'regions:forget', {'project_id': region['project_id']})
        self.conductor.region_forget(ctxt, name)


def represent(values):
    """Represent a region, whose id is its name.

    :param values: dict, from the conductor
    :returns: Region
    """
    return Region.of(values, id=values['name'],
                     links=controller.self_link('regions', values['name']))
