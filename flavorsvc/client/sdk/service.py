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

"""How openstacksdk finds the service."""

from openstack import exceptions
from openstack import service_description

from flavorsvc.client.sdk import proxy

SERVICE_TYPE = 'flavorsvc'


class FlavorsvcService(service_description.ServiceDescription):
    """Makes ``connection.flavorsvc``, once it was added to a connection."""

    def __init__(self):
        super().__init__(service_type=SERVICE_TYPE, supported_versions={'1': proxy.Proxy})

    def __get__(self, instance, owner):
        if instance is not None:
            _choose_region(instance.config)
        return super().__get__(instance, owner)


def _choose_region(config):
    """Look for the service where it is, when it is not in the region that the cloud names.

    One service looks after all regions, so the catalogue lists it in one of
    them only, while people name the region that they want servers in.

    :param config: openstack.config.cloud_region.CloudRegion; gets ``flavorsvc_region_name``
    :raises openstack.exceptions.ConfigException: when there are several to choose from
    """
    wanted = config.get_region_name(SERVICE_TYPE)
    if not wanted or config.get_endpoint(SERVICE_TYPE) or 'flavorsvc_region_name' in config.config:
        return
    offered = _regions_in_catalogue(config)
    if not offered or wanted in offered:
        return
    if len(offered) > 1:
        raise exceptions.ConfigException(
            f'The catalogue has {SERVICE_TYPE} in {", ".join(sorted(offered))}, but not in '
            f'{wanted}: choose one by flavorsvc_region_name in clouds.yaml, or name its URL by '
            f'flavorsvc_endpoint_override.')
    config.config['flavorsvc_region_name'] = offered.pop()


def _regions_in_catalogue(config):
    """Return the set of names of the regions that have an endpoint of the service."""
    auth = config.get_auth()
    if not hasattr(auth, 'get_access'):
        # No Keystone, hence no catalogue: a fixed token or none at all.
        return set()
    catalogue = auth.get_access(config.get_session()).service_catalog
    found = catalogue.get_endpoints_data(
        service_type=SERVICE_TYPE, interface=config.get_interface(SERVICE_TYPE))
    return {endpoint.region_name for endpoints in found.values() for endpoint in endpoints}
