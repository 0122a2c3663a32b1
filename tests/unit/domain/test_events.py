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

"""The table of events, and what is announced of each."""

import re

import pytest

from flavorsvc.db import regions
from flavorsvc.domain import events


@pytest.mark.parametrize('name', events.EVENTS)
def test_each_event_says_what_it_is(name):
    event = events.EVENTS[name]
    assert event.payload == name.split('.')[0]
    assert event.priority in ('info', 'error')
    assert event.meaning.endswith('.')


@pytest.mark.parametrize('kind', events.PAYLOADS)
def test_each_payload_has_a_version_and_says_what_its_fields_are(kind):
    payload = events.PAYLOADS[kind]
    assert re.fullmatch(r'[1-9]\d*\.\d+', payload.version)
    assert all(meaning.endswith('.') for meaning in payload.fields.values())
    assert kind in {event.payload for event in events.EVENTS.values()}


def test_what_is_not_in_the_table_is_not_announced():
    values = {field: 1 for field in events.PAYLOADS['region'].fields}
    told = events.payload('region.up', {**values, 'sealed': 'secret', 'endpoint': 'http://nova'})
    assert told == {'name': 'region', 'version': events.PAYLOADS['region'].version,
                    'data': values}


def test_a_field_that_is_missing_is_a_fault_of_ours():
    with pytest.raises(KeyError):
        events.payload('region.up', {'name': 'RegionOne'})


def test_each_state_of_a_region_is_announced():
    assert {f'region.{state}' for state in regions.STATES} <= events.EVENTS.keys()
