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

"""The life of a flavor in the catalogue."""

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import errors
from flavorsvc.domain import lifecycle
from flavorsvc.domain.lifecycle import Status

NOTHING = dict.fromkeys(lifecycle.DEPRECATION)
TODAY = '2026-11-21'

statuses = st.sampled_from(Status)


def flavor(status='active', **more):
    return {'status': status, 'public': False, 'promoted': False, 'description': None, **NOTHING,
            **more}


def test_every_status_has_a_meaning():
    assert set(lifecycle.MEANING) == set(Status)


def test_every_status_but_that_of_a_deletion_can_be_reached():
    reached = set(lifecycle.FIRST)
    while more := {after for before, after in lifecycle.CHANGES if before in reached} - reached:
        reached |= more
    assert reached == set(Status) - {Status.DELETING}


def test_nothing_leads_back_to_a_draft_or_out_of_a_deletion():
    assert not {before for before, after in lifecycle.CHANGES} & {Status.DELETING}
    assert not {after for before, after in lifecycle.CHANGES} & {Status.DRAFT}


@hypothesis.given(before=statuses, after=statuses)
def test_a_status_changes_as_the_table_says_and_else_not_at_all(before, after):
    values = flavor(after, deprecated_on=TODAY if after in ('deprecated', 'retired') else None)
    if before == after or (before, after) in lifecycle.CHANGES:
        lifecycle.check(values, flavor(before))
    else:
        with pytest.raises((errors.Conflict, errors.Invalid)):
            lifecycle.check(values, flavor(before))


@pytest.mark.parametrize('status', ['draft', 'active'])
def test_what_a_new_flavor_may_be(status):
    lifecycle.check(flavor(status))


@pytest.mark.parametrize('status', ['deprecated', 'retired', 'deleting'])
def test_what_a_new_flavor_may_not_be(status):
    with pytest.raises(errors.Invalid, match='must be active or draft'):
        lifecycle.check(flavor(status, deprecated_on=TODAY))


@pytest.mark.parametrize('name', ['public', 'promoted'])
def test_a_draft_is_not_shown_to_others(name):
    with pytest.raises(errors.Invalid, match=f'flavor.{name}.*a draft cannot be {name}'):
        lifecycle.check(flavor('draft', **{name: True}))


@pytest.mark.parametrize('name', lifecycle.DEPRECATION)
@pytest.mark.parametrize('status', ['draft', 'active'])
def test_only_what_is_deprecated_or_retired_says_why(status, name):
    with pytest.raises(errors.Invalid, match=f'flavor.{name}.*only a flavor that is deprecated'):
        lifecycle.check(flavor(status, **{name: 'x'}))


def test_who_deprecates_without_a_date_means_today():
    assert lifecycle.completed(flavor(), {'status': 'deprecated'}, TODAY) == {
        'status': 'deprecated', 'deprecated_on': TODAY}
    given_date = {'status': 'deprecated', 'deprecated_on': '2027-01-01'}
    assert lifecycle.completed(flavor(), given_date, TODAY) == given_date


def test_what_is_used_again_is_deprecated_by_nothing():
    before = flavor('deprecated', deprecated_on=TODAY, successor='f2')
    assert lifecycle.completed(before, {'status': 'active'}, TODAY) == {
        'status': 'active', 'deprecated_on': None, 'successor': None}


@hypothesis.given(before=statuses, after=statuses, dated=st.booleans())
def test_a_change_that_is_completed_can_be_made(before, after, dated):
    had = flavor(before, deprecated_on=TODAY if before in ('deprecated', 'retired') and dated
                 else None)
    hypothesis.assume((before, after) in lifecycle.CHANGES)
    lifecycle.check({**had, **lifecycle.completed(had, {'status': after}, TODAY)}, had)


def test_a_successor_that_leads_back_is_refused():
    lifecycle.check_successor('f1', ['f2', 'f3'])
    with pytest.raises(errors.Invalid, match='its own successor'):
        lifecycle.check_successor('f1', ['f1'])
    with pytest.raises(errors.Invalid, match='f2 → f1'):
        lifecycle.check_successor('f1', ['f2', 'f1'])


@pytest.mark.parametrize(('values', 'told'), [
    ({}, 'Deprecated as of 2026-11-21.'),
    ({'successor': 'f2'}, 'Deprecated as of 2026-11-21; use the flavor f2 instead.'),
    ({'deprecation_reason': 'The hosts go.'}, 'Deprecated as of 2026-11-21: The hosts go.'),
    ({'description': 'Small.', 'successor': 'f2', 'deprecation_reason': 'the hosts go'},
     'Small. Deprecated as of 2026-11-21; use the flavor f2 instead: the hosts go.'),
])
def test_a_description_ends_with_the_deprecation(values, told):
    assert lifecycle.description(flavor('deprecated', deprecated_on=TODAY, **values)) == told


@hypothesis.given(description=st.none() | st.text(max_size=5), status=statuses)
def test_nothing_else_is_described_differently(description, status):
    hypothesis.assume(status != Status.DEPRECATED)
    told = lifecycle.description(flavor(status, description=description, deprecated_on=TODAY))
    assert told == (description or None)


@hypothesis.given(st.integers(65000, 65535))
def test_nova_takes_a_description_however_long_it_was(length):
    told = lifecycle.description(flavor('deprecated', description='x' * length, deprecated_on=TODAY,
                                        deprecation_reason='why'))
    assert len(told) <= 65535
    assert told.endswith('x Deprecated as of 2026-11-21: why.')
