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


"""What can be done about findings, by operators and by projects that own a region."""

import dataclasses
import functools

from oslo_utils import timeutils
import pytest
import webob

from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import adoption
from flavorsvc.conductor.operations import comparison
from flavorsvc.conductor.operations import drift as operations
from flavorsvc.conductor.operations import flavors as catalogue
from flavorsvc.db import drift
from flavorsvc.db import flavors
from flavorsvc.db import regions
from flavorsvc.domain import capabilities
from flavorsvc.domain import drift as domain
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import test_audits
from tests.functional import test_claims

audited = test_audits.audited
world = test_audits.world
STRANGER = test_audits.STRANGER
TERMS = {'choices': {}, 'dry_run': False, 'reason': None, 'user_id': 'me', 'project_id': 'mine'}


@pytest.fixture
def desk(audited):
    return Desk(audited)


class Desk:
    """Where an operator decides."""

    def __init__(self, audited):
        self.audited, self.db, self.region = audited, audited.db, audited.region
        places = novas.Novas(audited.db, audited.cloud, 'RegionOne')
        described = functools.partial(flavor.known, table=capabilities.TABLE)
        self._acceptance = operations.Acceptance(self.db, places, capabilities.TABLE)
        self._adoption = adoption.Adoption(self.db, places, described, 100)
        self.comparison = comparison.Comparison(self.db, places, 100)

    def finding(self, flavor_id):
        return self.audited.findings(flavor=flavor_id)[-1]

    def except_(self, flavor_id):
        self._acceptance.as_exception(self.finding(flavor_id)['id'], 'me', 'Why not.',
                                      timeutils.utcnow())

    def take_over(self, flavor_id):
        self._acceptance.as_catalogue(self.finding(flavor_id)['id'], 'me', 'Why not.', 'mine',
                                      'req-3', timeutils.utcnow())

    def repair(self, flavor_id, on_immutable='refuse'):
        with self.audited.world.conductors():
            wished = self.db.write(operations.repair, self.finding(flavor_id)['id'], on_immutable,
                                   'req-3', timeutils.utcnow())
            self.audited.settle()
        return wished

    def adopt(self, selection, choices=None, **terms):
        told = self._adoption.adopt('RegionOne', selection, {
            **TERMS, 'choices': choices or {}, **terms}, 'req-3', timeutils.utcnow())
        return told, {each['flavor_id']: each['result'] for each in told['flavors']}

    def catalogue(self, flavor_id):
        return self.db.read(flavors.get, flavor_id)

    def create(self, flavor_id, **changes):
        self.db.write(catalogue.create, {**test_claims.VALUES, 'id': flavor_id, 'name': flavor_id,
                                         **changes}, capabilities.TABLE)

    def changed_in_nova(self):
        """What was changed in any region since its calls were counted."""
        return [call for region in self.audited.cloud.regions.values() for call in region.calls
                if not isinstance(call, str)]


@pytest.fixture
def edited(desk):
    test_audits.edit_all(desk.audited)
    desk.audited.audit()
    for region in desk.audited.cloud.regions.values():
        region.calls.clear()
    return desk


@pytest.mark.parametrize('flavor_id', sorted(test_audits.ALL))
def test_an_exception_stays_while_nothing_else_differs(edited, flavor_id):
    edited.except_(flavor_id)
    found = edited.region.flavors.get(flavor_id)
    edited.audited.policy('repair-all')
    edited.audited.audit()
    with edited.audited.world.conductors():
        edited.audited.settle()
    told = edited.finding(flavor_id)
    assert (told['state'], told['accepted_by'], told['accepted_reason']) == (
        'accepted', 'me', 'Why not.')
    assert edited.region.flavors.get(flavor_id) == found


def test_an_exception_ends_when_something_else_differs(edited):
    edited.except_('described')
    edited.audited.edit('described', description='another')
    edited.audited.audit()
    assert [each['state'] for each in edited.audited.findings(flavor='described')] == [
        'resolved', 'open']


def test_the_regions_description_becomes_that_of_all(edited):
    edited.take_over('described')
    assert edited.catalogue('described')['description'] == 'mine'
    with edited.audited.world.conductors():
        edited.audited.settle()
    assert edited.audited.cloud['RegionTwo'].flavors['described'].description == 'mine'
    assert edited.finding('described')['state'] == 'resolved'


def test_what_is_missing_is_no_longer_wanted_there(edited):
    edited.take_over('gone')
    assert edited.catalogue('gone')['regions'] == ['RegionThree', 'RegionTwo']
    edited.audited.audit()
    assert edited.finding('gone')['state'] == 'resolved'
    assert edited.changed_in_nova() == []


def test_what_is_unmanaged_is_adopted(edited):
    edited.take_over('theirs')
    told = edited.catalogue('theirs')
    assert (told['regions'], told['project_id']) == (['RegionOne'], 'mine')
    edited.audited.audit()
    assert edited.finding('theirs')['state'] == 'resolved'
    assert edited.changed_in_nova() == []



@pytest.mark.parametrize(('flavor_id', 'event', 'changed'), [
    ('theirs', 'flavor.create', []), ('described', 'flavor.update', ['description'])])
def test_what_the_catalogue_takes_over_is_announced(edited, monkeypatch, flavor_id, event, changed):
    heard = []
    monkeypatch.setattr(edited.db, '_tell', heard.extend)
    edited.take_over(flavor_id)
    [payload] = [payload['data'] for name, payload in heard if name == event]
    assert (payload['id'], payload['changed']) == (flavor_id, changed)


def test_a_project_that_cannot_be_stored_is_not_taken_over(edited):
    edited.audited.edit('theirs', is_public=False, projects=frozenset(['p' * 65]))
    with pytest.raises(errors.Conflict, match='access list'):
        edited.take_over('theirs')


def test_other_sizes_are_taken_over_where_no_other_region_has_the_flavor(edited):
    with pytest.raises(errors.Conflict, match='vcpus.*RegionThree, RegionTwo'):
        edited.take_over('resized')
    assert edited.finding('resized')['state'] == 'open'
    with edited.audited.world.conductors():
        edited.db.write(catalogue.uninstall, 'resized', ['RegionTwo', 'RegionThree'], 'req-4',
                        timeutils.utcnow())
        edited.audited.settle()
    for region in edited.audited.cloud.regions.values():
        region.calls.clear()
    edited.take_over('resized')
    with edited.audited.world.conductors():
        edited.audited.settle()
    assert edited.catalogue('resized')['vcpus'] == 64
    assert edited.changed_in_nova() == []
    assert edited.finding('resized')['state'] == 'resolved'


@pytest.mark.parametrize('flavor_id', sorted(test_audits.ALL))
def test_only_what_was_found_is_taken_over(edited, flavor_id):
    if flavor_id in ('gone', 'theirs'):
        [edited.region.flavors.pop(flavor_id, None)]
    if flavor_id == 'gone':
        edited.region.flavors['gone'] = dataclasses.replace(STRANGER, id='gone', name='gone')
    elif flavor_id != 'theirs':
        edited.audited.edit(flavor_id, description='another')
    before = edited.finding(flavor_id)
    with pytest.raises(errors.Conflict, match='audit it again'):
        edited.take_over(flavor_id)
    assert edited.finding(flavor_id) == before


def test_what_is_resolved_is_past(edited):
    edited.take_over('theirs')
    for act in (edited.take_over, edited.except_, edited.repair):
        with pytest.raises(errors.Conflict):
            act('theirs')


def test_a_region_that_does_not_answer_has_nothing_taken_over(edited):
    def dead(region, call):
        raise failures.Unreachable('unreachable', 'No route.')
    edited.region.before = dead
    with pytest.raises(errors.RegionUnreachable):
        edited.take_over('described')


def test_whoever_asks_has_one_finding_repaired(edited):
    edited.except_('spelt')
    edited.repair('spelt')
    assert edited.region.flavors['spelt'] == edited.audited.cloud['RegionTwo'].flavors['spelt']
    told = edited.finding('spelt')
    assert (told['state'], told['repairs'], told['accepted_by']) == ('resolved', 0, None)
    assert edited.audited.open().keys() == test_audits.ALL.keys() - {'spelt'}


def test_what_takes_a_deletion_is_repaired_by_who_says_so(edited):
    with pytest.raises(errors.Conflict, match='vcpus.*on_immutable'):
        edited.repair('resized')
    assert edited.region.flavors['resized'].vcpus == 64
    edited.repair('resized', 'replace')
    assert edited.region.flavors['resized'] == edited.audited.cloud['RegionTwo'].flavors['resized']
    assert edited.finding('resized')['state'] == 'resolved'


def test_only_what_was_found_is_deleted(edited):
    edited.audited.edit('resized', vcpus=65)
    with edited.audited.world.conductors():
        edited.db.write(operations.repair, edited.finding('resized')['id'], 'replace', 'req-3',
                        timeutils.utcnow())
        edited.audited.world.until(
            lambda: edited.audited.world.statuses(flavor='resized')['error'] == 1)
    assert edited.region.flavors['resized'].vcpus == 65


def test_what_servers_use_is_not_replaced_unless_one_says_so(edited):
    edited.region.servers['resized'] = 3
    with edited.audited.world.conductors():
        edited.db.write(operations.repair, edited.finding('resized')['id'], 'replace-if-unused',
                        'req-3', timeutils.utcnow())
        edited.audited.world.until(
            lambda: edited.audited.world.statuses(flavor='resized')['retrying'] == 1)
    assert edited.region.flavors['resized'].vcpus == 64
    assert edited.finding('resized')['state'] == 'open'


def test_a_stranger_is_never_touched(edited):
    with pytest.raises(errors.Conflict, match='not one of the service'):
        edited.repair('theirs', 'replace')


def test_what_is_no_longer_wanted_is_not_repaired(edited):
    edited.db.write(catalogue.uninstall, 'gone', ['RegionOne'], 'req-4', timeutils.utcnow())
    with pytest.raises(errors.Conflict, match='no longer wanted'):
        edited.db.write(operations.repair, edited.finding('gone')['id'], 'refuse', 'req-3',
                        timeutils.utcnow())


# -- adoption


def test_everything_is_adopted_and_nothing_is_changed_in_nova(desk):
    private = dataclasses.replace(STRANGER, id='p', name='p', is_public=False,
                                  projects=frozenset(['p1']), extra_specs={'a': 'b'})
    desk.region.flavors.update({'theirs': STRANGER, 'p': private})
    desk.audited.audit()
    told, results = desk.adopt({'all': True})
    assert results == {'theirs': 'adopted', 'p': 'adopted'}
    assert (told['region'], told['dry_run'], told['unreachable_regions']) == (
        'RegionOne', False, {})
    assert desk.catalogue('p') == {**desk.catalogue('p'), 'projects': ['p1'],
                                   'extra_specs': {'a': 'b'}, 'regions': ['RegionOne'],
                                   'project_id': 'mine', 'public': False}
    assert desk.audited.open() == {}
    desk.audited.audit()
    assert desk.audited.open() == {}
    assert desk.adopt({'all': True})[1] == {'theirs': 'managed', 'p': 'managed'}
    assert desk.changed_in_nova() == []


def test_a_dry_run_tells_and_does_nothing(desk):
    desk.region.flavors['theirs'] = STRANGER
    told, results = desk.adopt({'ids': ['theirs']}, dry_run=True)
    assert (told['dry_run'], results) == (True, {'theirs': 'adopted'})
    with pytest.raises(errors.NotFound):
        desk.catalogue('theirs')


def test_flavors_are_chosen_by_a_pattern_or_by_ids(desk):
    desk.region.flavors.update({name: dataclasses.replace(STRANGER, id=name, name=name)
                                for name in ('m1.a', 'm1.b', 'm2.a')})
    assert desk.adopt({'name': 'm1.*'}, dry_run=True)[1].keys() == {'m1.a', 'm1.b'}
    assert desk.adopt({'ids': ['m2.a']}, dry_run=True)[1].keys() == {'m2.a'}
    with pytest.raises(errors.NotFound, match='m3'):
        desk.adopt({'ids': ['m2.a', 'm3']})
    with pytest.raises(errors.Invalid, match='m1.a'):
        desk.adopt({'ids': ['m2.a']}, {'m1.a': 'skip'})


def test_what_the_catalogue_has_in_the_same_way_is_adopted(desk):
    desk.create('theirs', **flavor.fixed(vars(STRANGER)), extra_specs={}, description=None)
    desk.region.flavors['theirs'] = STRANGER
    assert desk.adopt({'all': True})[1] == {'theirs': 'adopted'}
    assert desk.catalogue('theirs')['regions'] == ['RegionOne']


def test_conflicts_are_told_and_wait_for_a_choice(desk):
    desk.create('theirs', vcpus=9)
    desk.create('other', name='named')
    desk.region.flavors.update({
        'theirs': STRANGER, 'named-2': dataclasses.replace(STRANGER, id='named-2', name='named')})
    desk.audited.cloud['RegionTwo'].flavors['theirs'] = dataclasses.replace(STRANGER, ram_mib=7)
    told, results = desk.adopt({'all': True})
    assert results == {'theirs': 'conflict', 'named-2': 'conflict'}
    by_id = {each['flavor_id']: each['conflicts'] for each in told['flavors']}
    assert [(each['region'], each['reason'], each['flavor_id']) for each in by_id['theirs']] == [
        (None, 'id', 'theirs'), ('RegionTwo', 'id', 'theirs')]
    assert by_id['theirs'][1]['differences'] == [
        {'field': 'ram_mib', 'key': None, 'wanted': 7, 'found': 1}]
    assert [(each['reason'], each['flavor_id']) for each in by_id['named-2']] == [
        ('name', 'other')]
    assert desk.adopt({'all': True}, {'named-2': 'manage'})[1]['named-2'] == 'conflict'
    assert desk.audited.findings() == []



def test_of_two_that_have_the_same_name_one_is_adopted(desk):
    for flavor_id in ('twin-1', 'twin-2'):
        desk.region.flavors[flavor_id] = dataclasses.replace(STRANGER, id=flavor_id, name='twin')
    for dry_run in (True, False):
        _, results = desk.adopt({'name': 'twin'}, dry_run=dry_run)
        assert results == {'twin-1': 'adopted', 'twin-2': 'conflict'}


def test_a_choice_for_each_conflict(desk):
    for name in ('a', 'b', 'c'):
        desk.create(name, vcpus=9)
        desk.region.flavors[name] = dataclasses.replace(STRANGER, id=name, name=name)
    _, results = desk.adopt({'all': True}, {'a': 'skip', 'b': 'exception', 'c': 'manage'},
                            reason='Theirs.')
    assert results == {'a': 'skipped', 'b': 'excepted', 'c': 'adopted'}
    assert (desk.finding('b')['kind'], desk.finding('b')['accepted_reason']) == (
        'unmanaged', 'Theirs.')
    assert (desk.finding('c')['kind'], desk.finding('c')['state']) == ('different', 'open')
    desk.audited.audit()
    assert desk.audited.open() == {'a': 'unmanaged', 'c': 'different'}
    assert desk.changed_in_nova() == []
    desk.repair('c', 'replace')
    assert desk.region.flavors['c'].vcpus == 9


def test_regions_that_cannot_be_asked_are_named(desk):
    def dead(region, call):
        raise failures.Unreachable('unreachable', 'No route.')
    desk.audited.cloud['RegionTwo'].before = dead
    desk.region.flavors['theirs'] = STRANGER
    told, results = desk.adopt({'all': True})
    assert results == {'theirs': 'adopted'}
    assert told['unreachable_regions'] == {'RegionTwo': 'Region RegionTwo: No route.'}


def test_what_is_installed_meanwhile_is_managed(desk):
    desk.region.flavors['theirs'] = STRANGER

    def installed(region, call):
        region.before = lambda region, call: None
        desk.create('theirs', vcpus=9)
        desk.db.write(catalogue.install, 'theirs', ['RegionOne'], 'req-4', timeutils.utcnow())
    desk.region.before = installed
    assert desk.adopt({'all': True}, {'theirs': 'manage'})[1] == {'theirs': 'managed'}


# -- comparison


def test_regions_are_compared_and_those_that_do_not_answer_are_named(desk):
    for name in ('RegionOne', 'RegionTwo'):
        desk.audited.cloud[name].flavors.update({'same': dataclasses.replace(
            STRANGER, id='same', name='same')})
    desk.region.flavors['theirs'] = STRANGER
    desk.region.flavors['secret'] = dataclasses.replace(STRANGER, id='secret', name='secret',
                                                        is_public=False)
    desk.audited.cloud['RegionTwo'].flavors['mine'] = dataclasses.replace(STRANGER, id='mine')

    def dead(region, call):
        raise failures.Unreachable('unreachable', 'No route.')
    desk.audited.cloud['RegionThree'].before = dead
    told = desk.comparison.compare(['RegionOne', 'RegionTwo', 'RegionThree'], False, 'req-3')
    assert told['regions'] == [
        {'name': 'RegionOne', 'reason': None, 'flavors': 2},
        {'name': 'RegionTwo', 'reason': None, 'flavors': 2},
        {'name': 'RegionThree', 'reason': 'Region RegionThree: No route.', 'flavors': None}]
    assert {row['id']: row['verdict'] for row in told['flavors']} == {
        'same': 'same', 'theirs': 'missing', 'mine': 'missing'}
    assert told['names'] == {'theirs': {'RegionOne': 'theirs', 'RegionTwo': 'mine'}}
    everything = desk.comparison.compare(['RegionOne', 'RegionTwo'], True, 'req-3')
    assert 'secret' in {row['id'] for row in everything['flavors']}
    with pytest.raises(errors.UnknownRegion, match='Nowhere'):
        desk.comparison.compare(['RegionOne', 'Nowhere'], False, 'req-3')


# -- who may


def ask(site, token, method, path, body=None, version='1.2'):
    request = webob.Request.blank(f'/v1{path}', method=method, headers={
        'X-Auth-Token': token, 'OpenStack-API-Version': f'flavorsvc {version}'})
    if body is not None:
        request.json, request.content_type = body, 'application/json'
    return request.get_response(site.app)


@pytest.fixture
def findings(embedded):
    """One finding of each kind in the region of project-one, about flavors of project-two."""
    embedded.reset()

    def work(session):
        for name in ('m', 'd'):
            catalogue.create(session, {**test_claims.VALUES, 'id': name, 'name': name,
                                       'project_id': 'project-two'}, capabilities.TABLE)
            catalogue.install(session, name, ['RegionOne'], 'req-1', timeutils.utcnow())
        pk = session.scalars(regions.sa.select(regions.tables.Region.pk).where(
            regions.tables.Region.name == 'RegionOne')).one()
        differ = ({'field': 'ram_mib', 'key': None, 'wanted': 1, 'found': 2},)
        return {name: drift.record(session, pk, domain.Finding(name, name, kind, differences),
                                   timeutils.utcnow()).id
                for name, kind, differences in (
                    ('m', domain.Kind.MISSING, ()), ('d', domain.Kind.DIFFERENT, differ),
                    ('u', domain.Kind.UNMANAGED, differ))}
    return embedded, embedded.database.write(work)


@pytest.mark.parametrize(('token', 'seen'), [
    ('manager', 'mdu'), ('service', 'mdu'), ('operator-one', 'mdu'), ('reader-one', 'mdu'),
    ('operator-two', 'md'), ('user', '')])
def test_who_sees_which_findings(findings, token, seen):
    site, ids = findings
    listed = ask(site, token, 'GET', '/drift').json['findings']
    assert sorted(each['flavor_id'] for each in listed) == sorted(seen)
    for name, finding_id in ids.items():
        expected = 200 if name in seen else 404
        assert ask(site, token, 'GET', f'/drift/{finding_id}').status_int == expected


@pytest.mark.parametrize(('token', 'status'), [
    ('manager', 202), ('operator-one', 202), ('operator-two', 403), ('reader-one', 403),
    ('user', 404)])
def test_who_may_repair(findings, token, status):
    site, ids = findings
    answer = ask(site, token, 'POST', f'/drift/{ids["m"]}/repair')
    assert answer.status_int == status, answer.text


@pytest.mark.parametrize(('token', 'status'), [
    ('manager', 200), ('operator-one', 200), ('operator-two', 404), ('reader-one', 403)])
def test_who_may_accept_an_exception(findings, token, status):
    site, ids = findings
    answer = ask(site, token, 'POST', f'/drift/{ids["u"]}/accept',
                 {'as': 'exception', 'reason': 'It is theirs.'})
    assert answer.status_int == status, answer.text
    if status == 200:
        assert answer.json['finding']['accepted_by'] == f'id-of-{token}'
        assert answer.json['finding']['accepted_reason'] == 'It is theirs.'


@pytest.mark.parametrize(('name', 'status'), [('m', 502), ('d', 403), ('u', 403)])
def test_a_region_owner_does_not_rule_the_catalogue(findings, name, status):
    """What is missing it may have uninstalled; the region does not answer here."""
    site, ids = findings
    answer = ask(site, 'operator-one', 'POST', f'/drift/{ids[name]}/accept', {'as': 'catalogue'})
    assert answer.status_int == status, answer.text


@pytest.mark.parametrize(('method', 'path'), [
    ('GET', '/drift'), ('GET', '/compare?regions=RegionOne,RegionTwo'),
    ('POST', '/regions/RegionOne/audit'), ('POST', '/regions/RegionOne/adopt')])
@pytest.mark.parametrize('version', ['1.0', '1.1'])
def test_before_1_2_there_is_nothing(embedded, method, path, version):
    answer = ask(embedded, 'manager', method, path, version=version)
    assert answer.status_int == 404
    assert 'needs microversion 1.2' in answer.text


def test_differences_are_named_as_in_a_flavor(findings):
    site, ids = findings
    told = ask(site, 'manager', 'GET', f'/drift/{ids["d"]}').json['finding']
    assert told['differences'] == [{'field': 'ram', 'key': None, 'wanted': 1, 'found': 2}]


def test_a_finding_in_xml(findings):
    site, ids = findings
    request = webob.Request.blank(f'/v1/drift/{ids["d"]}', headers={
        'X-Auth-Token': 'manager', 'OpenStack-API-Version': 'flavorsvc 1.2',
        'Accept': 'application/xml'})
    answer = request.get_response(site.app)
    assert ('<difference><field>ram</field><wanted>1</wanted><found>2</found></difference>'
            in answer.text)
