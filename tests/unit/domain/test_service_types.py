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

"""Laws of the rules of service types, and of who may know what they match."""

import hypothesis
from hypothesis import strategies as st

from flavorsvc.domain import flavor
from flavorsvc.domain import service_types
from tests.unit import strategies

_specs = st.dictionaries(st.sampled_from('abc'), st.sampled_from('xy'))
_pairs = st.lists(st.tuples(st.sampled_from(['redis', 'mysql', 'vertica']),
                            st.sampled_from(['f1', 'f2', 'f3'])))
_rules = st.fixed_dictionaries({
    **dict.fromkeys(service_types.SIZES, st.none() | st.integers(0, 3)),
    'required_extra_specs': _specs})
SPEC = flavor.Spec('f1', 'n1', 1, 512, 1)
PRIVATE = flavor.Spec('f1', 'n1', 1, 512, 1, is_public=False, projects=frozenset({'guest'}))


def values_of(spec=SPEC, **more):
    return strategies.values_of(spec, **{'project_id': 'owner', **more})


def asks_something(rule):
    return any(rule.values())


@hypothesis.given(_rules, strategies.specs())
def test_a_rule_is_satisfied_where_each_of_its_requirements_is(rule, spec):
    extra_specs = dict(spec.extra_specs)
    enough = [rule[name] is None or getattr(spec, field) >= rule[name]
              for name, field in service_types.SIZES.items()]
    required = [extra_specs.get(key) == value
                for key, value in rule['required_extra_specs'].items()]
    assert service_types.matches(rule, values_of(spec), extra_specs) == (
        asks_something(rule) and all(enough) and all(required))


@hypothesis.given(strategies.specs(), st.sampled_from([None, 0]))
def test_a_rule_that_requires_nothing_matches_nothing(spec, least):
    nothing = {**service_types.NO_RULE, 'min_vcpus': least}
    assert not service_types.matches(nothing, values_of(spec), dict(spec.extra_specs))


@hypothesis.given(_rules, strategies.specs(), _specs, st.integers(0, 3))
def test_a_larger_flavor_with_more_extra_specs_still_matches(rule, spec, more, larger):
    values = {**values_of(spec), 'vcpus': spec.vcpus + larger, 'ram_mib': spec.ram_mib + larger}
    assert (not service_types.matches(rule, values_of(spec), dict(spec.extra_specs))
            or service_types.matches(rule, values, {**more, **spec.extra_specs}))


@hypothesis.given(_pairs, _pairs)
def test_merging_loses_nothing_adds_nothing_and_repeats_nothing(mapped, matched):
    merged = service_types.merged(mapped, matched)
    assert {(each, flavor_id) for flavor_id, types in merged.items() for each in types} == {
        *mapped, *matched}
    assert all(types == sorted(set(types)) for types in merged.values())


@hypothesis.given(_pairs, _pairs)
def test_merging_does_not_care_for_the_order(one, other):
    assert service_types.merged(one, other) == service_types.merged(other, reversed(one))


@hypothesis.given(strategies.specs(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_who_sees_everything_and_the_owner_know_of_every_flavor(spec, known, public, promoted,
                                                                mapped):
    values = values_of(spec, public=public, promoted=promoted) if known else None
    assert service_types.may_know(None, spec, values, mapped)
    if known:
        assert service_types.may_know('owner', spec, values, mapped)


def test_a_flavor_that_is_not_public_is_for_the_projects_on_the_catalogues_list():
    values = values_of(PRIVATE, projects=['listed'], public=True)
    assert service_types.may_know('listed', PRIVATE, values, True)
    assert not service_types.may_know('guest', PRIVATE, values, True)
    assert not service_types.may_know('stranger', PRIVATE, values, True)


def test_where_the_catalogue_does_not_have_it_novas_list_counts():
    assert service_types.may_know('guest', PRIVATE, None, True)
    assert not service_types.may_know('stranger', PRIVATE, None, True)


def test_what_only_a_rule_matched_is_for_those_who_see_it_in_the_catalogue():
    assert not service_types.may_know('stranger', SPEC, values_of(), False)
    assert service_types.may_know('stranger', SPEC, values_of(), True)
    assert service_types.may_know('stranger', SPEC, values_of(public=True), False)
    assert service_types.may_know('stranger', SPEC, values_of(promoted=True), False)
