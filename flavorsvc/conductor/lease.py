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

"""The lease on an installation, as whoever is at work on it needs it."""

import datetime

from oslo_utils import timeutils

from flavorsvc.db import claims
from flavorsvc.db import moving
from flavorsvc.domain import failures


class Lease:
    """One claim's.

    :ivar deleted: bool, whether something was to be deleted under it
    """

    def __init__(self, database, claim, seconds):
        """Remember what was claimed.

        :param database: flavorsvc.db.engine.Database
        :param claim: flavorsvc.db.claims.Claim
        :param seconds: int, how long a lease is
        """
        self._db, self._claim = database, claim
        self._length = datetime.timedelta(seconds=seconds)
        self.deleted = False

    def hold(self, servers=None):
        """Make sure, before something is deleted, that nobody else is at work, or wants otherwise.

        :param servers: int, how many were found to use it, for the record; None where none were
            looked for
        :raises failures.Passing: when the lease was lost, or a newer wish came
        """
        until = timeutils.utcnow() + self._length
        if not self._db.write(claims.hold, self._claim, until, servers):
            raise failures.Passing('superseded', 'Another conductor has taken this over, or '
                                                 'something else is wanted now.')
        self.deleted = True

    def moving(self):
        """Read what of ours is about to be replaced in the region, or to leave it.

        :returns: dict, see :func:`flavorsvc.db.moving.read`
        """
        return self._db.read(moving.read, self._claim.region_pk)
