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

"""What a session with a Nova leaves behind: nothing."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

from keystoneauth1 import session
from keystoneauth1 import token_endpoint

from flavorsvc.cloud import sessions
from flavorsvc.domain import compare
from flavorsvc.domain import flavor

URL = 'http://nova.test/v2.1'


def test_no_flavor_or_server_is_noted_in_files_of_the_home(requests_mock, tmp_path, monkeypatch):
    """As novaclient does for the completion of shells: they would grow with each flavor."""
    monkeypatch.setenv('HOME', str(tmp_path))
    monkeypatch.delenv('NOVACLIENT_UUID_CACHE_DIR', raising=False)
    cloud = sessions.Cloud(session.Session(token_endpoint.Token(URL, 'token')))
    made = {'id': 'f1', 'name': 'n1', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': 0,
            'OS-FLV-EXT-DATA:ephemeral': 0, 'os-flavor-access:is_public': True, 'extra_specs': {}}
    requests_mock.post(f'{URL}/flavors', json={'flavor': made})
    requests_mock.get(f'{URL}/flavors/detail', json={'flavors': [made]})
    requests_mock.get(f'{URL}/flavors?limit=1', json={'flavors': [made]})
    requests_mock.get(f'{URL}/flavors/f1/os-flavor-access', json={'flavor_access': [
        {'flavor_id': 'f1', 'tenant_id': 'p1'}]})
    requests_mock.get(f'{URL}/servers', [{'json': {'servers': [{'id': 's1', 'name': 's'}]}},
                                         {'json': {'servers': []}}])
    nova = cloud.nova(URL, '2.96', 'req-1', 'RegionOne')
    nova.do(compare.Create(flavor.Spec('f1', 'n1', 1, 512, 1)))
    assert [spec.id for spec in nova.list()] == ['f1']
    assert nova.projects('f1') == ['p1']
    assert nova.count_servers('f1') == 1
    cloud.try_out(URL, '2.96')
    assert list(tmp_path.iterdir()) == []
