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

"""What the conductor answers about clouds that have a Keystone of their own."""

from oslo_log import log
from oslo_utils import timeutils

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import infrastructures as operations
from flavorsvc.db import infrastructures

LOG = log.getLogger(__name__)


class Infrastructures:
    """Clouds that were registered; each is a region too."""

    target = base.target('infrastructures')

    def __init__(self, database, clouds, max_per_project):
        self._db, self._clouds, self._max = database, clouds, max_per_project

    @base.expected
    def create(self, ctxt, values):
        made = operations.create(self._db, self._clouds, values, self._max, timeutils.utcnow)
        LOG.info('Infrastructure %s at %s is registered by project %s', made['name'],
                 made['keystone_url'], made['project_id'])
        return made

    @base.expected
    def get(self, ctxt, name):
        return self._db.read(infrastructures.get, name)

    @base.expected
    def delete(self, ctxt, name, force):
        self._db.write(infrastructures.delete, name, force, timeutils.utcnow())
        LOG.info('Infrastructure %s is unregistered%s', name, ' by force' if force else '')
