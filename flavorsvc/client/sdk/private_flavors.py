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

"""What a program can ask the Nova of one region, by way of the service."""

from openstack import exceptions

from flavorsvc.client.sdk import resources


class PrivateFlavors:
    """Flavors that one region alone has; its Nova decides who may do what with them.

    That Nova gets the caller's own token. A region with a Keystone of its own does not know that
    one: ``region_token`` is a token of the region's Keystone (str), which is shown in no log.
    """

    def private_flavors(self, region, region_token=None):
        """List the public flavors of a region.

        :param region: name or Region
        :returns: generator of PrivateFlavor
        """
        response = self._ask_region(_list_path(region), 'GET', region_token)
        for body in response.json()['flavors']:
            yield self._existing(resources.PrivateFlavor, body)

    def get_private_flavor(self, region, flavor, region_token=None):
        """Return the flavor of this id (or PrivateFlavor) as the region has it now.

        :param region: name or Region
        """
        return self._private_flavor(self._ask_region(_path(region, flavor), 'GET', region_token))

    def find_private_flavor(self, region, name_or_id, region_token=None):
        """Return the flavor of this id, or else the public one of this name.

        :param region: name or Region
        :raises openstack.exceptions.NotFoundException: when the region has neither
        """
        try:
            return self.get_private_flavor(region, name_or_id, region_token)
        except (exceptions.NotFoundException, exceptions.BadRequestException):
            # When it is the region that there is none of, the list says so.
            for flavor in self.private_flavors(region, region_token):
                if flavor.name == name_or_id:
                    return self.get_private_flavor(region, flavor, region_token)
        raise exceptions.NotFoundException(f'No PrivateFlavor found for {name_or_id}')

    def create_private_flavor(self, region, region_token=None, **attrs):
        """Create a flavor in a region.

        :param region: name or Region
        :param attrs: see :class:`~flavorsvc.client.sdk.resources.PrivateFlavor`
        :returns: PrivateFlavor
        """
        return self._private_flavor(self._ask_region(
            _list_path(region), 'POST', region_token, json={'flavor': attrs}))

    def update_private_flavor(self, region, flavor, region_token=None, **attrs):
        """Change what Nova can change of a flavor.

        :param region: name or Region
        :param flavor: id or PrivateFlavor
        :param attrs: description; extra_specs, all that it is to have
        :returns: PrivateFlavor
        """
        return self._private_flavor(self._ask_region(
            _path(region, flavor), 'PUT', region_token, json={'flavor': attrs}))

    def delete_private_flavor(self, region, flavor, region_token=None):
        """Delete a flavor of a region.

        :param region: name or Region
        :param flavor: id or PrivateFlavor
        """
        self._ask_region(_path(region, flavor), 'DELETE', region_token)

    def _ask_region(self, url, method, region_token, **kwargs):
        if region_token is None:
            return self.request(url, method, **kwargs)
        return self._request_with_secret(
            url, method, headers={'X-Auth-Token-KeyStone': region_token}, **kwargs)

    def _private_flavor(self, response):
        return self._existing(resources.PrivateFlavor, response.json()['flavor'])


def _list_path(region):
    return resources.base_path(resources.PrivateFlavor,
                               region=resources.Region._get_id(region))


def _path(region, flavor):
    return resources.path(resources.PrivateFlavor, flavor,
                          region=resources.Region._get_id(region))
