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

"""What the other tests here end with finds every kind of difference."""

from tests.faults import clients
from tests.faults import comparison
from tests.integration import running


def test_what_differs_is_told(pair, logs, new_flavors):
    changed, lost, private = new_flavors(3)
    private |= {'is_public': False, 'projects': [pair.project_id('customer')]}
    flavors = (changed, lost, private)
    clients.Client(pair).offer(flavors)
    for flavor in flavors:
        pair.wait_for_status(flavor['id'], 'active')
    assert comparison.not_made_once(logs, len(flavors)) == []
    assert comparison.differences(pair) == []

    nova, stranger = pair.nova('RegionTwo'), f'{changed["id"]}-again'
    nova.put(f'/flavors/{changed["id"]}', json={'flavor': {'description': 'other'}})
    nova.post(f'/flavors/{changed["id"]}/os-extra_specs', json={'extra_specs': {'note:a': 'b'}})
    nova.delete(f'/flavors/{lost["id"]}')
    nova.post('/flavors', json={'flavor': {
        'id': stranger, 'name': stranger, 'vcpus': 1, 'ram': 64, 'disk': 0}})
    nova.post(f'/flavors/{private["id"]}/action', json={
        'addTenantAccess': {'tenant': pair.project_id('admin')}})
    told = comparison.differences(pair)
    assert all(line.startswith('RegionTwo: ') for line in told)
    for part, line in zip((f'{lost["id"]} is missing', f'{stranger} should not be there',
                           f'description of {changed["id"]} is', f'extra_specs of {changed["id"]}',
                           f'projects of {private["id"]} is'), told, strict=True):
        assert part in line
    assert comparison.not_made_once(logs, len(flavors)) == [
        f'RegionTwo: {len(flavors) + 1} flavors were created, not {len(flavors)}',
        f'RegionTwo: DELETE /v2.1/flavors/{lost["id"]}']

    nova.delete(f'/flavors/{stranger}')
    for flavor in flavors:
        answer = pair.flavorsvc('manager').delete(f'/flavors/{flavor["id"]}')
        assert answer.status_code in (202, 204), answer.text
    running.wait_for(lambda: comparison.differences(pair) == [], 'end of what this test made')
