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

"""The part of the stand-in that has registered clouds, and flavors that one region alone has."""

from tests.unit.client import answers

_FLAVOR = {'ephemeral': 0, 'swap': 0, 'rxtx_factor': 1.0, 'description': None, 'is_public': True,
           'extra_specs': {}, 'promoted': False, 'public': False}


class Clouds:
    """Infrastructures and private flavors.

    :ivar infrastructures: dict of name to what is told of it
    :ivar private: dict of (region, flavor id) to flavor
    :ivar in_use: set of names of infrastructures where flavors are installed
    :ivar own_keystone: dict of name of a region with a Keystone of its own to the token it takes
    """

    def __init__(self):
        super().__init__()
        self.infrastructures = {}
        self.private = {}
        self.in_use = set()
        self.own_keystone = {}

    def add_private(self, region, name, **fields):
        """Put a flavor into a region, as if somebody had done so before."""
        flavor = {**_FLAVOR, 'id': f'id-of-{name}', 'name': name, 'vcpus': 1, 'ram': 1024,
                  'disk': 0, 'regions': [region], **fields}
        self.private[region, flavor['id']] = flavor
        return flavor

    def create_infrastructure(self, asked):
        given = asked.body['infrastructure']
        if given['name'] in self.infrastructures:
            raise answers.Refusal(409, f'There is already an infrastructure {given["name"]!r}.')
        told = {key: given.get(key) for key in ('name', 'keystone_url', 'nova_url',
                                                'region_name')}
        self.infrastructures[given['name']] = {**told, 'project_id': 'a' * 32}
        return 201, {'infrastructure': self.infrastructures[given['name']]}

    def delete_infrastructure(self, asked):
        [name] = asked.names
        if name not in self.infrastructures:
            raise answers.Refusal(404, f'There is no infrastructure {name!r}.')
        if name in self.in_use and asked.query.get('force') != 'true':
            raise answers.Refusal(409, f'Flavors are installed in {name!r}.')
        del self.infrastructures[name]
        return 204, None

    def list_private(self, asked):
        region = self._region(asked)
        return 200, {'flavors': [flavor for (where, _), flavor in self.private.items()
                                 if where == region and flavor['is_public']]}

    def show_private(self, asked):
        return 200, {'flavor': self._private(asked)}

    def create_private(self, asked):
        return 201, {'flavor': self.add_private(self._region(asked), **asked.body['flavor'])}

    def change_private(self, asked):
        flavor = self._private(asked)
        flavor.update(asked.body['flavor'])
        return 200, {'flavor': flavor}

    def delete_private(self, asked):
        del self.private[asked.names[0], self._private(asked)['id']]
        return 204, None

    def _region(self, asked):
        name = asked.names[0]
        if name not in self.regions:
            raise answers.Refusal(404, f'There is no region {name!r}.')
        if asked.headers.get('X-Auth-Token-KeyStone') != self.own_keystone.get(name):
            raise answers.Refusal(401, f'The region {name!r} does not know the token.')
        return name

    def _private(self, asked):
        key = self._region(asked), asked.names[1]
        if key not in self.private:
            raise answers.Refusal(404, f'There is no flavor {key[1]!r}.')
        return self.private[key]

    CLOUD_ROUTES = (
        ('POST', '/infrastructures', create_infrastructure),
        ('DELETE', '/infrastructures/([^/]+)', delete_infrastructure),
        ('GET', '/regions/([^/]+)/flavors', list_private),
        ('POST', '/regions/([^/]+)/flavors', create_private),
        ('GET', '/regions/([^/]+)/flavors/([^/]+)', show_private),
        ('PUT', '/regions/([^/]+)/flavors/([^/]+)', change_private),
        ('DELETE', '/regions/([^/]+)/flavors/([^/]+)', delete_private),
    )
