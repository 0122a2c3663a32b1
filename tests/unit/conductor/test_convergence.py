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

"""One installation, once, against a model of a region."""

import dataclasses

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.conductor import convergence
from flavorsvc.db import claims
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.unit import nova_model
from tests.unit import strategies


class Lease:
    """One that nobody contests.

    :ivar others: dict of flavor id to moving.Moving: what of ours moves in the region
    :ivar counted: list of the numbers of servers that were found before something was deleted
    """

    def __init__(self, others=None):
        self.others = others or {}
        self.counted = []

    def hold(self, servers=None):
        self.counted.append(servers)

    def moving(self):
        return self.others


def claim_of(spec, desired='present', tried=False, observed=False, **more):
    return claims.Claim(
        id='i', owner='me', revision=1, desired=desired, status='installing', generation=1,
        flavor=strategies.values_of(spec), attempts=0, tried=tried, observed=observed,
        region_pk=1, region='RegionOne', region_state='up', endpoint='http://nova',
        microversion='2.96', request_id='req-1', **more)


def converge(region, spec, **kwargs):
    return convergence.converge(region, claim_of(spec, **kwargs), capabilities.TABLE, Lease())


SPEC = flavor.Spec('f1', 'n1', 1, 512, 1, extra_specs={'a': 'b'})


@hypothesis.given(strategies.specs())
def test_a_new_flavor_costs_no_read(spec):
    region = nova_model.Region()
    assert converge(region, spec) == 'created'
    assert region.flavors == {spec.id: spec}
    assert 'find' not in region.calls


@hypothesis.given(st.data())
def test_converging_twice_changes_nothing(data):
    spec = data.draw(strategies.specs())
    region = nova_model.Region(data.draw(strategies.similar(spec)))
    assert converge(region, spec, tried=True, observed=True) is None
    assert region.flavors == {spec.id: spec}
    region.calls.clear()
    converge(region, spec, tried=True)
    assert region.calls == ['find']


@hypothesis.given(st.data())
def test_a_flavor_of_this_id_and_these_sizes_is_taken_over(data):
    spec = data.draw(strategies.specs())
    region = nova_model.Region(data.draw(strategies.similar(spec)))
    assert converge(region, spec) == 'adopted'
    assert region.flavors == {spec.id: spec}


@hypothesis.given(st.data())
def test_whatever_a_killed_conductor_left_is_finished(data):
    spec = data.draw(strategies.specs())
    steps = compare.steps_to_present(spec, None)
    done = data.draw(st.integers(0, len(steps)))
    region = nova_model.Region()
    for step in steps[:done]:
        region.do(step)
    converge(region, spec)
    assert region.flavors == {spec.id: spec}


def test_a_name_taken_under_another_id_is_refused_and_named():
    other = dataclasses.replace(SPEC, id='f2')
    region = nova_model.Region(other)
    with pytest.raises(failures.Refused) as refused:
        converge(region, SPEC)
    assert refused.value.reason == 'name_taken'
    assert "'f2'" in refused.value.text
    assert region.flavors == {'f2': other}


def test_other_sizes_under_this_id_are_refused_and_left_alone():
    other = dataclasses.replace(SPEC, vcpus=8)
    region = nova_model.Region(other)
    with pytest.raises(failures.Refused, match='vcpus is 8, not 1'):
        converge(region, SPEC)
    assert region.flavors == {'f1': other}


def test_a_refused_extra_spec_leaves_nothing_behind():
    region = nova_model.Region(refuse=lambda step: failures.Refused('rejected', 'no such spec')
                               if isinstance(step, compare.SetExtraSpecs) else None)
    with pytest.raises(failures.Refused, match='no such spec'):
        converge(region, SPEC)
    assert region.flavors == {}


def test_a_refused_extra_spec_of_an_older_flavor_deletes_nothing():
    older = dataclasses.replace(SPEC, extra_specs={})
    region = nova_model.Region(older, refuse=lambda step: failures.Refused('rejected', 'no')
                               if isinstance(step, compare.SetExtraSpecs) else None)
    with pytest.raises(failures.Refused):
        converge(region, SPEC)
    assert region.flavors == {'f1': older}


def test_a_passing_failure_after_the_create_is_finished_next_time():
    answers = iter([failures.Passing('server_error', 'oops')])
    region = nova_model.Region(refuse=lambda step: next(answers, None)
                               if isinstance(step, compare.SetExtraSpecs) else None)
    with pytest.raises(failures.Passing):
        converge(region, SPEC)
    assert converge(region, SPEC, tried=True, observed=True) is None
    assert region.flavors == {'f1': SPEC}


def test_the_holder_of_the_name_may_vanish_meanwhile():
    def vanish(region, call):
        if call == 'find':
            region.flavors.clear()
    region = nova_model.Region(dataclasses.replace(SPEC, id='f2'), before=vanish)
    with pytest.raises(failures.Passing):
        converge(region, SPEC)


def test_a_flavor_is_taken_out():
    region = nova_model.Region(SPEC)
    assert converge(region, SPEC, desired='absent', tried=True) is None
    assert region.flavors == {}
    converge(region, SPEC, desired='absent', tried=True)
    assert region.flavors == {}


def test_a_flavor_that_was_never_installed_is_not_ours_to_take_out():
    region = nova_model.Region(SPEC)
    converge(region, SPEC, desired='absent')
    assert region.flavors == {'f1': SPEC}
    assert region.calls == []


def test_a_property_that_the_table_lost_keeps_no_flavor_in_a_region():
    region = nova_model.Region(SPEC)
    claim = claim_of(SPEC, desired='absent', tried=True)
    claim.flavor['properties'] = {'gpu': True}
    convergence.converge(region, claim, capabilities.TABLE, Lease())
    assert region.flavors == {}


def test_someone_elses_flavor_of_this_id_stays():
    other = dataclasses.replace(SPEC, ram_mib=1)
    region = nova_model.Region(other)
    converge(region, SPEC, desired='absent', tried=True)
    assert region.flavors == {'f1': other}
