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

"""Who gets the next free worker."""


def shares(due, room, busy):
    """Deal free workers out to regions, so that no region starves another.

    Each goes to the region with the fewest at work then, over all conductors.

    :param due: dict of region to int, how many rows may be begun there; of regions with equally
        many at work, the first in this order is served first
    :param room: int, workers that are free
    :param busy: dict of region to int, how many are at work there already; none where it is not
        named
    :returns: dict of region to int, without regions that get none
    """
    dealt = dict.fromkeys(due, 0)
    for _ in range(min(room, sum(due.values()))):
        waiting = [region for region in due if dealt[region] < due[region]]
        dealt[min(waiting, key=lambda region: busy.get(region, 0) + dealt[region])] += 1
    return {region: count for region, count in dealt.items() if count}
