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

"""Whole catalogues, planned and applied to three real Novas, which others change too."""

import json

from novaclient import client as nova_client
import pytest

from tests import services
from tests.integration import running
from tests.integration import test_drift

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

flavorsvc = test_drift.flavorsvc
FIELDS = ('name', 'vcpus', 'ram', 'disk', 'description', 'extra_specs')


@pytest.fixture
def nova(sandbox):
    """A function of a region to its Nova, as its administrators use it."""
    def client(region):
        return nova_client.Client('2.86', session=sandbox.session('admin'), endpoint_override=(
            sandbox.document['regions'][region]['nova_url']))
    return client


@pytest.fixture
def catalogue(sandbox, nova, new_flavors):
    """A function that makes up flavors, which are gone everywhere afterwards."""
    ids = []

    def make(count, **fields):
        made = new_flavors(count, **fields)
        ids.extend(each['id'] for each in made)
        return made
    yield make
    for flavor_id in ids:
        flavorsvc(sandbox).delete(f'/flavors/{flavor_id}')
    running.wait_for(lambda: not set(ids) & {
        each['id'] for each in flavorsvc(sandbox).get('/flavors').json()['flavors']},
        'end of the catalogue')
    for region in sandbox.regions:
        for flavor in nova(region).flavors.list(is_public=None):
            if flavor.id in ids:
                flavor.delete()


def make(sandbox, flavors, **asked):
    answer = flavorsvc(sandbox).post('/plans', json={'plan': {
        'regions': 'all', 'flavors': flavors, **asked}})
    assert answer.status_code == 201, answer.text
    return answer.json()['plan']


def apply(sandbox, made):
    return flavorsvc(sandbox).post(f'/plans/{made["id"]}/apply')


def do(sandbox, made):
    """Apply a plan, and return it when nothing is under way."""
    answer = apply(sandbox, made)
    assert answer.status_code == 202, answer.text

    def done():
        now = flavorsvc(sandbox).get(f'/plans/{made["id"]}').json()['plan']
        return now if not now['progress']['under_way'] else None
    return running.wait_for(done, f'end of plan {made["id"]}')


def in_nova(sandbox, region, ids):
    listed = sandbox.nova(region).get('/flavors/detail?is_public=None').json()['flavors']
    return {each['id']: {field: each[field] for field in FIELDS}
            for each in listed if each['id'] in ids}


def as_given(flavors):
    return {each['id']: {field: each[field] for field in FIELDS} for each in flavors}


def of(made, flavors):
    """Return the actions on some flavors only: other tests left others, which may be in error."""
    ids = {each['id'] for each in flavors}
    return [each for each in made['actions'] if each['flavor_id'] in ids]


def acts(made):
    return {(each['region'], each['flavor_id']): (each['action'], each['refused'])
            for each in made['actions']}


def test_a_catalogue_comes_into_all_regions_and_costs_little_when_nothing_changes(
        sandbox, catalogue):
    flavors = catalogue(30)
    ids = [each['id'] for each in flavors]
    first = of(do(sandbox, make(sandbox, flavors)), flavors)
    assert [each['action'] for each in first] == 120 * ['create']
    assert {each['status'] for each in first} == {'done'}
    for region in sandbox.regions:
        assert in_nova(sandbox, region, ids) == as_given(flavors)

    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
    again = do(sandbox, make(sandbox, flavors))
    assert of(again, flavors) == []
    for region, log in logs.items():
        asked = [each for each in log.requests() if not each.path.endswith('os-flavor-access')]
        assert len(asked) <= 4, region


def test_sizes_names_and_extra_specs_change_by_plan(sandbox, catalogue):
    flavors = catalogue(3)
    do(sandbox, make(sandbox, flavors))
    one, two, three = flavors
    changed = [{**one, 'vcpus': 4, 'name': two['name']}, {**two, 'name': one['name']},
               {**three, 'extra_specs': {'hw:cpu_policy': 'dedicated'}}]
    refused = [each for each in of(make(sandbox, changed), flavors) if each['refused']]
    assert len(refused) == 8
    made = make(sandbox, changed, on_immutable='replace-if-unused')
    assert acts(made)['RegionOne', one['id']] == ('replace', None)
    assert acts(made)['RegionOne', three['id']] == ('change', None)
    assert {each['servers'] for each in of(made, flavors) if each['region']} == {0}
    done = of(do(sandbox, made), flavors)
    assert {each['status'] for each in done} == {'done'}
    for region in sandbox.regions:
        assert in_nova(sandbox, region, [each['id'] for each in flavors]) == as_given(changed)


@pytest.mark.parametrize('moved', ['region', 'catalogue'])
def test_nothing_is_done_when_others_were_faster(sandbox, nova, catalogue, moved):
    flavors = catalogue(2)
    do(sandbox, make(sandbox, flavors[:1]))
    made = make(sandbox, flavors)
    if moved == 'region':
        nova('RegionTwo').flavors.get(flavors[0]['id']).set_keys({'hw:mem_page_size': 'large'})
        reason = "The region 'RegionTwo' has moved"
    else:
        answer = flavorsvc(sandbox).patch(f'/flavors/{flavors[0]["id"]}',
                                          json={'flavor': {'public': True}})
        assert answer.status_code == 200
        reason = 'The catalogue has moved'
    refused = apply(sandbox, made)
    assert refused.status_code == 409
    assert reason in refused.json()['errors'][0]['detail']
    for region in sandbox.regions:
        assert set(in_nova(sandbox, region, [each['id'] for each in flavors])) == {
            flavors[0]['id']}
    again = make(sandbox, flavors)
    if moved == 'region':
        assert acts(again)['RegionTwo', flavors[0]['id']] == ('change', None)
    assert {each['status'] for each in of(do(sandbox, again), flavors)} == {'done'}


def test_what_others_have_is_refused_and_stays(sandbox, nova, catalogue):
    [flavor] = catalogue(1)
    nova('RegionThree').flavors.create('of-somebody-else', 64, 1, 1, flavorid=flavor['id'])
    done = do(sandbox, make(sandbox, [flavor], on_immutable='replace'))
    assert acts(done)['RegionThree', flavor['id']] == ('replace', 'not_ours')
    assert nova('RegionThree').flavors.get(flavor['id']).ram == 64
    assert set(in_nova(sandbox, 'RegionOne', [flavor['id']])) == {flavor['id']}


def test_operators_plan_at_the_command_line(sandbox, catalogue, tmp_path):
    flavors = catalogue(2)
    path = tmp_path / 'catalogue.yaml'
    path.write_text(json.dumps({'flavors': flavors}))
    made = sandbox.openstack('manager', 'flavorsvc', 'plan', 'create', str(path), '--all')
    assert made.returncode == 0, made.stderr
    rows = [row for row in made.stdout.splitlines() if any(f' {each["id"]} ' in row
                                                           for each in flavors)]
    assert len([row for row in rows if ' create ' in row]) == 8
    plan_id = made.stderr.strip().rpartition(' ')[2]
    done = sandbox.openstack('manager', 'flavorsvc', 'plan', 'apply', plan_id, '--wait')
    assert done.returncode == 0, done.stderr
    assert set(in_nova(sandbox, 'RegionTwo', [each['id'] for each in flavors])) == {
        each['id'] for each in flavors}
    again = sandbox.openstack('manager', 'flavorsvc', 'plan', 'apply', plan_id)
    assert again.returncode == 1
    assert 'was applied already' in again.stderr
