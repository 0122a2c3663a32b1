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

"""What a worker goes on with where it is: the next installation takes the place of the last one."""

import collections
from concurrent import futures
import dataclasses

import pytest
import sqlalchemy as sa

from flavorsvc.db import claims
from flavorsvc.db import engine
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import installation
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine
from tests.functional.test_claims import LEASE_S
from tests.functional.test_claims import NOW
from tests.functional.test_claims import later

CAP = 4


@pytest.fixture
def catalogue(migrated_url, tmp_path):
    database = engine.Database(
        sites.configuration(tmp_path, 'fake:///', migrated_url))
    database.write(sites.empty)
    made = test_claims.Catalogue(database)
    for _, pk, _ in places(made):
        database.write(probing.answered, pk, NOW, '2.96')
    for number in range(8):
        made.flavor(f'f{number}', **{'is_public': False, 'projects': ['p1']} if number else {})
        made.install(f'f{number}', now=later(number - 10))
    yield made
    database.dispose()


def places(catalogue):
    """Give (name, pk, state) of every region."""
    return catalogue.db.read(lambda session: session.query(
        tables.Region.name, tables.Region.pk, tables.Region.state).all())


def go_on(catalogue, claim, now=NOW, cap=CAP, under_way=()):
    """Record that a claim was fulfilled, and claim what follows it."""
    def both(session):
        assert outcomes.finish(session, claim, 'created', now)
        return claims.follow(session, claim, now, LEASE_S, cap, list(under_way))
    return catalogue.db.write(both)


def test_the_oldest_of_the_same_region_follows(catalogue):
    first = catalogue.take(cap=1)[0]
    following = go_on(catalogue, first)
    assert (following.region, following.flavor['id']) == (first.region, 'f1')
    assert (following.owner, following.status, following.tried) == ('me', 'installing', False)
    assert following.flavor['projects'] == ['p1']
    assert catalogue.db.write(claims.hold, following, later(LEASE_S))
    assert catalogue.statuses(region=first.region) == ['active', 'installing'] + ['pending'] * 6


def test_it_is_as_if_it_had_been_taken(catalogue):
    first, other, _ = catalogue.take(cap=1)
    following = go_on(catalogue, first)
    catalogue.finish(other)
    taken, = catalogue.take(cap=1)
    assert taken.region == other.region
    unlike = {'id', 'flavor', 'region', 'region_pk', 'endpoint', 'wished_at'}
    assert following.flavor['id'] == taken.flavor['id'] == 'f1'
    for field in dataclasses.fields(claims.Claim):
        if field.name not in unlike:
            assert getattr(following, field.name) == getattr(taken, field.name), field.name


def test_nothing_follows_but_what_is_due(catalogue):
    claim = catalogue.take(cap=1)[0]
    for number in range(1, 8):
        assert claim.flavor['id'] == f'f{number - 1}'
        claim = go_on(catalogue, claim)
    assert go_on(catalogue, claim) is None


def test_what_this_conductor_could_not_prolong_is_not_begun_anew(catalogue):
    first, second = (claim for claim in catalogue.take(cap=2) if claim.region == 'RegionOne')
    soon = later(LEASE_S + 1)
    assert catalogue.db.write(claims.renew, 'me', [first.id], later(3 * LEASE_S)) == [first.id]
    following = go_on(catalogue, first, now=soon, under_way=[first.id, second.id])
    assert following.flavor['id'] == 'f2'


@pytest.mark.parametrize('change', [
    {'maintenance': True}, {'max_concurrency': 1}], ids=['maintenance', 'lower cap'])
def test_no_place_is_passed_on_that_the_region_has_no_more(catalogue, change):
    first, _ = (claim for claim in catalogue.take(cap=2) if claim.region == 'RegionOne')
    catalogue.db.write(regions.update, 'RegionOne', change, CAP, NOW)
    assert go_on(catalogue, first) is None


def test_a_region_that_is_slow_gets_its_share_anew(catalogue):
    first = next(claim for claim in catalogue.take(cap=1) if claim.region == 'RegionOne')
    catalogue.db.write(probing.measured, first.region_pk, 60, NOW, 5)
    assert go_on(catalogue, first) is None


def test_a_region_that_fell_silent_meanwhile_is_left_alone(catalogue):
    first, second = (claim for claim in catalogue.take(cap=2) if claim.region == 'RegionOne')
    failure = failures.Unreachable('unreachable', 'No route.')
    catalogue.db.write(probing.silent, first.region_pk, NOW, failure, lambda count: 60)
    catalogue.db.write(outcomes.fail, second, installation.Event.FAIL, 'unreachable', 'No route.',
                       later(60), 1)
    assert go_on(catalogue, first) is None


def test_those_that_go_on_together_never_claim_the_same_and_stay_within_the_cap(catalogue):
    held = [claim for owner in 'ab' for claim in catalogue.take(owner, room=6, cap=CAP)]
    assert collections.Counter(claim.region for claim in held) == {name: 4 for name in sites.OWNERS}
    done = list(held)
    with futures.ThreadPoolExecutor(8) as pool:
        while held:
            held = [each for each in pool.map(lambda claim: go_on(catalogue, claim), held) if each]
            assert max(collections.Counter(claim.region for claim in held).values(),
                       default=0) <= CAP
            # who met another one at the same installation left it to that
            held += catalogue.take('c', cap=CAP)
            done += held
    assert len(done) == len({claim.id for claim in done}) == 24
    assert catalogue.statuses() == ['active'] * 24


@pytest.mark.parametrize('migrated_url', ['mysql', 'postgresql'], indirect=True, scope='module')
def test_what_is_being_changed_is_neither_claimed_nor_waited_for(catalogue):
    """Who changes much in one transaction, as when a plan is applied, may wait for our rows."""
    first, _, _ = catalogue.take(cap=1)

    def change(session):
        assert session.execute(
            sa.update(tables.Installation).values(request_id='req-2')
            .where(tables.Installation.flavor.has(id='f1'))).rowcount == 3
        following = go_on(catalogue, first)
        taken = catalogue.take('other', cap=2)
        return following, taken
    following, taken = catalogue.db.write(change)
    assert following is None
    assert 'f1' not in {claim.flavor['id'] for claim in taken}
    assert {claim.flavor['id'] for claim in catalogue.take(cap=4)} >= {'f1'}


def test_whoever_goes_on_does_not_keep_other_regions_waiting(tmp_path, new_database):
    """One worker for three regions: none has to wait until another one has all its flavors."""
    with new_database('sqlite') as url:
        world = test_engine.World(sites.configuration(
            tmp_path, 'fake:///', url, engine={'workers': 1, 'poll_interval': 0.05}))
        for _, pk, _ in places(world):
            world.db.write(probing.answered, pk, NOW, '2.96')
        served = []
        for name in sites.OWNERS:
            world.cloud[name].before = (
                lambda region, call, name=name:
                served.append(name) if isinstance(call, compare.Create) else None)
        world.install(*[f'f{number}' for number in range(20)])
        with world.conductors():
            world.until(lambda: world.statuses() == {'active': 60})
        world.db.dispose()
    assert set(served[:24]) == set(sites.OWNERS)
    assert served[0] == served[1], 'it goes on where it is'
