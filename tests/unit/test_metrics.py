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

"""The table of metrics, and how many series a process may have."""

import pytest

from flavorsvc import metrics

REQUEST = {'method': 'GET', 'region': 'RegionOne', 'status': '200'}


def sample(name, labels, registry=None):
    return (registry or metrics.registry()).get_sample_value(name, labels)


@pytest.mark.parametrize('name', metrics.TABLE)
def test_each_row_says_what_it_is(name):
    row = metrics.TABLE[name]
    assert row.kind in ('counter', 'histogram', 'gauge')
    assert row.told_by in ('API', 'conductor', 'both')
    assert row.meaning.endswith('.')
    assert bool(row.buckets) == (row.kind == 'histogram')
    assert name.endswith('_seconds') or row.kind != 'histogram'
    # nothing that a caller chooses, and nothing that grows with the catalogue
    assert set(row.labels) <= {'method', 'route', 'status', 'region', 'desired', 'outcome',
                               'event', 'host', 'state', 'kind', 'version'}


def test_a_request_is_counted_and_timed_when_it_is_over():
    before = sample('flavorsvc_nova_requests_total', REQUEST) or 0
    metrics.Request('nova_request', 'GET', region='RegionOne').over(200)
    assert sample('flavorsvc_nova_requests_total', REQUEST) == before + 1
    assert sample('flavorsvc_nova_request_duration_seconds_count',
                  {'method': 'GET', 'region': 'RegionOne'}) >= 1


def test_methods_that_clients_make_up_are_one():
    for number in range(100):
        metrics.Request('api_request', f'MADE-UP-{number}').over(405, route='none')
    methods = {found.labels['method'] for family in metrics.registry().collect()
               for found in family.samples if found.name == 'flavorsvc_api_requests_total'}
    assert methods <= {'OTHER', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'}


def test_what_was_counted_for_a_region_that_is_no_more_is_dropped():
    for name in ('RegionOne', 'Forgotten'):
        metrics.count('converge_attempts', region=name, desired='present', outcome='done')
        metrics.Request('nova_request', 'GET', region=name).over('none')
    registry = metrics.registry(lambda: {
        'region_state': [({'region': 'RegionOne', 'state': 'up'}, 1)]})
    regions = {found.labels['region'] for family in registry.collect()
               for found in family.samples if 'region' in found.labels}
    assert regions == {'RegionOne'}


def test_a_database_that_does_not_answer_loses_no_counts():
    metrics.count('converge_attempts', region='Kept', desired='present', outcome='done')
    registry = metrics.registry(lambda: {'database_up': [({}, 0)]})
    assert sample('flavorsvc_database_up', {}, registry) == 0
    assert sample('flavorsvc_converge_attempts_total',
                  {'region': 'Kept', 'desired': 'present', 'outcome': 'done'}, registry) >= 1


def test_every_process_tells_its_version_and_what_it_costs():
    registry = metrics.registry()
    names = {found.name for family in registry.collect() for found in family.samples}
    assert {'flavorsvc_info', 'process_resident_memory_bytes'} <= names


def test_no_series_says_when_it_was_made():
    metrics.Request('api_request', 'GET').over(200, route='none')
    assert not [found.name for family in metrics.registry().collect()
                for found in family.samples if found.name.endswith('_created')]


def test_a_label_that_is_not_in_the_table_is_a_fault_of_ours():
    with pytest.raises(ValueError):
        metrics.count('converge_attempts', region='RegionOne')
