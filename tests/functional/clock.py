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

"""Time that stands still until it is moved, and ids that are the same in each run."""

import datetime
import hashlib
import itertools
from unittest import mock
import uuid

from oslo_utils import timeutils

from tests.functional import test_claims


class Clock:
    """Moments, which have an order, and the time, which stands still until it is moved.

    While it runs it is the time of all, and ids are the same each time that a run is repeated.
    """

    def __init__(self):
        self._moments, self._ids, self._now = 0, itertools.count(), test_claims.NOW
        self._patches = [mock.patch.object(timeutils, 'utcnow', self._utcnow),
                         mock.patch.object(uuid, 'uuid4', self._uuid)]

    def start(self):
        for patch in self._patches:
            patch.start()

    def stop(self):
        for patch in self._patches:
            patch.stop()

    def moment(self):
        """Give the next moment.

        :returns: int
        """
        self._moments += 1
        return self._moments

    def pass_by(self, seconds):
        self._now += datetime.timedelta(seconds=seconds)

    def _utcnow(self, with_timezone=False):
        return self._now.replace(tzinfo=datetime.UTC) if with_timezone else self._now

    def _uuid(self):
        return uuid.UUID(hashlib.md5(str(next(self._ids)).encode()).hexdigest())
