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

"""Plans: what would bring regions to a catalogue, what of it is destructive and what is refused.

Nothing here changes anything.
"""

import dataclasses
import enum

from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation


class Act(enum.StrEnum):
    """What is to be done with a flavor, in a region or in the catalogue itself."""

    CREATE = 'create'
    CHANGE = 'change'
    REPLACE = 'replace'
    ADOPT = 'adopt'
    REMOVE = 'remove'


class Refusal(enum.StrEnum):
    """Why something that would be needed is not done."""

    FIXED = 'sizes_differ'
    NOT_OURS = 'not_ours'
    IN_USE = 'in_use'
    NAME = 'name_taken'
    STATUS = 'status'
    UNCOUNTED = 'servers_unknown'
    REGION = 'region_unreachable'
    CATALOGUE = 'catalogue'


class Outcome(enum.StrEnum):
    """What became of an action."""

    PLANNED = 'planned'
    REFUSED = 'refused'
    UNDER_WAY = 'under_way'
    DONE = 'done'
    FAILED = 'failed'
    SUPERSEDED = 'superseded'


#: A sentence for each, for the documentation.
MEANING = {
    Act.CREATE: 'It is not there, and is created.',
    Act.CHANGE: 'It is there, and what Nova can change is changed.',
    Act.REPLACE: 'Nova could not change it: it is deleted and created under the same id.',
    Act.ADOPT: 'It is there just so, and is under management from then on.',
    Act.REMOVE: 'It is ours, not wanted any more, and is deleted.',
    Refusal.FIXED: 'Fields would change that Nova cannot change, and on_immutable refuses that.',
    Refusal.NOT_OURS: 'The region has a flavor of this id that is not of our making.',
    Refusal.IN_USE: 'Servers use it, and on_immutable says that it is replaced only if unused.',
    Refusal.NAME: 'Another flavor has the name, and keeps it.',
    Refusal.STATUS: 'The flavor is being deleted, or cannot become what is asked: a published one '
                    'is never withdrawn, for example.',
    Refusal.UNCOUNTED: 'Nobody could count the servers that use it, so it is not replaced.',
    Refusal.REGION: 'The region was not read, because it does not answer or is under maintenance.',
    Refusal.CATALOGUE: 'What would have to be done in the catalogue first is refused.',
    Outcome.PLANNED: 'The plan was not applied.',
    Outcome.REFUSED: 'It is not done, for the reason given.',
    Outcome.UNDER_WAY: 'It was asked for, and a conductor is at it, or tries again.',
    Outcome.DONE: 'The region, or the catalogue, is as it was to be.',
    Outcome.FAILED: 'The region refused it, in the words given; somebody has to decide something.',
    Outcome.SUPERSEDED: 'Somebody asked for something else of this flavor there since.',
}

#: What takes something away from users, at least for a moment.
_DESTRUCTIVE = frozenset([Act.REPLACE, Act.REMOVE])


@dataclasses.dataclass(frozen=True)
class Action:
    """One thing to do.

    :ivar region: str, or None for the catalogue
    :ivar flavor_id: str
    :ivar name: str
    :ivar act: Act
    :ivar differences: tuple of dict, see :func:`flavorsvc.domain.drift.differences`
    :ivar refused: Refusal, or None
    :ivar because: str, more about the refusal; or None
    :ivar servers: int, how many use the flavor there; None where nobody counted
    """

    region: str | None
    flavor_id: str
    name: str
    act: Act
    differences: tuple = ()
    refused: Refusal | None = None
    because: str | None = None
    servers: int | None = None

    @property
    def destructive(self):
        """Whether it takes something away from users, at least for a moment."""
        return self.act in _DESTRUCTIVE

    def refuse(self, refusal, because):
        """Give the same action, refused."""
        return dataclasses.replace(self, refused=refusal, because=because)


@dataclasses.dataclass(frozen=True)
class Ours:
    """What is recorded of one of our flavors in a region.

    :ivar desired: installation.Desired
    :ivar status: installation.State
    :ivar installed: tuple of dict, the fixed fields with which it may be there from us, see
        :func:`flavorsvc.domain.flavor.has_any`
    """

    desired: installation.Desired
    status: installation.State
    installed: tuple

    @property
    def is_asked_for(self):
        """Whether the region has, or gets by itself, what is wanted there."""
        return (self.desired == installation.Desired.PRESENT
                and self.status != installation.State.ERROR)

    def made(self, found):
        """Tell whether what a region has is of our making, or was until somebody changed it."""
        was_there = (self.desired == installation.Desired.PRESENT
                     and self.status == installation.State.ACTIVE)
        return was_there or flavor.has_any(found, self.installed)


def in_catalogue(given, stored, wanted_somewhere, on_immutable, prune):
    """List what would make the catalogue say what a whole catalogue says that was given.

    What a given flavor does not name stays as it is.

    :param given: dict of id to dict of field to value
    :param stored: dict of id to dict, flavors as they cross RPC
    :param wanted_somewhere: collection of ids that some region has, is to get or is to lose
    :param on_immutable: installation.OnImmutable
    :param prune: bool, whether flavors that are not given are deleted
    :returns: list of Action, in an order in which every name is free when it is taken; but names
        may go round in a circle, and then one has to be laid down first
    """
    actions = [action for flavor_id, values in sorted(given.items())
               if (action := _in_catalogue(flavor_id, values, stored.get(flavor_id),
                                           flavor_id in wanted_somewhere, on_immutable))]
    if prune:
        actions += [Action(None, flavor_id, values['name'], Act.REMOVE)
                    for flavor_id, values in sorted(stored.items())
                    if flavor_id not in given and values['status'] != 'deleting']
    return _named_in_order(actions, stored)


def _in_catalogue(flavor_id, values, before, is_wanted, on_immutable):
    if before is None:
        return Action(None, flavor_id, values['name'], Act.CREATE)
    changes = flavor.changed(before, values)
    if not changes:
        return None
    differences = drift.changes(before, changes)
    action = Action(None, flavor_id, values['name'], Act.CHANGE, differences)
    if before['status'] == 'deleting':
        return action.refuse(Refusal.STATUS, 'It is being deleted.')
    try:
        flavor.check({**before, **values}, before)
    except errors.Conflict as error:
        return action.refuse(Refusal.STATUS, error.reason)
    fixed = drift.fixed_fields(differences)
    if fixed and is_wanted and on_immutable == installation.OnImmutable.REFUSE:
        return action.refuse(Refusal.FIXED, f'Fixed fields change: {flavor.in_words(fixed)}.')
    return action


def _named_in_order(actions, stored):
    """Put every action after those that free the name it takes, but for names that go round in a
    circle; refuse what waits for a name that is kept.

    A deletion frees nothing at once: the flavor has yet to leave its regions.
    """
    ordered, left = [], list(actions)
    taken = {values['name']: flavor_id for flavor_id, values in stored.items()}
    while left:
        ready = [action for action in left
                 if action.refused or taken.get(action.name) in (None, action.flavor_id)]
        ready = ready or _refused_for_names(left, taken) or left
        for action in ready:
            left = [each for each in left if each.flavor_id != action.flavor_id]
            ordered.append(action)
            if action.act == Act.CHANGE and not action.refused:
                taken.pop(stored[action.flavor_id]['name'], None)
            if action.act != Act.REMOVE and not action.refused:
                taken[action.name] = action.flavor_id
    return ordered


def _refused_for_names(left, taken):
    moving = {action.flavor_id for action in left if action.act == Act.CHANGE}
    return [action.refuse(Refusal.NAME, f'The flavor whose id is {taken[action.name]!r} has it.')
            for action in left if taken[action.name] not in moving]


def in_region(region, wanted, found, ours, on_immutable, unwanted_go):
    """List what would make a region agree.

    :param region: str, its name
    :param wanted: dict of id to flavor.Spec, what it should have
    :param found: dict of id to flavor.Spec, what it has
    :param ours: dict of id to Ours
    :param on_immutable: installation.OnImmutable
    :param unwanted_go: bool, whether what is ours and not wanted is removed
    :returns: list of Action, by id; nobody has counted servers yet, or looked who has the names
    """
    return [action for flavor_id in sorted(wanted.keys() | found.keys())
            if (action := _action(region, wanted.get(flavor_id), found.get(flavor_id),
                                  ours.get(flavor_id), on_immutable, unwanted_go))]


def _action(region, wanted, found, ours, on_immutable, unwanted_go):
    if wanted is None:
        goes = ours and (unwanted_go or ours.desired == installation.Desired.ABSENT)
        if not goes or not flavor.has_any(found, ours.installed):
            return None  # not ours, or to stay
        return Action(region, found.id, found.name, Act.REMOVE)
    action = Action(region, wanted.id, wanted.name, Act.CREATE)
    if found is None:
        return action
    differences = drift.differences(wanted, found)
    if not differences:
        is_ours = ours and ours.is_asked_for
        return None if is_ours else dataclasses.replace(action, act=Act.ADOPT)
    action = dataclasses.replace(action, act=Act.CHANGE, differences=differences)
    fixed = drift.fixed_fields(differences)
    if not fixed:
        return action
    action = dataclasses.replace(action, act=Act.REPLACE)
    if not ours or not ours.made(found):
        return action.refuse(Refusal.NOT_OURS, f'It differs in {flavor.in_words(fixed)}.')
    if on_immutable == installation.OnImmutable.REFUSE:
        return action.refuse(Refusal.FIXED, f'It differs in {flavor.in_words(fixed)}.')
    return action


def without_taken_names(actions, found):
    """Refuse what wants a name that another flavor of the region has and keeps.

    What is refused keeps its own name, so another one may be refused for it in turn.

    :param actions: list of Action, all of one region
    :param found: dict of id to flavor.Spec, what it has
    :returns: list of Action
    """
    holders = {spec.name: spec.id for spec in found.values()}
    while True:
        acts = {action.flavor_id: action for action in actions if not action.refused}
        checked = [_without_taken_name(action, holders.get(action.name), acts)
                   for action in actions]
        if checked == actions:
            return actions
        actions = checked


def _without_taken_name(action, holder, acts):
    takes = action.act in (Act.CREATE, Act.REPLACE) and not action.refused
    if not takes or holder in (None, action.flavor_id):
        return action
    gives_up = acts.get(holder)
    if gives_up is not None and gives_up.destructive and (
            gives_up.act == Act.REMOVE or gives_up.name != action.name):
        return action
    return action.refuse(Refusal.NAME, f'The flavor whose id is {holder!r} has it.')


def counts_servers(action):
    """Tell whether it matters how many servers use a flavor: it is touched, or might be.

    :param action: Action
    :returns: bool
    """
    return (action.act in (Act.CHANGE, Act.REPLACE, Act.REMOVE)
            and action.refused in (None, Refusal.FIXED))


def counted(action, servers, on_immutable):
    """Add to an action how many servers use the flavor, and refuse it where that forbids it.

    :param action: Action
    :param servers: int
    :param on_immutable: installation.OnImmutable
    :returns: Action
    """
    action = dataclasses.replace(action, servers=servers)
    if (servers and action.act == Act.REPLACE and not action.refused
            and on_immutable == installation.OnImmutable.IF_UNUSED):
        return action.refuse(Refusal.IN_USE, f'Servers that use it: {servers}.')
    return action


def uncounted(action, why):
    """Refuse a replacement of which nobody knows whom it would concern.

    :param action: Action
    :param why: str, in Nova's words
    :returns: Action
    """
    if action.act == Act.REPLACE and not action.refused:
        return action.refuse(Refusal.UNCOUNTED, why)
    return action


def summary(actions):
    """Count what a plan does.

    :param actions: list of Action
    :returns: dict of str to int: each Act in regions, 'catalogue', what is changed in the catalogue
        itself, and, of both, 'refused', 'destructive' and 'servers', how many servers use what is
        destroyed
    """
    done = [action for action in actions if not action.refused]
    destroyed = [action for action in done if action.destructive]
    return {
        **{str(act): sum(1 for action in done if action.region is not None and action.act == act)
           for act in Act},
        'catalogue': sum(1 for action in done if action.region is None),
        'refused': len(actions) - len(done), 'destructive': len(destroyed),
        'servers': sum(action.servers or 0 for action in destroyed)}


def outcome(act, revision, row):
    """Tell what became of an action in a region, once it was asked for.

    :param act: Act or its text
    :param revision: int, of the wish that it became
    :param row: (int, the revision of what is wished now; installation.State as str), or None where
        nothing is wished any more
    :returns: Outcome
    """
    if row is None:
        return Outcome.DONE if act == Act.REMOVE else Outcome.SUPERSEDED
    if row[0] != revision:
        return Outcome.SUPERSEDED
    return {installation.State.ACTIVE: Outcome.DONE,
            installation.State.ERROR: Outcome.FAILED}.get(row[1], Outcome.UNDER_WAY)


def facts(found):
    """Tell what a region has, so that one can see later whether it still has just that.

    :param found: dict of id to flavor.Spec
    :returns: list of dict, of plain values
    """
    return [{**dataclasses.asdict(spec), 'extra_specs': dict(spec.extra_specs),
             'projects': sorted(spec.projects)} for _, spec in sorted(found.items())]
