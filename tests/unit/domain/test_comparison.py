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


import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from flavorsvc.domain import comparison
from flavorsvc.domain import flavor
from flavorsvc.domain.comparison import Verdict
from tests.unit import strategies

SPEC = flavor.Spec('f', 'f', 1, 1, 1, description='d')
REGIONS = ('a', 'b', 'c')

regions = st.fixed_dictionaries({name: st.lists(st.sampled_from('fg'), unique=True).flatmap(
    lambda ids: st.fixed_dictionaries({each: strategies.specs(each) for each in ids}))
    for name in REGIONS})


def test_every_verdict_has_a_meaning():
    assert set(comparison.MEANING) == set(Verdict)


@given(regions)
def test_every_flavor_is_told_once_with_who_has_it(flavors):
    rows = comparison.rows(flavors)
    assert sorted(row.id for row in rows) == sorted({each for specs in flavors.values()
                                                     for each in specs})
    for row in rows:
        having = [flavors[name][row.id] for name in row.regions]
        assert sorted([*row.regions, *row.missing_regions]) == sorted(REGIONS)
        plain = {repr(dataclasses.replace(spec, projects=frozenset(),
                                          extra_specs=sorted(spec.extra_specs.items())))
                 for spec in having}
        assert (row.verdict == Verdict.DIFFERENT) == (len(plain) > 1)
        assert (row.verdict == Verdict.SAME) == (len(plain) == 1 and not row.missing_regions)
        for each in row.differences:
            assert each['values'].keys() == set(row.regions)


def test_the_values_are_told_by_region():
    other = dataclasses.replace(SPEC, vcpus=2, extra_specs={'x': 'y'})
    [row] = comparison.rows({'a': {'f': SPEC}, 'b': {'f': other}})
    assert row.differences == [
        {'field': 'vcpus', 'key': None, 'values': {'a': 1, 'b': 2}},
        {'field': 'extra_specs', 'key': 'x', 'values': {'a': None, 'b': 'y'}}]


def test_a_nova_without_descriptions_lacks_none():
    old = dataclasses.replace(SPEC, description=None)
    [row] = comparison.rows({'a': {'f': SPEC}, 'b': {'f': old}}, ['b'])
    assert row.verdict == Verdict.SAME
    other = dataclasses.replace(SPEC, description='e')
    [row] = comparison.rows({'a': {'f': SPEC}, 'b': {'f': old}, 'c': {'f': other}}, ['b'])
    assert row.differences == [{'field': 'description', 'key': None,
                                'values': {'a': 'd', 'c': 'e'}}]


def test_names_that_mean_different_flavors():
    flavors = {'a': {'1': dataclasses.replace(SPEC, id='1')},
               'b': {'2': dataclasses.replace(SPEC, id='2')},
               'c': {'3': dataclasses.replace(SPEC, id='3', name='other')}}
    assert comparison.names(flavors) == {'f': {'a': '1', 'b': '2'}}
