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


"""Adoption: taking what a region has under management, without a change in its Nova."""

import dataclasses
import enum

from flavorsvc.domain import drift
from flavorsvc.domain import flavor
from flavorsvc.domain import lifecycle


class Choice(enum.StrEnum):
    """What is to be done with a flavor."""

    SKIP = 'skip'
    EXCEPTION = 'exception'
    MANAGE = 'manage'


class Result(enum.StrEnum):
    """What becomes of a flavor."""

    ADOPTED = 'adopted'
    MANAGED = 'managed'
    CONFLICT = 'conflict'
    SKIPPED = 'skipped'
    EXCEPTED = 'excepted'


class Reason(enum.StrEnum):
    """Why a flavor cannot simply be adopted."""

    ID = 'id'
    NAME = 'name'
    STATUS = 'status'
    UNUSABLE = 'unusable'


#: A sentence for each, for the documentation.
MEANING = {
    Result.ADOPTED: 'The catalogue has it as the region does, and wants it there.',
    Result.MANAGED: 'It is under management there already.',
    Result.CONFLICT: 'Nothing was done: there are conflicts, and no choice that can be made.',
    Result.SKIPPED: 'Nothing was done, as was chosen.',
    Result.EXCEPTED: 'The region keeps it as its own, and audits accept that.',
    Reason.ID: 'There is another flavor of the same id, which differs.',
    Reason.NAME: 'There is a flavor of the same name with another id.',
    Reason.STATUS: 'The catalogue has one of the same id that may not be installed: a draft, or '
                   'one that is retired or being deleted.',
    Reason.UNUSABLE: 'Its id, or the key of an extra spec, would mean another URL, or its access '
                     'list names a project of an id that no Keystone gives.',
}

_CHOSEN = {Choice.SKIP: Result.SKIPPED, Choice.EXCEPTION: Result.EXCEPTED,
           Choice.MANAGE: Result.ADOPTED}


@dataclasses.dataclass(frozen=True)
class Conflict:
    """Something else that bears the id or the name of a flavor.

    :ivar region: str, where; None for the catalogue
    :ivar reason: Reason
    :ivar flavor_id: str, its id
    :ivar differences: tuple of dict, see :func:`flavorsvc.domain.drift.differences`: what it has
        is *wanted*, what the flavor to adopt has is *found*
    """

    region: str | None
    reason: Reason
    flavor_id: str
    differences: tuple = ()

    @property
    def can_be_managed(self):
        """Whether the flavor can be taken under management all the same.

        Names of the catalogue are unique.
        """
        return self.region is not None or self.reason == Reason.ID


def conflicts(found, known, holder_id, elsewhere):
    """List what stands against the adoption of a flavor.

    :param found: flavor.Spec, as the region has it
    :param known: (flavor.Spec, status) of the catalogue's flavor of that id, or None
    :param holder_id: str, id of the catalogue's flavor of that name, or None
    :param elsewhere: dict of region to a list of the flavor.Spec there that have the id or the
        name; without access lists
    :returns: list of Conflict
    """
    listed = []
    if not flavor.is_storable(found):
        listed.append(Conflict(None, Reason.UNUSABLE, found.id))
    if known is not None:
        wanted, status = known
        differ = drift.differences(wanted, found)
        if status not in lifecycle.USABLE:
            listed.append(Conflict(None, Reason.STATUS, found.id))
        elif differ:
            listed.append(Conflict(None, Reason.ID, found.id, differ))
    if holder_id is not None and holder_id != found.id:
        listed.append(Conflict(None, Reason.NAME, holder_id))
    for region, specs in sorted(elsewhere.items()):
        for other in specs:
            fixed = flavor.immutable_differences(other, found) if other.id == found.id else {}
            if fixed:
                listed.append(Conflict(region, Reason.ID, other.id, tuple(
                    each for each in drift.differences(other, found) if each['field'] in fixed)))
            elif other.id != found.id and other.name == found.name:
                listed.append(Conflict(region, Reason.NAME, other.id))
    return listed


def decide(is_managed, listed, choice):
    """Tell what becomes of a flavor.

    :param is_managed: bool, whether the catalogue wants it in this region, or out of it, already
    :param listed: list of Conflict
    :param choice: Choice, or None where none was made
    :returns: Result
    """
    if is_managed:
        return Result.MANAGED
    if choice is None:
        return Result.CONFLICT if listed else Result.ADOPTED
    if choice == Choice.MANAGE and not all(each.can_be_managed for each in listed):
        return Result.CONFLICT
    return _CHOSEN[choice]
