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

"""What the conductor answers about regions."""

from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.db import regions


class Regions:
    """Where flavors can go."""

    target = base.target('regions')

    def __init__(self, database, default_concurrency, default_region, default_policy):
        self._db, self._concurrency = database, default_concurrency
        self._default_region, self._default_policy = default_region, default_policy

    @base.expected
    def list(self, ctxt, filters, page):
        return [self._told(each) for each in
                self._db.read(regions.list_page, filters, page, self._concurrency)]

    @base.expected
    def get(self, ctxt, name):
        return self._told(
            self._db.read(regions.get, name or self._default_region, self._concurrency))

    @base.expected
    def update(self, ctxt, name, changes):
        return self._told(self._db.write(regions.update, name, changes, self._concurrency,
                                         timeutils.utcnow()))

    @base.expected
    def forget(self, ctxt, name):
        self._db.write(regions.forget, name, timeutils.utcnow())

    def _told(self, region):
        return {**region, 'drift_policy': region['drift_policy'] or self._default_policy}
