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

"""The sandbox that is measured."""

import json
import pathlib
import threading

from keystoneauth1 import adapter
from keystoneauth1 import session as ksa_session
from keystoneauth1.identity import v3
from novaclient import client as nova_client
import tenacity


class Cloud:
    """The sandbox as its manager and its administrator see it."""

    def __init__(self, folder):
        self.facts = json.loads((pathlib.Path(folder) / 'sandbox.json').read_text())
        self.service = adapter.Adapter(
            self._session('manager'), endpoint_override=f'{self.facts["api_url"].rstrip("/")}',
            service_type='flavorsvc', default_microversion='1.1')
        self.admin = self._session('admin')
        self._local = threading.local()

    def _session(self, user):
        facts = self.facts['users'][user]
        return ksa_session.Session(v3.Password(
            auth_url=self.facts['keystone_url'], username=user, password=facts['password'],
            project_name=facts['project'], user_domain_name='Default',
            project_domain_name='Default'))

    def nova(self, region):
        """Give a novaclient of this thread for a region."""
        clients = self._local.__dict__
        if region not in clients:
            clients[region] = nova_client.Client(
                '2.96', session=self.admin,
                endpoint_override=self.facts['regions'][region]['nova_url'])
        return clients[region]

    def requests(self):
        """Count the requests for flavors that the regions have answered so far."""
        return sum('/flavors' in line for region in self.facts['regions'].values()
                   for line in pathlib.Path(region['request_log']).read_text().splitlines())


def until(condition):
    """Wait until ``condition()`` is true; it has 300 seconds."""
    tenacity.Retrying(
        wait=tenacity.wait_fixed(0.5), stop=tenacity.stop_after_delay(300),
        retry=tenacity.retry_if_result(lambda done: not done))(condition)
