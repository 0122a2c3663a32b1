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

"""A region's flavors as a model: what each step does to them, by Nova's rules."""

import dataclasses

from flavorsvc.domain import compare
from flavorsvc.domain import failures


def apply(step, found):
    """Give what a region has after a step.

    :param found: flavor.Spec before, or None
    :returns: flavor.Spec after, or None
    """
    match step:
        case compare.Create(spec=spec):
            assert found is None and not spec.extra_specs and not spec.projects
            return spec
        case compare.SetExtraSpecs(extra_specs=extra_specs):
            return dataclasses.replace(found, extra_specs={**found.extra_specs, **extra_specs})
        case compare.UnsetExtraSpec(key=key):
            left = {name: value for name, value in found.extra_specs.items() if name != key}
            assert left != found.extra_specs, 'Nova answers 404 to a key that is not there'
            return dataclasses.replace(found, extra_specs=left)
        case compare.AddAccess(project=project):
            assert not found.is_public and project not in found.projects
            return dataclasses.replace(found, projects=found.projects | {project})
        case compare.RemoveAccess(project=project):
            assert project in found.projects
            return dataclasses.replace(found, projects=found.projects - {project})
        case compare.SetDescription(description=description):
            return dataclasses.replace(found, description=description)
        case compare.Delete():
            assert found is not None
            return None
    raise AssertionError(step)


class Region:
    """A region of which only flavors exist; counts the calls it gets.

    :ivar flavors: dict of id to flavor.Spec
    :ivar servers: dict of flavor id to how many servers use the flavor
    :ivar calls: list of what was asked, 'find', 'list' or a step
    """

    microversion = (2, 96)
    #: What each call is said to have taken, in seconds.
    answer_s = 0.01

    def __init__(self, *specs, refuse=None, before=None):
        """Fill the region.

        :param refuse: function of a step to a failures.Failure or None
        :param before: function called before each call, to interfere
        """
        self.flavors = {spec.id: spec for spec in specs}
        self.servers = {}
        self.calls = []
        self.refuse = refuse or (lambda step: None)
        self.before = before or (lambda region, call: None)

    def answer_times_s(self):
        return [self.answer_s] if self.calls else []

    def find(self, flavor_id):
        self._note('find')
        return self.flavors.get(flavor_id)

    def list(self, is_public=True):
        self._note('list')
        for spec in self.flavors.values():
            if is_public is None or spec.is_public == is_public:
                yield dataclasses.replace(spec, projects=frozenset())

    def everything(self, is_needed, most):
        self._note('list')
        for number, spec in enumerate(list(self.flavors.values())):
            if number >= most:
                raise failures.Refused('too_many', 'too many')
            needed = is_needed(spec.id, spec.name)
            if needed and not spec.is_public:
                self._note('access')
            yield spec if needed else dataclasses.replace(spec, projects=frozenset())

    def show(self, flavor_id):
        self._note('show')
        spec = self.flavors.get(flavor_id)
        return spec and dataclasses.replace(spec, projects=frozenset())

    def create(self, spec):
        if spec.id == 'auto':
            spec = dataclasses.replace(spec, id=f'made-{len(self.flavors)}')
        self.do(compare.Create(spec))
        return spec

    def names(self):
        self._note('names')
        return {spec.id: spec.name for spec in self.flavors.values()}

    def count_servers(self, flavor_id):
        self._note('count')
        return self.servers.get(flavor_id, 0)

    def do(self, step):
        self._note(step)
        failure = self.refuse(step)
        if failure is not None:
            raise failure
        if isinstance(step, compare.Create):
            for spec in self.flavors.values():
                if spec.id == step.spec.id or spec.name == step.spec.name:
                    raise failures.Taken('name_taken', f'Flavor {spec.name} already exists.')
            self.flavors[step.spec.id] = apply(step, None)
            return
        after = apply(step, self.flavors.get(step.id))
        if after is None:
            del self.flavors[step.id]
        else:
            self.flavors[step.id] = after

    def _note(self, call):
        self.before(self, call)
        self.calls.append(call)
