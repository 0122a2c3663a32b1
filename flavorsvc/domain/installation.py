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

"""The life of an installation: one flavor in one region."""

import enum


class Desired(enum.StrEnum):
    """What the catalogue wants of a flavor in a region."""

    PRESENT = 'present'
    ABSENT = 'absent'


class State(enum.StrEnum):
    """Where an installation stands; the words are those of the API."""

    PENDING = 'pending'
    INSTALLING = 'installing'
    UNINSTALLING = 'uninstalling'
    ACTIVE = 'active'
    RETRYING = 'retrying'
    ERROR = 'error'
    GONE = 'gone'


class OnImmutable(enum.StrEnum):
    """What to do about a flavor that Nova could only change by deleting and creating it."""

    REFUSE = 'refuse'
    IF_UNUSED = 'replace-if-unused'
    REPLACE = 'replace'


class Event(enum.StrEnum):
    """What can happen to an installation."""

    WANT = 'want'
    INSTALL = 'install'
    UNINSTALL = 'uninstall'
    FINISH = 'finish'
    FAIL = 'fail'
    REFUSE = 'refuse'


#: A sentence a state, for the documentation and for people who ask.
MEANING = {
    State.PENDING: 'Asked for, and waiting for a conductor.',
    State.INSTALLING: 'A conductor is making the region agree with the catalogue.',
    State.UNINSTALLING: 'A conductor is taking the flavor out of the region.',
    State.ACTIVE: 'The region has the flavor exactly as the catalogue says.',
    State.RETRYING: 'The last try failed in a way that may pass; the next one has a time.',
    State.ERROR: 'The region refused for the reason given; someone has to decide something.',
    State.GONE: 'The flavor is out of the region, and the installation forgotten.',
}

_WAITING = (State.PENDING, State.RETRYING)

#: (state, event) → state. INSTALL and UNINSTALL also meet the two working
#: states: that is a lease taken over from a conductor that died.
TRANSITIONS = {
    **{(state, Event.WANT): State.PENDING for state in State if state is not State.GONE},
    **{(state, Event.INSTALL): State.INSTALLING
       for state in (*_WAITING, State.INSTALLING)},
    **{(state, Event.UNINSTALL): State.UNINSTALLING
       for state in (*_WAITING, State.UNINSTALLING)},
    (State.INSTALLING, Event.FINISH): State.ACTIVE,
    (State.UNINSTALLING, Event.FINISH): State.GONE,
    (State.INSTALLING, Event.FAIL): State.RETRYING,
    (State.UNINSTALLING, Event.FAIL): State.RETRYING,
    (State.INSTALLING, Event.REFUSE): State.ERROR,
    (State.UNINSTALLING, Event.REFUSE): State.ERROR,
}

CLAIMS = {Desired.PRESENT: Event.INSTALL, Desired.ABSENT: Event.UNINSTALL}


def after(state, event):
    """Tell the state that follows.

    :param state: State or its text
    :param event: Event or its text
    :returns: State
    :raises ValueError: when this cannot happen in this state
    """
    try:
        return TRANSITIONS[State(state), Event(event)]
    except KeyError:
        raise ValueError(f'{event} cannot happen to an installation that is {state}') from None
