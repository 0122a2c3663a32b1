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

"""What Nova's API does to flavors: the default region first, then the record, then the others.

Whoever is answered can use at once what the answer says: in the default region. What that region
refuses is refused, in its words, and then nothing is recorded; so it is when it does not answer.
"""

import dataclasses
import datetime
import uuid

from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import compute_flavors
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

#: Seconds after which what became of a call to the default region counts as unknown. Longer than
#: any such call takes, with what is to be recorded after it.
_OUTCOME_S = 300
#: How often a change is made anew because someone else changed the same flavor meanwhile.
_TRIES = 10


@dataclasses.dataclass(frozen=True)
class Asked:
    """Under which request something is done, and when.

    :ivar request_id: str
    :ivar now: naive UTC datetime
    """

    request_id: str
    now: datetime.datetime


class ComputeFlavors:
    """The flavors of the catalogue, as Nova's API changes them."""

    def __init__(self, database, novas, table, tells_deprecation=False):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param table: capability table
        :param tells_deprecation: see :func:`flavorsvc.domain.flavor.wanted`
        """
        self._db, self._novas, self._table = database, novas, table
        self._tells_deprecation = tells_deprecation

    def create(self, values, regions, asked):
        """Create a flavor in the default region, and wish it into others.

        :param values: dict of what the caller gave; id None has one made up
        :param regions: list of names of regions; 'all' among them is every one
        :param asked: Asked
        :returns: dict, the flavor
        :raises errors.AlreadyExists: when the id or name is taken, in the catalogue or there
        :raises errors.FlavorsvcError: as :meth:`flavorsvc.conductor.novas.Novas.changed`
        """
        values = {**flavor.DEFAULTS, **values, 'id': values['id'] or str(uuid.uuid4())}
        flavor.check(values)
        region = self._novas.default()
        with self._novas.changed(region, asked.request_id) as nova:
            wanted = flavor.fit(flavor.wanted(values, self._table), nova.microversion)
            # nothing is written down for a region that does not answer
            taken = nova.find(wanted.id) is not None
            self._db.write(compute_flavors.reserve, values, region, asked.request_id,
                           asked.now + datetime.timedelta(seconds=_OUTCOME_S))
            self._make(nova, wanted, taken, asked)
        return self._db.write(self._made, wanted.id, region, regions, asked)

    def _make(self, nova, wanted, taken, asked):
        try:
            if taken:
                raise failures.Taken('name_taken', f'Flavor with ID {wanted.id} already exists.')
            for step in compare.steps_to_present(wanted, None):
                nova.do(step)
        except failures.Refused:
            self._db.write(compute_flavors.withdraw, wanted.id)
            raise
        except failures.Failure:
            self._db.write(compute_flavors.give_up, wanted.id, asked.now)
            raise

    @staticmethod
    def _made(session, flavor_id, region, regions, asked):
        row = compute_flavors.confirm(session, flavor_id, region)
        named = installations.regions_named(session, 'all', installation.Desired.PRESENT)
        others = [each for each in named if each.name != region
                  and ('all' in regions or each.name in regions)]
        installations.want(session, row, others, installation.Desired.PRESENT, asked.request_id,
                           asked.now)
        session.expire(row, ['installations'])
        return flavors.as_dict(row)

    def delete(self, flavor_id, asked):
        """Delete a flavor in the default region, and wish it out of all others.

        What that region has under this id, but is another flavor, stays.

        :raises errors.NotFound: when there is none of this id
        """
        before = self._living(flavor_id)
        region = self._novas.default()
        if region in before['regions']:
            installed = self._db.read(installations.installed_in, flavor_id, region)
            with self._novas.changed(region, asked.request_id) as nova:
                _take_out(nova, flavor.wanted({**before, 'properties': {}}, {}), installed)
        self._db.write(self._deleted, flavor_id, region, region in before['regions'], asked)

    @staticmethod
    def _deleted(session, flavor_id, region, is_out, asked):
        if is_out:
            compute_flavors.left(session, flavor_id, region)
        operations.delete(session, flavor_id, None, asked.request_id, asked.now)

    def describe(self, flavor_id, description, asked):
        """Change the description of a flavor.

        :param description: str, or None
        :returns: dict, the flavor
        """
        return self._change(flavor_id, lambda before: {'description': description}, asked)

    def set_extra_specs(self, flavor_id, extra_specs, asked):
        """Set extra specs of a flavor; others stay.

        :param extra_specs: dict of str to str
        :returns: dict, the flavor
        """
        return self._change(
            flavor_id, lambda before: {'extra_specs': {**before['extra_specs'], **extra_specs}},
            asked)

    def unset_extra_spec(self, flavor_id, key, asked):
        """Remove an extra spec of a flavor.

        :returns: dict, the flavor
        :raises errors.Conflict: when a property of the catalogue stands for it
        """
        def without(before):
            left = {name: value for name, value in before['extra_specs'].items() if name != key}
            if key in flavor.known_extra_specs({**before, 'extra_specs': left}, self._table):
                raise errors.Conflict(f'The extra spec {key!r} stands for a property of the '
                                      f'flavor: change it in the catalogue.')
            return {'extra_specs': left}
        return self._change(flavor_id, without, asked)

    def add_access(self, flavor_id, project, asked):
        """Let a project use a flavor that is not for everybody.

        :param project: str, its id
        :returns: dict, the flavor
        :raises errors.Conflict: when it may already
        """
        def with_project(before):
            if project in before['projects']:
                raise errors.Conflict(f'Flavor access already exists for flavor {flavor_id} and '
                                      f'project {project} combination.')
            return {'projects': [*before['projects'], project]}
        return self._change(flavor_id, with_project, asked)

    def remove_access(self, flavor_id, project, asked):
        """Take a flavor away from a project.

        :param project: str, its id
        :returns: dict, the flavor
        :raises errors.NotFound: when it is not on the access list
        """
        def without(before):
            if project not in before['projects']:
                raise errors.NotFound('access', f'{flavor_id} / {project}')
            return {'projects': [each for each in before['projects'] if each != project]}
        return self._change(flavor_id, without, asked)

    def _change(self, flavor_id, decide, asked):
        """Change a flavor in the default region, then in the catalogue, and wish it into others.

        :param decide: function of the flavor as it is to what changes of it
        :returns: dict, the flavor
        """
        for _ in range(_TRIES):
            before = self._living(flavor_id)
            changes = decide(before)
            values = {**before, **changes}
            flavor.check(values, before)
            wanted = flavor.wanted(values, self._table, self._tells_deprecation)
            if self._novas.default() in before['regions']:
                self._change_there(wanted, asked)
            try:
                return self._db.write(operations.update, flavor_id, changes, before['generation'],
                                      self._table, asked.request_id, asked.now)
            except errors.GenerationMismatch:
                continue  # what was decided on has moved
        raise errors.Conflict(f'The flavor {flavor_id!r} is changed by others all the time.')

    def _change_there(self, wanted, asked):
        region = self._novas.default()
        with self._novas.changed(region, asked.request_id) as nova:
            found = nova.find(wanted.id)
            if found is None:
                return  # the engine makes it anew, as it is recorded then
            try:
                for step in compare.steps_to_present(flavor.fit(wanted, nova.microversion), found):
                    nova.do(step)
            except failures.Failure:
                # perhaps some of it is done: have it look as it is recorded
                self._db.write(operations.install, wanted.id, [region], asked.request_id,
                               asked.now, True)
                raise

    def _living(self, flavor_id):
        found = self._db.read(flavors.get, flavor_id)
        if found['status'] not in lifecycle.USABLE:
            raise errors.NotFound('flavor', flavor_id)
        return found


def _take_out(nova, described, installed):
    for step in compare.steps_to_absent(described, nova.find(described.id), installed):
        try:
            nova.do(step)
        except failures.Passing:
            # Novas stumble over two who delete the same flavor: one of them gets a 500
            if nova.find(described.id) is not None:
                raise
