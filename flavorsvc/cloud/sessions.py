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

"""One keystoneauth session for all regions: one token, many calls."""

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1.access import service_catalog
from novaclient import api_versions
from novaclient import client as nova_client

from flavorsvc.cloud import failing
from flavorsvc.cloud import nova

_GROUP = 'cloud'


class Cloud:
    """The Keystone of this service and the Novas that its catalogue lists."""

    def __init__(self, conf):
        """Load the credential; nothing is contacted before it is needed.

        :param conf: oslo_config.cfg.ConfigOpts with the group ``cloud``
        """
        self._interface = conf.cloud.interface
        auth = loading.load_auth_from_conf_options(conf, 'cloud')
        self._session = loading.load_session_from_conf_options(
            conf, 'cloud', auth=auth)

    def endpoints(self):
        """Read from Keystone which regions have a Nova now.

        The catalogue that came with the token is as old as the token, so it is
        asked for afresh.

        :returns: dict of region name to URL of its Nova
        :raises failures.Unreachable: when Keystone does not answer
        """
        with failing.classified('keystone'):
            answer = self._session.get(
                '/auth/catalog',
                endpoint_filter={'service_type': 'identity', 'interface': self._interface,
                                 'version': (3, 0)})
            catalog = service_catalog.ServiceCatalogV3(answer.json()['catalog'])
            found = catalog.get_endpoints(service_type='compute', interface=self._interface)
        return {endpoint['region_id']: endpoint['url']
                for endpoint in found.get('compute', []) if endpoint.get('region_id')}

    def negotiate(self, endpoint):
        """Ask a Nova for the highest microversion that it and novaclient share.

        :param endpoint: str, URL
        :returns: str such as '2.96'
        :raises failures.Failure: when it does not answer as a Nova
        """
        with failing.classified('nova'):
            client = nova_client.Client('2.1', session=self._session,
                                        endpoint_override=endpoint)
            try:
                return api_versions.discover_version(
                    client, api_versions.APIVersion('2.latest')).get_string()
            except ksa_exceptions.ClientException:
                raise
            except Exception as error:  # novaclient raises many kinds for an odd answer
                raise failing.unintelligible(endpoint, error) from error

    def nova(self, endpoint, microversion, request_id):
        """Give the border to one region's Nova, for the work of one request.

        :param endpoint: str, URL
        :param microversion: str such as '2.96'
        :param request_id: str that Nova is to log, or None
        :returns: nova.Nova
        """
        client = nova_client.Client(microversion, session=self._session,
                                    endpoint_override=endpoint, global_request_id=request_id)
        return nova.Nova(client)
