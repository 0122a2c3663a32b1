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

"""The table of states is complete: nothing leads nowhere, nothing is out of reach."""

import pytest

from flavorsvc.domain import installation
from flavorsvc.domain.installation import Event
from flavorsvc.domain.installation import State


def test_every_state_can_be_reached():
    reached = {State.PENDING}
    while more := {after for (state, _), after in installation.TRANSITIONS.items()
                   if state in reached} - reached:
        reached |= more
    assert reached == set(State)


def test_every_state_has_a_meaning():
    assert set(installation.MEANING) == set(State)


@pytest.mark.parametrize('state', sorted(set(State) - {State.GONE}))
def test_a_new_wish_is_possible_in_every_state(state):
    assert installation.after(state, Event.WANT) == State.PENDING


@pytest.mark.parametrize('state', [State.INSTALLING, State.UNINSTALLING])
@pytest.mark.parametrize('event', [Event.FINISH, Event.FAIL, Event.REFUSE])
def test_work_can_end_in_every_way(state, event):
    assert installation.after(state, event) not in (State.INSTALLING, State.UNINSTALLING)


@pytest.mark.parametrize('state', [State.PENDING, State.RETRYING])
def test_what_waits_can_be_claimed(state):
    assert installation.after(state, Event.INSTALL) == State.INSTALLING
    assert installation.after(state, Event.UNINSTALL) == State.UNINSTALLING


def test_a_lease_can_be_taken_over():
    assert installation.after(State.INSTALLING, Event.INSTALL) == State.INSTALLING
    assert installation.after(State.UNINSTALLING, Event.UNINSTALL) == State.UNINSTALLING


@pytest.mark.parametrize(('state', 'event'), [
    (state, event) for state in State for event in Event
    if (state, event) not in installation.TRANSITIONS])
def test_what_cannot_happen_is_said_to_be_impossible(state, event):
    with pytest.raises(ValueError, match=f'{event} cannot happen'):
        installation.after(state, event)


def test_texts_of_the_database_will_do():
    assert installation.after('pending', 'install') is State.INSTALLING
