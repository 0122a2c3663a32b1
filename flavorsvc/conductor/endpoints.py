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

"""What the conductor answers, by resource. One line a method.

An operation is committed before the answer leaves; only then is the engine
nudged. A lost nudge costs a poll interval, never a wish.
"""

import oslo_messaging
from oslo_utils import timeutils

from flavorsvc.conductor import client
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.domain import flavor

_expected = oslo_messaging.expected_exceptions(errors.FlavorsvcError)


class Flavors:
    """The catalogue."""

    target = oslo_messaging.Target(namespace='flavors', version=client.VERSION)

    def __init__(self, database, engine, table):
        self._db, self._engine, self._table = database, engine, table

    @_expected
    def list(self, ctxt, filters, page, visible_to):
        return [self._told(values) for values in
                self._db.read(flavors.list_page, filters, page, visible_to)]

    @_expected
    def get(self, ctxt, flavor_id):
        return self._told(self._db.read(flavors.get, flavor_id))

    @_expected
    def create(self, ctxt, values):
        return self._told(self._db.write(operations.create, values, self._table))

    @_expected
    def update(self, ctxt, flavor_id, changes, generation):
        with self._engine.nudged():
            return self._told(self._db.write(
                operations.update, flavor_id, changes, generation, self._table, ctxt.request_id,
                timeutils.utcnow()))

    @_expected
    def delete(self, ctxt, flavor_id, generation):
        with self._engine.nudged():
            return self._db.write(operations.delete, flavor_id, generation, ctxt.request_id,
                                  timeutils.utcnow())

    def _told(self, values):
        """Add what Nova gets for the extra specs and properties of a flavor."""
        try:
            return {**values, 'nova_extra_specs': flavor.extra_specs(values, self._table)}
        except errors.Invalid:
            # the deployer took a row out of the table that this flavor was made with
            return {**values, 'nova_extra_specs': values['extra_specs']}


class Installations:
    """What is wanted where."""

    target = oslo_messaging.Target(namespace='installations', version=client.VERSION)

    def __init__(self, database, engine):
        self._db, self._engine = database, engine

    @_expected
    def install(self, ctxt, flavor_id, regions):
        with self._engine.nudged():
            return self._db.write(operations.install, flavor_id, regions, ctxt.request_id,
                                  timeutils.utcnow())

    @_expected
    def uninstall(self, ctxt, flavor_id, regions):
        with self._engine.nudged():
            return self._db.write(operations.uninstall, flavor_id, regions, ctxt.request_id,
                                  timeutils.utcnow())

    @_expected
    def list(self, ctxt, filters, page, visible_to):
        return self._db.read(installations.list_page, filters, page, visible_to)

    @_expected
    def get(self, ctxt, installation_id):
        return self._db.read(installations.get, installation_id)

    @_expected
    def retry(self, ctxt, installation_id):
        with self._engine.nudged():
            return self._db.write(installations.retry, installation_id, ctxt.request_id,
                                  timeutils.utcnow())


class Regions:
    """Where flavors can go."""

    target = oslo_messaging.Target(namespace='regions', version=client.VERSION)

    def __init__(self, database, default_concurrency, default_region):
        self._db, self._concurrency = database, default_concurrency
        self._default_region = default_region

    @_expected
    def list(self, ctxt, filters, page):
        return self._db.read(regions.list_page, filters, page, self._concurrency)

    @_expected
    def get(self, ctxt, name):
        return self._db.read(regions.get, name or self._default_region, self._concurrency)

    @_expected
    def update(self, ctxt, name, changes):
        return self._db.write(regions.update, name, changes, self._concurrency)

    @_expected
    def forget(self, ctxt, name):
        self._db.write(regions.forget, name, timeutils.utcnow())


class Health:
    """Whether this conductor can do its work."""

    target = oslo_messaging.Target(namespace='health', version=client.VERSION)

    def __init__(self, database, conductor):
        self._db, self._conductor = database, conductor

    @_expected
    def ping(self, ctxt):
        self._db.read(regions.count)
        return {'status': 'ok', 'conductor': self._conductor}
