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


import functools

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import adoption
from flavorsvc.conductor.operations import comparison
from flavorsvc.conductor.operations import drift as operations
from flavorsvc.db import audits
from flavorsvc.db import drift
from flavorsvc.domain import flavor


class Drift:
    """Where regions do not have what the catalogue says."""

    target = base.target('drift')

    def __init__(self, database, engine, audits, regions, novas, table, conf):
        self._db, self._engine, self._audits, self._regions = database, engine, audits, regions
        tells_deprecation, most = conf.lifecycle.describe_deprecation, conf.audit.max_flavors
        self._acceptance = operations.Acceptance(database, novas, table, tells_deprecation)
        self._adoption = adoption.Adoption(database, novas, functools.partial(
            flavor.known, table=table, tells_deprecation=tells_deprecation), most)
        self._comparison = comparison.Comparison(database, novas, most)
        self._pause_s = operations.first_pause_s(conf.audit)

    @base.expected
    def list(self, ctxt, filters, page, visible_to):
        return self._db.read(drift.list_page, filters, page, visible_to, self._pause_s)

    @base.expected
    def get(self, ctxt, finding_id):
        return self._db.read(drift.get, finding_id, self._pause_s)

    @base.expected
    def repair(self, ctxt, finding_id, on_immutable):
        with self._engine.nudged():
            return self._db.write(operations.repair, finding_id, on_immutable, ctxt.request_id,
                                  timeutils.utcnow())

    @base.expected
    def accept(self, ctxt, finding_id, as_, reason):
        if as_ == 'exception':
            self._acceptance.as_exception(finding_id, ctxt.user_id, reason, timeutils.utcnow())
        else:
            with self._engine.nudged():
                self._acceptance.as_catalogue(finding_id, ctxt.user_id, reason, ctxt.project_id,
                                              ctxt.request_id, timeutils.utcnow())
        return self.get(ctxt, finding_id)

    @base.expected
    def audit(self, ctxt, name):
        self._db.write(audits.ask, name, ctxt.request_id, timeutils.utcnow())
        self._audits.nudge()
        return self._regions.get(ctxt, name)

    @base.expected
    def adopt(self, ctxt, name, selection, choices, dry_run, reason):
        return self._adoption.adopt(name, selection, {
            'choices': choices, 'dry_run': dry_run, 'reason': reason, 'user_id': ctxt.user_id,
            'project_id': ctxt.project_id}, ctxt.request_id, timeutils.utcnow())

    @base.expected
    def compare(self, ctxt, names, everything):
        return self._comparison.compare(names, everything, ctxt.request_id)
