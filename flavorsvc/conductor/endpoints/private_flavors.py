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


"""What the conductor answers about flavors that only one region has."""

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import private_flavors as operations
from flavorsvc.db import installations


class PrivateFlavors:
    """Flavors of one region's Nova, read and changed with the caller's own token."""

    target = base.target('private_flavors')

    def __init__(self, database, callers):
        self._db, self._callers = database, callers

    @base.expected
    def list(self, ctxt, region, token):
        with self._callers.asked(region, token, ctxt.request_id) as nova:
            return operations.read_all(nova, region)

    @base.expected
    def get(self, ctxt, region, flavor_id, token):
        with self._callers.asked(region, token, ctxt.request_id) as nova:
            return operations.read(nova, region, flavor_id)

    @base.expected
    def create(self, ctxt, region, values, token):
        with self._callers.asked(region, token, ctxt.request_id) as nova:
            return operations.create(nova, region, values)

    @base.expected
    def update(self, ctxt, region, flavor_id, changes, token):
        with self._callers.asked(region, token, ctxt.request_id) as nova:
            return operations.update(nova, region, flavor_id, changes,
                                     self._in_catalogue(flavor_id, region))

    @base.expected
    def delete(self, ctxt, region, flavor_id, token):
        with self._callers.asked(region, token, ctxt.request_id) as nova:
            operations.delete(nova, region, flavor_id, self._in_catalogue(flavor_id, region))

    def _in_catalogue(self, flavor_id, region):
        return self._db.read(installations.is_wanted, flavor_id, region)
