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

"""What a program can ask about service types, and the flavors for them."""

from flavorsvc.client.sdk import resources


class ServiceTypes:
    """Service types such as redis or mysql, and which flavors of a region are for them.

    Where a region may be named (str), the default region of the service is meant otherwise.
    """

    def service_types(self):
        """List the service types. Returns a generator of ServiceType."""
        return self._list(resources.ServiceType)

    def get_service_type(self, service_type):
        """Return the service type of this name (or ServiceType), as it is now."""
        return self._get(resources.ServiceType, service_type)

    def set_service_type(self, service_type, **rule):
        """Give a service type a rule, instead of the one that it has.

        :param service_type: name, which may be a new one, or ServiceType
        :param rule: min_vcpus, min_ram (MiB), min_disk (GiB), required_extra_specs; what is left
            out does not matter
        :returns: ServiceType
        """
        response = self.put(resources.path(resources.ServiceType, service_type),
                            json={'service_type': rule})
        return self._existing(resources.ServiceType, response.json()['service_type'])

    def delete_service_type(self, service_type):
        """Take away the rule and the mappings of a service type.

        :param service_type: name or ServiceType
        """
        self.delete(resources.path(resources.ServiceType, service_type))

    def service_flavors(self, service_types, region=None):
        """List the flavors for any of some service types that a region has now.

        :param service_types: list of names
        :returns: generator of ServiceFlavor
        """
        return self._of_types(resources.ServiceFlavor, service_types, region)

    def create_service_flavor(self, service_types, region=None, **attrs):
        """Map a flavor to service types; it is created unless its id exists.

        One that exists stays as it is, whatever else is said of it. One that the region lacks is
        installed there, which the answer does not wait for.

        :param service_types: list of names, which may be new ones
        :param attrs: id; and, for a new one, what
            :class:`~flavorsvc.client.sdk.resources.ServiceFlavor` has
        :returns: ServiceFlavor
        """
        response = self.post(_path(resources.ServiceFlavor, service_types),
                             json={'flavor': attrs}, params=_in(region))
        return self._existing(resources.ServiceFlavor, {
            **response.json()['flavor'],
            'request_id': response.headers.get('X-OpenStack-Request-ID')})

    def delete_service_flavors(self, flavor_ids):
        """Take flavors away from all service types, and out of the catalogue and all regions.

        :param flavor_ids: list of str; when there is one of which nobody knows, nothing is done
        :returns: list of Installation: those that have to be removed first
        """
        response = self.delete(_path(resources.ServiceFlavor, flavor_ids))
        return self._installations_in(response) if response.status_code == 202 else []

    def unmap_service_flavors(self, service_types, flavor_ids):
        """The same as :meth:`delete_registered_flavors`, for those who may do this one."""
        self.delete(_path(resources.ServiceFlavor, service_types, flavor_ids))

    def registered_flavors(self, service_types, region=None):
        """List the flavors that are mapped to any of some service types and that a region has.

        :param service_types: list of names
        :returns: generator of RegisteredFlavor
        """
        return self._of_types(resources.RegisteredFlavor, service_types, region)

    def create_registered_flavors(self, service_types, flavor_ids, region=None):
        """Map flavors that a region has to service types.

        :param service_types: list of names, which may be new ones
        :param flavor_ids: list of str; when the region lacks one, nothing is done
        :returns: list of RegisteredFlavor
        """
        response = self.post(_path(resources.RegisteredFlavor, service_types, flavor_ids),
                             params=_in(region))
        return [self._existing(resources.RegisteredFlavor, body)
                for body in response.json()['flavors']]

    def delete_registered_flavors(self, service_types, flavor_ids):
        """Take flavors away from service types; they stay in the regions.

        :param service_types: list of names; when none of the flavors is mapped to one of them,
            nothing is done
        :param flavor_ids: list of str
        """
        self.delete(_path(resources.RegisteredFlavor, service_types, flavor_ids))

    def _of_types(self, kind, service_types, region):
        response = self.get(_path(kind, service_types), params=_in(region))
        for body in response.json()['flavors']:
            yield self._existing(kind, body)


def _path(kind, *lists):
    return '/'.join([kind.base_path, *(resources.quoted(*names) for names in lists)])


def _in(region):
    return None if region is None else {'region': region}
