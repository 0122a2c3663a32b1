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

"""From what a region has to what it should have: the shortest list of steps."""

from collections.abc import Mapping
import dataclasses

from flavorsvc.domain import failures
from flavorsvc.domain import flavor


@dataclasses.dataclass(frozen=True)
class Create:
    """Create the flavor, still without extra specs and access."""

    spec: flavor.Spec


@dataclasses.dataclass(frozen=True)
class SetExtraSpecs:
    """Set these extra specs in one call; others stay."""

    id: str
    extra_specs: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class UnsetExtraSpec:
    """Remove one extra spec; Nova has no call for several."""

    id: str
    key: str


@dataclasses.dataclass(frozen=True)
class AddAccess:
    """Let a project use a flavor that is not public."""

    id: str
    project: str


@dataclasses.dataclass(frozen=True)
class RemoveAccess:
    """Take a flavor that is not public away from a project."""

    id: str
    project: str


@dataclasses.dataclass(frozen=True)
class SetDescription:
    """Change the description (2.55)."""

    id: str
    description: str | None


@dataclasses.dataclass(frozen=True)
class Delete:
    """Delete the flavor. Servers that use it keep the copy that Nova stored with them."""

    id: str


def steps_to_present(wanted, found):
    """List what to do so that a region has exactly this flavor.

    :param wanted: flavor.Spec
    :param found: flavor.Spec that the region has under this id, or None
    :returns: list of steps; empty when nothing differs
    :raises failures.Refused: when only deleting and creating would help
    """
    if found is None:
        made = dataclasses.replace(wanted, extra_specs={}, projects=frozenset())
        return [Create(made), *steps_to_present(wanted, made)]
    differences = flavor.immutable_differences(wanted, found)
    if differences:
        raise failures.Refused('sizes_differ', 'The region has a flavor of this id with other '
                               'fixed fields: ' + describe(differences))
    steps = []
    if wanted.description != found.description:
        steps.append(SetDescription(wanted.id, wanted.description))
    unset = sorted(found.extra_specs.keys() - wanted.extra_specs.keys())
    for key in flavor.PATHS.intersection(unset):
        raise failures.Refused('rejected', f'The region has an extra spec {key!r}, which cannot '
                                           f'be removed: its URL means that of the flavor.')
    steps += [UnsetExtraSpec(wanted.id, key) for key in unset]
    changed = {key: value for key, value in wanted.extra_specs.items()
               if found.extra_specs.get(key) != value}
    if changed:
        steps.append(SetExtraSpecs(wanted.id, changed))
    steps += [AddAccess(wanted.id, project)
              for project in sorted(wanted.projects - found.projects)]
    steps += [RemoveAccess(wanted.id, project)
              for project in sorted(found.projects - wanted.projects)]
    return steps


def steps_to_absent(described, found, installed=()):
    """List what to do so that a region no longer has this flavor.

    A flavor that merely has the same id, with other fixed fields, is not the
    one that was installed: it was put there by someone else and stays.

    :param described: flavor.Spec, the flavor that is to go
    :param found: flavor.Spec that the region has under this id, or None
    :param installed: iterable of dicts of fixed fields that are as good, see
        :func:`flavorsvc.domain.flavor.has_any`
    :returns: list of steps, at most one
    """
    if found is None or (flavor.immutable_differences(described, found)
                         and not flavor.has_any(found, installed)):
        return []
    return [Delete(described.id)]


def describe(differences):
    """Put differences into words.

    :param differences: dict of field name to (wanted, found)
    :returns: str such as ``vcpus is 2, not 4``
    """
    return ', '.join(f'{name} is {found!r}, not {wanted!r}'
                     for name, (wanted, found) in differences.items())
