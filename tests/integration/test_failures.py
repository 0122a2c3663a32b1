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

"""One bad flavor, one dead region or one killed conductor stops nothing else."""

import concurrent.futures
import os
import signal

import yaml

from tests.integration import running


def test_a_flavor_that_nova_refuses_ends_in_error_with_its_words(sandbox, new_flavors, tmp_path):
    good, bad, also_good = new_flavors(3)
    bad['extra_specs'] = {'hw:no_such_thing': '1'}
    catalog = tmp_path / 'catalog.yaml'
    catalog.write_text(yaml.safe_dump({'flavors': [good, bad, also_good]}))
    done = sandbox.openstack('manager', 'flavorsvc', 'catalog', 'import', catalog,
                             '--install', 'all', '--wait')
    assert done.returncode != 0
    assert bad['id'] in done.stdout + done.stderr
    for row in sandbox.wait_for_status(bad['id'], 'error').values():
        assert 'hw:no_such_thing' in row['error']
    for flavor in (good, also_good):
        assert {row['status'] for row in sandbox.installations(flavor['id']).values()} == {
            'active'}
    # Nova had made the flavor before it refused its extra specs: nothing half-made stays behind.
    for region in sandbox.regions:
        assert sandbox.nova(region).get(f'/flavors/{bad["id"]}').status_code == 404
    # nor does it stay in the catalogue when nobody wants it any more
    manager = sandbox.flavorsvc('manager')
    assert manager.delete(f'/flavors/{bad["id"]}').status_code in (202, 204)
    running.wait_for(lambda: manager.get(f'/flavors/{bad["id"]}').status_code == 404,
                     f'end of {bad["id"]}')


def test_a_name_taken_in_one_region_is_an_error_there_only(sandbox, new_flavors):
    [flavor] = new_flavors()
    theirs = {'id': 'somebody-elses', 'name': flavor['name'], 'vcpus': 1, 'ram': 64, 'disk': 0}
    assert sandbox.nova('RegionTwo').post('/flavors', json={'flavor': theirs}).status_code == 200
    sandbox.create(flavor)
    sandbox.install(flavor['id'])
    sandbox.wait_for_status(flavor['id'], 'active', ['RegionOne', 'RegionThree'])
    row = sandbox.wait_for_status(flavor['id'], 'error', ['RegionTwo'])['RegionTwo']
    assert row['reason']
    assert 'already exists' in row['error']
    assert sandbox.nova('RegionTwo').get(f'/flavors/{flavor["id"]}').status_code == 404
    found = sandbox.nova('RegionTwo').get(f'/flavors/{theirs["id"]}').json()['flavor']
    assert {key: found[key] for key in theirs} == theirs

    # The name is free again: a retry succeeds.
    sandbox.nova('RegionTwo').delete(f'/flavors/{theirs["id"]}')
    answer = sandbox.flavorsvc('manager').post(f'/installations/{row["id"]}/retry')
    assert answer.status_code == 202, answer.text
    sandbox.wait_for_status(flavor['id'], 'active')


def test_a_region_that_is_down_catches_up_by_itself(sandbox, new_flavors):
    flavors = new_flavors(5)
    sandbox.create(*flavors)
    sandbox.supervisor.stop('nova-RegionThree')
    try:
        for flavor in flavors:
            sandbox.install(flavor['id'])
        for flavor in flavors:
            sandbox.wait_for_status(flavor['id'], 'active', ['RegionOne', 'RegionTwo'])

        def told():
            rows = [sandbox.installations(flavor['id'])['RegionThree'] for flavor in flavors]
            return all(row['status'] != 'active' for row in rows) and any(
                row['status'] == 'retrying' and row['reason'] and row['error'] for row in rows)
        running.wait_for(told, 'row that says why it waits')
    finally:
        sandbox.supervisor.start(['nova-RegionThree'])
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
        path = f'/flavors/{flavor["id"]}'
        assert sandbox.nova('RegionThree').get(path).status_code == 200


def test_a_conductor_killed_in_the_middle_creates_each_flavor_once(sandbox, new_flavors):
    flavors = new_flavors(30)
    sandbox.create(*flavors)
    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}

    def created():
        return sum(log.created() for log in logs.values())

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asking = pool.submit(lambda: [sandbox.install(flavor['id']) for flavor in flavors])
        running.wait_for(lambda: created() >= 10, '10 flavors in Nova')
        victim = sandbox.supervisor.processes()[sandbox.conductor_program].pid
        os.kill(victim, signal.SIGKILL)
        assert created() < len(flavors) * len(logs), 'killed too late to prove anything'
        asking.result()
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
    assert sandbox.supervisor.processes()[sandbox.conductor_program].pid != victim
    for region, log in logs.items():
        # Creating what is there already answers 409; nothing was removed and made again.
        assert log.created() == len(flavors)
        assert 'DELETE' not in {request.method for request in log.requests()}
        for flavor in flavors:
            found = sandbox.nova(region).get(f'/flavors/{flavor["id"]}').json()['flavor']
            assert found['extra_specs'] == flavor['extra_specs']
