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


"""Others change flavors in a region's Nova; audits find it, and policies repair it."""

import contextlib

from novaclient import client as nova_client
from novaclient import exceptions
import pytest

from tests import services
from tests.integration import running

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

REGION = 'RegionTwo'
KINDS = {'gone': 'missing', 'spelt': 'different', 'described': 'different',
         'shared': 'different', 'resized': 'different'}


@pytest.fixture
def nova(sandbox):
    """The region's Nova, as its administrators use it."""
    return nova_client.Client('2.86', session=sandbox.session('admin'), endpoint_override=(
        sandbox.document['regions'][REGION]['nova_url']))


@pytest.fixture
def policy(sandbox):
    """A function that sets the drift policy of the region; it is taken back in the end."""
    def change(value):
        answer = flavorsvc(sandbox).patch(f'/regions/{REGION}',
                                          json={'region': {'drift_policy': value}})
        assert answer.status_code == 200, answer.text
    yield change
    change(None)


def flavorsvc(sandbox, actor='manager'):
    adapter = sandbox.flavorsvc(actor)
    adapter.default_microversion = '1.2'
    return adapter


def audit(sandbox, actor='manager', region=REGION):
    """Have the region audited, and wait until it was; return it as it is then."""
    done = flavorsvc(sandbox, actor).post(f'/regions/{region}/audit')
    assert done.status_code == 202, done.text
    asked = done.json()['region']

    def audited():
        now = flavorsvc(sandbox).get(f'/regions/{region}').json()['region']
        return now if now['audit_due_at'] != asked['audit_due_at'] else None
    return running.wait_for(audited, f'audit of {region}')


def findings(sandbox, ids, state='open'):
    """Return the findings about some flavors, by id."""
    listed = flavorsvc(sandbox).get(f'/drift?region={REGION}&state={state}').json()['findings']
    return {each['flavor_id']: each for each in listed if each['flavor_id'] in ids}


def remove(sandbox, nova, ids):
    """Have flavors gone, whosever they are."""
    for flavor_id in ids:
        sandbox.flavorsvc('manager').delete(f'/flavors/{flavor_id}')
        with contextlib.suppress(exceptions.NotFound):
            nova.flavors.delete(flavor_id)


class Edited:
    """Six flavors of ours, five of them spoilt in the region's Nova by novaclient."""

    def __init__(self, sandbox, nova, flavors, project):
        self.sandbox, self.nova = sandbox, nova
        self.flavors = dict(zip([*KINDS, 'right'], flavors, strict=True))
        self.flavors['shared'].update(is_public=False, projects=[project])
        self.ids = {each['id']: name for name, each in self.flavors.items()}
        self.stranger = f'{flavors[0]["id"]}-stranger'
        sandbox.create(*flavors)
        for each in flavors:
            sandbox.install(each['id'])
        for each in flavors:
            sandbox.wait_for_status(each['id'], 'active')

    def spoil(self):
        flavors = {name: self.nova.flavors.get(each['id'])
                   for name, each in self.flavors.items()}
        flavors['gone'].delete()
        flavors['spelt'].set_keys({'hw:cpu_policy': 'dedicated', 'hw:mem_page_size': 'large'})
        flavors['described'].update(description='changed by hand')
        shared = self.flavors['shared']
        self.nova.flavor_access.remove_tenant_access(shared['id'], shared['projects'][0])
        self.nova.flavor_access.add_tenant_access(shared['id'], self.sandbox.project_id('user'))
        flavors['resized'].delete()
        resized = self.flavors['resized']
        self.nova.flavors.create(resized['name'], 64, 7, 1, flavorid=resized['id'])
        self.nova.flavors.create(self.stranger, 64, 1, 1, flavorid=self.stranger)

    def kinds(self):
        found = findings(self.sandbox, [*self.ids, self.stranger])
        return {self.ids.get(flavor_id, 'stranger'): each['kind']
                for flavor_id, each in found.items()}

    def differences(self, name):
        [finding] = findings(self.sandbox, [self.flavors[name]['id']]).values()
        return {(each['field'], each['key']): (each['wanted'], each['found'])
                for each in finding['differences']}

    def in_nova(self, region):
        """What a region has of these flavors, field by field."""
        nova = self.sandbox.nova(region)
        listed = nova.get('/flavors/detail?is_public=None').json()['flavors']
        told = {}
        for each in listed:
            if each['id'] in self.ids:
                del each['links']
                if not each['os-flavor-access:is_public']:
                    lists = nova.get(f'/flavors/{each["id"]}/os-flavor-access').json()
                    each['access'] = sorted(one['tenant_id'] for one in lists['flavor_access'])
                told[self.ids[each['id']]] = each
        return told

    def until_repaired(self, left):
        running.wait_for(lambda: self.kinds().keys() == left, f'only {left} in the findings')
        for flavor_id in self.ids:
            self.sandbox.wait_for_status(flavor_id, 'active')

    def remove(self):
        remove(self.sandbox, self.nova, [*self.ids, self.stranger])


@pytest.fixture
def edited(sandbox, nova, new_flavors):
    made = Edited(sandbox, nova, new_flavors(6), sandbox.project_id('operator-two'))
    yield made
    made.remove()


def test_what_is_edited_in_nova_is_found_and_repaired_as_the_policy_says(sandbox, edited, policy):
    edited.spoil()
    before = edited.in_nova(REGION)
    log = sandbox.nova_log(REGION)
    assert audit(sandbox)['audit_error'] is None
    assert edited.kinds() == {**KINDS, 'stranger': 'unmanaged'}
    assert edited.differences('spelt') == {
        ('extra_specs', 'hw:cpu_policy'): ('shared', 'dedicated'),
        ('extra_specs', 'hw:mem_page_size'): (None, 'large')}
    assert edited.differences('described')['description', None][1] == 'changed by hand'
    assert edited.differences('shared') == {
        ('projects', sandbox.project_id('operator-two')): (True, None),
        ('projects', sandbox.project_id('user')): (None, True)}
    assert edited.differences('resized')['vcpus', None] == (2, 7)
    # it reported, and that was all
    assert edited.in_nova(REGION) == before
    assert {request.method for request in log.requests()} == {'GET'}

    policy('repair-safe')
    audit(sandbox, 'operator-two')
    edited.until_repaired({'resized', 'stranger'})
    right = edited.in_nova('RegionOne')
    there = edited.in_nova(REGION)
    assert {name: there[name] for name in there if name != 'resized'} == {
        name: right[name] for name in right if name != 'resized'}
    assert there['resized'] == before['resized']

    policy('repair-all')
    audit(sandbox)
    edited.until_repaired({'stranger'})
    assert edited.in_nova(REGION) == right
    assert sandbox.nova(REGION).get(f'/flavors/{edited.stranger}').status_code == 200


def test_an_operator_decides_about_each_finding(sandbox, edited):
    edited.spoil()
    done = sandbox.openstack('operator-two', 'flavorsvc', 'region', 'audit', REGION, '--wait')
    assert done.returncode == 0, done.stderr
    listed = sandbox.openstack_json('operator-two', 'flavorsvc', 'drift', 'list',
                                    '--region', REGION)
    ids = {edited.ids.get(each['flavor_id'], 'stranger'): each['id'] for each in (
        findings(sandbox, [*edited.ids, edited.stranger]).values())}
    assert set(ids.values()) <= {each['ID'] for each in listed}

    def decide(*words, actor='operator-two'):
        return sandbox.openstack(actor, 'flavorsvc', 'drift', *words)
    assert decide('repair', '--wait', ids['gone'], ids['spelt']).returncode == 0
    refused = decide('repair', ids['resized'])
    assert (refused.returncode, 'on_immutable' in refused.stderr) == (1, True)
    assert decide('repair', '--wait', '--on-immutable', 'replace-if-unused',
                  ids['resized']).returncode == 0
    assert decide('accept', '--as-exception', '--reason', 'Ours.', ids['stranger']).returncode == 0
    assert decide('accept', '--as-catalogue', ids['described']).returncode == 1
    assert decide('accept', '--as-catalogue', ids['described'], actor='manager').returncode == 0
    assert edited.kinds() == {'shared': 'different'}
    edited.until_repaired({'shared'})
    audit(sandbox)
    assert edited.kinds() == {'shared': 'different'}
    one, two = edited.in_nova('RegionOne'), edited.in_nova(REGION)
    assert one['described']['description'] == 'changed by hand'
    assert {name: one[name] for name in one if name != 'shared'} == {
        name: two[name] for name in two if name != 'shared'}


def test_an_audit_costs_a_request_and_one_for_each_access_list(sandbox, edited):
    for number in (1, 2):
        log = sandbox.nova_log(REGION)
        audit(sandbox)
        asked = [request.path for request in log.requests() if request.path != '/v2.1/']
        # the first one looks once more at what other tests left there to be found
        if number == 2:
            private = [path for path in asked if path.endswith('/os-flavor-access')]
            assert asked.count('/v2.1/flavors/detail') == 1
            assert len(asked) == 1 + len(private)
            assert f'/v2.1/flavors/{edited.flavors["shared"]["id"]}/os-flavor-access' in private


def test_a_region_is_adopted_and_compared_without_a_change_in_it(sandbox, nova, new_flavors):
    ours, theirs = new_flavors(2)
    for flavor_id, vcpus in ((ours['id'], 3), (theirs['id'], 5)):
        nova.flavors.create(flavor_id, 128, vcpus, 1, flavorid=flavor_id)
    sandbox.create(ours)
    log = sandbox.nova_log(REGION)
    try:
        adopt = ('flavorsvc', 'region', 'adopt', REGION, '--name', f'{ours["id"][:-1]}*')
        asked = sandbox.openstack('manager', *adopt, '--dry-run', '-f', 'json')
        assert asked.returncode == 1  # for there is a conflict
        assert f'{ours["id"]}: conflict' in asked.stderr
        done = sandbox.openstack('manager', *adopt, '--manage', ours['id'])
        assert done.returncode == 0, done.stderr
        assert {request.method for request in log.requests()} == {'GET'}
        assert findings(sandbox, [ours['id']])[ours['id']]['kind'] == 'different'
        assert sandbox.installations(theirs['id'])[REGION]['origin'] == 'adopted'
        compared = sandbox.openstack_json('user', 'flavorsvc', 'region', 'compare', 'RegionOne',
                                          REGION)
        assert {each['ID']: each['Missing Regions'] for each in compared}[theirs['id']] == [
            'RegionOne']
        assert sandbox.openstack('operator-two', *adopt).returncode == 1
    finally:
        remove(sandbox, nova, [ours['id'], theirs['id']])


def test_a_region_that_is_down_is_audited_when_it_is_back(sandbox):
    def told():
        return flavorsvc(sandbox).get('/regions/RegionThree').json()['region']
    sandbox.supervisor.stop('nova-RegionThree')
    try:
        running.wait_for(lambda: told()['state'] == 'down', 'that RegionThree is down')
        before = told()
        asked = flavorsvc(sandbox).post('/regions/RegionThree/audit')
        assert asked.status_code == 202, asked.text
    finally:
        sandbox.supervisor.start(['nova-RegionThree'])
    running.wait_for(lambda: told()['audited_at'] != before['audited_at'], 'audit of RegionThree')
    assert told()['audit_error'] is None
