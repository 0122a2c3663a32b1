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

"""The proxy of openstacksdk, against HTTP."""

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions
import pytest

from tests.unit.client import service as stand_in


def test_the_service_is_found_by_its_type_and_spoken_to_at_its_microversion(connect, service):
    service.add('small')

    assert [flavor.name for flavor in connect().flavorsvc.flavors()] == ['small']
    assert service.headers[0]['OpenStack-API-Version'] == 'flavorsvc 1.2'
    assert service.headers[0]['X-Auth-Token'] == 'token'


def test_a_service_that_is_being_upgraded_is_spoken_to_as_it_can(connect, service):
    service.newest = '1.1'
    proxy = connect().flavorsvc
    proxy.create_flavor(id='small', name='small', vcpus=1, ram=1, disk=1)
    assert [flavor.id for flavor in proxy.flavors()] == ['small']
    assert [headers['OpenStack-API-Version'] for headers in service.headers] == [
        'flavorsvc 1.2', 'flavorsvc 1.1', 'flavorsvc 1.1']


def test_a_microversion_that_somebody_chose_is_not_exchanged(connect, service):
    service.newest = '1.1'
    with pytest.raises(exceptions.HttpException, match='1.1 it is'):
        list(connect(flavorsvc_default_microversion='1.2').flavorsvc.flavors())


def test_the_service_may_be_in_another_region_than_the_cloud(connect, service):
    service.add('small')

    connection = connect(region_name='RegionTwo')

    assert [flavor.name for flavor in connection.flavorsvc.flavors()] == ['small']
    assert connection.config.get_region_name() == 'RegionTwo'


def test_a_service_in_several_other_regions_has_to_be_chosen(connect, keystone, service):
    keystone.regions = ['RegionTwo', 'RegionThree']

    with pytest.raises(exceptions.ConfigException, match='RegionThree, RegionTwo, but not in'):
        connect().flavorsvc.flavors()

    chosen = connect(flavorsvc_region_name='RegionThree')
    assert list(chosen.flavorsvc.flavors()) == []


def test_an_endpoint_override_needs_no_entry_in_the_catalogue(connect, keystone, service):
    keystone.regions = []
    service.add('small')

    # Both what the catalogue would have, and what people remember.
    for url in (stand_in.URL, stand_in.URL.removesuffix('/v1')):
        connection = connect(flavorsvc_endpoint_override=url)
        assert [flavor.name for flavor in connection.flavorsvc.flavors()] == ['small']


def test_a_cloud_without_the_service_says_so(connect, keystone):
    keystone.regions = []

    with pytest.raises((exceptions.ServiceDisabledException, ksa_exceptions.EndpointNotFound),
                       match='flavorsvc'):
        list(connect().flavorsvc.flavors())


def test_lists_come_page_by_page(connect, service):
    service.page = 2
    for name in ('a', 'b', 'c', 'd', 'e'):
        service.add(name)

    assert [flavor.name for flavor in connect().flavorsvc.flavors()] == ['a', 'b', 'c', 'd', 'e']
    assert len(service.requests) == 3


def test_a_full_last_page_is_the_last_request(connect, service):
    service.page = 2
    for name in ('a', 'b', 'c', 'd'):
        service.add(name)

    assert len(list(connect().flavorsvc.flavors(limit=2))) == 4
    assert len(service.requests) == 2


def test_filters_are_sent_as_the_service_spells_them(connect, service):
    list(connect().flavorsvc.flavors(promoted=True, is_public=False, name=None, sort_key='ram'))

    path, _ = service.asked('GET')[0]
    assert set(path.partition('?')[2].split('&')) == {
        'promoted=true', 'is_public=false', 'sort_key=ram'}


def test_an_id_with_blanks_and_a_name_with_slashes_can_be_found(connect, service):
    proxy = connect().flavorsvc
    service.add('what/is this?', id='my flavor')

    assert proxy.find_flavor('my flavor').name == 'what/is this?'
    assert proxy.find_flavor('what/is this?').id == 'my flavor'
    with pytest.raises(exceptions.NotFoundException):
        proxy.find_flavor('none such')


def test_an_empty_name_does_not_pass_for_the_whole_list(connect, service):
    proxy = connect().flavorsvc

    for ask in (proxy.find_flavor, proxy.get_flavor, proxy.delete_flavor, proxy.get_region,
                proxy.find_openstack_flavor, proxy.get_installation, proxy.retry_installation):
        with pytest.raises(exceptions.InvalidRequest, match='must not be empty'):
            ask('')
    assert service.asked('DELETE') == service.asked('POST') == []


def test_only_what_changed_is_sent_and_only_if_nobody_else_changed_it(connect, service):
    proxy = connect().flavorsvc
    service.add('small', generation=7, extra_specs={'hw:cpu_policy': 'shared'})
    flavor = proxy.find_flavor('small')

    changed = proxy.update_flavor(flavor, ram=2048, vcpus=1)

    assert service.asked('PATCH') == [('/flavors/id-of-small', {'flavor': {'ram': 2048}})]
    assert service.headers[-1]['If-Match'] == '"7"'
    assert (changed.ram, changed.generation) == (2048, 8)

    stale = proxy.get_flavor('id-of-small')
    proxy.update_flavor(proxy.get_flavor('id-of-small'), ram=512)
    with pytest.raises(exceptions.PreconditionFailedException) as caught:
        proxy.update_flavor(stale, ram=4096)
    assert caught.value.details == "The flavor 'id-of-small' is at generation 9."


def test_a_flavor_that_is_nowhere_is_deleted_at_once(connect, service):
    proxy = connect().flavorsvc
    service.add('small')

    assert proxy.delete_flavor('id-of-small') == []
    assert service.flavors == {}


def test_install_and_delete_tell_the_installations(connect, service):
    proxy = connect().flavorsvc
    service.add('small')

    asked = proxy.install_flavor('id-of-small', ['RegionTwo'])
    assert [(one.flavor_name, one.region, one.status) for one in asked] == [
        ('small', 'RegionTwo', 'pending')]
    assert service.asked('POST') == [
        ('/flavors/id-of-small/install', {'regions': ['RegionTwo']})]

    removed = proxy.delete_flavor('id-of-small')
    assert [(one.region, one.desired) for one in removed] == [('RegionTwo', 'absent')]


def test_waiting_tells_each_change_until_all_is_done(connect, service):
    proxy = connect().flavorsvc
    service.add('small')
    service.fates = {
        ('small', 'RegionOne'): [('installing', None, None), ('active', None, None)],
        ('small', 'RegionTwo'): [('error', 'name_taken', 'Flavor exists')],
    }
    asked = proxy.install_flavor('id-of-small', ['RegionOne', 'RegionTwo'])

    seen = [(one.region, one.status) for changed in proxy.wait_for_installations(asked)
            for one in changed]

    assert seen == [('RegionOne', 'installing'), ('RegionTwo', 'error'), ('RegionOne', 'active')]
    # The second look asks for no more than what is left.
    assert service.asked('GET')[-1][0] == '/installations?flavor=id-of-small&region=RegionOne'


def test_waiting_ends_when_what_is_removed_is_forgotten(connect, service):
    proxy = connect().flavorsvc
    service.add('small')
    proxy.install_flavor('id-of-small', ['RegionOne'])
    asked = proxy.uninstall_flavor('id-of-small', ['RegionOne'])

    [[one]] = proxy.wait_for_installations(asked)

    assert one.status == 'gone'
    assert one.is_as_desired


def test_waiting_gives_up_in_time(connect, service):
    proxy = connect().flavorsvc
    service.add('small')
    service.fates = {('small', 'RegionOne'): [('retrying', 'unreachable', 'refused')]}
    waiting = proxy.wait_for_installations(
        proxy.install_flavor('id-of-small', ['RegionOne']), timeout=0)

    assert next(waiting)[0].reason == 'unreachable'
    with pytest.raises(exceptions.ResourceTimeout, match='1 of 1'):
        next(waiting)


def test_waiting_outlives_a_service_that_is_restarted(connect, service):
    proxy = connect().flavorsvc
    service.add('small')
    asked = proxy.install_flavor('id-of-small', ['RegionOne'])
    service.refusals['GET', '/installations'] = [stand_in.Refusal(503, 'No conductor answers.')]

    assert next(proxy.wait_for_installations(asked, timeout=60))[0].status == 'active'


def test_waiting_does_not_hide_that_one_may_not_look(connect, service):
    proxy = connect().flavorsvc
    service.add('small')
    asked = proxy.install_flavor('id-of-small', ['RegionOne'])
    service.refusals['GET', '/installations'] = [stand_in.Refusal(403, 'Policy says no.')]

    with pytest.raises(exceptions.ForbiddenException):
        list(proxy.wait_for_installations(asked))


@pytest.mark.parametrize(('status', 'kind'), [
    (400, exceptions.BadRequestException),
    (403, exceptions.ForbiddenException),
    (404, exceptions.NotFoundException),
    (409, exceptions.ConflictException),
    (412, exceptions.PreconditionFailedException),
    (503, exceptions.HttpException),
])
def test_errors_are_those_of_the_sdk_with_the_words_of_the_service(connect, service, status, kind):
    service.refusals['POST', '/flavors'] = [
        stand_in.Refusal(status, 'Because of the weather.')]

    with pytest.raises(kind) as caught:
        connect().flavorsvc.create_flavor(name='small', vcpus=1, ram=1, disk=0)

    assert caught.value.details == 'Because of the weather.'
    assert 'Because of the weather.' in str(caught.value)
    assert caught.value.request_id == 'req-1'


def test_an_error_of_something_in_between_is_told_as_it_is(connect, service, http):
    proxy = connect().flavorsvc
    http.get(f'{stand_in.URL}/regions', status_code=502, text='<h1>Bad Gateway</h1>',
             headers={'Content-Type': 'text/html'})

    with pytest.raises(exceptions.HttpException) as caught:
        list(proxy.regions())

    assert caught.value.details == 'Bad Gateway'


def test_regions_and_openstack_flavors(connect, service):
    proxy = connect().flavorsvc

    assert [region.name for region in proxy.regions()] == ['RegionOne', 'RegionThree', 'RegionTwo']
    assert proxy.update_region('RegionOne', max_concurrency=8).max_concurrency == 8

    made = proxy.create_openstack_flavor(
        name='fast', vcpus=2, ram=2048, disk=10, properties={'cpu_speed_mhz': 2400})
    assert made.properties == {'cpu_speed_mhz': 2400}
    assert proxy.find_openstack_flavor('fast').id == made.id
    assert [one.region for one in proxy.register_openstack_flavor(made)] == ['RegionOne']
    assert service.asked('POST')[-1] == ('/openstack_flavors/id-of-fast/register', None)
    [removed] = proxy.delete_openstack_flavor(made)
    assert removed.desired == 'absent'
