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

"""Whatever is wished, whatever fails, whoever dies or interferes: the regions follow the catalogue,
and nobody loses what is not ours, or what is in use."""

import dataclasses
import os

import hypothesis
from hypothesis import stateful
from hypothesis import strategies as st
import pytest

from flavorsvc.db import engine as db_engine
from flavorsvc.db import schema
from flavorsvc.domain import drift
from flavorsvc.domain import flavor
from tests.functional import conclusion
from tests.functional import simulated_nova
from tests.functional import simulation
from tests.functional import site as sites

Fate = simulated_nova.Fate

#: Few, so that they meet often.
IDS, NAMES = ['f1', 'f2', 'f3'], ['n1', 'n2', 'n3', 'n4']
REGIONS = list(simulation.MICROVERSIONS)

ids, names = st.sampled_from(IDS), st.sampled_from(NAMES)
region_names = st.sampled_from(REGIONS)
places = st.one_of(st.just('all'), st.lists(region_names, min_size=1, max_size=2, unique=True))
number = st.integers(0, 5)
choices = st.sampled_from([None, 'refuse', 'replace-if-unused', 'replace', 'replace'])
extra_specs = st.dictionaries(st.sampled_from(['a', 'b']), st.sampled_from(['1', '2']))
#: What of a flavor changes while it stays where it is.
soft = st.fixed_dictionaries({}, optional={
    'extra_specs': extra_specs, 'description': st.sampled_from([None, 'one', 'two']),
    'projects': st.lists(st.sampled_from(['p1', 'p2']), unique=True)})
sizes = st.fixed_dictionaries({'vcpus': st.integers(1, 3)}, optional={
    'name': names, 'is_public': st.booleans()})
changes = st.one_of(soft, sizes, st.tuples(soft, sizes).map(lambda both: {**both[0], **both[1]}))
faults = st.sampled_from([Fate.LOST, Fate.LATE_ERROR, Fate.ERROR, Fate.REJECTED, Fate.SHORT,
                          Fate.UNREACHABLE, Fate.BUSY, Fate.KILLED, Fate.KILLED_AFTER,
                          Fate.KILLED_LATER])
#: Which of a conductor's tasks goes on, for how many calls, and what becomes of the last one.
progress = st.tuples(number, st.integers(1, 6), st.one_of(st.just(Fate.ANSWERED), faults))
#: What becomes of the pages of a list.
pages = st.lists(st.sampled_from([Fate.ANSWERED, Fate.SHORT, Fate.ANSWERED, Fate.SHORT, Fate.ERROR,
                                  Fate.LOST, Fate.KILLED_AFTER]), max_size=4)
#: What a conductor makes of what was just wished: nothing yet, or seconds later how much of it, and
#: whether it then finishes all that it has begun.
afterwards = st.one_of(st.none(), st.tuples(
    number, st.sampled_from([0, 0, 70, 400]), st.lists(progress, max_size=3), st.booleans()))


class Machine(stateful.RuleBasedStateMachine):
    """What can happen."""

    def __init__(self, database, conf):
        super().__init__()
        self.world, self._strangers = simulation.Simulation(database, conf), 100

    @stateful.initialize(is_settled=st.booleans(), private=ids)
    def begin(self, is_settled, private):
        for flavor_id, name in zip(IDS, NAMES, strict=False):
            is_private = flavor_id == private
            self.world.create({'id': flavor_id, 'name': name, 'is_public': not is_private,
                               'projects': ['p1'] if is_private else [],
                               'extra_specs': {'a': '1'}})
            self.world.install(flavor_id, 'all')
        if is_settled:
            conclusion.settle(self.world)

    # -- what people wish ------------------------------------------------------------------

    @stateful.rule(flavor_id=ids, name=names, values=soft, vcpus=st.integers(1, 3),
                   status=st.sampled_from(['active', 'active', 'draft']), where=places,
                   then=afterwards)
    def create(self, flavor_id, name, values, vcpus, status, where, then):
        self.world.create({'id': flavor_id, 'name': name, 'vcpus': vcpus, 'status': status,
                           **values, 'is_public': not values.get('projects')})
        self.world.install(flavor_id, where)
        self.follow(then)

    @stateful.rule(flavor_id=ids, values=changes, on_immutable=choices, then=afterwards)
    def change(self, flavor_id, values, on_immutable, then):
        self.world.update(flavor_id, values, on_immutable)
        self.follow(then)

    @stateful.rule(one=ids, other=ids, on_immutable=choices, then=afterwards)
    def swap_names(self, one, other, on_immutable, then):
        self.world.swap_names(one, other, on_immutable)
        self.follow(then)

    @stateful.rule(flavor_id=ids, status=st.sampled_from(
        ['active', 'active', 'deprecated', 'retired']), then=afterwards)
    def turn(self, flavor_id, status, then):
        self.world.update(flavor_id, {'status': status})
        self.follow(then)

    @stateful.rule(flavor_id=ids, where=places, on_immutable=choices, then=afterwards)
    def install(self, flavor_id, where, on_immutable, then):
        self.world.install(flavor_id, where, on_immutable)
        self.follow(then)

    @stateful.rule(flavor_id=ids, where=places, unless_used=st.booleans(), then=afterwards)
    def uninstall(self, flavor_id, where, unless_used, then):
        self.world.uninstall(flavor_id, where, unless_used)
        self.follow(then)

    @stateful.rule(flavor_id=ids, then=afterwards)
    def delete(self, flavor_id, then):
        self.world.delete(flavor_id)
        self.follow(then)

    @stateful.rule(index=number)
    def retry(self, index):
        rows = [row for row in self.world.rows() if row['status'] in ('error', 'retrying')]
        if rows:
            self.world.retry(rows[index % len(rows)])

    @stateful.rule(region=region_names, policy=st.sampled_from([*map(str, drift.Policy), None]))
    def set_policy(self, region, policy):
        self.world.set_policy(region, policy)

    @stateful.rule(region=region_names, process=number, fates=pages, flavor_id=ids,
                   meanwhile=st.sampled_from([None, None, 'uninstall', 'change', 'take away']))
    def audit(self, region, process, fates, flavor_id, meanwhile):
        self.world.ask_for_audit(region)
        other, process = self.process(process + 1), self.process(process)
        process.look()
        reading = process.tasks[-1:]
        for fate in fates:
            process.go(-1, fate)
        match meanwhile:
            case 'uninstall':
                self.world.uninstall(flavor_id, [region])
            case 'change':
                self.world.update(flavor_id, {'description': 'meanwhile'})
            case 'take away':
                self.take_away(region, flavor_id)
            case None:
                return
        other.finish()
        for task in reading:
            process.finish(task)

    @stateful.precondition(lambda self: self.world.live_findings())
    @stateful.rule(index=number, way=st.sampled_from(
        ['refuse', 'replace-if-unused', 'replace', 'exception', 'catalogue']), process=number,
        then=afterwards)
    def decide(self, index, way, process, then):
        found = self.world.live_findings()
        finding = found[index % len(found)]
        if way == 'exception':
            self.world.accept_as_exception(finding)
        elif way == 'catalogue':
            self.world.accept_as_catalogue(self.process(process), finding)
        else:
            self.world.repair(finding, way)
        self.follow(then)

    @stateful.rule(region=region_names, process=number, selection=st.one_of(
        st.just({'all': True}), ids.map(lambda each: {'ids': [each]})))
    def adopt(self, region, process, selection):
        self.world.adopt(self.process(process), region, selection)

    @stateful.rule(where=places, prune=st.booleans(),
                   on_immutable=st.sampled_from(['refuse', 'replace-if-unused', 'replace']),
                   given=st.one_of(st.none(), st.lists(
                       st.tuples(ids, names, sizes, soft), min_size=1,
                       unique_by=(lambda each: each[0], lambda each: each[1]))))
    def make_plan(self, where, prune, on_immutable, given):
        self.world.make_plan({
            'regions': where, 'prune': prune and given is not None, 'on_immutable': on_immutable,
            'flavors': None if given is None else [
                {'ram_mib': 512, 'disk_gib': 1, **fixed, **values, 'id': flavor_id, 'name': name,
                 'is_public': not values.get('projects')}
                for flavor_id, name, fixed, values in given]})

    @stateful.precondition(lambda self: self.world.plans)
    @stateful.rule(index=number, then=afterwards)
    def apply_plan(self, index, then):
        self.world.apply_plan(index)
        self.follow(then)

    # -- what conductors do ----------------------------------------------------------------

    @stateful.rule(process=number, does=st.lists(progress, max_size=3))
    def work(self, process, does):
        self.process(process).look()
        self.go_on(process, does)

    @stateful.precondition(lambda self: any(each.tasks for each in self.world.processes))
    @stateful.rule(process=number, does=st.lists(progress, min_size=1, max_size=4))
    def go_on(self, process, does):
        for index, calls, fate in does:
            for call in range(calls):
                self.process(process).go(index, fate if call == calls - 1 else Fate.ANSWERED)

    @stateful.rule(process=number)
    def finish(self, process):
        self.process(process).finish()

    @stateful.rule(process=number)
    def kill(self, process):
        self.process(process).kill()

    @stateful.rule(seconds=st.sampled_from([5, 25, 70, 70, 400, 4000]))
    def wait(self, seconds):
        self.world.clock.pass_by(seconds)

    @stateful.rule(flavor_id=ids, values=changes, on_immutable=choices, process=number,
                   calls=st.integers(0, 3), wish=st.one_of(changes, st.sampled_from(
                       ['uninstall', 'install', 'delete'])))
    def change_mind(self, flavor_id, values, on_immutable, process, calls, wish):
        """Somebody wishes something else while a conductor is at work on what was wished."""
        process = self.process(process)
        process.finish()
        self.world.update(flavor_id, values, on_immutable)
        process.look()
        at_work = process.at_work_on(flavor_id)
        for task in at_work:
            process.take(task, calls)
        match wish:
            case 'uninstall':
                self.world.uninstall(flavor_id, 'all')
            case 'install':
                self.world.install(flavor_id, 'all')
            case 'delete':
                self.world.delete(flavor_id)
            case _:
                self.world.update(flavor_id, wish, on_immutable)
        for task in at_work:
            process.finish(task)
        conclusion.check_active(self.world, audited=False)

    def follow(self, then):
        if then is None:
            return
        process, seconds, does, finishes = then
        self.wait(seconds)
        self.work(process, does)
        if finishes:
            self.finish(process)

    def process(self, index):
        self.world.revive()
        return self.world.processes[index % 2]

    # -- what others do --------------------------------------------------------------------

    @stateful.rule(region=region_names)
    def break_down_or_recover(self, region):
        self.world.regions[region].is_down = not self.world.regions[region].is_down

    @stateful.rule(region=region_names, flavor_id=ids)
    def boot(self, region, flavor_id):
        had = self.world.regions[region].had.get(flavor_id)
        if had is not None:
            had.servers.append(self.world.clock.moment())

    @stateful.rule(region=region_names, flavor_id=ids)
    def delete_servers(self, region, flavor_id):
        had = self.world.regions[region].had.get(flavor_id)
        if had is not None:
            had.servers.clear()

    @stateful.rule(region=region_names, flavor_id=ids)
    def take_away(self, region, flavor_id):
        if flavor_id in self.world.regions[region].flavors:
            self.world.regions[region].remove(flavor_id)
            self.world.disturb(region, flavor_id)

    @stateful.rule(region=region_names, flavor_id=st.sampled_from([*IDS, 'g1', 'a0']), name=names,
                   is_like_ours=st.booleans(), values=soft, then=afterwards, wish=st.sampled_from(
                       [None, 'uninstall', 'delete', 'retire', 'replace', 'audit']))
    def make_another(self, region, flavor_id, name, is_like_ours, values, wish, then):
        """Somebody makes a flavor, and deletes what has the id; somebody else does not know."""
        self.take_away(region, flavor_id)
        living = self.world.living()
        projects = frozenset(values.pop('projects', ()))
        self._strangers += 1
        spec = flavor.Spec(flavor_id, name, self._strangers, 512, 1, is_public=not projects,
                           projects=projects, **values)
        if is_like_ours and flavor_id in living:
            spec = dataclasses.replace(spec, **flavor.fixed(living[flavor_id]))
        there = self.world.regions[region]
        spec = dataclasses.replace(flavor.fit(spec, there.microversion), projects=(
            frozenset() if spec.is_public else projects))
        if there.add(spec, simulated_nova.Maker.OTHERS):
            self.world.disturb(region, flavor_id)
        match wish:
            case 'replace':
                self.world.update(flavor_id, {'vcpus': 4}, 'replace')
            case 'audit':
                self.world.ask_for_audit(region)
            case _:
                self._wish_away(flavor_id, region, wish)
        self.follow(then)

    def _wish_away(self, flavor_id, region, wish):
        match wish:
            case 'uninstall':
                self.world.uninstall(flavor_id, [region])
            case 'delete':
                self.world.delete(flavor_id)
            case 'retire':
                self.world.update(flavor_id, {'status': 'retired'})

    @stateful.rule(region=region_names, flavor_id=ids, process=number,
                   wish=st.sampled_from(['uninstall', 'delete', 'retire']))
    def replace_ours(self, region, flavor_id, process, wish):
        """Somebody puts a flavor of other sizes in the place of ours, which is to leave then."""
        there, process = self.world.regions[region], self.process(process)
        self.world.install(flavor_id, [region])
        process.finish()
        found = there.flavors.get(flavor_id)
        if found is None:
            return
        self._strangers += 1
        there.remove(flavor_id)
        there.add(dataclasses.replace(found, vcpus=self._strangers), simulated_nova.Maker.OTHERS)
        self.world.disturb(region, flavor_id)
        self._wish_away(flavor_id, region, wish)
        process.finish()

    @stateful.rule(region=region_names, flavor_id=ids, values=soft)
    def edit(self, region, flavor_id, values):
        there = self.world.regions[region]
        found = there.flavors.get(flavor_id)
        if found is None:
            return
        values = {**values, 'projects': frozenset() if found.is_public else frozenset(
            values.get('projects', found.projects))}
        there.put(flavor.fit(dataclasses.replace(found, **values), there.microversion))
        self.world.disturb(region, flavor_id)

    # -- what must hold --------------------------------------------------------------------

    @stateful.invariant()
    def nobody_did_what_must_not_be_done(self):
        self.world.check()

    def teardown(self):
        try:
            self.conclude()
        finally:
            self.world.end()

    def conclude(self):
        """Once nothing fails any more, everything arrives, or says why not."""
        if self.world.judge.violations:
            return
        conclusion.settle(self.world)
        conclusion.try_again(self.world)
        conclusion.check(self.world, audited=False)
        conclusion.repair_all(self.world)
        conclusion.check(self.world, audited=True)
        conclusion.clear(self.world)
        conclusion.check_all(self.world)
        conclusion.swap(self.world)
        conclusion.check_all(self.world)


@pytest.fixture
def site(new_database, tmp_path):
    with new_database('sqlite') as url:
        conf = sites.configuration(
            tmp_path, 'fake:///', url, engine={'workers': 4, 'per_region': 3},
            audit={'interval': 0})
        database = db_engine.Database(conf)
        schema.upgrade(database)
        yield database, conf
        database.dispose()


@pytest.mark.timeout(7200 if os.environ.get('FLAVORSVC_MACHINE') else 900)
def test_regions_follow_and_nobody_loses_anything(site):
    examples = os.environ.get('FLAVORSVC_MACHINE')
    stateful.run_state_machine_as_test(
        lambda: Machine(*site),
        settings=hypothesis.settings(
            max_examples=int(examples or 50), stateful_step_count=40, derandomize=not examples,
            deadline=None, database=None, print_blob=True,
            suppress_health_check=list(hypothesis.HealthCheck)))
