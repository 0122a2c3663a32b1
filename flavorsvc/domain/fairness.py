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


def shares(due, room, cap):
    """Deal free workers out to regions in turn, so that no region starves another.

    :param due: dict of region to int, how many rows wait there
    :param room: int, workers that are free
    :param cap: dict of region to int, how many more calls the region may get now
    :returns: dict of region to int, without regions that get none
    """
    left = {region: min(count, cap[region]) for region, count in due.items()}
    dealt = dict.fromkeys(left, 0)
    while room > 0 and any(left.values()):
        for region in left:
            if room > 0 and left[region] > 0:
                left[region] -= 1
                dealt[region] += 1
                room -= 1
    return {region: count for region, count in dealt.items() if count}
