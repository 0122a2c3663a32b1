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

"""What the conductor answers about flavors as Nova's API has them."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import compute_flavors as operations
from flavorsvc.db import compute_flavors
from flavorsvc.domain import flavor


class ComputeFlavors:
    """The catalogue, as Nova's API sees and changes it."""

    target = base.target('compute_flavors')

    def __init__(self, database, engine, novas, table, tells_deprecation=False):
        self._db, self._engine, self._table = database, engine, table
        self._do = operations.ComputeFlavors(database, novas, table, tells_deprecation)

    @base.expected
    def list(self, ctxt, filters, page, project_id, everything):
        return [self._told(values) for values in self._db.read(
            compute_flavors.list_page, filters, page, project_id, everything)]

    @base.expected
    def create(self, ctxt, values, regions):
        with self._engine.nudged():
            return self._told(self._do.create(values, regions, _asked(ctxt)))

    @base.expected
    def delete(self, ctxt, flavor_id):
        with self._engine.nudged():
            self._do.delete(flavor_id, _asked(ctxt))

    @base.expected
    def describe(self, ctxt, flavor_id, description):
        with self._engine.nudged():
            return self._told(self._do.describe(flavor_id, description, _asked(ctxt)))

    @base.expected
    def set_extra_specs(self, ctxt, flavor_id, extra_specs):
        with self._engine.nudged():
            return self._told(self._do.set_extra_specs(flavor_id, extra_specs, _asked(ctxt)))

    @base.expected
    def unset_extra_spec(self, ctxt, flavor_id, key):
        with self._engine.nudged():
            return self._told(self._do.unset_extra_spec(flavor_id, key, _asked(ctxt)))

    @base.expected
    def add_access(self, ctxt, flavor_id, project):
        with self._engine.nudged():
            return self._told(self._do.add_access(flavor_id, project, _asked(ctxt)))

    @base.expected
    def remove_access(self, ctxt, flavor_id, project):
        with self._engine.nudged():
            return self._told(self._do.remove_access(flavor_id, project, _asked(ctxt)))

    def _told(self, values):
        """Add what Nova gets for the extra specs and properties of a flavor."""
        return {**values, 'nova_extra_specs': flavor.known_extra_specs(values, self._table)}


def _asked(ctxt):
    return operations.Asked(ctxt.request_id, timeutils.utcnow())
