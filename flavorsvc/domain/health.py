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

"""How well a region answers, and how much work it gets for that."""

import math

#: The states of a region that answers.
ANSWERING = frozenset(['up', 'slow'])

#: Seconds after which what was measured before counts for 37 % (1/e).
MEMORY_S = 60

#: A slow region is up again when it answers in this share of the time that made it slow, so that
#: one near the limit does not change its state with each answer.
_BACK = 0.8

#: Part of its cap that a slow region gets.
_SLOW_PART = 4


def average(before_s, measured_s, age_s):
    """Join what was measured to what was known, which counts the less the older it is.

    It makes no difference who measured: the share goes by time, not by the number of answers.

    :param before_s: float seconds, the average so far, or None
    :param measured_s: float seconds, mean of the answer times since
    :param age_s: float seconds since the last time
    :returns: float seconds
    """
    if before_s is None:
        return measured_s
    return before_s + (measured_s - before_s) * -math.expm1(-max(age_s, 0) / MEMORY_S)


def state(average_s, before, slow_after_s):
    """Tell the state of a region that answers.

    :param average_s: float seconds, or None where nothing was measured yet
    :param before: str, its state until now
    :param slow_after_s: float seconds, the average that makes a region slow
    :returns: 'up' or 'slow'
    """
    limit_s = slow_after_s * (_BACK if before == 'slow' else 1)
    return 'slow' if average_s is not None and average_s >= limit_s else 'up'


def cap(state_now, most):
    """Tell how many installations may be converged in a region at the same time.

    Each call to a slow region keeps a worker for long, so it gets fewer; one that is down gets
    one, the probe.

    :param state_now: str
    :param most: int, how many an answering region gets
    :returns: int, at least 1
    """
    if state_now == 'down':
        return 1
    return max(1, most // _SLOW_PART) if state_now == 'slow' else most
