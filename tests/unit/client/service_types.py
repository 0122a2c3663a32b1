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

"""The part of the stand-in that has service types and the flavors for them."""

from tests.unit.client import answers

_NO_RULE = {'min_vcpus': None, 'min_ram': None, 'min_disk': None, 'required_extra_specs': {}}


class ServiceTypes:
    """Service types, and what is mapped to them.

    :ivar service_types: dict of name to what is told of it
    """

    def __init__(self):
        super().__init__()
        self.service_types = {}

    def list_service_types(self, asked):
        return 200, {'service_types': [self.service_types[name]
                                       for name in sorted(self.service_types)]}

    def show_service_type(self, asked):
        [name] = asked.names
        if name not in self.service_types:
            raise answers.Refusal(404, f'There is no service type {name!r}.')
        return 200, {'service_type': self.service_types[name]}

    def put_service_type(self, asked):
        [name] = asked.names
        mapped = self.service_types.get(name, {}).get('flavor_ids', [])
        self.service_types[name] = {'name': name, 'flavor_ids': mapped, **_NO_RULE,
                                    **asked.body['service_type']}
        return 200, {'service_type': self.service_types[name]}

    def delete_service_type(self, asked):
        self.show_service_type(asked)
        del self.service_types[asked.names[0]]
        return 204, None

    def list_for_types(self, asked):
        return 200, {'flavors': [
            self._for_types(self.flavors[key]) for key in sorted(
                {key for name in asked.names[0].split(',')
                 for key in self.service_types[name]['flavor_ids']})]}

    def create_for_types(self, asked):
        given = asked.body['flavor']
        if given.get('id') not in self.flavors:
            given = self.add(**given)
        self._map(asked.names[0], given['id'])
        region = asked.query.get('region', 'RegionOne')
        for one in self.install(given['id'], {'regions': [region]})[1]['installations']:
            self.installations[one['id']]['request_id'] = 'req-1'
        return 201, {'flavor': self._for_types(self.flavors[given['id']])}

    def delete_for_all_types(self, asked):
        for mapped in self.service_types.values():
            mapped['flavor_ids'] = [key for key in mapped['flavor_ids'] if key != asked.names[0]]
        return self.delete_flavor(asked.names[0])

    def register_for_types(self, asked):
        types, keys = asked.names
        for key in keys.split(','):
            self._map(types, key)
        return 201, {'flavors': [self._for_types(self.flavors[key]) for key in keys.split(',')]}

    def unregister(self, asked):
        types, keys = asked.names
        for name in types.split(','):
            if name not in self.service_types:
                raise answers.Refusal(404, f'There is no service type {name!r}.')
            mapped = self.service_types[name]
            mapped['flavor_ids'] = [key for key in mapped['flavor_ids']
                                    if key not in keys.split(',')]
        return 204, None

    def _map(self, types, key):
        for name in types.split(','):
            mapped = self.service_types.setdefault(
                name, {'name': name, 'flavor_ids': [], **_NO_RULE})['flavor_ids']
            if key not in mapped:
                mapped.append(key)

    def _for_types(self, flavor):
        told = ('id', 'name', 'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'rxtx_factor',
                'is_public', 'description', 'projects')
        return {**{key: flavor[key] for key in told}, 'service_types': sorted(
            name for name, mapped in self.service_types.items()
            if flavor['id'] in mapped['flavor_ids'])}

    SERVICE_TYPE_ROUTES = (
        ('GET', '/service_types', list_service_types),
        ('GET', '/service_types/([^/]+)', show_service_type),
        ('PUT', '/service_types/([^/]+)', put_service_type),
        ('DELETE', '/service_types/([^/]+)', delete_service_type),
        ('GET', '/service_flavors/([^/]+)', list_for_types),
        ('POST', '/service_flavors/([^/]+)', create_for_types),
        ('DELETE', '/service_flavors/([^/]+)', delete_for_all_types),
        ('DELETE', '/service_flavors/([^/]+)/([^/]+)', unregister),
        ('GET', '/registered_flavors/([^/]+)', list_for_types),
        ('POST', '/registered_flavors/([^/]+)/([^/]+)', register_for_types),
        ('DELETE', '/registered_flavors/([^/]+)/([^/]+)', unregister),
    )
