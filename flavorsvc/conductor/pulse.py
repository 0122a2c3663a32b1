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

"""How fast regions answer this conductor, recorded now and then."""

import collections
import datetime
import statistics
import threading

from flavorsvc.db import probing

#: Most often that it is recorded: not with each call, for all calls to a region share its row.
_EVERY = datetime.timedelta(seconds=1)


class Pulse:
    """Collects answer times from many threads; one records them."""

    def __init__(self, database, slow_after_s):
        """Begin with nothing.

        :param database: flavorsvc.db.engine.Database
        :param slow_after_s: float seconds of average answer time that make a region slow
        """
        self._db, self._slow_after_s = database, slow_after_s
        self._felt, self._lock = collections.defaultdict(list), threading.Lock()
        self._recorded_at = datetime.datetime.min

    def feel(self, region_pk, answer_times_s):
        """Note how long answers of a region took.

        :param answer_times_s: list of float seconds
        """
        with self._lock:
            self._felt[region_pk] += answer_times_s

    def record(self, now):
        """Record what was noted since the last time, unless that is only just over.

        :param now: naive UTC datetime
        """
        # a clock that is set back must not keep it from being recorded
        if not self._felt or datetime.timedelta() <= now - self._recorded_at < _EVERY:
            return
        self._recorded_at = now
        with self._lock:
            felt, self._felt = self._felt, collections.defaultdict(list)
        means_s = {pk: statistics.fmean(times_s) for pk, times_s in felt.items() if times_s}
        self._db.write(probing.all_measured, means_s, now, self._slow_after_s)
