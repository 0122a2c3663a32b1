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

"""A catalogue, three regions, two conductors, and people who do what they want."""

import functools
import logging

from oslo_utils import timeutils
import sqlalchemy as sa

from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import adoption
from flavorsvc.conductor.operations import drift as drift_operations
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.conductor.operations import plans
from flavorsvc.db import audits
from flavorsvc.db import drift as findings
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from tests.functional import clock
from tests.functional import judge as judges
from tests.functional import simulated_nova
from tests.functional import site as sites
from tests.functional import stepping
from tests.functional import test_claims

PAGE = test_claims.PAGE
DRIFT_PAGE = {**PAGE, 'sort_key': 'opened_at'}

#: Region → microversion of its Nova. One knows no descriptions yet.
MICROVERSIONS = {'RegionOne': (2, 96), 'RegionTwo': (2, 96), 'RegionThree': (2, 53)}


class Simulation:
    """The world, and what people ask of it.

    :ivar regions: dict of name to simulated_nova.Region
    :ivar processes: list of two stepping.Process
    :ivar wished: dict of (region, flavor id) to bool, whether it was last wished in or out
    """

    def __init__(self, database, conf):
        self.db, self.conf, self.clock = database, conf, clock.Clock()
        self.clock.start()
        self.db.write(sites.empty)
        self.judge = judges.Judge(database)
        self.blame = self.judge.blame
        self.regions = {name: simulated_nova.Region(name, microversion, self.clock)
                        for name, microversion in MICROVERSIONS.items()}
        self.cloud = simulated_nova.Cloud(self.regions.values(), self.judge)
        self.db.write(self._announce)
        self._started = 0
        self.processes = [self.start(), self.start()]
        self.wished, self.plans, self._disturbed, self._judged = {}, [], {}, set()
        self._novas = novas.Novas(self.db, self.cloud, 'RegionOne')
        self._complaints = judges.Complaints(self.judge)
        logging.getLogger('flavorsvc').addHandler(self._complaints)

    def _announce(self, session):
        listed = probing.announce(session, {name: f'http://{name}' for name in self.regions},
                                  timeutils.utcnow())
        for pk, name, _, _ in listed:
            microversion = '.'.join(map(str, MICROVERSIONS[name]))
            probing.answered(session, pk, timeutils.utcnow(), microversion)

    def discover(self):
        """Ask the regions that were silent, as the discovery of a conductor does."""
        now = timeutils.utcnow()
        for pk, name, _, _ in self.db.write(probing.to_probe, now, 'discovered'):
            if not self.regions[name].is_down:
                self.db.write(probing.answered, pk, now)

    def end(self):
        """Let go of everything."""
        for process in self.processes:
            process.kill()
        logging.getLogger('flavorsvc').removeHandler(self._complaints)
        self.clock.stop()

    def start(self):
        """Start a conductor.

        :returns: stepping.Process
        """
        self._started += 1
        return stepping.Process(self, f'conductor-{self._started}')

    def revive(self):
        """Start a conductor in place of each one that died."""
        for index, process in enumerate(self.processes):
            if not process.alive:
                process.kill()
                self.processes[index] = self.start()

    def check(self):
        """Fail where anybody did what must not be done."""
        assert not self.judge.violations, self.judge.violations

    # -- what people ask -------------------------------------------------------------------

    def ask(self, work, *args, **kwargs):
        """Do in a transaction what somebody asks for, which may be refused.

        :returns: what work returns; None where it is refused
        """
        try:
            answer = self.db.write(work, *args, **kwargs)
        except errors.FlavorsvcError:
            return None
        return answer

    def create(self, values):
        made = self.ask(operations.create, {**test_claims.VALUES, **values}, capabilities.TABLE)
        if made:
            self.judge.created(made['id'])
            self.judge.catalogue({made['id']: made})
            for key in [key for key in self.wished if key[1] == values['id']]:
                del self.wished[key]

    def update(self, flavor_id, changes, on_immutable=None):
        after = self.ask(operations.update, flavor_id, changes, None, capabilities.TABLE, 'req-u',
                         timeutils.utcnow(), on_immutable)
        if after is None:
            return
        self._say(self.regions, flavor_id, on_immutable)
        self.judge.catalogue({flavor_id: after})
        for name, value in changes.items():
            if after[name] != (sorted(value) if name == 'projects' else value):
                self.blame(f'{name} of {flavor_id} was to be {value!r}: {after}')
        if after['status'] == 'retired':
            self._wish_out(flavor_id, self.regions)

    def install(self, flavor_id, names, on_immutable=None, anew=False):
        rows = self.ask(operations.install, flavor_id, names, 'req-i', timeutils.utcnow(),
                        anew, on_immutable)
        for row in rows or ():
            self._say([row['region']], flavor_id, on_immutable)
            self.wished[row['region'], flavor_id] = True

    def uninstall(self, flavor_id, names, unless_used=False):
        rows = self.ask(operations.uninstall, flavor_id, names, 'req-o', timeutils.utcnow(),
                        unless_used)
        for row in rows or ():
            self._wish_out(flavor_id, [row['region']])
            if not unless_used:
                self._allow_removal([row['region']], flavor_id)

    def delete(self, flavor_id):
        if self.ask(operations.delete, flavor_id, None, 'req-d', timeutils.utcnow()) is not None:
            self._allow_removal(self.regions, flavor_id)
            self._wish_out(flavor_id, self.regions)

    def retry(self, row):
        self.ask(installations.retry, row['id'], 'req-r', timeutils.utcnow())

    def swap_names(self, one, other, on_immutable):
        """Have two flavors take each other's names, by way of a third."""
        living = self.living()
        if one != other and one in living and other in living:
            names = living[one]['name'], living[other]['name']
            for flavor_id, name in ((one, 'between'), (other, names[0]), (one, names[1])):
                self.update(flavor_id, {'name': name}, on_immutable)

    def set_policy(self, region, policy):
        if policy == drift.Policy.REPAIR_ALL:
            self.judge.repairs_all(region)
        self.ask(regions.update, region, {'drift_policy': policy}, 4, timeutils.utcnow())

    def ask_for_audit(self, region):
        self.ask(audits.ask, region, 'req-a', timeutils.utcnow())

    def repair(self, finding, on_immutable):
        region, flavor_id = finding['region'], finding['flavor_id']
        values = self.living().get(flavor_id)
        rows = self.ask(drift_operations.repair, finding['id'], on_immutable, 'req-f',
                        timeutils.utcnow())
        if rows:
            self._say([region], flavor_id, on_immutable)
            self._hand_over(region, values, finding['differences'])

    def accept_as_exception(self, finding):
        try:
            self._acceptance(self).as_exception(finding['id'], 'user', None,
                                                             timeutils.utcnow())
        except errors.FlavorsvcError:
            pass

    def accept_as_catalogue(self, process, finding):
        process.submit(self._looked_after, self._acceptance(process).as_catalogue, finding['id'],
                       'user', None, None, 'req-c', timeutils.utcnow())

    def _acceptance(self, process):
        return drift_operations.Acceptance(process.db, self._novas_of(process),
                                           capabilities.TABLE)

    def adopt(self, process, region, selection):
        adopting = adoption.Adoption(
            process.db, self._novas_of(process),
            functools.partial(flavor.known, table=capabilities.TABLE), 1000)
        process.submit(self._adopt, adopting, region, selection)

    def _adopt(self, adopting, region, selection):
        before, began = dict(self.regions[region].flavors), self.clock.moment()
        told = adopting.adopt(region, selection, {
            'choices': {}, 'dry_run': False, 'reason': None, 'user_id': 'user',
            'project_id': None}, 'req-h', timeutils.utcnow())
        for each in told['flavors']:
            if each['result'] == 'adopted':
                for had in (before, self.regions[region].flavors):
                    if each['flavor_id'] in had:
                        self.judge.hand_over(region, each['flavor_id'], had[each['flavor_id']])
                if self.regions[region].touched.get(each['flavor_id'], 0) > began:
                    self.disturb(region, each['flavor_id'])
        self.resume()

    def _looked_after(self, work, *args):
        work(*args)
        self.resume()

    def _novas_of(self, process):
        return novas.Novas(process.db, self.cloud, 'RegionOne')

    def make_plan(self, asked):
        before = self._all()
        try:
            made = self._planner().make({'project_id': None, **asked}, 'user', 'req-p',
                                        timeutils.utcnow())
        except errors.FlavorsvcError:
            return
        if self._all() != before:
            self.blame('to make a plan changed something')
        self.plans.append(made)

    def apply_plan(self, index):
        if not self.plans:
            return
        made = self.plans.pop(index % len(self.plans))
        living = self.living()
        taken = [action for action in made['actions'] if not action['refused']]
        try:
            self._planner().apply(made['id'], 'user', 'req-q', timeutils.utcnow())
        except errors.Conflict:
            return
        after = self.living()
        for flavor_id in after.keys() - living.keys():
            self.judge.created(flavor_id)
        self.judge.catalogue(after)
        for action in taken:
            if action['region'] is None:
                if action['act'] == 'remove':
                    self._allow_removal(self.regions, action['flavor_id'])
                self._say(self.regions, action['flavor_id'], made['on_immutable'])
                continue
            self._say([action['region']], action['flavor_id'], made['on_immutable'])
            if action['act'] == 'remove':
                self._allow_removal([action['region']], action['flavor_id'])
            if action['act'] == 'replace':
                self._hand_over(action['region'], after[action['flavor_id']],
                                action['differences'])
        self.resume()

    def _planner(self):
        return plans.Plans(self.db, self._novas, capabilities.TABLE, self.conf)

    def _all(self):
        return ([dict(each.flavors) for each in self.regions.values()], self.rows(),
                self.living())

    def _hand_over(self, region, values, differences):
        self.judge.hand_over(region, values['id'], {**values, **{
            each['field']: each['found'] for each in differences
            if each['field'] in flavor.IMMUTABLE}})

    def _say(self, names, flavor_id, on_immutable):
        if on_immutable == installation.OnImmutable.REPLACE:
            for name in names:
                self.judge.said(name, flavor_id, 'replace')

    def _allow_removal(self, names, flavor_id):
        for name in names:
            self.judge.said(name, flavor_id, 'remove')

    def _wish_out(self, flavor_id, names):
        for name in names:
            if (name, flavor_id) in self.wished:
                self.wished[name, flavor_id] = False

    def resume(self):
        """Take for wished what the catalogue says, after something that decides it itself."""
        self.judge.catalogue(self.living())
        self.wished = {(row['region'], row['flavor_id']): row['desired'] == 'present'
                       for row in self.rows()}

    # -- what others do --------------------------------------------------------------------

    def disturb(self, region, flavor_id):
        """Remember that others did something to a flavor: nobody need know before an audit."""
        self._disturbed[region, flavor_id] = self.revisions().get((region, flavor_id))

    def is_disturbed(self, region, flavor_id):
        """Tell whether others did something to a flavor since it was wished last."""
        key = region, flavor_id
        return key in self._disturbed and self._disturbed[key] == self.revisions().get(key)

    def ended(self, task):
        """Look at what an audit found: what stood still while it read is as it says."""
        if not isinstance(task.subject, audits.Audit):
            return
        region = self.regions[task.subject.region]
        for finding in self.findings(region=region.name, state='open'):
            flavor_id = finding['flavor_id']
            if finding['id'] in self._judged:
                continue
            # once, when it is news: a later audit may end without having come to a conclusion
            self._judged.add(finding['id'])
            if not task.process.alive or region.touched.get(flavor_id, 0) > task.began:
                continue
            found = region.flavors.get(flavor_id)
            self._check_wanted(region, finding)
            if (finding['kind'] == drift.Kind.MISSING) != (found is None) or any(
                    drift.value(found, each['field'], each['key']) != each['found']
                    for each in finding['differences']):
                self.blame(f'the audit found {finding}, and there is {found}')

    def _check_wanted(self, region, finding):
        if finding['kind'] == drift.Kind.UNMANAGED:
            return
        if self.wished.get((region.name, finding['flavor_id'])) is not True:
            self.blame(f'the audit wants what nobody does: {finding}')
            return
        wanted = self.described(finding['flavor_id'], region)
        for each in finding['differences']:
            if each['wanted'] != drift.value(wanted, each['field'], each['key']):
                self.blame(f'the audit found {finding}, and {wanted} is wanted')

    # -- what there is ---------------------------------------------------------------------

    def living(self):
        return self.db.read(flavors.living)

    def described(self, flavor_id, region):
        """Tell what a region is to have for a flavor.

        :returns: flavor.Spec
        """
        return flavor.fit(flavor.wanted(self.living()[flavor_id], capabilities.TABLE),
                          region.microversion)

    def rows(self):
        return self.db.read(installations.list_page, {}, PAGE)

    def revisions(self):
        return self.db.read(_revisions)

    def findings(self, **filters):
        return self.db.read(findings.list_page, filters, DRIFT_PAGE, None, 3600)

    def live_findings(self):
        return [each for each in self.findings() if each['state'] != drift.State.RESOLVED]


def _revisions(session):
    return {(region, flavor_id): revision for region, flavor_id, revision in session.execute(
        sa.select(tables.Region.name, tables.Flavor.id, tables.Installation.revision)
        .join(tables.Installation.region).join(tables.Installation.flavor))}
