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


"""Taking what a region has under management: /v1/regions/{region}/adopt."""

from flavorsvc.api import controller
from flavorsvc.api import types
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import drift
from flavorsvc.domain import adoption
from flavorsvc.domain import errors

Ids = types.Items(types.Name, 'a list of 1 to 1000 different flavor ids', minItems=1,
                  maxItems=1000, uniqueItems=True)
Choices = types.Map(types.Name, types.one_of(*adoption.Choice),
                    'an object of flavor ids, each with skip, exception or manage',
                    maxProperties=1000)


class Selection(types.Model):
    """Which flavors are to be adopted, and what to do where there are conflicts."""

    ids = Attr(Ids)
    name = Attr(types.text(1, 255))
    all = Attr(types.Boolean)
    choices = Attr(Choices)
    dry_run = Attr(types.Boolean)
    reason = Attr(types.text(1, 1000), nullable=True)


class Conflict(types.Model):
    """Something else that bears the id or the name of a flavor."""

    region = readonly(str, nullable=True)
    reason = readonly(types.one_of(*adoption.Reason))
    flavor_id = readonly(str)
    differences = readonly([drift.Difference])


class AdoptedFlavor(types.Model):
    """What became of a flavor."""

    flavor_id = readonly(str)
    flavor_name = readonly(str)
    result = readonly(types.one_of(*adoption.Result))
    conflicts = readonly([Conflict])


class UnreachableRegion(types.Model):
    """A region that could not be asked for conflicts."""

    name = readonly(str)
    reason = readonly(str)


class Adoption(types.Model):
    """What became of the flavors that were to be adopted."""

    region = readonly(str)
    dry_run = readonly(types.Boolean)
    flavors = readonly([AdoptedFlavor])
    unreachable_regions = readonly([UnreachableRegion])


ADOPTION = types.Single('adoption', Adoption)


class Adoptions(controller.Controller):
    """/v1/regions/{region}/adopt"""

    @expose(ADOPTION, body=Body(Selection), statuses=(502,), since=types.GUARDED)
    def adopt(self, ctxt, region, body):
        """Take flavors that a region has under management; nothing is changed there."""
        found = self.conductor.region_get(ctxt, region)
        self.enforce(ctxt, 'regions:adopt', {'project_id': found['project_id']})
        selection = {name: body[name] for name in ('ids', 'name', 'all') if body.get(name)}
        if len(selection) != 1:
            raise errors.Invalid('body', 'must have exactly one of ids, name and all')
        told = self.conductor.region_adopt(
            ctxt, region, selection, body.get('choices', {}), body.get('dry_run', False),
            body.get('reason'))
        return Adoption.of({**told, 'flavors': [represent(each) for each in told['flavors']],
                            'unreachable_regions': [
                                UnreachableRegion(name=name, reason=reason)
                                for name, reason in told['unreachable_regions'].items()]})


def represent(values):
    """Represent what became of a flavor.

    :param values: dict, from the conductor
    :returns: AdoptedFlavor
    """
    return AdoptedFlavor.of({**values, 'conflicts': [
        Conflict.of({**each, 'differences': [drift.difference(differ)
                                             for differ in each['differences']]})
        for each in values['conflicts']]})
