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

"""Names that move between flavors of a region, where no two may have the same at any moment.

Nova fixes the name of a flavor: to rename one is to delete and create it. Whoever takes a name over
waits until its holder has given it up. Where each waits for the next and the last for the first,
one of them has to go first.
"""

import dataclasses
import enum


class Verdict(enum.Enum):
    """What a flavor that wants a name may do now."""

    FREE = 'free'
    WAIT = 'wait'
    FIRST = 'first'
    TAKEN = 'taken'


@dataclasses.dataclass(frozen=True)
class Way:
    """What stands between a flavor and the name that it is to have.

    :ivar verdict: Verdict; FIRST is for the one flavor of a circle that is deleted before the name
        that it wants is free
    :ivar holders: tuple of flavor ids: who has the name, who has the name which that one is to
        have, and so on; without the flavor itself
    """

    verdict: Verdict
    holders: tuple = ()


def way(flavor_id, name, held, moving):
    """Find out whether a flavor may take a name.

    :param flavor_id: str
    :param name: str, that it is to have
    :param held: dict of id to name of all flavors that the region has, whosever they are
    :param moving: dict of id to the name that the flavor is to have there, None for none, of
        those that are ours and are about to be replaced or to leave
    :returns: Way
    """
    holder_of = {held_name: each for each, held_name in held.items()}
    holders = []
    while True:
        holder = holder_of.get(name)
        if holder is None:
            return Way(Verdict.WAIT if holders else Verdict.FREE, tuple(holders))
        if holder == flavor_id:
            if not holders:
                return Way(Verdict.FREE)
            first = flavor_id == min([flavor_id, *holders])
            return Way(Verdict.FIRST if first else Verdict.WAIT, tuple(holders))
        if holder in holders:
            return Way(Verdict.WAIT, tuple(holders))  # a circle of others, which one of them opens
        if moving.get(holder, held[holder]) == held[holder]:
            # it stays as it is; a holder further on keeps the others waiting, not us
            return Way(Verdict.WAIT if holders else Verdict.TAKEN, (*holders, holder))
        holders.append(holder)
        name = moving[holder]
