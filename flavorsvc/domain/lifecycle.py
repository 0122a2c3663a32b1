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

"""The life of a flavor in the catalogue: draft, active, deprecated, retired."""

import enum

from flavorsvc.domain import errors


class Status(enum.StrEnum):
    """Where a flavor stands; the words are those of the API."""

    DRAFT = 'draft'
    ACTIVE = 'active'
    DEPRECATED = 'deprecated'
    RETIRED = 'retired'
    DELETING = 'deleting'


#: A sentence a status, for the documentation and for people who ask.
MEANING = {
    Status.DRAFT: 'Being prepared: in the catalogue only, neither public nor installed.',
    Status.ACTIVE: 'To be used.',
    Status.DEPRECATED: 'Still installed and used, but something else is recommended.',
    Status.RETIRED: 'Not installed any more; it leaves each region as soon as no server there '
                    'uses it.',
    Status.DELETING: 'Deleted; it has yet to leave some regions.',
}

#: (status, status that a caller may give it). A deletion is asked for in another way, and final.
CHANGES = frozenset([
    (Status.DRAFT, Status.ACTIVE),
    (Status.ACTIVE, Status.DEPRECATED),
    (Status.ACTIVE, Status.RETIRED),
    (Status.DEPRECATED, Status.ACTIVE),
    (Status.DEPRECATED, Status.RETIRED),
    # retired by mistake; where it has left, it has to be installed again
    (Status.RETIRED, Status.ACTIVE),
    (Status.RETIRED, Status.DEPRECATED),
])

#: What a flavor that is new may be.
FIRST = frozenset([Status.DRAFT, Status.ACTIVE])

#: What may be installed, and what users of Nova's API see.
USABLE = frozenset([Status.ACTIVE, Status.DEPRECATED])

#: What says when, why and in whose favor a flavor is deprecated.
DEPRECATION = ('deprecated_on', 'successor', 'deprecation_reason')

_HAVE_DEPRECATION = frozenset([Status.DEPRECATED, Status.RETIRED])

#: Most characters that Nova takes as a description.
_LONGEST_DESCRIPTION = 65535


def completed(before, changes, today):
    """Add to changes of a flavor what follows from them.

    Whoever deprecates a flavor without a date means today; what is to be used again is not
    deprecated by anything.

    :param before: dict, the flavor as it is
    :param changes: dict of field to new value
    :param today: str, a date in ISO 8601
    :returns: dict
    """
    status = changes.get('status', before['status'])
    if status in _HAVE_DEPRECATION:
        if status == Status.DEPRECATED and {**before, **changes}['deprecated_on'] is None:
            return {**changes, 'deprecated_on': today}
        return changes
    return {**{name: None for name in DEPRECATION if before[name] is not None}, **changes}


def check(values, before=None):
    """Check what the status of a flavor allows.

    :param values: dict, the flavor as it would be
    :param before: dict, the flavor as it is, or None for a new one
    :raises errors.Invalid: when the fields contradict each other
    :raises errors.Conflict: when there is no way from one status to the other
    """
    status = Status(values.get('status', Status.ACTIVE))
    if before is None:
        if status not in FIRST:
            raise errors.Invalid('flavor.status', f'must be {" or ".join(sorted(FIRST))} of a new '
                                                  f'flavor, not {str(status)!r}')
    elif status != before['status'] and (before['status'], status) not in CHANGES:
        if status == Status.DELETING:
            raise errors.Invalid('flavor.status', 'a flavor is deleted by DELETE')
        raise errors.Conflict(f'A flavor that is {before["status"]} cannot become {status}.')
    for name in ('public', 'promoted'):
        if status == Status.DRAFT and values[name]:
            raise errors.Invalid(f'flavor.{name}', f'a draft cannot be {name}')
    for name in DEPRECATION:
        if status not in _HAVE_DEPRECATION and values.get(name) is not None:
            raise errors.Invalid(f'flavor.{name}', 'only a flavor that is deprecated or retired '
                                                   'has one')


def check_successor(flavor_id, chain):
    """Check that going from successor to successor leads somewhere.

    :param flavor_id: str
    :param chain: ids of the successor that it would have, of that one's successor, and so on
    :raises errors.Invalid: when the flavor itself is among them
    """
    if flavor_id in chain:
        raise errors.Invalid(
            'flavor.successor', 'a flavor cannot be its own successor' if chain[0] == flavor_id else
            f'goes round in a circle: {" → ".join(chain)}')


def description(values):
    """Describe a flavor as regions may have it: with what is to be known of its deprecation.

    :param values: dict, the flavor
    :returns: str, or None where there is nothing to say
    """
    told = values['description'] or None
    if values.get('status') != Status.DEPRECATED:
        return told
    sentence = f'Deprecated as of {values["deprecated_on"]}'
    if values['successor']:
        sentence += f'; use the flavor {values["successor"]} instead'
    if values['deprecation_reason']:
        sentence += f': {values["deprecation_reason"].rstrip(" .")}'
    sentence += '.'
    if not told:
        return sentence
    return f'{told[:_LONGEST_DESCRIPTION - len(sentence) - 1]} {sentence}'
