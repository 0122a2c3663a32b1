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

"""What a caller is told who insists on what is not done."""

import pytest

from flavorsvc.api import waiting
from flavorsvc.domain import errors


def row(region, status, **fields):
    return {'id': f'in-{region}', 'region': region, 'status': status, 'reason': None, 'error': None,
            'region_state': 'up', 'region_reason': None, **fields}


def test_what_failed_is_told_rather_than_what_goes_on():
    left = [row('RegionOne', 'installing'),
            row('RegionTwo', 'retrying', reason='unreachable', error='Nobody answers.')]
    with pytest.raises(errors.RegionUnreachable) as raised:
        waiting.insist(left)
    assert 'RegionTwo' in raised.value.reason
    assert 'Nobody answers. The request is recorded' in raised.value.reason


def test_why_a_region_is_down_is_told_of_what_waits_for_it():
    left = [row('RegionOne', 'active'),
            row('RegionTwo', 'pending', region_state='down', region_reason='Nobody answers.')]
    with pytest.raises(errors.RegionUnreachable) as raised:
        waiting.insist(left)
    assert 'Nobody answers.' in raised.value.reason


def test_nothing_is_told_of_what_is_done():
    waiting.insist([row('RegionOne', 'active')])
    waiting.insist([])


def test_a_name_that_is_taken_is_a_conflict():
    with pytest.raises(errors.Conflict):
        waiting.insist([row('RegionOne', 'error', reason='name_taken', error='It is taken.')])
