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


"""Flavors that only one region has."""

import dataclasses

import pytest

from flavorsvc.conductor.operations import private_flavors
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.unit import nova_model

SPEC = flavor.Spec('f1', 'n1', 1, 512, 2, description='d', extra_specs={'a': 'b'})
TOLD = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 2, 'ephemeral_gib': 0,
        'swap_mib': 0, 'rxtx_factor': 1.0, 'description': 'd', 'is_public': True,
        'extra_specs': {'a': 'b'}, 'regions': ['RegionOne']}
LEAST = {'name': 'n2', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 2}


@pytest.fixture
def region():
    hidden = dataclasses.replace(SPEC, id='hidden', name='h', is_public=False,
                                 projects=frozenset(['p']))
    return nova_model.Region(SPEC, hidden)


def refusing(kind, failure):
    return nova_model.Region(SPEC, refuse=lambda step: failure if isinstance(step, kind)
                             else None)


def update(region, changes, flavor_id='f1', in_catalogue=False):
    return private_flavors.update(region, 'RegionOne', flavor_id, changes, in_catalogue)


def test_a_list_has_what_everybody_may_use(region):
    assert private_flavors.read_all(region, 'RegionOne') == [TOLD]


def test_one_is_shown(region):
    assert private_flavors.read(region, 'RegionOne', 'f1') == TOLD
    assert not private_flavors.read(region, 'RegionOne', 'hidden')['is_public']


ODD_IDS = ['nothing', '..', '.', '', 'f1/os-extra_specs', 'f1?a=b', 'f1#a', ' f1', 'f1 ', 'f1\n',
           'ä', '../servers']


@pytest.mark.parametrize('flavor_id', ODD_IDS)
@pytest.mark.parametrize('act', [
    lambda region, i: private_flavors.read(region, 'RegionOne', i),
    lambda region, i: private_flavors.update(region, 'RegionOne', i, {'description': 'x'}, False),
    lambda region, i: private_flavors.delete(region, 'RegionOne', i, False)])
def test_what_is_not_there_or_cannot_be_is_not_found(region, act, flavor_id):
    with pytest.raises(errors.NotFound) as missing:
        act(region, flavor_id)
    assert missing.value.args == ('flavor', flavor_id)
    assert region.calls == (['show'] if flavor_id == 'nothing' else [])


def test_a_flavor_is_public_and_nova_chooses_its_id_unless_it_is_said(region):
    made = private_flavors.create(region, 'RegionOne', LEAST)
    assert made == {**TOLD, **LEAST, 'id': 'made-2', 'description': None, 'extra_specs': {}}
    assert region.flavors['made-2'].is_public


def test_a_flavor_is_made_with_all_that_is_said(region):
    values = {**TOLD, 'id': 'f 2', 'name': 'n2', 'is_public': False, 'swap_mib': 3,
              'rxtx_factor': 2.0, 'ephemeral_gib': 4}
    assert private_flavors.create(region, 'RegionOne', {**values, 'unknown': 1}) == values
    assert region.flavors['f 2'] == flavor.Spec(
        'f 2', 'n2', 1, 512, 2, 4, 3, 2.0, False, 'd', {'a': 'b'})


@pytest.mark.parametrize('value', [None, ''])
def test_an_empty_description_is_none(value):
    region = nova_model.Region()
    region.microversion = (2, 53)
    private_flavors.create(region, 'RegionOne', {**LEAST, 'description': value})


@pytest.mark.parametrize(('values', 'field'), [
    ({'name': 'n2'}, 'flavor'),
    ({**LEAST, 'id': '..'}, 'flavor.id'), ({**LEAST, 'id': 'a/b'}, 'flavor.id'),
    ({**LEAST, 'extra_specs': {'..': 'x'}}, 'flavor.extra_specs')])
def test_what_cannot_be_made_is_refused_before_nova_is_asked(region, values, field):
    with pytest.raises(errors.Invalid) as wrong:
        private_flavors.create(region, 'RegionOne', values)
    assert wrong.value.field == field
    assert region.calls == []


def test_a_nova_without_descriptions_refuses_one_and_says_why(region):
    region.microversion = (2, 53)
    with pytest.raises(errors.Invalid, match='2.53') as wrong:
        private_flavors.create(region, 'RegionOne', {**LEAST, 'description': 'd'})
    assert wrong.value.field == 'flavor.description'
    with pytest.raises(errors.Invalid):
        update(region, {'description': 'other'})
    assert len(region.flavors) == 2


def test_a_flavor_whose_extra_specs_are_refused_is_deleted_again():
    refused = failures.Refused('rejected', 'no such extra spec')
    region = refusing(compare.SetExtraSpecs, refused)
    with pytest.raises(failures.Refused) as failed:
        private_flavors.create(region, 'RegionOne', {**LEAST, 'extra_specs': {'x': 'y'}})
    assert failed.value is refused
    assert list(region.flavors) == ['f1']


def test_a_name_that_is_taken_changes_nothing(region):
    with pytest.raises(failures.Taken):
        private_flavors.create(region, 'RegionOne', {**LEAST, 'name': 'n1', 'id': 'other'})
    assert list(region.flavors) == ['f1', 'hidden']


def test_description_and_extra_specs_are_changed(region):
    told = update(region, {'description': '', 'extra_specs': {'c': 'd'}})
    assert told == {**TOLD, 'description': None, 'extra_specs': {'c': 'd'}}
    assert region.flavors['f1'] == dataclasses.replace(SPEC, description=None,
                                                       extra_specs={'c': 'd'})


def test_a_hidden_flavor_keeps_its_access_list(region):
    update(region, {'description': 'other'}, 'hidden')
    assert region.flavors['hidden'].projects == {'p'}


@pytest.mark.parametrize('changes', [
    {}, TOLD, {'vcpus': 1, 'description': 'd'}, {'vcpus': None}, {'rxtx_factor': 1.0000001}])
@pytest.mark.parametrize('in_catalogue', [True, False])
def test_equal_values_are_no_change(region, changes, in_catalogue):
    assert update(region, changes, in_catalogue=in_catalogue) == TOLD
    assert region.calls == ['show']


def test_what_nova_cannot_change_is_named(region):
    with pytest.raises(errors.Conflict, match='cannot change id, name, vcpus of a flavor'):
        update(region, {'id': 'x', 'vcpus': 2, 'name': 'x', 'description': 'x'})
    assert region.calls == ['show']


def test_a_flavor_of_the_catalogue_is_changed_there(region):
    with pytest.raises(errors.Conflict, match='change it there'):
        update(region, {'description': 'x'}, in_catalogue=True)
    assert region.calls == ['show']


def test_a_flavor_of_the_catalogue_is_uninstalled_instead(region):
    with pytest.raises(errors.Conflict, match='uninstall it instead'):
        private_flavors.delete(region, 'RegionOne', 'f1', in_catalogue=True)
    assert region.calls == ['show']


def test_another_is_deleted(region):
    private_flavors.delete(region, 'RegionOne', 'f1', in_catalogue=False)
    assert list(region.flavors) == ['hidden']
