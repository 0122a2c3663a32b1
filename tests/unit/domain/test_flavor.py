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

"""What makes a flavor of the catalogue sound."""

import dataclasses

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from tests.unit import strategies


@hypothesis.given(strategies.specs())
def test_a_region_should_have_what_the_catalogue_says(spec):
    assert flavor.wanted(strategies.values_of(spec), capabilities.TABLE) == spec


def test_properties_become_extra_specs_beside_those_given():
    values = {'properties': {'cpu_arch': 'x86_64'}, 'extra_specs': {'a': 'b'}}
    assert flavor.extra_specs(values, capabilities.TABLE) == {
        'a': 'b', 'capabilities:cpu_info:arch': 'x86_64'}


def test_a_stored_flavor_keeps_its_extra_specs_when_the_table_loses_its_property():
    values = {'properties': {'cpu_arch': 'x86_64'}, 'extra_specs': {'a': 'b'}}
    assert flavor.known_extra_specs(values, capabilities.TABLE) == flavor.extra_specs(
        values, capabilities.TABLE)
    assert flavor.known_extra_specs(values, {}) == {'a': 'b'}


@pytest.mark.parametrize(('text', 'may_be'), [
    ('1', True), ('m1.tiny', True), ('a b_c-d', True), ('...', True), ('x' * 255, True),
    ('', False), ('.', False), ('..', False), ('detail', False), ('details', True),
    (' a', False), ('a ', False), ('a/b', False),
    ('a?b', False), ('a%2Fb', False), ('a\n', False), ('é', False), ('x' * 256, False)])
def test_an_id_is_one_that_nova_can_have(text, may_be):
    assert flavor.is_id(text) is may_be


def test_properties_and_extra_specs_must_not_contradict_each_other():
    values = {'properties': {'cpu_arch': 'x86_64'},
              'extra_specs': {'capabilities:cpu_info:arch': 'aarch64'}}
    with pytest.raises(errors.Invalid, match='cpu_info:arch'):
        flavor.extra_specs(values, capabilities.TABLE)


@hypothesis.given(strategies.specs())
def test_a_region_before_2_55_holds_no_description(spec):
    assert flavor.fit(spec, (2, 54)) == dataclasses.replace(spec, description=None)
    assert flavor.fit(spec, (2, 55)) == spec


@hypothesis.given(strategies.specs(), st.booleans())
def test_equal_values_are_no_change(spec, public):
    before = strategies.values_of(spec, public=public)
    same = {**before, 'projects': list(reversed(before['projects']))}
    assert flavor.changed(before, same) == {}
    assert flavor.changed(before, {'vcpus': spec.vcpus + 1}) == {'vcpus': spec.vcpus + 1}


def _values(**changes):
    return {**strategies.values_of(flavor.Spec('i', 'n', 1, 1, 0)), **changes}


@pytest.mark.parametrize(('changes', 'field'), [
    ({'promoted': True}, 'flavor.promoted'),
    ({'projects': ['p']}, 'flavor.projects'),
    ({'id': '..'}, 'flavor.id'),
    ({'id': 'detail'}, 'flavor.id'),
    ({'id': '.'}, 'flavor.id'),
    ({'extra_specs': {'..': 'x'}}, 'flavor.extra_specs'),
])
def test_contradictions_name_the_field(changes, field):
    with pytest.raises(errors.Invalid) as invalid:
        flavor.check(_values(**changes))
    assert invalid.value.field == field


@pytest.mark.parametrize('changes', [
    {}, {'public': True}, {'public': True, 'promoted': True},
    {'is_public': False, 'projects': ['p']}, {'id': '...'}])
def test_sound_flavors_pass(changes):
    flavor.check(_values(**changes))



@pytest.mark.parametrize(('odd', 'field'), [
    ({'vcpus': 2 ** 31}, 'sizes'),
    ({'swap_mib': -1}, 'sizes'),
    ({'rxtx_factor': float('nan')}, 'rxtx_factor'),
    ({'rxtx_factor': float('inf')}, 'rxtx_factor'),
    ({'extra_specs': {'k' * 256: 'v'}}, 'extra_specs'),
    ({'extra_specs': {'k': 'v' * 256}}, 'extra_specs'),
    ({'projects': frozenset(['p' * 256])}, 'projects'),
    ({'description': 'x' * 65536}, 'description'),
])
def test_what_no_nova_can_hold_is_not_believed(odd, field):
    spec = flavor.Spec('i', 'n', 1, 1, 0)
    flavor.check_sound(spec)
    with pytest.raises(ValueError, match=field):
        flavor.check_sound(dataclasses.replace(spec, **odd))


@hypothesis.given(strategies.specs())
def test_what_a_nova_may_hold_is_believed(spec):
    flavor.check_sound(spec)


@hypothesis.given(st.sets(st.sampled_from(flavor.NEEDED)))
def test_what_a_new_flavor_lacks_is_named(missing):
    given = {name: value for name, value in _values().items() if name not in missing}
    if not missing:
        flavor.check_complete(given)
        return
    with pytest.raises(errors.Incomplete) as raised:
        flavor.check_complete(given)
    assert set(raised.value.args) == missing


@pytest.mark.parametrize(('before', 'after'), [
    ({'public': True}, {}),
    ({'public': True, 'promoted': True}, {'public': True}),
])
def test_published_stays_published(before, after):
    with pytest.raises(errors.Conflict):
        flavor.check(_values(**after), _values(**before))
