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

"""Novas that are as strict as the real one, fail as they are told to, and know who made what."""

import dataclasses
import enum
import functools

from flavorsvc.domain import compare
from flavorsvc.domain import failures
from tests.functional import stepping
from tests.unit import nova_model

#: Flavors in one page of a list.
_PAGE = 2


class Fate(enum.StrEnum):
    """What becomes of a call."""

    ANSWERED = 'answered'
    #: Nobody is there to hear it.
    UNREACHABLE = 'unreachable'
    #: It is done, and nobody learns of it.
    LOST = 'lost'
    ERROR = 'error'
    LATE_ERROR = 'late error'
    BUSY = 'busy'
    REJECTED = 'rejected'
    #: A page of a list lacks a flavor: others came and went while it was read.
    SHORT = 'short'
    #: The conductor dies before the call, after it, or after what it writes next.
    KILLED = 'killed'
    KILLED_AFTER = 'killed after'
    KILLED_LATER = 'killed later'


_BEFORE = {
    Fate.UNREACHABLE: lambda: failures.Unreachable('unreachable', 'Connection refused.'),
    Fate.ERROR: lambda: failures.Passing('server_error', 'Something went wrong.'),
    Fate.BUSY: lambda: failures.Unreachable('busy', 'Too many requests.', 20.0),
    Fate.REJECTED: lambda: failures.Refused('rejected', 'Nova does not want that.'),
}
_AFTER = {
    Fate.LOST: lambda: failures.Unreachable('unreachable', 'Timed out.'),
    Fate.LATE_ERROR: lambda: failures.Passing('server_error', 'Something went wrong.'),
}


class Maker(enum.Enum):
    """Who made a flavor."""

    US = 'us'
    OTHERS = 'others'


@dataclasses.dataclass
class Had:
    """A flavor that a region has.

    :ivar born: int, the moment at which it was made
    :ivar servers: list of int, the moments at which servers were made with it
    """

    maker: Maker
    born: int
    servers: list = dataclasses.field(default_factory=list)


class Region:
    """What a Nova holds.

    :ivar flavors: dict of id to flavor.Spec
    :ivar had: dict of id to Had, of the same ids
    :ivar touched: dict of id to the moment at which what is there of it changed last
    """

    def __init__(self, name, microversion, clock):
        self.name, self.microversion, self.clock = name, microversion, clock
        self.flavors, self.had, self.touched, self.is_down = {}, {}, {}, False

    def add(self, spec, maker):
        """Have a flavor, where its id and name are free.

        :returns: bool, whether they are
        """
        if any(spec.id == each.id or spec.name == each.name for each in self.flavors.values()):
            return False
        moment = self.clock.moment()
        self.flavors[spec.id], self.had[spec.id] = spec, Had(maker, moment)
        self.touched[spec.id] = moment
        return True

    def put(self, spec):
        """Have what is there changed."""
        self.flavors[spec.id] = spec
        self.touched[spec.id] = self.clock.moment()

    def remove(self, flavor_id):
        """Have it no more; servers that were made with it are no longer known to be its."""
        del self.flavors[flavor_id], self.had[flavor_id]
        self.touched[flavor_id] = self.clock.moment()

    def apply(self, step):
        """Take a step as Nova does, and as the border tells of it."""
        if isinstance(step, compare.Create):
            if not self.add(step.spec, Maker.US):
                raise failures.Taken('name_taken', f'Flavor {step.spec.name} already exists.')
            return
        found = self.flavors.get(step.id)
        match step:
            case compare.Delete() | compare.RemoveAccess() if found is None:
                return  # the border takes that for done
            case compare.Delete():
                self.remove(step.id)
                return
            case compare.AddAccess() if found and (
                    found.is_public or step.project in found.projects):
                return  # 409, which the border takes for done
            case compare.RemoveAccess() if step.project not in found.projects:
                return
            case compare.UnsetExtraSpec() if found and step.key not in found.extra_specs:
                raise failures.Passing('unexpected', 'There is no such extra spec.')
        if found is None:
            raise failures.Passing('unexpected', f'Flavor {step.id} could not be found.')
        self.put(nova_model.apply(step, found))


class Nova:
    """What a conductor has of a region: does the same as flavorsvc.cloud.nova.Nova."""

    def __init__(self, region, judge, may_change):
        self._region, self._judge, self._may_change = region, judge, may_change
        self.microversion = region.microversion

    def answer_times_s(self):
        return []

    def find(self, flavor_id):
        def look():
            self._note(flavor_id)
            return self._region.flavors.get(flavor_id)
        return self._ask(f'find {flavor_id}', look)

    def names(self):
        return self._ask('names', lambda: {
            spec.id: spec.name for spec in self._region.flavors.values()})

    def count_servers(self, flavor_id):
        def count():
            task = stepping.current()
            if task:
                task.counted[flavor_id] = self._region.clock.moment()
            had = self._region.had.get(flavor_id)
            return len(had.servers) if had else 0
        return self._ask(f'count {flavor_id}', count)

    def everything(self, is_needed, most):
        marker = ''
        while True:
            page, is_short = self._ask(f'list after {marker!r}',
                                       functools.partial(self._page, marker), has_fate=True)
            for spec in page[1:] if is_short else page:
                yield (spec if is_needed(spec.id, spec.name)
                       else dataclasses.replace(spec, projects=frozenset()))
            if len(page) < _PAGE:
                return
            marker = page[-1].id

    def _page(self, marker):
        if marker and marker not in self._region.flavors:
            raise failures.Refused('rejected', f'Marker {marker} could not be found.')
        page = sorted((spec for spec in self._region.flavors.values() if spec.id > marker),
                      key=lambda spec: spec.id)[:_PAGE]
        for spec in page:
            self._note(spec.id)
        return page

    def do(self, step):
        self._judge.arrives(self._region, stepping.current(), step)

        def take():
            if not self._may_change():
                raise failures.Passing('lease_lost', 'The conductor was held up.')
            self._judge.check(self._region, stepping.current(), step)
            self._region.apply(step)
            if isinstance(step, compare.Create):
                stepping.current().made.add(step.spec.id)
                self._note(step.spec.id)
        self._ask(step, take)

    def _note(self, flavor_id):
        task = stepping.current()
        if task is not None:
            task.seen[flavor_id] = self._region.clock.moment()

    def _ask(self, call, effect, has_fate=False):
        task = stepping.current()
        fate = task.stop_before((self._region.name, call)) if task else Fate.ANSWERED
        if self._region.is_down:
            raise failures.Unreachable('unreachable', 'No route to host.')
        if fate == Fate.KILLED:
            task.process.alive = False
            raise stepping.Killed
        if fate in _BEFORE:
            raise _BEFORE[fate]()
        answer = effect()
        if fate in _AFTER:
            raise _AFTER[fate]()
        if fate == Fate.KILLED_AFTER:
            task.process.alive = False
            raise stepping.Killed
        if fate == Fate.KILLED_LATER:
            task.process.writes_left = 1
        return (answer, fate == Fate.SHORT) if has_fate else answer


class Cloud:
    """The regions, as conductors reach them; stands for flavorsvc.cloud.sessions.Clouds too."""

    def __init__(self, regions, judge):
        self._regions, self._judge = {each.name: each for each in regions}, judge

    def of(self, access):
        return self

    def negotiate(self, endpoint, region):
        return '.'.join(map(str, self._regions[region].microversion))

    def nova(self, endpoint, microversion, request_id, region, may_change=None):
        return Nova(self._regions[region], self._judge, may_change)
