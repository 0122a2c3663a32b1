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

"""The main job: a catalogue imported and installed into every region."""

import pytest
import yaml

from flavorsvc.sandbox import demo


@pytest.fixture(scope='package')
def imported(sandbox):
    """The mandatory flavors of the Sovereign Cloud Stack, imported and installed by the CLI."""
    catalog = demo.find_catalog()
    done = sandbox.openstack('manager', 'flavorsvc', 'catalog', 'import', catalog,
                             '--install', 'all', '--wait')
    assert done.returncode == 0, done.stdout + done.stderr
    return yaml.safe_load(catalog.read_text())['flavors']


def test_every_installation_is_active(sandbox, imported):
    rows = [row for flavor in imported for row in sandbox.installations(flavor['id']).values()]
    assert len(rows) == len(imported) * len(sandbox.regions) == 45
    assert {row['status'] for row in rows} == {'active'}


def test_every_region_has_what_the_catalogue_says(sandbox, imported):
    for region in sandbox.regions:
        for flavor in imported:
            found = sandbox.nova(region).get(f'/flavors/{flavor["id"]}').json()['flavor']
            assert (found['id'], found['name'], found['vcpus'], found['ram'], found['disk'],
                    found['description'], found['extra_specs']) == (
                flavor['id'], flavor['name'], flavor['vcpus'], flavor['ram'], flavor['disk'],
                flavor['description'], flavor['extra_specs'])


def test_a_second_import_writes_nothing_to_nova(sandbox, imported):
    logs = [sandbox.nova_log(region) for region in sandbox.regions]
    done = sandbox.openstack('manager', 'flavorsvc', 'catalog', 'import', demo.find_catalog(),
                             '--install', 'all', '--wait')
    assert done.returncode == 0, done.stdout + done.stderr
    written = [request for log in logs for request in log.requests() if request.method != 'GET']
    assert written == []


def test_a_new_flavor_costs_one_read_one_create_and_one_set(sandbox, new_flavors):
    project = sandbox.project_id('user')
    flavors = new_flavors(4) + new_flavors(2, is_public=False, projects=[project])
    sandbox.create(*flavors)
    logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
    for flavor in flavors:
        sandbox.install(flavor['id'])
    for flavor in flavors:
        sandbox.wait_for_status(flavor['id'], 'active')
    for log in logs.values():
        asked = [(r.method, r.path.removeprefix('/v2.1/flavors'), r.status)
                 for r in log.requests() if r.path.startswith('/v2.1/flavors')]
        wrote = sorted((method, path) for method, path, _ in asked if method != 'GET')
        assert wrote == sorted(
            [('POST', '')] * len(flavors)
            + [('POST', f'/{flavor["id"]}/os-extra_specs') for flavor in flavors]
            + [('POST', f'/{flavor["id"]}/action') for flavor in flavors if 'projects' in flavor])
        assert sum(1 for method, _, _ in asked if method == 'GET') <= len(flavors)


def test_access_reaches_nova(sandbox, new_flavors):
    [flavor] = new_flavors(1, is_public=False, projects=[sandbox.project_id('user')])
    sandbox.create(flavor)
    sandbox.install(flavor['id'])
    sandbox.wait_for_status(flavor['id'], 'active')
    for region in sandbox.regions:
        path = f'/flavors/{flavor["id"]}'
        assert sandbox.nova(region, 'user').get(path).status_code == 200
        assert sandbox.nova(region, 'operator-two').get(path).status_code == 404


def test_one_token_serves_many_calls(sandbox, new_flavors):
    flavors = new_flavors(11)
    sandbox.create(*flavors)
    sandbox.install(flavors[0]['id'])
    sandbox.wait_for_status(flavors[0]['id'], 'active')
    log = sandbox.keystone_log()
    for flavor in flavors[1:]:
        sandbox.install(flavor['id'])
    for flavor in flavors[1:]:
        sandbox.wait_for_status(flavor['id'], 'active')
    tokens = [request for request in log.requests()
              if (request.method, request.path) == ('POST', '/v3/auth/tokens')]
    assert len(tokens) <= 1


def test_an_uninstalled_flavor_leaves_nova(sandbox, new_flavors):
    [flavor] = new_flavors()
    sandbox.create(flavor)
    sandbox.install(flavor['id'])
    sandbox.wait_for_status(flavor['id'], 'active')
    done = sandbox.openstack('manager', 'flavorsvc', 'flavor', 'uninstall', flavor['id'],
                             '--region', 'RegionOne', '--wait')
    assert done.returncode == 0, done.stdout + done.stderr
    assert sandbox.nova('RegionOne').get(f'/flavors/{flavor["id"]}').status_code == 404
    assert sandbox.installations(flavor['id']).keys() == {'RegionTwo', 'RegionThree'}
