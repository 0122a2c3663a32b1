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

"""Properties of composed nodes as extra specs."""

import pytest

from flavorsvc.domain import capabilities
from flavorsvc.domain import errors


def test_the_properties_of_the_seed_have_extra_specs():
    assert capabilities.extra_specs(
        {'cpu_speed_mhz': 2400, 'memory_speed_mhz': 3200, 'cpu_arch': 'aarch64'},
        capabilities.TABLE) == {
            'aggregate_instance_extra_specs:cpu_speed_mhz': '>= 2400',
            'aggregate_instance_extra_specs:memory_speed_mhz': '>= 3200',
            'capabilities:cpu_info:arch': 'aarch64'}


def test_a_deployer_adds_replaces_and_removes_rows():
    table = capabilities.extended({
        'gpu': {'kind': 'boolean', 'extra_spec': 'trait:CUSTOM_GPU', 'value': '{value}'},
        'cpu_arch': {'kind': 'string', 'extra_spec': 'arch'},
        'cpu_speed_mhz': None})
    assert capabilities.extra_specs({'gpu': True, 'cpu_arch': 'x'}, table) == {
        'trait:CUSTOM_GPU': 'true', 'arch': 'x'}
    assert 'cpu_speed_mhz' not in table


@pytest.mark.parametrize('row', [
    {}, 'text', {'kind': 'colour', 'extra_spec': 'x'}, {'kind': 'string'},
    {'kind': 'string', 'extra_spec': 'x', 'value': 'constant'}])
def test_a_row_that_makes_no_sense_is_named(row):
    with pytest.raises(ValueError, match='gpu'):
        capabilities.extended({'gpu': row})


@pytest.mark.parametrize(('properties', 'field'), [
    ({'colour': 'red'}, 'flavor.properties.colour'),
    ({'cpu_speed_mhz': '2400'}, 'flavor.properties.cpu_speed_mhz'),
    ({'cpu_speed_mhz': True}, 'flavor.properties.cpu_speed_mhz'),
    ({'cpu_speed_mhz': 2.5}, 'flavor.properties.cpu_speed_mhz'),
    ({'cpu_arch': ''}, 'flavor.properties.cpu_arch'),
    ({'cpu_arch': 5}, 'flavor.properties.cpu_arch'),
])
def test_a_property_that_makes_no_sense_is_named(properties, field):
    with pytest.raises(errors.Invalid) as invalid:
        capabilities.extra_specs(properties, capabilities.TABLE)
    assert invalid.value.field == field
