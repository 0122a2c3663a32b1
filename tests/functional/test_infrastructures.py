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

"""Registering clouds that have a Keystone of their own, over RPC and on real databases."""

import contextlib

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa

from flavorsvc.cloud import credentials
from flavorsvc.cloud import sessions
from flavorsvc.conductor import discovery
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import claims
from flavorsvc.db import flavors
from flavorsvc.db import infrastructures
from flavorsvc.db import outcomes
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import installation
from tests.functional import foreign
from tests.functional import site as sites
from tests.functional import test_claims


@contextlib.contextmanager
def running(folder, database_url):
    """Run a site that may call clouds on loopback.

    :returns: context manager that gives a sites.Site
    """
    credentials.Keys(folder / 'keys').set_up()
    conf = sites.configuration(
        folder, 'fake:///', database_url,
        infrastructures={'allowed_networks': '127.0.0.0/8', 'timeout': 1},
        credentials={'key_repository': folder / 'keys'})
    with sites.running(conf) as site:
        yield site


@pytest.fixture(scope='module', params=['sqlite', 'mysql', 'postgresql'])
def world(request, new_database, tmp_path_factory):
    with new_database(request.param) as database_url:
        with running(tmp_path_factory.mktemp('infrastructures'), database_url) as site:
            yield site


@pytest.fixture
def site(world):
    world.reset()
    return world


def install(site, *flavor_ids, region='Mordor'):
    for flavor_id in flavor_ids:
        site.database.write(operations.create, {**test_claims.VALUES, 'id': flavor_id,
                                                'name': flavor_id}, capabilities.TABLE)
        site.database.write(operations.install, flavor_id, [region], 'req-1', timeutils.utcnow())


def clouds(site):
    return sessions.Clouds(site.conf, credentials.Keys(site.conf.credentials.key_repository))


def test_a_cloud_becomes_a_region(site, cloud, ctxt):
    made = site.conductor.infrastructure_create(ctxt, cloud.wanted())
    assert {**made, 'created_at': None} == {
        'name': 'Mordor', 'keystone_url': f'{cloud.url}/v3', 'nova_url': cloud.nova,
        'region_name': 'Barad-dûr', 'project_id': 'project-one', 'created_at': None}
    assert site.conductor.infrastructure_get(ctxt, 'Mordor') == made
    region = site.conductor.region_get(ctxt, 'Mordor')
    assert (region['kind'], region['state'], region['project_id'], region['microversion']) == (
        'registered', 'up', 'project-one', '2.96')


@pytest.mark.parametrize('name', ['RegionOne', 'Mordor'])
def test_a_name_that_is_taken_is_refused_before_anything_is_asked(site, cloud, ctxt, name):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    cloud.asked.clear()
    with pytest.raises(errors.AlreadyExists):
        site.conductor.infrastructure_create(ctxt, cloud.wanted(name=name))
    assert cloud.asked == []


def test_a_name_that_is_taken_meanwhile_is_refused(site, cloud, ctxt):
    def taken(handler):
        del cloud.answers['GET', '/compute/v2.1/flavors/detail']
        site.conductor.infrastructure_create(ctxt, cloud.wanted(project_id='faster'))
        foreign.say(handler, 200, {'flavors': []})
    cloud.answers['GET', '/compute/v2.1/flavors/detail'] = taken
    with pytest.raises(errors.AlreadyExists):
        site.conductor.infrastructure_create(ctxt, cloud.wanted())
    assert site.conductor.infrastructure_get(ctxt, 'Mordor')['project_id'] == 'faster'


def test_the_database_does_not_have_the_password(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    with site.database.engine.connect() as connection:
        stored = [str(row) for table in tables.Base.metadata.sorted_tables
                  for row in connection.execute(sa.select(table))]
    assert 'Mordor' in ''.join(stored)
    assert foreign.PASSWORD not in ''.join(stored)


def test_an_infrastructure_with_flavors_is_kept_unless_forced(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    install(site, *(f'f{number:02}' for number in range(12)))
    site.database.write(operations.delete, 'f00', None, 'req-2', timeutils.utcnow())
    cloud.asked.clear()
    with pytest.raises(errors.Conflict, match='f00, f01, .* and 2 more'):
        site.conductor.infrastructure_delete(ctxt, 'Mordor')
    site.conductor.infrastructure_delete(ctxt, 'Mordor', force=True)
    assert site.conductor.installations_list(ctxt, {}, test_claims.PAGE) == []
    with pytest.raises(errors.NotFound):
        site.conductor.region_get(ctxt, 'Mordor')
    # the one that only waited to leave it is gone, the others stay
    with pytest.raises(errors.NotFound):
        site.database.read(flavors.get, 'f00')
    assert site.database.read(flavors.get, 'f01')['status'] == 'active'
    assert cloud.asked == []
    assert site.database.read(infrastructures.sealed_page, 0, 10) == []
    site.conductor.infrastructure_create(ctxt, cloud.wanted())


def test_other_regions_are_no_infrastructures_and_the_other_way_round(site, cloud, ctxt):
    for call in (site.conductor.infrastructure_get, site.conductor.infrastructure_delete):
        with pytest.raises(errors.NotFound):
            call(ctxt, 'RegionOne')
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    with pytest.raises(errors.Conflict, match='unregister'):
        site.conductor.region_forget(ctxt, 'Mordor')


def test_work_that_ends_after_its_region_went_is_recorded_nowhere(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    install(site, 'f1', 'f2')
    site.database.write(operations.delete, 'f2', None, 'req-2', timeutils.utcnow())
    now = timeutils.utcnow()
    stay, leave = sorted(site.database.write(claims.take, 'me', 9, now, 60, 9),
                         key=lambda claim: claim.flavor['id'])
    site.conductor.infrastructure_delete(ctxt, 'Mordor', force=True)
    for claim in (stay, leave):
        assert not site.database.write(outcomes.finish, claim, None, now)
        site.database.write(probing.answered, claim.region_pk, now, '2.96')
        site.database.write(probing.forget_microversion, claim.region_pk)
        site.database.write(probing.silent, claim.region_pk, now,
                            failures.Unreachable('unreachable', 'Gone.'), lambda count: 1)


def test_a_claim_says_how_the_cloud_is_reached_and_shows_nothing(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    install(site, 'f1')
    site.database.write(operations.install, 'f1', ['RegionOne'], 'req-1', timeutils.utcnow())
    found = {claim.region: claim
             for claim in site.database.write(claims.take, 'me', 9, timeutils.utcnow(), 60, 9)}
    assert found['RegionOne'].access is None
    access = found['Mordor'].access
    assert access['sealed'] not in repr(found['Mordor'])
    ours = clouds(site)
    assert ours.of(None) is ours.home
    assert ours.of(access) is ours.of(dict(access))
    ours.of(access).try_out(cloud.nova, '2.96')
    with pytest.raises(failures.Unreachable) as caught:
        ours.of({**access, 'keystone_url': 'http://127.0.0.1:1/'})
    assert caught.value.reason == 'credential'


class Home:
    """Our own cloud, and the real way to the others."""

    def __init__(self, real, endpoints):
        self.home, self._real, self._endpoints = self, real, endpoints

    def endpoints(self):
        if self._endpoints is None:
            raise failures.Unreachable('unreachable', 'No Keystone.')
        return self._endpoints, set()

    def negotiate(self, endpoint, region=None):
        return '2.1'

    def of(self, access):
        return self if access is None else self._real.of(access)


def looking(site, endpoints):
    return discovery.Discovery(site.database, Home(clouds(site), endpoints), site.conf,
                               lambda count, asked_s: asked_s or 60, contextlib.nullcontext)


def test_a_registered_region_is_asked_how_it_is(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    cloud.answers['GET', '/compute/v2.1'] = lambda handler: foreign.say(handler, 503)
    made = looking(site, {'RegionOne': 'http://regionone.test/v2.1'})
    made.discover()
    made.ask_registered()
    assert site.conductor.region_get(ctxt, 'Mordor')['state'] == 'down'
    assert site.conductor.region_get(ctxt, 'RegionTwo')['state'] == 'gone'


def test_a_region_that_asks_for_a_pause_gets_it(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    cloud.answers['GET', '/compute/v2.1'] = lambda handler: foreign.say(
        handler, 429, headers={'Retry-After': '7'})
    looking(site, {}).ask_registered()
    row = site.database.read(lambda session: session.scalars(
        sa.select(tables.Region).where(tables.Region.name == 'Mordor')).one())
    assert (row.probe_at - row.probed_at).total_seconds() == 7


def test_it_is_asked_also_while_our_own_keystone_is_silent(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    cloud.answers['GET', '/compute/v2.1'] = lambda handler: foreign.say(handler, 503)
    looking(site, None).ask_registered()
    assert site.conductor.region_get(ctxt, 'Mordor')['state'] == 'down'
    assert site.conductor.region_get(ctxt, 'RegionTwo')['state'] == 'up'


def test_a_registered_region_keeps_its_name(site, cloud, ctxt):
    made = site.conductor.infrastructure_create(ctxt, cloud.wanted())
    looking(site, {'Mordor': 'http://mordor.test/v2.1'}).discover()
    assert site.conductor.infrastructure_get(ctxt, 'Mordor') == made
    assert site.conductor.region_get(ctxt, 'Mordor')['state'] == 'up'


def test_a_region_whose_key_is_lost_is_down_and_says_so(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    [(pk, _, sealed)] = site.database.read(infrastructures.sealed_page, 0, 10)
    site.database.write(infrastructures.reseal, {pk: (sealed, 'of another key')})
    looking(site, {}).ask_registered()
    region = site.conductor.region_get(ctxt, 'Mordor')
    assert (region['state'], 'No key' in region['reason']) == ('down', True)


def test_what_changed_meanwhile_is_not_sealed_over(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    [(pk, name, sealed)] = site.database.read(infrastructures.sealed_page, 0, 10)
    assert name == 'Mordor'
    assert site.database.write(infrastructures.reseal, {pk: ('older', 'new')}) == 0
    assert site.database.write(infrastructures.reseal, {pk: (sealed, 'new')}) == 1
    assert site.database.read(infrastructures.sealed_page, pk, 10) == []


def test_a_cloud_whose_credential_is_gone_is_not_taken_for_our_own(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    site.database.write(lambda session: session.execute(sa.delete(tables.Credential)))
    access = site.database.read(regions.reached, 'Mordor')['access']
    assert access is not None
    with pytest.raises(failures.Unreachable):
        clouds(site).of(access)


def test_a_project_registers_so_many_and_no_more(site, cloud, ctxt):
    most = site.conf.infrastructures.max_per_project
    for number in range(most):
        site.conductor.infrastructure_create(ctxt, cloud.wanted(name=f'Shire{number}'))
    with pytest.raises(errors.Denied) as raised:
        site.conductor.infrastructure_create(ctxt, cloud.wanted())
    assert raised.value.reason == (
        f'A project may register {most} infrastructures, and this one has {most}.')
    site.conductor.infrastructure_create(ctxt, cloud.wanted(project_id='project-two'))


def test_what_a_region_says_at_length_is_cut(site, cloud, ctxt):
    site.conductor.infrastructure_create(ctxt, cloud.wanted())
    install(site, 'one')
    [claim] = site.database.write(claims.take, 'me', 9, timeutils.utcnow(), 60, 9)
    assert site.database.write(outcomes.fail, claim, installation.Event.REFUSE, 'sizes_differ',
                               'ü' * 100_000, None, 1)
    [row] = site.conductor.installations_list(ctxt, {}, test_claims.PAGE)
    assert row['error'] == 'ü' * tables.LONGEST_TEXT
