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


"""Comparison of regions: which flavors they have, and whether these are the same."""

import dataclasses
import enum
import itertools

from flavorsvc.domain import drift


class Verdict(enum.StrEnum):
    """How regions agree about a flavor."""

    SAME = 'same'
    DIFFERENT = 'different'
    MISSING = 'missing'


#: A sentence for each, for the documentation.
MEANING = {
    Verdict.SAME: 'All regions that answered have it, and the same.',
    Verdict.DIFFERENT: 'Those that have it differ in something.',
    Verdict.MISSING: 'Those that have it agree, but not all have it.',
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One flavor id over all regions.

    :ivar id: str
    :ivar name: str, in the first of the regions that have it
    :ivar verdict: Verdict
    :ivar regions: list of str, those that have it
    :ivar missing_regions: list of str, those that do not
    :ivar differences: list of dict with field, key (None, or the key of an extra spec) and
        values: dict of region to value
    """

    id: str
    name: str
    verdict: Verdict
    regions: list
    missing_regions: list
    differences: list


def rows(flavors, undescribed=()):
    """Compare by id.

    Access lists are no part of it: projects are those of a Keystone, and a list of flavors does
    not tell them.

    :param flavors: dict of region to dict of id to flavor.Spec
    :param undescribed: collection of regions whose Nova knows no descriptions
    :returns: list of Row, by name
    """
    ids = sorted({flavor_id for specs in flavors.values() for flavor_id in specs})
    return sorted((_row(flavor_id, flavors, undescribed) for flavor_id in ids),
                  key=lambda row: (row.name, row.id))


def _row(flavor_id, flavors, undescribed):
    specs = {region: found[flavor_id] for region, found in flavors.items() if flavor_id in found}
    differ = {(each['field'], each['key']): specs
              for one, other in itertools.pairwise(specs.values())
              for each in drift.differences(one, other)
              if each['field'] not in ('description', 'projects')}
    described = {region: spec for region, spec in specs.items() if region not in undescribed}
    if len({spec.description for spec in described.values()}) > 1:
        differ['description', None] = described
    missing = [region for region in flavors if region not in specs]
    verdict = (Verdict.DIFFERENT if differ else Verdict.MISSING if missing else Verdict.SAME)
    return Row(flavor_id, next(iter(specs.values())).name, verdict, list(specs), missing, [
        {'field': field, 'key': key, 'values': {
            region: drift.value(spec, field, key) for region, spec in among.items()}}
        for (field, key), among in differ.items()])


def names(flavors):
    """Find names that have different ids in different regions.

    :param flavors: dict of region to dict of id to flavor.Spec
    :returns: dict of name to dict of region to id
    """
    held = {}
    for region, specs in flavors.items():
        for spec in specs.values():
            held.setdefault(spec.name, {})[region] = spec.id
    return {name: ids for name, ids in sorted(held.items()) if len(set(ids.values())) > 1}
