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


"""Which flavors regions have, and whether they are the same: /v1/compare."""

from flavorsvc.api import comma_lists
from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api.expose import expose
from flavorsvc.api.types import readonly
from flavorsvc.api.v1 import drift
from flavorsvc.domain import comparison
from flavorsvc.domain import errors

#: Regions that can be compared at a time: each is asked.
_MOST = 20


class RegionValue(types.Model):
    """What one region has."""

    region = readonly(str)
    value = readonly(drift.Plain)


class RegionDifference(types.Model):
    """A value that is not the same in all regions that have the flavor."""

    field = readonly(str)
    key = readonly(str, nullable=True)
    values = readonly([RegionValue])


class ComparedFlavor(types.Model):
    """One flavor id over all regions."""

    id = readonly(str)
    name = readonly(str)
    verdict = readonly(types.one_of(*comparison.Verdict))
    regions = readonly([str])
    missing_regions = readonly([str])
    differences = readonly([RegionDifference])


class ComparedRegion(types.Model):
    """A region that was asked: what it has, or why that is not known."""

    name = readonly(str)
    flavors = readonly(int, nullable=True)
    reason = readonly(str, nullable=True)


class NamedFlavor(types.Model):
    """A flavor of a name."""

    region = readonly(str)
    flavor_id = readonly(str)


class SharedName(types.Model):
    """A name that has different ids in different regions."""

    name = readonly(str)
    flavors = readonly([NamedFlavor])


class Comparison(types.Model):
    """How regions agree about flavors."""

    regions = readonly([ComparedRegion])
    flavors = readonly([ComparedFlavor])
    names = readonly([SharedName])


COMPARISON = types.Single('comparison', Comparison)
QUERY = query.Query(filters={'regions': types.text(1, 6000)})


class Comparisons(controller.Controller):
    """/v1/compare"""

    @expose(COMPARISON, query=QUERY, since=types.GUARDED)
    def show(self, ctxt, filters):
        """Compare the flavors that regions have now."""
        self.enforce(ctxt, 'regions:compare', {})
        everything = self.allowed(ctxt, 'regions:compare_all', {})
        names = comma_lists.read('regions', filters.get('regions', ''), types.Name)
        if not 2 <= len(names) <= _MOST:
            raise errors.Invalid('regions', f'must be 2 to {_MOST} different regions')
        told = self.conductor.regions_compare(ctxt, names, everything)
        return Comparison(
            regions=[ComparedRegion.of(each) for each in told['regions']],
            flavors=[represent(each) for each in told['flavors']],
            names=[SharedName(name=name, flavors=[NamedFlavor(region=region, flavor_id=flavor_id)
                                                  for region, flavor_id in ids.items()])
                   for name, ids in told['names'].items()])


def represent(values):
    """Represent a flavor that was compared.

    :param values: dict, from the conductor
    :returns: ComparedFlavor
    """
    return ComparedFlavor.of({**values, 'differences': [
        RegionDifference(field=drift.field(each['field']), key=each['key'],
                         values=[RegionValue(region=region, value=value)
                                 for region, value in each['values'].items()])
        for each in values['differences']]})
