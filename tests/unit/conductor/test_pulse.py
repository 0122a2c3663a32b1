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

import datetime

from flavorsvc.conductor import pulse

NOW = datetime.datetime(2026, 11, 21, 12)


class Recorder:
    """Stands for the database."""

    def __init__(self):
        self.means = []

    def write(self, work, means_s, now, slow_after_s):
        self.means += means_s.items()


def later(seconds):
    return NOW + datetime.timedelta(seconds=seconds)


def test_what_is_felt_is_recorded_now_and_then_also_by_a_clock_that_is_set_back():
    database = Recorder()
    felt = pulse.Pulse(database, 5.0)
    felt.record(NOW)
    felt.feel(1, [1.0, 2.0])
    felt.record(NOW)
    assert database.means == [(1, 1.5)]
    felt.feel(1, [4.0])
    felt.feel(1, [])
    felt.record(later(0.5))
    assert database.means == [(1, 1.5)], 'it is only just over'
    felt.record(later(-3600))
    assert database.means == [(1, 1.5), (1, 4.0)]
