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

"""Replacement of a flavor in a region: only what is ours, only where allowed, whole in the end."""

import dataclasses

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.conductor import convergence
from flavorsvc.db import moving
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.unit import nova_model
from tests.unit import strategies
from tests.unit.conductor import test_convergence

OLD = flavor.Spec('f1', 'n1', 1, 512, 1, is_public=False, description='d',
                  extra_specs={'a': 'b'}, projects=frozenset(['p1']))
NEW = dataclasses.replace(OLD, vcpus=4)
CHOICES = ['replace-if-unused', 'replace']


class Killed(BaseException):
    """The conductor is gone."""


def fixed(spec):
    return flavor.fixed(dataclasses.asdict(spec))


def converge(region, wanted, *installed, on_immutable='replace', lease=None, **more):
    claim = test_convergence.claim_of(
        wanted, tried=True, observed=True, installed=tuple(map(fixed, installed)),
        on_immutable=on_immutable, **more)
    return convergence.converge(region, claim, capabilities.TABLE,
                                lease or test_convergence.Lease())


def steps(region):
    return [call for call in region.calls if not isinstance(call, str)]


@hypothesis.given(st.data())
def test_everything_comes_back(data):
    old, new = data.draw(strategies.specs()), data.draw(strategies.specs())
    region = nova_model.Region(old)
    converge(region, new, old)
    assert region.flavors == {'f1': new}


@hypothesis.given(st.data())
def test_wherever_it_is_killed_the_next_one_finishes(data):
    old, new = data.draw(strategies.specs()), data.draw(strategies.specs())
    region = nova_model.Region(old)
    for _ in range(data.draw(st.integers(1, 3))):
        left = iter(range(data.draw(st.integers(0, 12))))

        def kill(region, call, left=left):
            if next(left, None) is None:
                raise Killed
        region.before = kill
        try:
            converge(region, new, old)
        except Killed:
            pass
    region.before = lambda region, call: None
    converge(region, new, old)
    assert region.flavors == {'f1': new}


def test_servers_are_counted_before_anything_is_deleted():
    region = nova_model.Region(OLD)
    region.servers['f1'] = 7
    lease = test_convergence.Lease()
    assert converge(region, NEW, OLD, lease=lease) == 'created'
    assert region.calls.index('count') < region.calls.index(compare.Delete('f1'))
    assert lease.counted == [7]


def test_a_flavor_in_use_stays_as_it_is_unless_the_wish_says_otherwise():
    region = nova_model.Region(OLD)
    region.servers['f1'] = 2
    with pytest.raises(failures.InUse, match='2 servers use') as refused:
        converge(region, NEW, OLD, on_immutable='replace-if-unused')
    assert (refused.value.reason, refused.value.servers) == ('in_use', 2)
    assert region.flavors == {'f1': OLD}
    assert steps(region) == []


def test_a_flavor_that_nobody_uses_is_replaced():
    region = nova_model.Region(OLD)
    converge(region, NEW, OLD, on_immutable='replace-if-unused')
    assert region.flavors == {'f1': NEW}


@pytest.mark.parametrize('on_immutable', [None, 'refuse'])
def test_nothing_is_replaced_that_nobody_wished_replaced(on_immutable):
    region = nova_model.Region(OLD)
    with pytest.raises(failures.Refused, match='vcpus is 1, not 4.*on_immutable'):
        converge(region, NEW, OLD, on_immutable=on_immutable)
    assert region.flavors == {'f1': OLD}


@hypothesis.given(st.data(), st.sampled_from(CHOICES))
def test_what_someone_else_made_is_never_replaced(data, on_immutable):
    found, wanted, ours = (data.draw(strategies.specs()) for _ in range(3))
    hypothesis.assume(flavor.immutable_differences(found, wanted)
                      and flavor.immutable_differences(found, ours))
    region = nova_model.Region(found)
    with pytest.raises(failures.Refused) as refused:
        converge(region, wanted, ours, on_immutable=on_immutable)
    assert refused.value.reason == 'sizes_differ'
    assert region.flavors == {'f1': found}


def test_any_of_the_sizes_that_may_have_been_installed_is_ours():
    region = nova_model.Region(dataclasses.replace(OLD, vcpus=2))
    converge(region, NEW, OLD, dataclasses.replace(OLD, vcpus=2))
    assert region.flavors == {'f1': NEW}


def test_a_region_whose_servers_may_not_be_counted_keeps_its_flavor():
    region = nova_model.Region(OLD)

    def deny(region, call):
        if call == 'count':
            raise failures.Refused('forbidden', 'Policy does not allow it.')
    region.before = deny
    with pytest.raises(failures.Refused, match='Policy'):
        converge(region, NEW, OLD)
    assert region.flavors == {'f1': OLD}


def test_whoever_lost_the_lease_deletes_nothing():
    class Lost(test_convergence.Lease):
        def hold(self, servers=None):
            raise failures.Passing('superseded', 'Another conductor has taken this over.')
    region = nova_model.Region(OLD)
    with pytest.raises(failures.Passing):
        converge(region, NEW, OLD, lease=Lost())
    with pytest.raises(failures.Passing):
        converge(region, OLD, desired='absent', lease=Lost())
    assert region.flavors == {'f1': OLD}


@pytest.mark.parametrize('kind', [compare.Create, compare.SetExtraSpecs, compare.AddAccess])
def test_a_region_that_refuses_the_new_one_has_the_old_one_again(kind):
    def refuse(step):
        made = region.flavors.get('f1')
        is_new = isinstance(step, compare.Create) and step.spec.vcpus == 4
        if isinstance(step, kind) and (is_new or (made and made.vcpus == 4)):
            return failures.Refused('rejected', 'No such flavor here.')
        return None
    region = nova_model.Region(OLD, refuse=refuse)
    with pytest.raises(failures.Refused, match='No such flavor here'):
        converge(region, NEW, OLD)
    assert region.flavors == {'f1': OLD}


# names


def on_the_move(spec, *installed, on_immutable='replace'):
    return moving.Moving(spec.name, tuple(map(fixed, installed)), on_immutable)


A, B = OLD, dataclasses.replace(OLD, id='f2', name='n2')
A_AS_B, B_AS_A = dataclasses.replace(A, name='n2'), dataclasses.replace(B, name='n1')
SWAP = {'f1': on_the_move(A_AS_B, A), 'f2': on_the_move(B_AS_A, B)}


def test_a_new_name_needs_no_more_than_a_replacement():
    region = nova_model.Region(A)
    converge(region, A_AS_B, A)
    assert region.flavors == {'f1': A_AS_B}


def test_a_name_that_another_gives_up_is_waited_for():
    region = nova_model.Region(A, B)
    renamed = dataclasses.replace(A, name='n3')
    lease = test_convergence.Lease({'f1': on_the_move(renamed, A), 'f2': on_the_move(B_AS_A, B)})
    with pytest.raises(failures.Passing) as waits:
        converge(region, B_AS_A, B, lease=lease)
    assert waits.value.reason == 'name_moving'
    assert region.flavors == {'f1': A, 'f2': B}
    converge(region, renamed, A, lease=lease)
    converge(region, B_AS_A, B, lease=lease)
    assert region.flavors == {'f1': renamed, 'f2': B_AS_A}


def test_a_new_flavor_waits_for_its_name_too():
    region = nova_model.Region(A)
    new = dataclasses.replace(A, id='f9')
    lease = test_convergence.Lease({'f1': moving.Moving(None)})
    with pytest.raises(failures.Passing, match="'f1'"):
        convergence.converge(region, test_convergence.claim_of(new), capabilities.TABLE, lease)


def test_a_name_of_someone_elses_flavor_is_refused_before_anything_is_deleted():
    region = nova_model.Region(A, B)
    with pytest.raises(failures.Refused, match="'f2'") as refused:
        converge(region, A_AS_B, A)
    assert refused.value.reason == 'name_taken'
    assert region.flavors == {'f1': A, 'f2': B}


@hypothesis.given(st.lists(st.sampled_from(['f1', 'f2']), max_size=4))
def test_two_names_are_swapped_in_whatever_order(order):
    region = nova_model.Region(A, B)
    lease = test_convergence.Lease(SWAP)
    for flavor_id in [*order, 'f1', 'f2', 'f1', 'f2']:
        try:
            converge(region, *{'f1': (A_AS_B, A), 'f2': (B_AS_A, B)}[flavor_id], lease=lease)
        except failures.Passing as waits:
            assert waits.reason == 'name_moving'
    assert region.flavors == {'f1': A_AS_B, 'f2': B_AS_A}


def test_no_circle_is_opened_that_cannot_be_closed():
    region = nova_model.Region(A, B)
    region.servers['f2'] = 3
    used = {**SWAP, 'f2': on_the_move(B_AS_A, B, on_immutable='replace-if-unused')}
    with pytest.raises(failures.Passing, match="3 servers use the flavor 'f2'"):
        converge(region, A_AS_B, A, lease=test_convergence.Lease(used))
    foreign = {**SWAP, 'f2': on_the_move(B_AS_A, dataclasses.replace(B, vcpus=9))}
    with pytest.raises(failures.Passing, match='has yet to be given up'):
        converge(region, A_AS_B, A, lease=test_convergence.Lease(foreign))
    assert region.flavors == {'f1': A, 'f2': B}


def test_who_takes_the_name_at_the_last_moment_costs_nobody_a_flavor():
    thief = dataclasses.replace(B, id='f3')

    def steal(region, call):
        if isinstance(call, compare.Create):
            region.flavors.setdefault('f3', thief)
    region = nova_model.Region(A, before=steal)
    with pytest.raises(failures.Refused) as refused:
        converge(region, A_AS_B, A)
    assert refused.value.reason == 'name_taken'
    assert region.flavors == {'f1': A, 'f3': thief}


# leaving


def test_a_flavor_leaves_with_the_sizes_that_it_was_installed_with():
    region = nova_model.Region(OLD)
    converge(region, NEW, OLD, desired='absent')
    assert region.flavors == {}


def test_a_retired_flavor_stays_while_servers_use_it():
    region = nova_model.Region(OLD)
    region.servers['f1'] = 1
    with pytest.raises(failures.InUse, match='1 server uses'):
        converge(region, OLD, desired='absent', unless_used=True)
    assert region.flavors == {'f1': OLD}
    region.servers.clear()
    converge(region, OLD, desired='absent', unless_used=True)
    assert region.flavors == {}


def test_a_deleted_flavor_leaves_whoever_uses_it():
    region = nova_model.Region(OLD)
    region.servers['f1'] = 1
    converge(region, OLD, desired='absent')
    assert region.flavors == {}
    assert 'count' not in region.calls
