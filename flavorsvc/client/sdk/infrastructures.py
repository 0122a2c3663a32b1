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

"""What a program can ask about clouds that have a Keystone of their own."""

from flavorsvc.client.sdk import resources


class Infrastructures:
    """Registers clouds; they are listed by ``Proxy.regions``, with the kind 'registered'."""

    def create_infrastructure(self, **attrs):
        """Register a cloud with a Keystone of its own, once the service could use its credential.

        The service looks at the cloud first, which may take some 20 seconds.

        :param attrs: name, keystone_url and either username, password and project_name (also
            user_domain_name, project_domain_name) or application_credential_id and
            application_credential_secret; also nova_url, when it is not the one in the cloud's
            service catalogue, and region_name, when that catalogue has several
        :returns: Infrastructure, which is without the credential
        :raises openstack.exceptions.BadRequestException: when the cloud does not answer as it
            should, or refuses the credential
        :raises openstack.exceptions.ConflictException: when a region has this name
        """
        response = self._request_with_secret(
            resources.base_path(resources.Infrastructure), 'POST', json={'infrastructure': attrs})
        return self._existing(resources.Infrastructure, response.json()['infrastructure'])

    def delete_infrastructure(self, infrastructure, force=False):
        """Unregister a cloud.

        :param infrastructure: name or Infrastructure
        :param force: whether to forget the flavors that are installed there, which stay there
        :raises openstack.exceptions.ConflictException: when flavors are installed there, unless
            force
        """
        self.delete(resources.path(resources.Infrastructure, infrastructure),
                    params={'force': 'true'} if force else None)
