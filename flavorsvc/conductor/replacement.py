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

"""Whether a flavor of a region may be deleted in order to be created with other fixed fields."""

from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import names

_REPLACES = (installation.OnImmutable.IF_UNUSED, installation.OnImmutable.REPLACE)


def allow(nova, wanted, found, claim, lease):
    """Look at everything that may stand against it; nothing is changed.

    :param nova: the region's :class:`flavorsvc.cloud.nova.Nova`, or what does the same
    :param wanted: flavor.Spec
    :param found: flavor.Spec that the region has, with other fixed fields
    :param claim: flavorsvc.db.claims.Claim
    :param lease: flavorsvc.conductor.lease.Lease
    :returns: (int, how many servers use it; bool, whether its new name is free)
    :raises failures.Refused: when the flavor is not ours, nobody said that it may be replaced, or
        a flavor that stays has the name
    :raises failures.InUse: when servers use it that must not lose it
    :raises failures.Passing: when the name has yet to be given up by another
    """
    differences = 'The region has a flavor of this id with other fixed fields: ' + (
        compare.describe(flavor.immutable_differences(wanted, found)))
    if not flavor.has_any(found, claim.installed):
        raise failures.Refused('sizes_differ', differences)
    if claim.on_immutable not in _REPLACES:
        raise failures.Refused('sizes_differ', f'{differences}. It stays so until on_immutable '
                                               f'says that it may be replaced.')
    way = names.Way(names.Verdict.FREE)
    if wanted.name != found.name:
        way, moving = _way(nova, wanted, lease)
        if way.verdict is not names.Verdict.FREE:
            _check_first(nova, wanted, way, moving)
    return unused(nova, found, claim.on_immutable), way.verdict is names.Verdict.FREE


def unused(nova, found, on_immutable):
    """Count the servers that use a flavor.

    :param found: flavor.Spec
    :param on_immutable: installation.OnImmutable or its text
    :returns: int
    :raises failures.InUse: when there are some and it is to stay then
    """
    servers = nova.count_servers(found.id)
    if servers and on_immutable != installation.OnImmutable.REPLACE:
        raise failures.InUse(in_use(found.id, servers), servers)
    return servers


def in_use(flavor_id, servers):
    """Say that servers use a flavor."""
    number = '1 server uses' if servers == 1 else f'{servers} servers use'
    return f'{number} the flavor {flavor_id!r}.'


def taken(nova, wanted, error, lease):
    """Explain why a region refused to create a flavor of this name.

    :param error: failures.Taken
    :returns: failures.Failure
    """
    way, _ = _way(nova, wanted, lease, error)
    if way.verdict is names.Verdict.FREE:
        return failures.Passing('conflict', error.text)
    return _waits(wanted, way)


def _way(nova, wanted, lease, error=None):
    # in this order: whoever moves on between the two has given the name up, not begun to keep it
    moving = lease.moving()
    way = names.way(wanted.id, wanted.name, nova.names(),
                    {each: to.name for each, to in moving.items()})
    if way.verdict is names.Verdict.TAKEN:
        words = error.text if error else f'The name {wanted.name!r} is taken.'
        raise failures.Refused('name_taken',
                               f'{words} It is the flavor whose id is {way.holders[0]!r}.')
    return way, moving


def _check_first(nova, wanted, way, moving):
    """Let only that one go before its name is free which opens a circle, and that only once
    nothing else keeps the others from following."""
    if way.verdict is not names.Verdict.FIRST:
        raise _waits(wanted, way)
    for holder in way.holders:
        found, to = nova.find(holder), moving[holder]
        if found is None or not flavor.has_any(found, to.installed):
            raise _waits(wanted, way)
        servers = nova.count_servers(holder)
        if servers and to.on_immutable != installation.OnImmutable.REPLACE:
            raise failures.Passing('name_moving', f'{_waits(wanted, way).text} '
                                                  f'{in_use(holder, servers)}')


def _waits(wanted, way):
    return failures.Passing('name_moving', f'The name {wanted.name!r} has yet to be given up by '
                                           f'the flavor whose id is {way.holders[0]!r}.')
