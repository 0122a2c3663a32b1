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

"""What the conductor answers about itself."""

from oslo_utils import timeutils
from pbr import version

from flavorsvc.conductor.endpoints import base
from flavorsvc.db import figures
from flavorsvc.db import regions


class Health:
    """Whether this conductor can do its work."""

    target = base.target('health')

    def __init__(self, database, conductor):
        self._db, self._conductor = database, conductor

    @base.expected
    def ping(self, ctxt):
        self._db.read(regions.count)
        return {'status': 'ok', 'conductor': self._conductor}

    @base.expected
    def details(self, ctxt):
        return {'conductor': self._conductor,
                'version': version.VersionInfo('flavorsvc').release_string(),
                **self._db.read(figures.read, timeutils.utcnow())}
