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


import contextlib
import dataclasses
import datetime
import threading

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from flavorsvc.conductor import audits
from flavorsvc.conductor.operations import drift as operations
from flavorsvc.conductor.operations import flavors as catalogue
from flavorsvc.db import audits as leases
from flavorsvc.db import drift
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine

STRANGER = flavor.Spec('theirs', 'theirs', 1, 1, 1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
world = test_engine.world


class Audited:
    """A world whose regions are up, with one that audits and one that repairs."""

    def __init__(self, world):
        self.world, self.db, self.cloud = world, world.db, world.cloud
        self.db.write(lambda session: [
            probing.answered(session, row.pk, timeutils.utcnow(), '2.96')
            for row in session.scalars(sa.select(tables.Region))])
        self.region = self.cloud['RegionOne']

    def install(self, *names, **changes):
        with self.world.conductors():
            self.world.install(*names, **changes)
            self.settle()

    def settle(self):
        self.world.until(lambda: set(self.world.statuses()) <= {'active'})
        self.region.calls.clear()

    def policy(self, policy, name='RegionOne'):
        self.change({'drift_policy': policy}, name)

    def change(self, changes, name='RegionOne'):
        self.db.write(regions.update, name, changes, 4, timeutils.utcnow())

    def ask(self, name='RegionOne'):
        self.db.write(leases.ask, name, 'req-ask', timeutils.utcnow())

    def audit(self, name='RegionOne'):
        """Have a region audited; return it as it is then."""
        before = self.told(name)
        self.ask(name)
        with self.auditing():
            self.until_audited(name, before)
        return self.told(name)

    def until_audited(self, name, before):
        self.world.until(lambda: self.told(name)['audited_at'] != before['audited_at']
                         or self.told(name)['audit_error'])

    @contextlib.contextmanager
    def auditing(self, number=1):
        with self.world.conductors() as _:
            made = [self.auditor(f'a{each}') for each in range(number)]
            for each in made:
                each.start()
            yield
            for each in made:
                each.stop()

    def auditor(self, owner):
        return audits.Audits(self.db, self.cloud, self.world.conf, capabilities.TABLE, owner,
                             test_engine.engine.Engine(self.db, self.cloud, self.world.conf,
                                                       capabilities.TABLE, owner))

    def told(self, name='RegionOne'):
        return self.db.read(regions.get, name, 4)

    def findings(self, **filters):
        return self.db.read(drift.list_page, {'region': 'RegionOne', **filters}, PAGE, None, 3600)

    def open(self):
        return {each['flavor_id']: each['kind'] for each in self.findings(state='open')}

    def edit(self, flavor_id, **changes):
        self.region.flavors[flavor_id] = dataclasses.replace(
            self.region.flavors[flavor_id], **changes)

    def pass_time(self, time):
        """Have everything that happened so far have happened earlier."""
        def work(session):
            for column in (tables.Drift.repaired_at, tables.Drift.resolved_at,
                           tables.Drift.opened_at):
                for row in session.scalars(sa.select(tables.Drift).where(column.is_not(None))):
                    setattr(row, column.key, getattr(row, column.key) - time)
        self.db.write(work)


PAGE = {**test_claims.PAGE, 'sort_key': 'opened_at'}


@pytest.fixture
def audited(world):
    world.conf.set_override('interval', 0, 'audit')
    yield Audited(world)
    for name in ('interval', 'max_flavors'):
        # configurations share what they were registered from
        world.conf.clear_override(name, 'audit')


def edit_all(audited):
    """Six flavors, each spoilt in another way, and one of somebody else's."""
    audited.install('gone', 'spelt', 'described', 'resized', 'right')
    audited.install('shared', is_public=False, projects=['p1'])
    del audited.region.flavors['gone']
    audited.edit('spelt', extra_specs={'a': 'c', 'x': 'y'})
    audited.edit('described', description='mine')
    audited.edit('resized', vcpus=64)
    audited.edit('shared', projects=frozenset(['p2']))
    audited.region.flavors['theirs'] = STRANGER
    audited.region.calls.clear()


ALL = {'gone': 'missing', 'spelt': 'different', 'described': 'different', 'resized': 'different',
       'shared': 'different', 'theirs': 'unmanaged'}


def test_a_region_that_agrees_costs_one_request_and_one_for_each_access_list(audited):
    audited.install(*[f'f{number}' for number in range(20)])
    audited.install('p1', 'p2', is_public=False, projects=['a'])
    region = audited.audit()
    assert audited.findings() == []
    assert audited.region.calls == ['list', 'access', 'access']
    assert (region['audit_error'], region['audit_due_at']) == (None, None)


def test_what_was_edited_is_found_and_left_alone(audited):
    edit_all(audited)
    before = dict(audited.region.flavors)
    audited.audit()
    assert audited.open() == ALL
    assert audited.region.flavors == before
    assert set(audited.region.calls) == {'list', 'access', 'find'}
    [told] = audited.findings(flavor='resized')
    assert told['differences'] == [
        {'field': 'vcpus', 'key': None, 'wanted': 1, 'found': 64}]
    [told] = audited.findings(flavor='spelt')
    assert told['differences'] == [
        {'field': 'extra_specs', 'key': 'a', 'wanted': 'b', 'found': 'c'},
        {'field': 'extra_specs', 'key': 'x', 'wanted': None, 'found': 'y'}]


def test_what_is_known_is_not_asked_for_again(audited):
    edit_all(audited)
    audited.audit()
    opened = audited.findings()
    audited.region.calls.clear()
    audited.audit()
    assert audited.region.calls == ['list', 'access']
    assert audited.findings() == opened


def test_what_agrees_again_is_resolved(audited):
    edit_all(audited)
    audited.audit()
    audited.edit('resized', vcpus=1)
    del audited.region.flavors['theirs']
    audited.audit()
    assert audited.open().keys() == ALL.keys() - {'resized', 'theirs'}
    assert {each['flavor_id'] for each in audited.findings(state='resolved')
            if each['resolved_at']} == {'resized', 'theirs'}


def test_a_safe_policy_repairs_what_takes_no_deletion(audited):
    edit_all(audited)
    audited.policy('repair-safe')
    ask_and_wait(audited, {'resized', 'theirs'})
    right = audited.cloud['RegionTwo'].flavors
    assert {name: spec for name, spec in audited.region.flavors.items()
            if name not in ('resized', 'theirs')} == {
        name: spec for name, spec in right.items() if name != 'resized'}
    assert audited.region.flavors['theirs'] == STRANGER
    assert audited.region.flavors['resized'].vcpus == 64
    assert {each['repairs'] for each in audited.findings(state='resolved')} == {1}


def test_a_policy_may_replace_what_is_ours(audited):
    edit_all(audited)
    audited.policy('repair-all')
    ask_and_wait(audited, {'theirs'})
    assert {name: spec for name, spec in audited.region.flavors.items() if name != 'theirs'} == (
        audited.cloud['RegionTwo'].flavors)
    assert audited.region.flavors['theirs'] == STRANGER



@pytest.mark.parametrize('decision', ['policy', 'exception'])
def test_who_decides_before_a_policy_repairs_is_heeded(audited, decision):
    edit_all(audited)
    audited.audit()
    [finding] = audited.findings(flavor='resized')
    if decision == 'exception':
        audited.policy('repair-all')
        audited.db.write(lambda session: drift.accept(
            session, drift.by_id(session, finding['id']), 'me', None, timeutils.utcnow()))
    audited.db.write(operations.repair_by_policy, finding['id'], 'report', 'req-1',
                     timeutils.utcnow())
    [told] = audited.findings(flavor='resized')
    assert (told['state'], told['repairs']) == (
        'accepted' if decision == 'exception' else 'open', 0)
    assert set(audited.world.statuses()) == {'active'}


def ask_and_wait(audited, left):
    before = audited.told()
    audited.ask()
    with audited.auditing():
        audited.until_audited('RegionOne', before)
        audited.world.until(lambda: audited.open().keys() == left)
        audited.settle()


def test_a_policy_of_one_region_is_not_that_of_others(audited):
    audited.install('f1')
    audited.policy('repair-safe', 'RegionTwo')
    del audited.region.flavors['f1']
    audited.audit()
    assert audited.open() == {'f1': 'missing'}
    assert 'f1' not in audited.region.flavors


def test_whoever_undoes_repairs_is_not_fought_for_ever(audited):
    audited.install('f1')
    audited.policy('repair-safe')
    for repairs, pause in ((1, HOUR), (2, 2 * HOUR), (3, 4 * HOUR)):
        del audited.region.flavors['f1']
        ask_and_wait(audited, set())
        del audited.region.flavors['f1']
        audited.audit()
        audited.audit()
        [told] = audited.findings(state='open')
        assert told['repairs'] == repairs
        assert seconds(told, 'next_repair_at') - seconds(told, 'repaired_at') == (
            pause.total_seconds())
        assert 'f1' not in audited.region.flavors
        audited.region.flavors['f1'] = audited.cloud['RegionTwo'].flavors['f1']
        audited.audit()
        audited.pass_time(pause)
    audited.pass_time(2 * DAY)
    del audited.region.flavors['f1']
    ask_and_wait(audited, set())
    assert audited.findings()[-1]['repairs'] == 1


def seconds(told, name):
    return datetime.datetime.fromisoformat(told[name]).timestamp()


def test_what_is_under_way_is_no_drift(audited):
    audited.install('f1', 'f2')
    del audited.region.flavors['f1']
    del audited.region.flavors['f2']
    audited.db.write(catalogue.install, 'f1', ['RegionOne'], 'req-2', timeutils.utcnow(), True)
    before = audited.told()
    audited.ask()
    alone = audited.auditor('alone')
    alone.start()
    audited.until_audited('RegionOne', before)
    alone.stop()
    assert audited.open() == {'f2': 'missing'}


def uninstalled(audited):
    audited.db.write(catalogue.uninstall, 'f1', ['RegionOne'], 'req-2', timeutils.utcnow())


def wished_anew(audited):
    audited.db.write(catalogue.install, 'f1', ['RegionOne'], 'req-2', timeutils.utcnow(), True)


def changed(audited):
    audited.db.write(catalogue.update, 'f1', {'description': 'new'}, None, capabilities.TABLE,
                     'req-2', timeutils.utcnow())


def gone_from_the_catalogue(audited):
    audited.db.write(forget_installations)
    audited.db.write(catalogue.delete, 'f1', None, 'req-2', timeutils.utcnow())


def forget_installations(session):
    session.execute(sa.delete(tables.Installation))


@pytest.mark.parametrize('move', [uninstalled, wished_anew, changed, gone_from_the_catalogue])
def test_of_what_moves_while_the_region_is_read_nothing_is_said(audited, move):
    audited.install('f1', 'f2')
    moved = []

    def interfere(region, call):
        if call == 'list' and not moved:
            moved.append(move(audited))
    # it is as the region will have it afterwards, or as it had it before
    audited.edit('f1', description='in between')
    audited.region.before = interfere
    before = audited.told()
    audited.ask()
    alone = audited.auditor('alone')
    alone.start()
    audited.until_audited('RegionOne', before)
    alone.stop()
    assert moved
    assert 'f1' not in audited.open()


def test_a_flavor_that_is_installed_while_the_region_is_read_is_nobody_elses(audited):
    audited.install('f1')
    done = []

    def interfere(region, call):
        if call == 'list' and not done:
            done.append(None)
            audited.world.install('f2')
            audited.world.until(lambda: 'f2' in audited.region.flavors)
    audited.region.before = interfere
    audited.audit()
    assert done and audited.findings() == []


class Half:
    """A Nova that leaves out of its list what it has."""

    def __init__(self, region):
        self._region = region

    def __getattr__(self, name):
        return getattr(self._region, name)

    def everything(self, is_needed, most):
        yield from list(self._region.everything(is_needed, most))[:1]


def test_what_half_a_list_leaves_out_is_not_missing(audited):
    audited.policy('repair-all')
    audited.install('f1', 'f2', 'f3')
    audited.cloud.regions['http://RegionOne'] = Half(audited.region)
    assert audited.audit()['audit_error'] is None
    assert audited.findings() == []


@pytest.mark.parametrize(('failure', 'state'), [
    (failures.Unreachable('unintelligible', 'Oops.'), 'down'),
    (failures.Passing('server_error', 'Oops.'), 'up'),
    (failures.Refused('forbidden', 'Oops.'), 'up'),
    (ZeroDivisionError('secret'), 'up')])
def test_from_a_list_that_breaks_off_nothing_is_concluded(audited, failure, state):
    edit_all(audited)
    audited.audit()
    opened, before = audited.findings(), dict(audited.region.flavors)
    audited.policy('repair-all')
    audited.edit('right', description='x')
    del audited.region.flavors['theirs']

    def fail(region, call):
        if call == 'access':
            raise failure
    audited.region.before = fail
    told = audited.audit()
    assert 'secret' not in told['audit_error']
    assert told['state'] == state
    assert audited.findings() == opened
    assert audited.region.flavors.keys() | {'theirs'} == before.keys()


def test_a_region_that_failed_is_read_again(audited):
    audited.install('f1')
    audited.world.conf.set_override('interval', 1, 'audit')
    oops = iter([failures.Passing('server_error', 'Oops.')])

    def fail(region, call):
        for failure in oops:
            raise failure
    audited.region.before = fail
    audited.ask()
    with audited.auditing():
        audited.world.until(lambda: audited.told()['audited_at'])
    assert audited.told()['audit_error'] is None


def test_a_region_with_too_many_flavors_is_not_read(audited):
    audited.world.conf.set_override('max_flavors', 1, 'audit')
    audited.install('f1', 'f2')
    assert audited.audit()['audit_error'] == 'too many'
    assert audited.findings() == []


def test_what_will_not_pass_by_itself_is_looked_at_again_at_the_regular_time(audited):
    audited.world.conf.set_override('max_flavors', 1, 'audit')
    audited.world.conf.set_override('interval', 36000, 'audit')
    audited.install('f1', 'f2')
    due = datetime.datetime.fromisoformat(audited.audit()['audit_due_at'])
    assert due - timeutils.utcnow(with_timezone=True) > datetime.timedelta(hours=8)

def test_a_region_that_takes_for_ever_is_not_read(audited, monkeypatch):
    audited.install('f1')
    monkeypatch.setattr(audits, '_LONGEST_S', -1)
    assert 'within' in audited.audit()['audit_error']
    assert audited.findings() == []


def test_a_region_that_is_down_waits_until_it_answers(audited):
    audited.install('f1')
    pk = audited.db.read(lambda session: session.scalars(sa.select(tables.Region.pk).where(
        tables.Region.name == 'RegionOne')).one())
    audited.db.write(probing.silent, pk, timeutils.utcnow(),
                     failures.Unreachable('unreachable', 'No route.'), lambda count: 3600)
    audited.ask()
    audited.ask('RegionTwo')
    with audited.auditing():
        audited.world.until(lambda: audited.told('RegionTwo')['audited_at'])
        assert audited.region.calls == []
        audited.db.write(probing.answered, pk, timeutils.utcnow())
        audited.world.until(lambda: audited.told()['audited_at'])


def test_a_region_in_maintenance_is_left_alone_until_that_is_over(audited):
    audited.install('f1')
    audited.change({'maintenance': True})
    audited.ask()
    audited.ask('RegionTwo')
    with audited.auditing():
        audited.world.until(lambda: audited.told('RegionTwo')['audited_at'])
        assert audited.region.calls == []
        audited.change({'maintenance': False})
        audited.world.until(lambda: audited.told()['audited_at'])


def test_a_slow_region_is_audited_and_counts_as_work_meanwhile(audited):
    now = timeutils.utcnow()
    pk = audited.db.read(lambda session: session.scalars(sa.select(tables.Region.pk).where(
        tables.Region.name == 'RegionOne')).one())
    audited.db.write(probing.measured, pk, 60, now, 5)
    assert audited.told()['state'] == 'slow'
    audited.ask()
    [audit] = audited.db.write(leases.take, 'a', 4, timeutils.utcnow(), 5, 'report')
    assert (audit.region, audited.told()['in_progress']) == ('RegionOne', 1)
    audited.db.write(leases.release, 'a')
    assert audited.told()['in_progress'] == 0


def test_two_conductors_read_a_region_once(audited):
    edit_all(audited)
    for name in sites.OWNERS:
        audited.ask(name)
    with audited.auditing(3):
        audited.world.until(lambda: all(audited.told(name)['audited_at']
                                        for name in sites.OWNERS))
    for name in sites.OWNERS:
        assert audited.cloud[name].calls.count('list') == 1
    assert audited.open() == ALL


def test_who_lost_the_lease_reports_nothing(audited):
    audited.install('f1')
    del audited.region.flavors['f1']
    audited.ask()
    now = timeutils.utcnow()
    [slow] = audited.db.write(leases.take, 'slow', 4, now, 5, 'report')
    assert audited.db.write(leases.take, 'fast', 4, now, 5, 'report') == []
    later = now + datetime.timedelta(seconds=6)
    [fast] = audited.db.write(leases.take, 'fast', 4, later, 5, 'report')
    assert audited.db.write(leases.renew, slow, later) is False
    arguments = ({}, {'f1': operations.drift.compare(STRANGER, None)}, later, None,
                 operations.Terms(3600, DAY))
    assert audited.db.write(operations.conclude, slow, *arguments) is None
    assert audited.findings() == []
    assert audited.db.write(leases.fail, slow, 'x', later) is False
    assert audited.db.write(operations.conclude, fast, *arguments) == []


def test_who_asks_while_the_region_is_read_gets_another_audit(audited):
    audited.install('f1')
    asked = []

    def interfere(region, call):
        if call == 'list' and not asked:
            asked.append(audited.ask())
    audited.region.before = interfere
    audited.ask()
    with audited.auditing():
        audited.world.until(lambda: audited.region.calls.count('list') == 2)
        audited.world.until(lambda: audited.told()['audit_due_at'] is None)


def test_a_region_that_is_forgotten_takes_its_findings_with_it(audited):
    edit_all(audited)
    audited.audit()
    reading, forgotten = threading.Event(), threading.Event()

    def interfere(region, call):
        reading.set()
        forgotten.wait(30)
    audited.region.before = interfere
    audited.ask()
    alone = audited.auditor('alone')
    alone.start()
    assert reading.wait(30)
    audited.db.write(probing.announce, {'RegionTwo': 'http://RegionTwo'}, timeutils.utcnow())
    audited.db.write(regions.forget, 'RegionOne', timeutils.utcnow())
    forgotten.set()
    alone.stop()
    assert audited.findings() == []
    with pytest.raises(errors.NotFound):
        audited.ask()


def test_a_region_that_left_the_catalogue_is_not_audited(audited):
    audited.db.write(probing.announce, {'RegionTwo': 'http://RegionTwo'}, timeutils.utcnow())
    with pytest.raises(errors.Conflict, match='no longer lists'):
        audited.ask()


def test_regions_are_audited_by_themselves_spread_over_the_interval(audited):
    audited.policy('ignore', 'RegionTwo')
    now, draws = timeutils.utcnow(), iter([0.25, 0.75])
    audited.db.write(leases.schedule, now, 3600, 'report', lambda: next(draws))
    audited.db.write(leases.schedule, now, 3600, 'report', lambda: 1 / 0)
    due = {name: audited.told(name)['audit_due_at'] for name in sites.OWNERS}
    assert due.pop('RegionTwo') is None
    assert sorted(due.values()) == [
        f'{(now + datetime.timedelta(seconds=each)).isoformat()}+00:00' for each in (900, 2700)]
    assert audited.db.write(leases.take, 'a', 4, now, 5, 'report') == []
    later = now + datetime.timedelta(seconds=901)
    [audit] = audited.db.write(leases.take, 'a', 4, later, 5, 'report')
    assert audit.policy == 'report'


def test_a_region_that_ignores_drift_is_audited_when_asked(audited):
    audited.world.conf.set_override('interval', 3600, 'audit')
    audited.install('f1')
    del audited.region.flavors['f1']
    audited.policy('ignore')
    assert audited.audit()['audit_due_at'] is None
    assert audited.open() == {'f1': 'missing'}


def test_what_was_resolved_long_ago_is_forgotten(audited):
    edit_all(audited)
    audited.audit()
    audited.edit('resized', vcpus=1)
    audited.audit()
    audited.pass_time(91 * DAY)
    audited.audit()
    assert audited.findings(state='resolved') == []
    assert len(audited.findings()) == 5


def test_an_uninstalled_flavor_has_no_drift(audited):
    audited.install('f1')
    del audited.region.flavors['f1']
    audited.audit()
    with audited.world.conductors():
        audited.db.write(catalogue.uninstall, 'f1', ['RegionOne'], 'req-2', timeutils.utcnow())
        audited.world.until(lambda: audited.open() == {})
