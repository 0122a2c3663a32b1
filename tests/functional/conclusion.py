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

"""How a simulation ends: once nothing fails any more, everything arrives, or says why not."""

from flavorsvc.domain import drift
from flavorsvc.domain import flavor
from tests.functional import simulated_nova

#: Rounds in which everything has to be quiet: more than a row can need after another.
_ROUNDS = 40
_PAUSE_S = 1000

#: What an installation may wait for as long as others want.
_WAITS = ('in_use', 'name_moving')


def settle(world):
    """Let the conductors work, with nothing failing any more, until they have nothing to do."""
    for region in world.regions.values():
        region.is_down = False
    before = None
    for _ in range(_ROUNDS):
        world.revive()
        world.discover()
        for process in world.processes:
            process.finish()
        world.check()
        rows = world.rows()
        now = [(row['id'], row['status'], row['reason'], world_revision)
               for row, world_revision in zip(rows, _counts(world, rows), strict=True)]
        if not any(_is_busy(row) for row in rows) and (
                now == before or not any(row['status'] == 'retrying' for row in rows)):
            return
        before = now
        world.clock.pass_by(_PAUSE_S)
    raise AssertionError(f'it never ends: {[row for row in rows if _is_busy(row)]}')


def _counts(world, rows):
    revisions = world.revisions()
    return [revisions[row['region'], row['flavor_id']] for row in rows]


def _is_busy(row):
    return row['status'] in ('pending', 'installing', 'uninstalling') or (
        row['status'] == 'retrying' and row['reason'] not in _WAITS)


def try_again(world):
    """Have tried again what was refused: nothing does so by itself, for people have to decide."""
    for row in world.rows():
        if row['status'] == 'error':
            world.retry(row)
    settle(world)


def check(world, audited):
    """Check that what was wished is so, or that something which still stands is in its way.

    :param audited: bool, whether all regions were audited and repaired since
    """
    by_place = check_active(world, audited)
    for place, is_in in world.wished.items():
        row = by_place.get(place)
        desired = row['desired'] if row else 'absent'
        assert desired == ('present' if is_in else 'absent'), f'{place}: wished {is_in}, {row}'
    for (region, flavor_id), row in by_place.items():
        if row['status'] != 'active':
            _check_reason(world, by_place, row, world.regions[region].flavors.get(flavor_id))


def check_active(world, audited):
    """Check that every region has what it is said to have, at any moment.

    :param audited: see :func:`check`
    :returns: dict of (region, flavor id) to dict, all installations
    """
    by_place = {(row['region'], row['flavor_id']): row for row in world.rows()}
    accepted = {(each['region'], each['flavor_id']) for each in world.live_findings()
                if each['state'] == drift.State.ACCEPTED}
    for place, row in by_place.items():
        if (row['status'] != 'active' or place in accepted
                or (not audited and world.is_disturbed(*place))):
            continue
        region, flavor_id = place
        found = world.regions[region].flavors.get(flavor_id)
        wanted = world.described(flavor_id, world.regions[region])
        assert found == wanted, f'{region} was to have {wanted}, and has {found}: {row}'
    return by_place


def _check_reason(world, by_place, row, found):
    region, reason = world.regions[row['region']], row['reason']
    wanted = world.described(row['flavor_id'], region)
    if reason == 'in_use':
        stands = region.had[wanted.id].servers
    elif reason == 'sizes_differ':
        stands = found and flavor.immutable_differences(wanted, found) and (
            row['on_immutable'] in (None, 'refuse')
            or region.had[wanted.id].maker is simulated_nova.Maker.OTHERS)
    elif reason == 'name_taken':
        stands = [each for each in region.flavors.values()
                  if each.name == wanted.name and each.id != wanted.id]
    elif reason == 'name_moving':
        stands = [each for (name, flavor_id), each in by_place.items()
                  if name == row['region']
                  and (each['status'] != 'active' and each['reason'] != 'name_moving'
                       or _is_in_the_way(region, flavor_id, each))]
    else:
        stands = False
    assert stands, f'nothing stands against it: {row}, wanted {wanted}, has {found}'


def _is_in_the_way(region, flavor_id, row):
    """Tell whether a flavor that is to give its name up may not be deleted for that."""
    had = region.had.get(flavor_id)
    return had and row['status'] != 'active' and (
        had.maker is simulated_nova.Maker.OTHERS
        or (had.servers and row['on_immutable'] != 'replace'))


def repair_all(world):
    """Audit all regions, and have repaired what they differ in."""
    for name in world.regions:
        world.set_policy(name, drift.Policy.REPAIR_ALL)
    # what was undone often is left alone for a day at most
    world.clock.pass_by(25 * 3600)
    for name in world.regions:
        world.ask_for_audit(name)
    settle(world)


def clear(world):
    """Take away all that is in the way, and have everything tried again."""
    for region in world.regions.values():
        for flavor_id, had in list(region.had.items()):
            had.servers.clear()
            if had.maker is simulated_nova.Maker.OTHERS:
                region.remove(flavor_id)
    for row in world.rows():
        if row['desired'] == 'present':
            world.install(row['flavor_id'], [row['region']], 'replace', anew=True)
        else:
            world.retry(row)
    settle(world)


def check_all(world):
    """Check that every region has just what the catalogue says, field by field."""
    wanted = {name: {} for name in world.regions}
    for row in world.rows():
        assert row['status'] == 'active', row
        wanted[row['region']][row['flavor_id']] = world.described(
            row['flavor_id'], world.regions[row['region']])
    assert {name: each.flavors for name, each in world.regions.items()} == wanted


def swap(world):
    """Have two flavors take each other's names in all regions, where nothing is in the way."""
    two = sorted({row['flavor_id'] for row in world.rows()})[:2]
    if len(two) == 2:
        world.swap_names(*two, 'replace')
        settle(world)
