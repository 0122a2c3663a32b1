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

"""Flavors for service types: from the API's side of RPC to models of regions, and back.

Names of tests follow the seed: option 1 lets flavors be created and deleted along with their
mappings, option 2 maps flavors that Nova has.
"""

from concurrent import futures
import dataclasses

from oslo_utils import timeutils
import pytest
import sqlalchemy as sa
import tenacity

from flavorsvc import context
from flavorsvc import rpc
from flavorsvc.conductor import client
from flavorsvc.conductor import endpoints
from flavorsvc.conductor import engine as engines
from flavorsvc.conductor import novas
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import engine as db_engine
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import probing
from flavorsvc.db import schema
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine

CALLER = context.RequestContext(project_id='callers', request_id='req-trove', overwrite=False)
SPEC = flavor.Spec('n1', 'nova-one', 2, 2048, 20, description='made in Nova',
                   extra_specs={'hw:cpu_policy': 'dedicated'})
PRIVATE = flavor.Spec('p1', 'nova-private', 2, 2048, 20, is_public=False,
                      projects=frozenset({'guest', 'friend'}))


class Clouds(test_engine.Cloud):
    """Remembers how the clouds were reached."""

    def __init__(self):
        super().__init__()
        self.reached = []

    def of(self, access):
        self.reached.append(access)
        return self


class Trove:
    """A conductor with three regions that only tests can see, and an API's client of it."""

    def __init__(self, conf):
        self.conf, self.clouds, self.db = conf, Clouds(), db_engine.Database(conf)
        schema.upgrade(self.db)
        self.server = rpc.server(conf, rpc.transport(conf), 'c1', [
            endpoints.ServiceTypes(self.db),
            endpoints.ServiceFlavors(
                self.db, self._engine(), novas.Novas(self.db, self.clouds, 'RegionOne'),
                capabilities.TABLE)])
        self.transport = rpc.transport(conf)
        self.ask = client.Conductor(self.transport, conf)

    def reset(self):
        """Empty the catalogue, and have three empty regions."""
        def work(session):
            sites.empty(session)
            probing.announce(session, {name: f'http://{name}' for name in sites.OWNERS},
                             timeutils.utcnow())
        self.db.write(work)
        for name in sites.OWNERS:
            self.clouds[name].__init__()
        self.clouds.reached.clear()

    @property
    def nova(self):
        return self.clouds['RegionOne']

    def has(self, *specs):
        self.nova.flavors.update({spec.id: spec for spec in specs})

    def catalogue(self, flavor_id, **changes):
        self.db.write(operations.create, {**test_claims.VALUES, 'id': flavor_id,
                                          'name': flavor_id, **changes}, capabilities.TABLE)

    def create(self, types, region=None, **values):
        return self.ask.service_flavor_create(
            CALLER, types, {**test_claims.VALUES, **values}, region, 'callers')

    def ids(self, *types, visible_to=None, region=None):
        return [each['id'] for each in self.ask.service_flavors_list(
            CALLER, list(types), region, visible_to)]

    def registered(self, *types, visible_to=None):
        return [each['id'] for each in self.ask.registered_flavors_list(
            CALLER, list(types), None, visible_to)]

    def register(self, types, flavor_ids, region=None):
        return self.ask.registered_flavors_create(CALLER, types, flavor_ids, region)

    def mapped(self):
        return {each['name']: each['flavor_ids'] for each in self.ask.service_types_list(CALLER)}

    def get(self, flavor_id):
        return self.db.read(flavors.get, flavor_id)

    def installations(self, flavor_id):
        return [(row['region'], row['status'], row['origin']) for row in self.db.read(
            installations.list_page, {'flavor': flavor_id}, test_claims.PAGE)]

    def converge(self, until):
        """Have the engine at work until something holds."""
        engine = self._engine()
        engine.start()
        try:
            tenacity.Retrying(
                wait=tenacity.wait_fixed(0.02), stop=tenacity.stop_after_delay(30), reraise=True,
                retry=tenacity.retry_if_result(lambda done: not done))(until)
        finally:
            engine.stop()

    def _engine(self):
        return engines.Engine(self.db, self.clouds, self.conf, capabilities.TABLE, 'c1')

    def stop(self):
        self.server.stop()
        self.server.wait()
        self.transport.cleanup()
        self.db.dispose()


@pytest.fixture(scope='module', params=['sqlite', 'mysql', 'postgresql'])
def conductor(request, new_database, tmp_path_factory):
    with new_database(request.param) as database_url:
        conf = sites.configuration(tmp_path_factory.mktemp('trove'), 'fake:///', database_url)
        conf.set_override('poll_interval', 0.05, 'engine')
        made = Trove(conf)
        made.server.start()
        yield made
        made.stop()


@pytest.fixture
def trove(conductor):
    conductor.reset()
    return conductor


def dead(region, call):
    raise failures.Unreachable('unreachable', 'No route to host.')


def test_option_1_creates_a_flavor_that_nova_lacks_and_registers_it(trove):
    made = trove.create(['redis', 'mysql'], id='f1', name='one', vcpus=4)
    assert (made['id'], made['vcpus'], made['created']) == ('f1', 4, True)
    assert made['service_types'] == ['mysql', 'redis']
    assert [row['status'] for row in made['installations']] == ['pending']
    assert trove.get('f1')['project_id'] == 'callers'
    assert trove.ids('redis') == [], 'Nova does not have it yet'
    trove.converge(lambda: 'f1' in trove.nova.flavors)
    assert trove.ids('redis') == trove.ids('mysql', 'redis') == ['f1']
    assert trove.clouds['RegionTwo'].flavors == {}


def test_option_1_makes_up_an_id_where_none_is_given(trove):
    without = {name: value for name, value in test_claims.VALUES.items() if name != 'id'}
    made = trove.ask.service_flavor_create(CALLER, ['redis'], without, 'RegionTwo', 'callers')
    assert trove.mapped() == {'redis': [made['id']]}
    assert trove.installations(made['id']) == [('RegionTwo', 'pending', None)]
    assert trove.nova.calls == trove.clouds['RegionTwo'].calls == []


def test_option_1_names_what_a_new_flavor_lacks_and_an_old_one_needs_nothing(trove):
    bare = {name: value for name, value in test_claims.VALUES.items()
            if name not in ('name', 'ram_mib')}
    for flavor_id in ('n1', None):
        with pytest.raises(errors.Incomplete) as raised:
            trove.ask.service_flavor_create(CALLER, ['redis'], {**bare, 'id': flavor_id})
        assert raised.value.args == ('name', 'ram_mib')
    assert trove.mapped() == {}
    trove.has(SPEC)
    made = trove.ask.service_flavor_create(CALLER, ['redis'], {'id': 'n1'}, None, 'callers')
    assert (made['name'], made['service_types']) == (SPEC.name, ['redis'])
    assert trove.ask.service_flavor_create(CALLER, ['mysql'], {'id': 'n1'})['ram_mib'] == 2048


def test_option_1_only_registers_a_flavor_that_nova_has_and_ignores_the_rest(trove):
    trove.has(PRIVATE, SPEC)
    for spec in (SPEC, PRIVATE):
        made = trove.create(['redis'], id=spec.id, name='ignored', vcpus=99)
        assert (made['name'], made['vcpus'], made['created']) == (spec.name, 2, False)
        assert made['installations'] == []
        adopted = trove.get(spec.id)
        assert flavor.wanted(adopted, {}) == spec
        assert adopted['project_id'] == 'callers'
        assert adopted['regions'] == ['RegionOne']
        assert trove.installations(spec.id) == [('RegionOne', 'active', 'adopted')]
    assert set(trove.nova.calls) == {'find'}


def test_an_adopted_flavor_follows_changes_and_can_be_deleted(trove):
    trove.has(SPEC)
    trove.create(['redis'], id='n1')
    trove.db.write(operations.update, 'n1', {'description': 'ours'}, None, capabilities.TABLE,
                   'req-2', timeutils.utcnow())
    trove.converge(lambda: trove.nova.flavors['n1'].description == 'ours')
    assert trove.installations('n1') == [('RegionOne', 'active', 'adopted')]


def test_option_1_does_not_change_what_the_catalogue_has(trove):
    trove.catalogue('f1', vcpus=7)
    made = trove.create(['redis'], id='f1', vcpus=1)
    assert (made['vcpus'], made['created']) == (7, False)
    assert [row['region'] for row in made['installations']] == ['RegionOne']
    assert trove.get('f1')['generation'] == 1


def test_a_flavor_that_nova_lost_is_installed_again(trove):
    trove.create(['redis'], id='f1', name='f1')
    trove.converge(lambda: 'f1' in trove.nova.flavors)
    trove.nova.flavors.clear()
    made = trove.create(['redis'], id='f1')
    assert [row['status'] for row in made['installations']] == ['pending']
    trove.converge(lambda: 'f1' in trove.nova.flavors)


@pytest.mark.parametrize('in_nova', [False, True])
def test_many_who_create_the_same_at_once_create_it_once(trove, in_nova):
    trove.has(*[SPEC] * in_nova)
    with futures.ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda number: trove.create([f'type-{number}'], id='n1'), range(6)))
    assert {each['id'] for each in made} == {'n1'}
    assert trove.mapped() == {f'type-{number}': ['n1'] for number in range(6)}
    assert len(trove.installations('n1')) == 1
    assert [each['created'] for each in made].count(True) == (0 if in_nova else 1)


def test_what_catalogue_and_nova_have_is_registered_only(trove):
    trove.catalogue('n1')
    trove.has(SPEC)
    made = trove.create(['redis'], id='n1')
    assert made['name'] == SPEC.name, 'details are those of Nova'
    assert (trove.installations('n1'), trove.mapped()) == ([], {'redis': ['n1']})


@pytest.mark.parametrize('in_nova', [False, True])
def test_a_name_that_another_flavor_has_is_refused_and_nothing_mapped(trove, in_nova):
    trove.catalogue('other', name=SPEC.name)
    trove.has(*[SPEC] * in_nova)
    with pytest.raises(errors.AlreadyExists):
        trove.create(['redis'], id='n1', name=SPEC.name)
    assert trove.mapped() == {}


@pytest.mark.parametrize('in_nova', [False, True])
def test_a_flavor_that_is_being_deleted_is_not_registered(trove, in_nova):
    trove.create(['redis'], id='f1', name='f1')
    trove.ask.service_flavors_delete(CALLER, ['f1'])
    trove.has(*[dataclasses.replace(SPEC, id='f1')] * in_nova)
    with pytest.raises(errors.Conflict):
        trove.create(['redis'], id='f1')
    assert trove.mapped() == {}


def test_an_id_that_would_be_another_url_reaches_no_nova(trove):
    for flavor_id in ('..', 'a/b', 'a?b', 'a%2Fb', ' a', ''):
        with pytest.raises(errors.Invalid):
            trove.create(['redis'], id=flavor_id)
        with pytest.raises(errors.NotFound):
            trove.register(['redis'], [flavor_id])
    assert trove.nova.calls == []


@pytest.mark.parametrize('ask', [
    lambda trove, region: trove.create(['redis'], region, id='f1'),
    lambda trove, region: trove.create(['redis'], region, id=None),
    lambda trove, region: trove.register(['redis'], ['f1'], region),
    lambda trove, region: trove.ids('redis', region=region),
])
def test_an_unknown_region_is_not_found(trove, ask):
    with pytest.raises(errors.NotFound) as raised:
        ask(trove, 'Nowhere')
    assert raised.value.reason == "There is no region 'Nowhere'."


def test_a_foreign_cloud_is_reached_by_its_own_credential(trove):
    access = {'keystone_url': 'http://keystone.test', 'region_name': None, 'sealed': 'sealed'}

    def work(session):
        row = session.scalars(
            sa.select(tables.Region).where(tables.Region.name == 'RegionTwo')).one()
        row.kind, row.credential = 'registered', tables.Credential(**access)
    trove.db.write(work)
    trove.clouds['RegionTwo'].flavors['n1'] = SPEC
    trove.register(['redis'], ['n1'], 'RegionTwo')
    trove.ids('redis')
    assert trove.clouds.reached == [access, None]


def test_a_region_that_left_the_service_catalogue_is_not_called(trove):
    trove.db.write(probing.announce, {'RegionTwo': 'http://RegionTwo'}, timeutils.utcnow())
    with pytest.raises(errors.RegionUnreachable):
        trove.create(['redis'], id=None)
    assert trove.nova.calls == []


def test_a_dead_region_is_told_and_nothing_is_done(trove):
    trove.has(SPEC)
    trove.register(['redis'], ['n1'])
    trove.nova.before = dead
    for ask in (lambda: trove.create(['mysql'], id='f1'), lambda: trove.register(['x'], ['n1']),
                lambda: trove.ids('redis'),
                lambda: trove.ask.service_flavors_delete(CALLER, ['n1'])):
        with pytest.raises(errors.RegionUnreachable) as raised:
            ask()
        assert raised.value.reason == 'Region RegionOne: No route to host.'
    assert trove.mapped() == {'redis': ['n1']}


def test_get_tells_details_as_nova_has_them(trove):
    trove.has(SPEC, PRIVATE)
    trove.register(['redis', 'mysql'], ['n1'])
    trove.register(['redis'], ['p1'])
    one, private = trove.ask.service_flavors_list(CALLER, ['redis'])
    assert one == {
        'id': 'n1', 'name': 'nova-one', 'vcpus': 2, 'ram_mib': 2048, 'disk_gib': 20,
        'ephemeral_gib': 0, 'swap_mib': 0, 'rxtx_factor': 1.0, 'is_public': True,
        'description': 'made in Nova', 'projects': [], 'service_types': ['mysql', 'redis']}
    assert private['projects'] == ['friend', 'guest']


def test_many_flavors_are_read_by_one_list(trove):
    trove.has(*[dataclasses.replace(SPEC, id=f'f{number}', name=f'name-{number}')
                for number in range(9)], PRIVATE)
    trove.register(['redis'], [f'f{number}' for number in range(7)])
    trove.nova.calls.clear()
    assert trove.ids('redis') == [f'f{number}' for number in range(7)]
    assert trove.nova.calls == ['list']


@pytest.mark.parametrize('others', [0, 5])
def test_a_private_flavor_is_told_to_those_who_may_use_it(trove, others):
    more = [dataclasses.replace(SPEC, id=f'f{number}', name=f'a{number}')
            for number in range(others)]
    trove.has(PRIVATE, *more)
    trove.register(['redis'], ['p1', *[spec.id for spec in more]])
    shown = [spec.id for spec in more]
    assert trove.ids('redis', visible_to='guest') == [*shown, 'p1']
    assert trove.ids('redis', visible_to='stranger') == shown
    assert trove.registered('redis', visible_to='stranger') == shown
    assert trove.ids('redis') == [*shown, 'p1']
    told = trove.ask.service_flavors_list(CALLER, ['redis'], None, 'guest')[-1]
    assert told['projects'] is None, 'who else may use it is not for everybody'


def test_the_access_list_of_the_catalogue_goes_before_that_of_nova(trove):
    trove.has(PRIVATE)
    trove.catalogue('p1', is_public=False, projects=['listed'], public=True)
    trove.register(['redis'], ['p1'])
    assert trove.ids('redis', visible_to='listed') == ['p1']
    assert trove.ids('redis', visible_to='guest') == []


def test_new_flavors_match_a_rule_by_themselves(trove):
    trove.ask.service_type_put(CALLER, 'redis', {'min_ram_mib': 1024,
                                                 'required_extra_specs': {'hw:é': 'x'}})
    assert trove.ids('redis') == []
    trove.catalogue('large', ram_mib=4096, extra_specs={'hw:é': 'x', 'b': 'c'}, public=True)
    trove.catalogue('small', ram_mib=512, extra_specs={'hw:é': 'x'}, public=True)
    trove.catalogue('plain', ram_mib=4096, public=True)
    trove.catalogue('elsewhere', ram_mib=4096, extra_specs={'hw:é': 'x'}, public=True)
    trove.has(*[dataclasses.replace(SPEC, id=name, name=name)
                for name in ('large', 'small', 'plain')])
    assert trove.ids('redis') == ['large']
    assert trove.registered('redis') == [], 'it is not mapped'
    trove.register(['redis', 'mysql'], ['small'])
    assert trove.ids('redis') == ['large', 'small']
    assert trove.ids('mysql') == ['small']
    assert trove.registered('redis') == ['small']


def test_a_property_that_stands_for_an_extra_spec_counts_for_a_rule(trove):
    trove.ask.service_type_put(CALLER, 'redis', {
        'required_extra_specs': {'capabilities:cpu_info:arch': 'x86_64'}})
    trove.catalogue('f1', properties={'cpu_arch': 'x86_64'})
    trove.has(dataclasses.replace(SPEC, id='f1'))
    assert trove.ids('redis') == ['f1']


def test_what_only_matches_a_rule_is_for_those_who_see_it_in_the_catalogue(trove):
    trove.ask.service_type_put(CALLER, 'redis', {'min_vcpus': 1})
    trove.catalogue('draft', project_id='owner')
    trove.catalogue('published', public=True)
    trove.has(*[dataclasses.replace(SPEC, id=name, name=name) for name in ('draft', 'published')])
    assert trove.ids('redis', visible_to='owner') == ['draft', 'published']
    assert trove.ids('redis', visible_to='stranger') == ['published']
    trove.register(['redis'], ['draft'])
    assert trove.ids('redis', visible_to='stranger') == ['draft', 'published']


def test_a_flavor_that_is_being_deleted_matches_no_rule(trove):
    trove.ask.service_type_put(CALLER, 'redis', {'min_vcpus': 1})
    trove.create(['mysql'], id='f1', name='f1')
    trove.has(dataclasses.replace(SPEC, id='f1'))
    assert trove.ids('redis') == ['f1']
    trove.db.write(operations.delete, 'f1', None, 'req-2', timeutils.utcnow())
    assert trove.ids('redis') == []
    assert trove.ids('mysql') == ['f1'], 'it is still mapped, and Nova still has it'


def test_each_region_tells_what_it_has(trove):
    trove.has(SPEC)
    trove.register(['redis'], ['n1'])
    assert trove.ids('redis', region='RegionOne') == ['n1']
    assert trove.ids('redis', region='RegionTwo') == []


def test_a_type_that_nobody_gave_a_meaning_is_not_found(trove):
    trove.ask.service_type_put(CALLER, 'redis', {})
    assert trove.ids('redis') == []
    for ask in (trove.ids, trove.registered):
        with pytest.raises(errors.NotFound) as raised:
            ask('redis', 'redsi')
        assert raised.value.reason == "There is no service type 'redsi'."


def test_option_1_deletes_flavors_from_all_types_and_from_nova(trove):
    trove.create(['redis', 'mysql'], id='f1', name='f1')
    trove.create(['redis'], id='f2', name='f2')
    trove.converge(lambda: set(trove.nova.flavors) == {'f1', 'f2'})
    left = trove.ask.service_flavors_delete(CALLER, ['f1', 'f1'])
    assert [(row['flavor_id'], row['region'], row['desired']) for row in left] == [
        ('f1', 'RegionOne', 'absent')]
    assert trove.mapped() == {'redis': ['f2']}
    trove.converge(lambda: set(trove.nova.flavors) == {'f2'})
    with pytest.raises(errors.NotFound):
        trove.get('f1')


def test_option_1_deletes_an_adopted_flavor(trove):
    trove.has(SPEC)
    trove.create(['redis'], id='n1')
    trove.ask.service_flavors_delete(CALLER, ['n1'])
    trove.converge(lambda: trove.nova.flavors == {})


def test_a_flavor_that_only_nova_has_is_deleted_there_on_record(trove):
    trove.has(SPEC, PRIVATE)
    trove.register(['redis'], ['n1', 'p1'])
    left = trove.ask.service_flavors_delete(CALLER, ['p1', 'n1'])
    assert {(row['flavor_id'], row['region'], row['request_id']) for row in left} == {
        ('n1', 'RegionOne', 'req-trove'), ('p1', 'RegionOne', 'req-trove')}
    assert {row['flavor_project_id'] for row in left} == {'callers'}
    trove.converge(lambda: trove.nova.flavors == {})
    assert {call.id for call in trove.nova.calls if isinstance(call, compare.Delete)} == {
        'n1', 'p1'}


def test_a_mapped_flavor_that_is_nowhere_is_forgotten(trove):
    trove.has(SPEC)
    trove.register(['redis'], ['n1'])
    trove.nova.flavors.clear()
    assert trove.ask.service_flavors_delete(CALLER, ['n1']) == []
    assert trove.mapped() == {}


def test_a_flavor_that_nobody_mapped_is_not_deleted_from_nova(trove):
    trove.has(SPEC)
    trove.create(['redis'], id='f1', name='f1')
    with pytest.raises(errors.NotFound) as raised:
        trove.ask.service_flavors_delete(CALLER, ['f1', 'n1', 'n2'])
    assert raised.value.reason == "There is no flavor 'n1'."
    assert trove.mapped() == {'redis': ['f1']}
    assert trove.get('f1')['status'] == 'active'
    assert set(trove.nova.flavors) == {'n1'}


def test_mappings_are_taken_back_and_the_flavors_stay(trove):
    trove.has(SPEC)
    trove.create(['redis', 'mysql'], id='n1')
    trove.ask.service_mappings_delete(CALLER, ['redis'], ['n1', 'unknown'])
    assert trove.mapped() == {'mysql': ['n1']}
    assert trove.get('n1')['status'] == 'active'
    assert set(trove.nova.flavors) == {'n1'}


def test_a_type_to_which_nothing_is_mapped_is_named_and_nothing_taken_back(trove):
    trove.has(SPEC)
    trove.register(['redis'], ['n1'])
    with pytest.raises(errors.NotFound) as raised:
        trove.ask.service_mappings_delete(CALLER, ['redis', 'mysql'], ['n1', 'n2'])
    assert raised.value.reason == (
        "There is no mapping to the service type 'mysql' of the flavor 'n1, n2'.")
    assert trove.mapped() == {'redis': ['n1']}


def test_option_2_maps_what_nova_has_and_leaves_the_catalogue_alone(trove):
    trove.has(SPEC, PRIVATE)
    told = trove.register(['redis', 'mysql'], ['p1', 'n1', 'p1'])
    assert [(each['id'], each['service_types']) for each in told] == [
        ('p1', ['mysql', 'redis']), ('n1', ['mysql', 'redis'])]
    assert trove.registered('mysql') == ['n1', 'p1']
    assert trove.db.read(flavors.living) == {}


def test_option_2_names_all_that_the_region_lacks_and_maps_nothing(trove):
    trove.has(SPEC)
    for missing in (['a', 'b'], ['a', 'b', 'c', 'd']):
        with pytest.raises(errors.NotFound) as raised:
            trove.register(['redis'], ['n1', *missing])
        assert raised.value.reason == f"There is no flavor '{', '.join(missing)}'."
    assert trove.mapped() == {}


def test_a_mapping_comes_back_when_it_is_made_again(trove):
    trove.has(SPEC)
    trove.register(['redis'], ['n1'])
    trove.ask.service_mappings_delete(CALLER, ['redis'], ['n1'])
    assert trove.mapped() == {}
    trove.register(['redis'], ['n1'])
    assert trove.registered('redis') == ['n1']


def test_a_type_is_put_shown_listed_and_deleted(trove):
    put = trove.ask.service_type_put(CALLER, 'redis', {'min_vcpus': 2})
    assert put['created'] is True
    assert trove.ask.service_type_get(CALLER, 'redis')['min_vcpus'] == 2
    assert trove.mapped() == {'redis': []}
    trove.ask.service_type_delete(CALLER, 'redis')
    with pytest.raises(errors.NotFound):
        trove.ask.service_type_get(CALLER, 'redis')
