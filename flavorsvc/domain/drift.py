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


"""Drift: where a region's Nova does not have what the catalogue says, and what to do about it."""

from collections.abc import Mapping
import dataclasses
import enum

from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import flavor


class Kind(enum.StrEnum):
    """In which way a region and the catalogue do not agree about a flavor."""

    MISSING = 'missing'
    DIFFERENT = 'different'
    UNMANAGED = 'unmanaged'


class State(enum.StrEnum):
    """Where a finding stands."""

    OPEN = 'open'
    ACCEPTED = 'accepted'
    RESOLVED = 'resolved'


class Event(enum.StrEnum):
    """What can happen to a finding."""

    ACCEPT = 'accept'
    REPAIR = 'repair'
    RESOLVE = 'resolve'


class Policy(enum.StrEnum):
    """What is done about the drift of a region without being asked."""

    IGNORE = 'ignore'
    REPORT = 'report'
    REPAIR_SAFE = 'repair-safe'
    REPAIR_ALL = 'repair-all'


#: A sentence for each, for the documentation.
MEANING = {
    Kind.MISSING: 'The catalogue wants the flavor in the region, and it is not there.',
    Kind.DIFFERENT: 'It is there, but not as the catalogue says.',
    Kind.UNMANAGED: 'It is there, and the catalogue does not want it there.',
    State.OPEN: 'The region and the catalogue still disagree.',
    State.ACCEPTED: 'They do, and somebody said that they may.',
    State.RESOLVED: 'They agree again, or the catalogue took over what the region has.',
    Policy.IGNORE: 'The region is not audited by itself, only when somebody asks.',
    Policy.REPORT: 'What is found is recorded, and nothing is changed.',
    Policy.REPAIR_SAFE: 'What is missing is created, and what Nova can change is put right.',
    Policy.REPAIR_ALL: 'So it is, and a flavor that is ours but has other fixed fields is deleted '
                       'and created.',
}

#: (state, event) → state; whatever is not in it cannot happen.
TRANSITIONS = {
    (State.OPEN, Event.ACCEPT): State.ACCEPTED,
    (State.ACCEPTED, Event.ACCEPT): State.ACCEPTED,
    (State.OPEN, Event.REPAIR): State.OPEN,
    (State.ACCEPTED, Event.REPAIR): State.OPEN,
    (State.OPEN, Event.RESOLVE): State.RESOLVED,
    (State.ACCEPTED, Event.RESOLVE): State.RESOLVED,
}

#: Seconds: whoever undoes repairs is not fought more often than once a day.
_LONGEST_PAUSE_S = 24 * 3600

#: Characters of a text that are kept in a difference.
_LONGEST_TEXT = 1000


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
        raise ValueError(f'{event} cannot happen to a finding that is {state}') from None


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one look at a region found of one flavor.

    :ivar flavor_id: str
    :ivar name: str, what the catalogue calls it, or else the region
    :ivar kind: Kind
    :ivar differences: tuple of dict, see :func:`differences`
    """

    flavor_id: str
    name: str
    kind: Kind
    differences: tuple = ()

    def says(self):
        """Give what makes it the same finding as another."""
        return self.kind, self.differences


def compare(wanted, found):
    """Compare what a region should have under an id with what it has.

    :param wanted: flavor.Spec, or None where the catalogue wants none there
    :param found: flavor.Spec, or None where the region has none
    :returns: Finding, or None where they agree
    """
    if found is None:
        return wanted and Finding(wanted.id, wanted.name, Kind.MISSING)
    if wanted is None:
        return Finding(found.id, found.name, Kind.UNMANAGED, differences(None, found))
    differ = differences(wanted, found)
    return Finding(wanted.id, wanted.name, Kind.DIFFERENT, differ) if differ else None


def differences(wanted, found):
    """List in what two specs differ, value by value.

    :param wanted: flavor.Spec, or None for what is not wanted at all
    :param found: flavor.Spec
    :returns: tuple of dict with field, key (None, or the key of the extra spec or the id of the
        project that it is about), wanted and found: plain values, null where there is none
    """
    fixed = flavor.immutable_differences(wanted, found).keys() if wanted else flavor.IMMUTABLE
    plain = [name for name in flavor.IMMUTABLE if name in fixed]
    if (wanted.description if wanted else None) != found.description:
        plain.append('description')
    listed = [_difference(name, None, wanted and getattr(wanted, name), getattr(found, name))
              for name in plain]
    for field in ('extra_specs', 'projects'):
        ours, theirs = _by_key(wanted, field), _by_key(found, field)
        listed += [_difference(field, key, ours.get(key), theirs.get(key))
                   for key in sorted(ours.keys() | theirs.keys())
                   if ours.get(key) != theirs.get(key)]
    return tuple(listed)


def changes(before, changed):
    """List what changes in a flavor of the catalogue, value by value.

    :param before: dict, the flavor as it crosses RPC
    :param changed: dict of field to new value, of those that are others than before
    :returns: tuple of dict, as :func:`differences` gives them
    """
    listed = []
    for field, wanted in sorted(changed.items()):
        if isinstance(wanted, Mapping | list):
            ours, theirs = [each if isinstance(each, Mapping) else dict.fromkeys(each, True)
                            for each in (wanted, before[field])]
            listed += [_difference(field, key, ours.get(key), theirs.get(key))
                       for key in sorted(ours.keys() | theirs.keys())
                       if ours.get(key) != theirs.get(key)]
        else:
            listed.append(_difference(field, None, wanted, before[field]))
    return tuple(listed)


def value(spec, field, key):
    """Give the value of a spec that a difference is about.

    :param field: str
    :param key: str or None
    :returns: a plain value
    """
    return _cut(getattr(spec, field) if key is None else _by_key(spec, field).get(key))


def _by_key(spec, field):
    values = (getattr(spec, field) if spec else None) or ()  # None is what was not told
    return values if isinstance(values, Mapping) else dict.fromkeys(values, True)


def _difference(field, key, wanted, found):
    return {'field': field, 'key': key, 'wanted': _cut(wanted), 'found': _cut(found)}


def _cut(value):
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f'{value[:_LONGEST_TEXT]}…'
    return value


def fixed_fields(differences):
    """Name what of some differences Nova could only change by deleting and creating the flavor.

    :param differences: iterable of dict
    :returns: list of str
    """
    return [each['field'] for each in differences if each['field'] in flavor.IMMUTABLE]


def is_repaired(policy, kind, differences):
    """Tell whether a policy has a finding repaired.

    What is not ours is never touched.

    :param policy: Policy or its text
    :returns: bool
    """
    if kind == Kind.UNMANAGED or policy not in (Policy.REPAIR_SAFE, Policy.REPAIR_ALL):
        return False
    return policy == Policy.REPAIR_ALL or not fixed_fields(differences)


def pause_s(repairs, interval_s):
    """Tell how long to leave what was repaired before it is repaired once more.

    Somebody else may undo each repair: then it is repaired half as often each time.

    :param repairs: int, how many were undone
    :param interval_s: float seconds, the pause after the first
    :returns: float seconds
    """
    if not repairs:
        return 0
    return min(interval_s * 2 ** min(repairs - 1, 32), _LONGEST_PAUSE_S)


def goes_on(repairs, since_s, interval_s):
    """Tell whether what is found anew is a repair undone, or a new matter.

    :param repairs: int, of the finding before it
    :param since_s: float seconds since the last of these
    :returns: bool
    """
    return since_s < 2 * pause_s(repairs, interval_s)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What is to be recorded after an audit.

    :ivar opened: list of Finding
    :ivar changed: dict of flavor id to Finding: they stay open, but say something else now
    :ivar resolved: set of flavor ids
    """

    opened: list
    changed: dict
    resolved: set


def judge(recorded, found, moved):
    """Compare what is recorded of a region with what was found there.

    Of what moved while the region was read nothing is known: it is left for the next audit.

    :param recorded: dict of flavor id to (State, Finding), those that are not resolved
    :param found: dict of flavor id to Finding
    :param moved: collection of flavor ids
    :returns: Verdict
    """
    opened, changed, resolved = [], {}, set()
    for flavor_id, (state, before) in recorded.items():
        now = found.get(flavor_id)
        if flavor_id in moved or (now is not None and now.says() == before.says()):
            continue
        if now is not None and now.kind == before.kind and (
                state == State.OPEN or now.kind == Kind.UNMANAGED):
            changed[flavor_id] = now
            continue
        resolved.add(flavor_id)
    for flavor_id, now in found.items():
        if flavor_id not in moved and (flavor_id not in recorded or flavor_id in resolved):
            opened.append(now)
    return Verdict(opened, changed, resolved)


def taken_over(values, wanted, found, table):
    """Tell what has to change in the catalogue for it to say what a region has.

    :param values: dict, the flavor as it crosses RPC
    :param wanted: flavor.Spec, what the region should have for it; what the region cannot hold,
        or what was only added for regions, is kept
    :param found: flavor.Spec
    :param table: capability table
    :returns: dict of field to new value
    :raises errors.Conflict: when the properties of the flavor stand for something else
    """
    mapped = capabilities.extra_specs(values['properties'], table)
    for key, value in sorted(mapped.items()):
        if found.extra_specs.get(key) != value:
            raise errors.Conflict(
                f'The properties of the flavor {values["id"]!r} stand for {key} = {value!r}, and '
                f'the region has {found.extra_specs.get(key)!r}: change the properties instead.')
    # a key that was given besides the property which stands for it stays given
    extra_specs = {key: value for key, value in found.extra_specs.items()
                   if key not in mapped or key in values['extra_specs']}
    changes = {name: getattr(found, name) for name in flavor.immutable_differences(wanted, found)}
    if wanted.description != found.description:
        added = (wanted.description or '').removeprefix(values['description'] or '')
        changes['description'] = (found.description or '').removesuffix(added) or None
    return {**changes, **flavor.changed(values, {
        'extra_specs': extra_specs, 'projects': sorted(found.projects)})}
