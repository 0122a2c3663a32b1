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

"""Plans over RPC."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import plans as operations
from flavorsvc.db import plans


class Plans:
    """What would bring regions to a catalogue."""

    target = base.target('plans')

    def __init__(self, database, engine, novas, table, conf):
        self._db, self._engine = database, engine
        self._do = operations.Plans(database, novas, table, conf)

    @base.expected
    def list(self, ctxt, page):
        return self._db.read(plans.list_page, page, timeutils.utcnow())

    @base.expected
    def get(self, ctxt, plan_id):
        return self._db.read(plans.get, plan_id, timeutils.utcnow())

    @base.expected
    def create(self, ctxt, asked):
        return self._do.make({**asked, 'project_id': ctxt.project_id}, ctxt.user_id,
                             ctxt.request_id, timeutils.utcnow())

    @base.expected
    def apply(self, ctxt, plan_id):
        with self._engine.nudged():
            return self._do.apply(plan_id, ctxt.user_id, ctxt.request_id, timeutils.utcnow())
