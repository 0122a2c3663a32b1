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

"""How long to wait before the next try."""


def delay_s(attempt, minimum_s, maximum_s, jitter):
    """Double the wait with each attempt, and spread it.

    The spread keeps many rows that failed together from coming back together.

    :param attempt: int, how many tries have failed, from 1
    :param minimum_s: float seconds, the wait after the first
    :param maximum_s: float seconds, the longest wait
    :param jitter: float from 0 to 1, drawn by the caller
    :returns: float seconds, from half of the doubled wait to all of it
    """
    doubled_s = minimum_s * 2 ** min(attempt - 1, 32)
    return min(doubled_s, maximum_s) * (0.5 + jitter / 2)
