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

"""Watches each change of a simulated Nova: who makes it has to have the right to."""

import logging

import sqlalchemy as sa

from flavorsvc.db import claims
from flavorsvc.db import tables
from flavorsvc.domain import compare
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from tests.functional import simulated_nova


def fixed(values):
    """Give the fixed fields of a flavor so that they can be members of a set.

    :param values: dict, or flavor.Spec
    """
    values = values if isinstance(values, dict) else vars(values)
    return tuple(sorted(flavor.fixed(values).items()))


class Judge:
    """Knows what people said, and so what conductors may do.

    Nova can neither delete on a condition nor tell who made a flavor. So what comes between the
    last look of a conductor and what it does is nobody's fault, and what others make with the
    fixed fields of a flavor of the catalogue counts as ours.

    :ivar violations: list of str
    """

    def __init__(self, database):
        self._db, self.violations = database, []
        # flavor id → all fixed fields that the catalogue had for it
        self._history = {}
        # (region, flavor id, fixed fields) that somebody said are ours
        self._handed_over = set()
        # (region, flavor id) → what was ever said about it
        self._said = {}
        self._repairing = set()

    def blame(self, text):
        """Note that something happened which must not."""
        self.violations.append(text)

    def created(self, flavor_id):
        """Note that a flavor is new in the catalogue: what was said of another one is over."""
        self._history[flavor_id] = set()
        self._said = {key: said for key, said in self._said.items() if key[1] != flavor_id}

    def catalogue(self, living):
        """Note what the catalogue says.

        :param living: dict of flavor id to dict
        """
        for flavor_id, values in living.items():
            self._history.setdefault(flavor_id, set()).add(fixed(values))

    def said(self, region, flavor_id, words):
        """Note that somebody said that a flavor may go.

        :param words: str, 'remove' or 'replace'
        """
        self._said.setdefault((region, flavor_id), set()).add(words)

    def repairs_all(self, region):
        """Note that a policy may repair anything that is ours in a region."""
        self._repairing.add(region)

    def hand_over(self, region, flavor_id, values):
        """Note that somebody said that what a region has is ours."""
        self._handed_over.add((region, flavor_id, fixed(values)))

    def is_entitled(self, region, spec):
        """Tell whether a flavor may count as ours, whoever made it."""
        return (fixed(spec) in self._history.get(spec.id, ())
                or (region, spec.id, fixed(spec)) in self._handed_over
                or self._is_repaired(region, spec))

    def _is_repaired(self, region, spec):
        """Tell whether a policy was to repair just what an audit found."""
        if region not in self._repairing:
            return False

        def work(session):
            rows = session.scalars(
                sa.select(tables.Drift).join(tables.Drift.region)
                .where(tables.Region.name == region, tables.Drift.flavor_id == spec.id,
                       tables.Drift.repairs > 0))
            return [{each['field']: each['found'] for each in row.differences
                     if each['field'] in flavor.IMMUTABLE} for row in rows]
        return any(found and found.items() <= dict(fixed(spec)).items()
                   for found in self._db.read(work))

    def arrives(self, region, task, step):
        """Look at the lease of whoever is about to delete something, as it just did itself."""
        if isinstance(step, compare.Delete):
            row = self._row(task.subject)
            if row is None or row.lease_owner != task.process.name:
                self.blame(f'{step} in {region.name} without a lease')
            elif row.revision != task.subject.revision:
                self.blame(f'{step} in {region.name} although something else is wanted now')

    def check(self, region, task, step):
        """Judge a step at the moment at which it is taken."""
        claim = task.subject
        if not isinstance(claim, claims.Claim):
            self.blame(f'{step} in {region.name} by nobody who may')
            return
        row = self._row(claim)
        if row is None or row.lease_owner != task.process.name:
            self.blame(f'{step} in {region.name} by who has no lease')
            return
        flavor_id = step.spec.id if isinstance(step, compare.Create) else step.id
        had = region.had.get(flavor_id)
        if had is None:
            return
        if isinstance(step, compare.Create):
            if had.maker is simulated_nova.Maker.US:
                self.blame(f'{step} in {region.name}, which has it from us')
            return
        found = region.flavors[flavor_id]
        if (had.maker is simulated_nova.Maker.OTHERS
                and had.born < task.seen.get(flavor_id, region.clock.moment())
                and not self.is_entitled(region.name, found)):
            self.blame(f'{step} in {region.name} to the flavor {found} of others')
        if isinstance(step, compare.Delete) and flavor_id not in task.made:
            self._check_servers(region, task, row, had, step)

    def _check_servers(self, region, task, row, had, step):
        counted = task.counted.get(step.id, region.clock.moment())
        if not [each for each in had.servers if each < counted]:
            return
        said = self._said.get((region.name, step.id), ())
        claim = task.subject
        if claim.desired == installation.Desired.ABSENT:
            allowed = not claim.unless_used and 'remove' in said
        else:
            allowed = claim.on_immutable == installation.OnImmutable.REPLACE and (
                'replace' in said or self._is_repaired(region.name, region.flavors[step.id]))
        if not allowed:
            self.blame(f'{step} in {region.name} although servers use it; said was {said}, '
                       f'claimed {claim}')

    def _row(self, claim):
        def work(session):
            return session.execute(
                sa.select(tables.Installation.lease_owner, tables.Installation.revision)
                .where(tables.Installation.id == claim.id)).first()
        return self._db.read(work)


class Complaints(logging.Handler):
    """Blames a conductor for what it did not foresee."""

    def __init__(self, judge):
        super().__init__(logging.ERROR)
        self._judge = judge

    def emit(self, record):
        self._judge.blame(f'{record.getMessage()}: {record.exc_info}')
