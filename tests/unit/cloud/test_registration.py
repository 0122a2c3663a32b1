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

"""What is entered in Keystone's catalogue; tests/integration asks a real Keystone for the same."""

import itertools
import types

from keystoneauth1 import exceptions
from keystoneauth1.access import service_catalog
import pytest

from flavorsvc.cloud import catalog
from flavorsvc.cloud import registration
from flavorsvc.domain import errors
from flavorsvc.domain import failures

URL = 'http://flavorsvc.test:9890'
KEYSTONE, GLANCE, NOVA = 'http://keystone.test/v3', 'http://glance.test', 'http://nova.test/v2.1'


class Collection:
    """Services, regions or endpoints, as keystoneclient gives access to them.

    :ivar kept: list of what there is
    :ivar changes: int, how many there were
    """

    def __init__(self, keystone, *fields):
        self._keystone, self._fields = keystone, fields
        self.kept, self.changes = [], 0

    def create(self, *values, **named):
        given = dict(zip(self._fields, values, strict=False)) | named
        if 'service' in given:
            given['service_id'] = given.pop('service').id
        made = types.SimpleNamespace(**{
            'id': f'id-{next(self._keystone.numbers)}', 'enabled': True,
            'parent_region_id': None, **given})
        self.kept.append(made)
        self._changed()
        return made

    def list(self, service=None, **where):
        if service is not None:
            where['service_id'] = service.id
        # None leaves a filter out
        return [each for each in self.kept if all(
            value is None or getattr(each, name) == value for name, value in where.items())]

    def update(self, found, **changes):
        vars(found).update(changes)
        self._changed()

    def delete(self, found):
        self.kept = [each for each in self.kept if found not in (each, each.id)]
        self._changed()

    def _changed(self):
        self.changes += 1
        self._keystone.seen()


class Keystone:
    """A Keystone with two regions; ``seen`` is called after each change."""

    def __init__(self):
        self.numbers, self.seen = itertools.count(), lambda: None
        self.services = Collection(self, 'name', 'type')
        self.regions = Collection(self, 'id', 'description')
        self.endpoints = Collection(self, 'service', 'url')
        for region in ('RegionOne', 'RegionTwo'):
            self.regions.create(region)
        for kind in ('identity', 'image', 'compute'):
            self.services.create(kind, kind)
        for kind, region, url in (
                ('identity', 'RegionOne', KEYSTONE), ('image', 'RegionOne', GLANCE),
                ('compute', 'RegionOne', NOVA), ('compute', 'RegionTwo', NOVA)):
            self.enter(kind, region, url)

    def enter(self, kind, region, url, interface='public'):
        [service] = self.services.list(type=kind)
        self.endpoints.create(service, url, interface=interface, region_id=region)

    def table(self):
        """List what the catalogue says, as (type, region, interface, URL)."""
        kinds = {service.id: service.type for service in self.services.kept}
        return sorted((kinds[each.service_id], each.region_id, each.interface, each.url)
                      for each in self.endpoints.kept)

    def catalog(self):
        return service_catalog.ServiceCatalogV3([
            {'id': service.id, 'type': service.type, 'name': service.name, 'endpoints': [
                {'id': each.id, 'interface': each.interface, 'region_id': each.region_id,
                 'region': each.region_id, 'url': each.url}
                for each in self.endpoints.list(service)]} for service in self.services.kept])


@pytest.fixture
def keystone():
    return Keystone()


def wanted(url=URL, regions=('RegionOne',), compute_region='flavorsvc', **more):
    return registration.Wanted(urls={'public': url}, regions=list(regions),
                               compute_region=compute_region, model_region='RegionOne', **more)


def register(keystone, is_dry=False, **named):
    made = registration.Registration(keystone, is_dry).register(wanted(**named))
    return [f'{change.verb} {change.what}' for change in made]


def unregister(keystone, is_dry=False):
    made = registration.Registration(keystone, is_dry).unregister()
    return [f'{change.verb} {change.what}' for change in made]


REGISTERED = [
    'create service flavorsvc',
    f'create endpoint flavorsvc public in RegionOne: {URL}/v1',
    'create region flavorsvc',
    f'create endpoint identity public in flavorsvc: {KEYSTONE}',
    f'create endpoint image public in flavorsvc: {GLANCE}',
    f'create endpoint compute public in flavorsvc: {URL}/v2.1',
    f'create endpoint flavorsvc public in flavorsvc: {URL}/v1']


def test_all_is_entered_and_told(keystone):
    assert register(keystone) == REGISTERED
    assert ('compute', 'flavorsvc', 'public', f'{URL}/v2.1') in keystone.table()


def test_a_second_time_changes_nothing(keystone):
    register(keystone)
    before = keystone.table()
    assert register(keystone) == []
    assert keystone.table() == before


def test_what_would_be_done_is_told_and_not_done(keystone):
    before = keystone.table()
    assert register(keystone, is_dry=True) == REGISTERED
    assert keystone.table() == before
    register(keystone)
    before = keystone.table()
    assert unregister(keystone, is_dry=True)
    assert keystone.table() == before


def test_without_a_compute_region_there_is_the_service_alone(keystone):
    assert register(keystone, compute_region=None) == REGISTERED[:2]


def test_a_changed_url_is_updated_wherever_it_is(keystone):
    register(keystone)
    new = 'https://flavors.test'
    assert register(keystone, url=new) == [
        f'update endpoint flavorsvc public in RegionOne: {new}/v1',
        f'update endpoint compute public in flavorsvc: {new}/v2.1',
        f'update endpoint flavorsvc public in flavorsvc: {new}/v1']


def test_a_service_of_keystone_or_glance_that_moved_is_copied_again(keystone):
    register(keystone)
    for endpoint in keystone.endpoints.kept:
        if (endpoint.region_id, endpoint.url) == ('RegionOne', GLANCE):
            endpoint.url = 'http://moved.test'
    assert register(keystone) == [
        'update endpoint image public in flavorsvc: http://moved.test']


def test_a_double_and_a_disabled_endpoint_are_put_right(keystone):
    register(keystone)
    keystone.enter('flavorsvc', 'RegionOne', 'http://old.test/v1')
    keystone.endpoints.list(region_id='flavorsvc')[0].enabled = False
    assert register(keystone) == [
        'delete endpoint flavorsvc public in RegionOne: http://old.test/v1',
        f'update endpoint identity public in flavorsvc: {KEYSTONE}']
    assert register(keystone) == []


def test_where_there_is_no_glance_there_is_none_in_the_region(keystone):
    for endpoint in keystone.endpoints.list(url=GLANCE):
        keystone.endpoints.delete(endpoint)
    register(keystone)
    assert [kind for kind, region, _, _ in keystone.table() if region == 'flavorsvc'] == [
        'compute', 'flavorsvc', 'identity']


def test_a_keystone_that_another_region_lists_for_all_is_copied(keystone):
    for endpoint in keystone.endpoints.list(url=KEYSTONE):
        endpoint.region_id = 'RegionTwo'
    register(keystone)
    assert ('identity', 'flavorsvc', 'public', KEYSTONE) in keystone.table()
    assert register(keystone) == []


def test_at_no_moment_is_flavorsvc_taken_for_a_nova(keystone):
    found = []
    keystone.seen = lambda: found.append(set(catalog.novas(keystone.catalog(), 'public')[0]))
    for url in (URL, 'https://flavors.test', 'https://flavors.test/behind/a/proxy'):
        register(keystone, url=url)
    unregister(keystone)
    assert len(found) > 10
    assert {'flavorsvc'} & set().union(*found) == set()


def test_what_was_entered_is_taken_out_and_nothing_else(keystone):
    before, regions = keystone.table(), [*keystone.regions.kept]
    register(keystone, regions=['RegionOne', 'RegionTwo'])
    told = unregister(keystone)
    assert told[-2:] == ['delete region flavorsvc', 'delete service flavorsvc']
    assert (keystone.table(), keystone.regions.kept) == (before, regions)
    assert [service.type for service in keystone.services.kept] == ['identity', 'image', 'compute']
    assert unregister(keystone) == []


def test_a_region_in_which_there_is_more_stays(keystone):
    register(keystone)
    keystone.services.create('network', 'network')
    keystone.enter('network', 'flavorsvc', 'http://neutron.test')
    unregister(keystone)
    assert ('network', 'flavorsvc', 'public', 'http://neutron.test') in keystone.table()
    assert len(keystone.regions.kept) == 3


def test_a_real_region_that_lists_flavorsvc_as_well_keeps_its_keystone(keystone):
    register(keystone, compute_region=None)
    before = keystone.table()
    keystone.enter('compute', 'RegionOne', f'{URL}/v2.1')
    unregister(keystone)
    assert keystone.table() == [row for row in before if row[0] != 'flavorsvc']


def test_a_region_that_was_given_to_flavorsvc_by_hand_keeps_what_is_no_copy(keystone):
    register(keystone, compute_region=None)
    keystone.regions.create('Central')
    for kind, url in (('identity', 'http://central.test/v3'), ('image', 'http://central.test'),
                      ('compute', f'{URL}/regions/RegionOne/v2.1')):
        keystone.enter(kind, 'Central', url)
    unregister(keystone)
    assert [row[0] for row in keystone.table() if row[1] == 'Central'] == ['identity', 'image']


def test_the_only_keystone_stays(keystone):
    register(keystone, compute_region=None)
    for endpoint in keystone.endpoints.list(url=NOVA):
        endpoint.url = f'{URL}/v2.1'
    unregister(keystone)
    assert ('identity', 'RegionOne', 'public', KEYSTONE) in keystone.table()


@pytest.mark.parametrize(('named', 'says'), [
    ({'compute_region': 'RegionTwo'}, f"the compute service of 'RegionTwo' is at {NOVA}, which is"),
    ({'compute_region': 'RegionOne'}, "'RegionOne' has to be a region of its own"),
    ({'regions': ['RegionTwo'], 'compute_region': 'RegionOne'}, 'has to be a region of its own'),
    ({'regions': ['RegionOne', 'RegionNine']}, "Keystone knows no region 'RegionNine'")])
def test_a_region_that_cannot_be_used_is_refused_before_anything_is_done(keystone, named, says):
    before = keystone.table()
    with pytest.raises(errors.Invalid) as caught:
        register(keystone, **named)
    assert says in caught.value.reason
    assert keystone.table() == before


@pytest.mark.parametrize(('kind', 'says'), [
    ('compute', 'no service of type compute'), ('identity', 'no endpoint of Keystone')])
def test_what_is_missing_in_the_catalogue_is_said(keystone, kind, says):
    for endpoint in [*keystone.endpoints.kept]:
        if keystone.services.list(id=endpoint.service_id)[0].type == kind:
            keystone.endpoints.delete(endpoint)
    keystone.services.delete(keystone.services.list(type=kind)[0])
    before = keystone.table()
    with pytest.raises(errors.Invalid, match=says):
        register(keystone)
    assert keystone.table() == before
    assert not keystone.services.list(type='flavorsvc')


@pytest.mark.parametrize('kind', ['identity', 'image', 'network'])
def test_a_region_that_has_something_of_its_own_is_not_taken(keystone, kind):
    keystone.services.create('network', 'network')
    keystone.regions.create('Storage')
    keystone.enter(kind, 'Storage', 'http://storage.test')
    before = keystone.table()
    with pytest.raises(errors.Invalid, match="'Storage' has the endpoint http://storage.test"):
        register(keystone, compute_region='Storage')
    assert keystone.table() == before


def test_a_run_that_was_interrupted_is_completed(keystone):
    register(keystone)
    for number in range(len(REGISTERED)):
        interrupted = Keystone()
        made = registration.Registration(interrupted).register(wanted())
        for _ in range(number):
            next(made)
        made.close()
        register(interrupted)
        assert interrupted.table() == keystone.table()


def test_what_is_switched_off_is_not_copied(keystone):
    keystone.endpoints.list(url=GLANCE)[0].enabled = False
    register(keystone)
    assert not keystone.endpoints.list(region_id='flavorsvc', url=GLANCE)


def test_of_a_double_model_one_is_copied(keystone):
    keystone.enter('image', 'RegionOne', 'http://other-glance.test')
    register(keystone)
    assert ('image', 'flavorsvc', 'public', GLANCE) in keystone.table()
    assert register(keystone) == []


def test_what_keystone_refuses_is_told_in_its_words(keystone):
    def refuse(**where):
        raise exceptions.Forbidden('You are not authorized.')
    keystone.regions.list = refuse
    with pytest.raises(failures.Refused, match='not authorized'):
        register(keystone)
