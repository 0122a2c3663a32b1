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

"""What the conductor answers about service types and the flavors for them."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import service_flavors as operations
from flavorsvc.db import service_types


class ServiceTypes:
    """What a flavor needs to be for a service type."""

    target = base.target('service_types')

    def __init__(self, database):
        self._db = database

    @base.expected
    def list(self, ctxt):
        return self._db.read(service_types.list_all)

    @base.expected
    def get(self, ctxt, name):
        return self._db.read(service_types.list_all, [name])[0]

    @base.expected
    def put(self, ctxt, name, values):
        return self._db.write(service_types.put, name, values)

    @base.expected
    def delete(self, ctxt, name):
        self._db.write(service_types.delete, name, timeutils.utcnow())


class ServiceFlavors:
    """Which flavors are for which service types, and where they are."""

    target = base.target('service_flavors')

    def __init__(self, database, engine, novas, table):
        self._engine = engine
        self._flavors = operations.ServiceFlavors(database, novas, table)

    @base.expected
    def list(self, ctxt, types, region, visible_to, ruled):
        return self._flavors.list(types, region, visible_to, ruled, ctxt.request_id)

    @base.expected
    def create(self, ctxt, types, values, region, project_id):
        with self._engine.nudged():
            return self._flavors.create(types, values, region, project_id, ctxt.request_id,
                                        timeutils.utcnow())

    @base.expected
    def delete(self, ctxt, flavor_ids):
        with self._engine.nudged():
            return self._flavors.delete(flavor_ids, ctxt.project_id, ctxt.request_id,
                                        timeutils.utcnow())

    @base.expected
    def register(self, ctxt, types, flavor_ids, region):
        return self._flavors.register(types, flavor_ids, region, ctxt.request_id)

    @base.expected
    def unmap(self, ctxt, types, flavor_ids):
        self._flavors.unmap(types, flavor_ids, timeutils.utcnow())
