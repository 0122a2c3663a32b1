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


"""Findings of audits: /v1/drift."""

from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import schema
from flavorsvc.api import types
from flavorsvc.api.expose import PREFER
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import installations
from flavorsvc.api.v1 import regions
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain.installation import OnImmutable

Kind = types.one_of(*drift.Kind)
State = types.one_of(*drift.State)
Plain = types.Value(object, 'a text, a number, true, false or null',
                    type=['string', 'number', 'boolean', 'null'])


class Difference(types.Model):
    """One value that a flavor should have, and what it has instead."""

    field = readonly(str)
    key = readonly(str, nullable=True)
    wanted = readonly(Plain)
    found = readonly(Plain)


class Finding(types.Resource):
    """A region does not have what the catalogue says of one flavor."""

    id = readonly(types.Uuid)
    region = readonly(str)
    flavor_id = readonly(str)
    flavor_name = readonly(str)
    kind = readonly(Kind)
    differences = readonly([Difference])
    state = readonly(State)
    opened_at = readonly(types.Timestamp)
    resolved_at = readonly(types.Timestamp, nullable=True)
    accepted_at = readonly(types.Timestamp, nullable=True)
    accepted_by = readonly(str, nullable=True)
    accepted_reason = readonly(str, nullable=True)
    repairs = readonly(int)
    repaired_at = readonly(types.Timestamp, nullable=True)
    next_repair_at = readonly(types.Timestamp, nullable=True)


class Repair(types.Model):
    """How to repair."""

    on_immutable = Attr(regions.OnImmutable)


class Acceptance(types.Model):
    """What a finding is accepted as, and why."""

    as_ = Attr(types.one_of('catalogue', 'exception'), name='as', mandatory=True)
    reason = Attr(types.text(1, 1000), nullable=True)


FINDING = types.Single('finding', Finding)
FINDINGS = types.Listing('findings', Finding)

QUERY = query.Query(
    filters={'region': types.Name, 'flavor': types.Name, 'kind': Kind, 'state': State},
    sort_keys={'opened_at': 'opened_at', 'kind': 'kind', 'state': 'state'}, marker=types.Uuid)


class Drift(flavors.Catalogue):
    """/v1/drift"""

    @expose(FINDINGS, query=QUERY, since=types.GUARDED)
    def index(self, ctxt, filters, page):
        """List the findings that the caller may see."""
        visible_to = self.visible_to(ctxt, 'drift')
        return [represent(each) for each in self.conductor.drift_list(
            ctxt, filters, page, visible_to)]

    @expose(FINDING, since=types.GUARDED)
    def show(self, ctxt, finding_id):
        """Show a finding."""
        return represent(self._visible(ctxt, finding_id))

    @expose(installations.INSTALLATIONS, body=Body(Repair, schema.MODIFY, optional=True),
            status=202, statuses=(200,), heeds=(PREFER,), since=types.GUARDED)
    def repair(self, ctxt, finding_id, body):
        """Have the region agree with the catalogue again."""
        found = self._visible(ctxt, finding_id)
        self._enforce(ctxt, 'drift:repair', found)
        return installations.answer(self.settle(ctxt, self.conductor.drift_repair(
            ctxt, finding_id, body.get('on_immutable', OnImmutable.REFUSE))))

    @expose(FINDING, body=Body(Acceptance), statuses=(502,), since=types.GUARDED)
    def accept(self, ctxt, finding_id, body):
        """Take what the region has for right: for the catalogue, or as an exception."""
        found = self._visible(ctxt, finding_id)
        self._enforce(ctxt, 'drift:accept', found)
        if body['as_'] == 'catalogue':
            self._enforce_taking_over(ctxt, found)
        return represent(self.conductor.drift_accept(
            ctxt, finding_id, body['as_'], body.get('reason')))

    def _enforce_taking_over(self, ctxt, found):
        if found['kind'] == drift.Kind.UNMANAGED:
            self.enforce(ctxt, 'regions:adopt', {'project_id': found['region_project_id']})
        elif found['kind'] == drift.Kind.MISSING:
            self._enforce(ctxt, 'flavors:uninstall', found)
        else:
            flavor = self.visible(ctxt, found['flavor_id'])
            self.enforce_on_promoted(ctxt, flavor)
            self.enforce(ctxt, 'flavors:update', flavors.target(ctxt, flavor))

    def _enforce(self, ctxt, rule, found):
        self.enforce(ctxt, rule, target(found),
                     because=f'The region {found["region"]!r} is not one of your project.')

    def _visible(self, ctxt, finding_id):
        found = self.conductor.drift_get(ctxt, finding_id)
        if not self.allowed(ctxt, 'drift:show', target(found)):
            raise errors.NotFound('finding', finding_id)
        return found


def target(values):
    """Give what a rule may refer to of a finding.

    :param values: dict, from the conductor
    :returns: dict
    """
    owner = None if values['kind'] == drift.Kind.UNMANAGED else values['flavor_project_id']
    return {'region_project_id': values['region_project_id'], 'flavor_project_id': owner}


def represent(values):
    """Represent a finding.

    :param values: dict, from the conductor
    :returns: Finding
    """
    return Finding.of({**values, 'differences': [difference(each) for each
                                                 in values['differences']]},
                      links=controller.self_link('drift', values['id']))


def difference(values):
    """Represent a difference, whose field is named as in a flavor.

    :param values: dict, from the conductor
    :returns: Difference
    """
    return Difference.of({**values, 'field': field(values['field'])})


def field(key):
    """Tell what callers call a field of a flavor.

    :param key: str such as 'ram_mib'
    :returns: str such as 'ram'
    """
    return types.name_of(flavors.Flavor, key, types.NEWEST)
