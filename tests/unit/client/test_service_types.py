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

"""``openstack flavorsvc service type …``, ``service flavor …`` and ``registered flavor …``."""

from openstack import exceptions
import pytest

from tests.unit.client import answers


def flavor_body(service):
    """What the service was told of the one flavor."""
    [(_, body)] = service.asked('POST')
    return body['flavor']


class TestServiceTypes:
    """``openstack flavorsvc service type …``"""

    def test_set_makes_one_that_list_and_show_tell(self, run, shown):
        outcome = run('service', 'type', 'set', 'redis', '--min-vcpus', '2', '--min-ram', '4096',
                      '--min-disk', '10', '--extra-spec', 'hw:a=1', '--extra-spec', 'hw:b=2=3')

        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert shown('service', 'type', 'list') == [
            {'Name': 'redis', 'Min VCPUs': 2, 'Min RAM': 4096, 'Min Disk': 10,
             'Required Extra Specs': {'hw:a': '1', 'hw:b': '2=3'}, 'Flavors': []}]
        assert shown('service', 'type', 'show', 'redis')['min_ram'] == 4096

    def test_set_leaves_what_it_is_not_told_of(self, run, service):
        run('service', 'type', 'set', 'redis', '--min-vcpus', '2', '--extra-spec', 'hw:a=1')

        run('service', 'type', 'set', 'redis', '--min-ram', '512', '--extra-spec', 'hw:b=2')

        assert service.asked('PUT')[-1] == ('/service_types/redis', {'service_type': {
            'min_vcpus': 2, 'min_ram': 512, 'required_extra_specs': {'hw:a': '1', 'hw:b': '2'}}})

    def test_set_takes_back_what_was_required(self, run, service):
        run('service', 'type', 'set', 'redis', '--min-vcpus', '2', '--extra-spec', 'hw:a=1')

        run('service', 'type', 'set', 'redis', '--min-vcpus', '0', '--no-extra-spec')

        assert service.asked('PUT')[-1][1] == {'service_type': {}}

    def test_set_needs_something_to_set(self, run, service):
        assert run('service', 'type', 'set', 'redis').err == [
            'Nothing to set: name at least one option.']
        assert service.requests == []

    @pytest.mark.parametrize('size', ['-1', 'many', '1.5'])
    def test_sizes_are_whole_numbers(self, run, service, capsys, size):
        with pytest.raises(SystemExit):
            run('service', 'type', 'set', 'redis', f'--min-ram={size}')
        assert f"'{size}' is not a whole number of at least 0" in capsys.readouterr().err

    def test_what_may_not_be_looked_at_is_not_taken_for_new(self, run, service):
        service.refusals['GET', '/service_types/redis'] = [answers.Refusal(403, 'Policy.')]

        assert run('service', 'type', 'set', 'redis', '--min-ram', '1').err == ['Policy.']
        assert service.asked('PUT') == []

    def test_show_what_is_not_there(self, run):
        assert run('service', 'type', 'show', 'redis').err == ["There is no service type 'redis'."]

    def test_delete_goes_on_after_a_failure(self, run, service):
        run('service', 'type', 'set', 'redis', '--min-vcpus', '2')

        outcome = run('service', 'type', 'delete', 'mysql', 'redis')

        assert (outcome.status, outcome.err) == (1, ["mysql: There is no service type 'mysql'."])
        assert service.service_types == {}


class TestServiceFlavors:
    """``openstack flavorsvc service flavor …``"""

    def test_create(self, shown, service):
        made = shown('service', 'flavor', 'create', 'redis', 'mysql', '--name', 'big', '--id', 'B',
                     '--vcpus', '8', '--ram', '4096', '--disk', '20', '--ephemeral', '1', '--swap',
                     '64', '--rxtx-factor', '0.5', '--description', 'much', '--private',
                     '--project', 'edge', '--region', 'RegionTwo')

        assert service.asked('POST')[0][0] == '/service_flavors/redis,mysql?region=RegionTwo'
        assert flavor_body(service) == {
            'name': 'big', 'id': 'B', 'vcpus': 8, 'ram': 4096, 'disk': 20, 'ephemeral': 1,
            'swap': 64, 'rxtx_factor': 0.5, 'description': 'much', 'is_public': False,
            'projects': ['e' * 32]}
        assert (made['id'], made['service_types']) == ('B', ['mysql', 'redis'])

    def test_create_has_the_defaults_of_nova(self, shown, service):
        shown('service', 'flavor', 'create', 'redis', '--name', 'tiny')

        assert service.asked('POST')[0][0] == '/service_flavors/redis'
        assert flavor_body(service) == {
            'name': 'tiny', 'vcpus': 1, 'ram': 256, 'disk': 0, 'ephemeral': 0, 'swap': 0}

    def test_one_that_exists_needs_no_name(self, shown, service):
        service.add('small')

        assert shown('service', 'flavor', 'create', 'redis', '--id', 'id-of-small')['ram'] == 1024

    def test_create_waits_for_the_region(self, run, service):
        service.fates = {('big', 'RegionTwo'): [('error', 'name_taken', 'exists')]}

        outcome = run('service', 'flavor', 'create', 'redis', '--name', 'big', '--region',
                      'RegionTwo', '--wait')

        assert outcome.status == 1
        assert outcome.err[-1] == 'RegionTwo big: name_taken: exists'

    def test_waiting_is_for_what_was_asked_for_only(self, run, service):
        service.add('small')
        service.fates = {('small', 'RegionThree'): [('error', 'name_taken', 'exists')]}
        run('flavor', 'install', 'small', '--region', 'RegionThree', '--wait')

        outcome = run('service', 'flavor', 'create', 'redis', '--id', 'id-of-small', '--wait')

        assert outcome.status == 0
        assert outcome.err == ['1 of 1 installations done: 1 as wanted, 0 failed, 0 left']

    def test_list(self, shown, service):
        shown('service', 'flavor', 'create', 'redis', '--name', 'a', '--swap', '64')
        shown('service', 'flavor', 'create', 'mysql', '--name', 'b')

        assert shown('service', 'flavor', 'list', 'redis') == [
            {'ID': 'id-of-a', 'Name': 'a', 'VCPUs': 1, 'RAM': 256, 'Disk': 0, 'Is Public': True,
             'Service Types': ['redis']}]
        found = shown('service', 'flavor', 'list', 'redis', 'mysql', '--region', 'RegionTwo',
                      '--long')
        assert [one['Swap'] for one in found] == [64, 0]
        assert service.asked('GET')[-1][0] == '/service_flavors/redis,mysql?region=RegionTwo'

    def test_delete_waits_for_the_regions_and_goes_on_after_a_failure(self, run, shown, service):
        shown('service', 'flavor', 'create', 'redis', '--name', 'a')

        outcome = run('service', 'flavor', 'delete', 'none', 'id-of-a', '--wait')

        assert outcome.status == 1
        assert outcome.err == ["none: There is no flavor 'none'.",
                               '1 of 1 installations done: 1 as wanted, 0 failed, 0 left']
        assert service.installations == {}

    def test_delete_without_waiting_tells_what_is_left(self, run, shown):
        shown('service', 'flavor', 'create', 'redis', '--name', 'a')

        assert run('service', 'flavor', 'delete', 'id-of-a').err == [
            '1 installations are being removed first; see: openstack flavorsvc installation list']

    def test_delete_with_types_deletes_no_flavor(self, run, shown, service):
        shown('service', 'flavor', 'create', 'redis', 'mysql', '--name', 'a')

        outcome = run('service', 'flavor', 'delete', 'id-of-a', '--type', 'redis')

        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert service.asked('DELETE') == [('/service_flavors/redis/id-of-a', None)]
        assert list(service.flavors) == ['id-of-a']
        assert service.service_types['redis']['flavor_ids'] == []
        assert service.service_types['mysql']['flavor_ids'] == ['id-of-a']


class TestRegisteredFlavors:
    """``openstack flavorsvc registered flavor …``"""

    def test_create_list_and_delete(self, run, shown, service):
        service.add('a')
        service.add('b')
        ids = ('id-of-a', 'id-of-b')

        made = shown('registered', 'flavor', 'create', *ids, '--type', 'redis', '--type', 'mysql',
                     '--region', 'RegionTwo')
        assert [(one['ID'], one['Service Types']) for one in made] == [
            ('id-of-a', ['mysql', 'redis']), ('id-of-b', ['mysql', 'redis'])]
        assert service.asked('POST') == [
            ('/registered_flavors/redis,mysql/id-of-a,id-of-b?region=RegionTwo', None)]

        assert shown('registered', 'flavor', 'list', 'redis') == made
        outcome = run('registered', 'flavor', 'delete', *ids, '--type', 'redis')
        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert shown('registered', 'flavor', 'list', 'redis') == []
        assert len(service.flavors) == 2

    def test_the_service_types_must_be_named(self, run, service):
        for action in ('create', 'delete'):
            with pytest.raises(SystemExit):
                run('registered', 'flavor', action, 'id-of-a')
        assert service.requests == []


class TestPrograms:
    """What a program can do."""

    def test_a_rule_is_replaced_as_a_whole(self, connect, service):
        proxy = connect().flavorsvc
        made = proxy.set_service_type('redis', min_vcpus=2)

        assert (made.id, made.name, made.min_vcpus) == ('redis', 'redis', 2)
        assert proxy.set_service_type(made, min_ram=512).min_vcpus is None
        assert [one.name for one in proxy.service_types()] == ['redis']
        assert proxy.get_service_type('redis').min_ram == 512
        proxy.delete_service_type(made)
        with pytest.raises(exceptions.NotFoundException):
            proxy.get_service_type('redis')

    def test_flavors_are_made_mapped_and_deleted(self, connect, service):
        proxy = connect().flavorsvc
        made = proxy.create_service_flavor(['redis'], name='a', vcpus=1, ram=1, disk=0)
        [mapped] = proxy.create_registered_flavors(['mysql'], [made.id])

        assert mapped.service_types == ['mysql', 'redis']
        assert [one.name for one in proxy.service_flavors(['redis', 'mysql'])] == ['a']
        proxy.delete_registered_flavors(['redis', 'mysql'], [made.id])
        assert list(proxy.registered_flavors(['redis'])) == []
        [removed] = proxy.delete_service_flavors([made.id])
        assert (removed.flavor_id, removed.desired) == (made.id, 'absent')

    def test_ids_with_blanks_are_quoted(self, connect, service):
        service.add('a', id='my flavor')

        connect().flavorsvc.create_registered_flavors(['redis'], ['my flavor'])

        assert service.asked('POST')[0][0] == '/registered_flavors/redis/my%20flavor'

    def test_an_empty_name_does_not_pass_for_another_path(self, connect, service):
        proxy = connect().flavorsvc

        for ask in (lambda: proxy.get_service_type(''), lambda: proxy.set_service_type(''),
                    lambda: proxy.delete_service_type(''),
                    lambda: list(proxy.service_flavors([''])),
                    lambda: proxy.delete_service_flavors(['a', '']),
                    lambda: proxy.delete_registered_flavors(['a'], [])):
            with pytest.raises(exceptions.InvalidRequest, match='must not be empty'):
                ask()
        assert service.requests == []
