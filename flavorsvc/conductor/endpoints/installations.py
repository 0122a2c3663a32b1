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

"""What the conductor answers about what is wanted where."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import installations


class Installations:
    """What is wanted where."""

    target = base.target('installations')

    def __init__(self, database, engine):
        self._db, self._engine = database, engine

    @base.expected
    def install(self, ctxt, flavor_id, regions, on_immutable=None):
        with self._engine.nudged():
            return self._db.write(operations.install, flavor_id, regions, ctxt.request_id,
                                  timeutils.utcnow(), on_immutable=on_immutable)

    @base.expected
    def uninstall(self, ctxt, flavor_id, regions, unless_used=False):
        with self._engine.nudged():
            return self._db.write(operations.uninstall, flavor_id, regions, ctxt.request_id,
                                  timeutils.utcnow(), unless_used)

    @base.expected
    def list(self, ctxt, filters, page, visible_to):
        return self._db.read(installations.list_page, filters, page, visible_to)

    @base.expected
    def get(self, ctxt, installation_id):
        return self._db.read(installations.get, installation_id)

    @base.expected
    def retry(self, ctxt, installation_id):
        with self._engine.nudged():
            return self._db.write(installations.retry, installation_id, ctxt.request_id,
                                  timeutils.utcnow())
