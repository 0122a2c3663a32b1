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

"""What the conductor answers about the catalogue."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import flavors
from flavorsvc.domain import flavor


class Flavors:
    """The catalogue."""

    target = base.target('flavors')

    def __init__(self, database, engine, table):
        self._db, self._engine, self._table = database, engine, table

    @base.expected
    def list(self, ctxt, filters, page, visible_to):
        return [self._told(values) for values in
                self._db.read(flavors.list_page, filters, page, visible_to)]

    @base.expected
    def get(self, ctxt, flavor_id):
        return self._told(self._db.read(flavors.get, flavor_id))

    @base.expected
    def create(self, ctxt, values):
        return self._told(self._db.write(operations.create, values, self._table))

    @base.expected
    def update(self, ctxt, flavor_id, changes, generation, on_immutable=None):
        with self._engine.nudged():
            return self._told(self._db.write(
                operations.update, flavor_id, changes, generation, self._table, ctxt.request_id,
                timeutils.utcnow(), on_immutable))

    @base.expected
    def delete(self, ctxt, flavor_id, generation):
        with self._engine.nudged():
            return self._db.write(operations.delete, flavor_id, generation, ctxt.request_id,
                                  timeutils.utcnow())

    @base.expected
    def withdraw(self, ctxt, flavor_id, generation, installation_ids, types):
        with self._engine.nudged():
            return self._db.write(operations.withdraw, flavor_id, generation, installation_ids,
                                  types, ctxt.request_id, timeutils.utcnow())

    def _told(self, values):
        """Add what Nova gets for the extra specs and properties of a flavor."""
        return {**values, 'nova_extra_specs': flavor.known_extra_specs(values, self._table)}
