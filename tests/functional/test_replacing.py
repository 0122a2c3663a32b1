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

"""What the database keeps of replacements, on each kind of database."""

from concurrent import futures

import pytest

from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import claims
from flavorsvc.db import installations
from flavorsvc.db import moving
from flavorsvc.db import outcomes
from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from tests.functional import test_claims
from tests.functional.test_claims import NOW
from tests.functional.test_claims import later

# a fixture, so that pytest finds it here
catalogue = test_claims.catalogue


def change(catalogue, flavor_id, on_immutable='replace', **changes):
    return catalogue.db.write(operations.update, flavor_id, changes, None, capabilities.TABLE,
                              'req-2', NOW, on_immutable)


def installed(catalogue, flavor_id='f1', region='RegionOne'):
    return [fixed['vcpus'] for fixed in
            catalogue.db.read(installations.installed_in, flavor_id, region)]


@pytest.fixture
def claim(catalogue):
    """RegionOne has f1."""
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    made, = catalogue.take()
    catalogue.finish(made)
    return made


def test_what_was_installed_is_written_down_before_it_changes(catalogue, claim):
    assert installed(catalogue) == []
    change(catalogue, 'f1', vcpus=2)
    assert installed(catalogue) == [1]
    change(catalogue, 'f1', vcpus=3)
    assert installed(catalogue) == [1], 'nobody has tried 2'
    taken, = catalogue.take()
    assert installed(catalogue) == [1, 3]
    assert [each['vcpus'] for each in taken.installed] == [1, 3]
    assert taken.installed[0] == flavor.fixed(claim.flavor)
    change(catalogue, 'f1', vcpus=4)
    assert catalogue.finish(taken) is False
    assert installed(catalogue) == [1, 3]
    last, = catalogue.take()
    assert (last.on_immutable, installed(catalogue)) == ('replace', [1, 3, 4])
    assert catalogue.finish(last)
    assert installed(catalogue) == []
    row, = catalogue.rows()
    assert (row['status'], row['on_immutable']) == ('active', None)


def test_what_was_never_tried_is_nothing_of_ours(catalogue):
    catalogue.flavor('f1')
    catalogue.install('f1', ['RegionOne'])
    change(catalogue, 'f1', vcpus=2)
    assert installed(catalogue) == []
    assert [each['vcpus'] for each in catalogue.take()[0].installed] == [2]


def test_another_change_leaves_the_choice_as_it_is(catalogue, claim):
    change(catalogue, 'f1', 'replace-if-unused', vcpus=2)
    change(catalogue, 'f1', None, extra_specs={'a': 'b'})
    taken, = catalogue.take()
    assert (taken.on_immutable, taken.flavor['extra_specs']) == ('replace-if-unused', {'a': 'b'})


def test_a_lease_is_held_by_its_owner_for_the_same_wish_only(catalogue, claim):
    change(catalogue, 'f1', vcpus=2)
    slow, = catalogue.take('slow')
    assert catalogue.db.write(claims.hold, slow, later(60), 5)
    assert catalogue.rows()[0]['servers'] == 5
    other, = catalogue.take('other', now=later(61))
    assert not catalogue.db.write(claims.hold, slow, later(200))
    assert catalogue.db.write(claims.hold, other, later(200))
    change(catalogue, 'f1', 'refuse')
    assert not catalogue.db.write(claims.hold, other, later(200))


def test_a_region_is_looked_at_again_after_a_deletion_without_a_lease(catalogue, claim):
    change(catalogue, 'f1', vcpus=2)
    slow, = catalogue.take('slow')
    other, = catalogue.take('other', now=later(61))
    catalogue.db.write(moving.doubt, slow, later(62))
    assert catalogue.finish(other) is False, 'what it saw may be gone'
    again, = catalogue.take('third', now=later(63))
    assert catalogue.finish(again)
    catalogue.db.write(moving.doubt, slow, later(64))
    assert catalogue.statuses() == ['pending']


def test_those_who_wait_for_a_name_are_tried_as_soon_as_something_left(catalogue, claim):
    change(catalogue, 'f1', vcpus=2)
    for reason, number in (('server_error', 0), ('name_moving', 1)):
        taken, = catalogue.take()
        catalogue.db.write(outcomes.fail, taken, installation.Event.FAIL, reason, 'No.', later(300),
                           1)
        catalogue.db.write(moving.names_freed, taken.region_pk, NOW)
        assert len(catalogue.take('other')) == number
        catalogue.db.write(claims.release, 'other')
        catalogue.db.write(installations.retry, taken.id, 'req-3', NOW)


def test_what_moves_is_what_may_be_replaced_and_what_leaves(catalogue):
    for flavor_id in ('stays', 'moves', 'refused', 'leaves', 'untried', 'failed'):
        catalogue.flavor(flavor_id)
    for flavor_id in ('stays', 'moves', 'refused', 'leaves', 'failed'):
        catalogue.install(flavor_id, ['RegionOne'])
    taken = catalogue.take()
    for each in taken:
        catalogue.finish(each)
    for flavor_id in ('moves', 'refused', 'failed'):
        change(catalogue, flavor_id, name=f'new-{flavor_id}')
    change(catalogue, 'refused', 'refuse')
    catalogue.install('untried', ['RegionOne'])
    change(catalogue, 'untried', name='new-untried')
    catalogue.db.write(operations.uninstall, 'leaves', 'all', 'req-2', NOW)
    failing, = [each for each in catalogue.take(now=NOW) if each.flavor['id'] == 'failed']
    catalogue.db.write(outcomes.fail, failing, installation.Event.REFUSE, 'rejected', 'No.', None,
                       1)
    found = catalogue.db.read(moving.read, taken[0].region_pk)
    assert {flavor_id: to.name for flavor_id, to in found.items()} == {
        'moves': 'new-moves', 'leaves': None, 'untried': 'new-untried'}
    assert found['moves'].on_immutable == 'replace'
    assert found['moves'].installed[0]['name'] == 'moves'


def test_circles_of_successors_that_are_closed_at_once_have_a_gap(catalogue):
    names = ['f1', 'f2', 'f3', 'f4']
    for flavor_id in names:
        catalogue.flavor(flavor_id)

    def deprecate(number):
        try:
            change(catalogue, names[number], None, status='deprecated',
                   successor=names[(number + 1) % 4])
        except errors.Invalid:
            return 0
        return 1
    with futures.ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(deprecate, range(4))) == 3
