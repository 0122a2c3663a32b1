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

"""The other commands, as people run them."""

from importlib import metadata

import pytest

from tests.unit.client import service as stand_in


def _json(run, *words):
    outcome = run(*words, '-f', 'json')
    assert outcome.status == 0, outcome.err
    return outcome.json


class TestFlavors:
    """``openstack flavorsvc flavor …``"""

    def test_list(self, run, service):
        service.add('small', regions=['RegionOne', 'RegionTwo'], public=True)

        assert _json(run, 'flavor', 'list') == [{
            'ID': 'id-of-small', 'Name': 'small', 'VCPUs': 1, 'RAM': 1024, 'Disk': 0,
            'Published': True, 'Promoted': False, 'Regions': ['RegionOne', 'RegionTwo']}]

    def test_long_list_keeps_types_in_json_and_is_readable_in_tables(self, run, service):
        service.add('small', extra_specs={'hw:a': '1', 'hw:b': '2'}, regions=['B', 'A'])

        [flavor] = _json(run, 'flavor', 'list', '--long')
        assert flavor['Extra Specs'] == {'hw:a': '1', 'hw:b': '2'}
        assert flavor['RXTX Factor'] == 1.0
        table = run('flavor', 'list', '--long').out
        assert "hw:a='1', hw:b='2'" in table
        assert 'A, B' in table

    @pytest.mark.parametrize('formatter', ['csv', 'yaml', 'value', 'table'])
    def test_list_has_all_formats(self, run, service, formatter):
        service.add('small')

        assert 'small' in run('flavor', 'list', '-f', formatter).out

    def test_filters_and_sorting_are_those_of_the_service(self, run, service):
        run('flavor', 'list', '--name', 'x', '--private', '--published', '--promoted',
            '--region', 'RegionTwo', '--sort', 'ram:desc', '--marker', 'm', '--limit', '5')

        [(path, _)] = service.asked('GET')
        assert set(path.partition('?')[2].split('&')) == {
            'name=x', 'is_public=false', 'public=true', 'promoted=true', 'region=RegionTwo',
            'sort_key=ram', 'sort_dir=desc', 'marker=m', 'limit=5'}

    def test_limit_holds_also_where_pages_are_smaller(self, run, service):
        service.page = 2
        for name in ('a', 'b', 'c', 'd', 'e'):
            service.add(name)

        assert [one['Name'] for one in _json(run, 'flavor', 'list', '--limit', '3')] == [
            'a', 'b', 'c']

    @pytest.mark.parametrize('words', [('--sort', 'colour'), ('--sort', 'ram:up'),
                                       ('--limit', '0'), ('--limit', 'many')])
    def test_a_wrong_option_is_explained(self, run, service, words, capsys):
        with pytest.raises(SystemExit):
            run('flavor', 'list', *words)
        assert words[1] in capsys.readouterr().err
        assert service.requests == []

    def test_show_by_id_or_name(self, run, service):
        service.add('small', extra_specs={'hw:a': '1'}, properties={'cpu_speed_mhz': 2400})

        for name in ('id-of-small', 'small'):
            shown = _json(run, 'flavor', 'show', name)
            assert (shown['id'], shown['ram']) == ('id-of-small', 1024)
            assert shown['extra_specs'] == {'hw:a': '1'}
            assert shown['properties'] == {'cpu_speed_mhz': 2400}
            assert 'location' not in shown

    def test_show_what_is_not_there(self, run, service):
        outcome = run('flavor', 'show', 'small')

        assert outcome.status == 1
        assert outcome.err == ['No Flavor found for small']

    def test_create(self, run, service):
        shown = _json(
            run, 'flavor', 'create', 'big', '--id', 'B', '--vcpus', '8', '--ram', '4096',
            '--disk', '20', '--ephemeral', '1', '--swap', '64', '--rxtx-factor', '0.5',
            '--description', 'much', '--private', '--promote', '--property', 'hw:a=1=2',
            '--property', 'hw:b=2', '--project', 'edge')

        [(_, body)] = service.asked('POST')
        assert body == {'flavor': {
            'name': 'big', 'id': 'B', 'vcpus': 8, 'ram': 4096, 'disk': 20, 'ephemeral': 1,
            'swap': 64, 'rxtx_factor': 0.5, 'description': 'much', 'is_public': False,
            'promoted': True, 'extra_specs': {'hw:a': '1=2', 'hw:b': '2'},
            'projects': ['e' * 32]}}
        assert shown['id'] == 'B'

    def test_create_has_the_defaults_of_nova(self, run, service):
        _json(run, 'flavor', 'create', 'tiny')

        assert service.asked('POST') == [('/flavors', {'flavor': {
            'name': 'tiny', 'vcpus': 1, 'ram': 256, 'disk': 0, 'ephemeral': 0, 'swap': 0}})]

    def test_create_for_a_project_that_is_not_there(self, run, service):
        outcome = run('flavor', 'create', 'tiny', '--private', '--project', 'nowhere')

        assert outcome.status == 1
        assert outcome.err == ["No project has the name or id 'nowhere'."]
        assert service.requests == []

    def test_the_words_of_the_service_are_all_that_is_shown_of_an_error(self, run, service):
        service.add('small')
        outcome = run('flavor', 'create', 'small')

        assert outcome.status == 1
        assert outcome.err == ["There is already a flavor whose name is 'small'."]

    def test_a_fault_of_the_service_comes_with_the_id_of_the_request(self, run, service):
        service.refusals['GET', '/flavors'] = [stand_in.Refusal(503, 'No conductor answers.')]

        assert run('flavor', 'list').err == [
            'No conductor answers. (HTTP 503, request req-1)']

    def test_set_merges_extra_specs_and_projects(self, run, service):
        service.add('small', extra_specs={'a': '1', 'b': '2', 'c': '3'}, projects=['p', 'e' * 32])

        outcome = run('flavor', 'set', 'small', '--ram', '2048', '--property', 'a=9',
                      '--unset-property', 'b', '--project', 'edge')

        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert service.asked('PATCH') == [('/flavors/id-of-small', {'flavor': {
            'ram': 2048, 'extra_specs': {'a': '9', 'c': '3'}}})]

    def test_set_can_start_afresh(self, run, service):
        service.add('small', extra_specs={'a': '1', 'b': '2'})

        run('flavor', 'set', 'small', '--no-property', '--property', 'c=3')

        assert service.flavors['id-of-small']['extra_specs'] == {'c': '3'}

    def test_set_takes_access_away(self, run, service):
        service.add('small', is_public=False, projects=['a' * 32])

        assert run('flavor', 'set', 'small', '--no-project', '--project', 'edge').status == 0
        assert service.flavors['id-of-small']['projects'] == ['e' * 32]
        assert run('flavor', 'set', 'small', '--no-project', '--public').status == 0
        assert service.flavors['id-of-small']['projects'] == []

    def test_set_needs_something_to_set(self, run, service):
        service.add('small')

        assert run('flavor', 'set', 'small').err == [
            'Nothing to set: name at least one option.']
        assert run('flavor', 'set', 'small', '--unset-property', 'x').err == [
            "small has no extra spec 'x'."]

    def test_delete_goes_on_after_a_failure(self, run, service):
        service.add('a')
        service.add('b')
        outcome = run('flavor', 'delete', 'a', 'none', 'b')

        assert outcome.status == 1
        assert outcome.err == ['none: No Flavor found for none']
        assert service.flavors == {}

    def test_delete_waits_for_the_regions(self, run, service):
        service.add('small')
        run('flavor', 'install', 'small', '--all')

        outcome = run('flavor', 'delete', 'small', '--wait')

        assert outcome.status == 0
        assert outcome.err == ['3 of 3 installations done: 3 as wanted, 0 failed, 0 left']
        assert service.installations == {}

    def test_delete_without_waiting_tells_what_is_left(self, run, service):
        service.add('small')
        run('flavor', 'install', 'small', '--all')

        assert run('flavor', 'delete', 'small').err == [
            '3 installations are being removed first; see: openstack flavorsvc installation list']

    def test_install_tells_the_installations(self, run, service):
        service.add('a')
        service.add('b')

        installations = _json(run, 'flavor', 'install', 'a', 'b', '--region', 'RegionTwo')

        assert [(one['Flavor'], one['Region'], one['Status']) for one in installations] == [
            ('a', 'RegionTwo', 'pending'), ('b', 'RegionTwo', 'pending')]

    def test_install_waits_and_has_an_exit_status(self, run, service):
        service.add('a')
        service.fates = {('a', 'RegionTwo'): [('error', 'name_taken', 'exists')]}

        outcome = run('flavor', 'install', 'a', 'none', '--all', '--wait', '-f', 'json')

        assert outcome.status == 1
        assert {one['Region']: one['Status'] for one in outcome.json} == {
            'RegionOne': 'active', 'RegionTwo': 'error', 'RegionThree': 'active'}
        assert outcome.err[0] == 'none: No Flavor found for none'
        assert outcome.err[-1] == 'RegionTwo a: name_taken: exists'

    def test_uninstall_waits_until_regions_have_lost_it(self, run, service):
        service.add('a')
        run('flavor', 'install', 'a', '--all')
        service.fates = {('a', 'RegionOne'): [('error', 'forbidden', 'Policy')]}

        outcome = run('flavor', 'uninstall', 'a', '--region', 'RegionOne', '--region',
                      'RegionTwo', '--wait', '-f', 'json')

        assert outcome.status == 1
        assert [(one['Region'], one['Status']) for one in outcome.json] == [
            ('RegionOne', 'error'), ('RegionTwo', 'gone')]
        assert outcome.err[-1] == 'RegionOne a: forbidden: Policy'

    def test_install_needs_regions(self, run, service):
        with pytest.raises(SystemExit):
            run('flavor', 'install', 'a')


class TestInstallations:
    """``openstack flavorsvc installation …``"""

    @pytest.fixture(autouse=True)
    def installed(self, run, service):
        service.add('small')
        service.fates = {('small', 'RegionTwo'): [('error', 'name_taken', 'exists')]}
        run('flavor', 'install', 'small', '--all', '--wait')
        service.requests.clear()

    def test_list(self, run):
        found = _json(run, 'installation', 'list', '--flavor', 'small', '--status', 'error')

        assert found == [{'ID': '0002', 'Flavor': 'small', 'Region': 'RegionTwo',
                          'Status': 'error', 'Reason': 'name_taken'}]

    def test_long_list_has_the_words_of_the_region(self, run):
        [found] = _json(run, 'installation', 'list', '--region', 'RegionTwo', '--long')

        assert found['Error'] == 'exists'

    def test_show(self, run):
        assert _json(run, 'installation', 'show', '0002')['error'] == 'exists'
        assert run('installation', 'show', '9').err == ["There is no installation '9'."]

    def test_retry_by_id(self, run):
        outcome = run('installation', 'retry', '0002', '9', '-f', 'json')

        assert outcome.status == 1
        assert [one['Status'] for one in outcome.json] == ['pending']
        assert outcome.err == ["9: There is no installation '9'."]

    def test_retry_all_that_failed(self, run, service):
        service.fates.clear()

        outcome = run('installation', 'retry', '--all-failed', '--wait', '-f', 'json')

        assert outcome.status == 0
        assert [(one['ID'], one['Status']) for one in outcome.json] == [('0002', 'active')]

    @pytest.mark.parametrize('words', [(), ('0002', '--all-failed')])
    def test_retry_of_either_some_or_all(self, run, service, words):
        assert run('installation', 'retry', *words).err == [
            'Name either installations or --all-failed.']
        assert service.requests == []


class TestRegions:
    """``openstack flavorsvc region …``"""

    def test_list_and_show(self, run, service):
        service.regions['RegionOne']['nova_microversion'] = '2.96'

        assert [one['Name'] for one in _json(run, 'region', 'list')] == [
            'RegionOne', 'RegionThree', 'RegionTwo']
        assert _json(run, 'region', 'list', '--limit', '1')[0]['Nova Microversion'] == '2.96'
        assert _json(run, 'region', 'show', 'RegionOne')['nova_microversion'] == '2.96'

    def test_set(self, run, service):
        outcome = run('region', 'set', 'RegionTwo', '--project', 'edge', '--max-concurrency', '8')

        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert service.requests == [('PATCH', '/regions/RegionTwo', {
            'region': {'project_id': 'e' * 32, 'max_concurrency': 8}})]
        assert run('region', 'set', 'RegionTwo').err == [
            'Nothing to set: name at least one option.']

    def test_set_back(self, run, service):
        outcome = run('region', 'set', 'RegionTwo', '--no-project', '--no-max-concurrency')

        assert (outcome.status, outcome.out, outcome.err) == (0, '', [])
        assert service.requests == [('PATCH', '/regions/RegionTwo', {
            'region': {'project_id': None, 'max_concurrency': None}})]

    def test_maintenance_begins_with_a_reason_and_ends(self, run, service):
        outcome = run('region', 'set', 'RegionTwo', '--maintenance', '--maintenance-reason',
                      'New switches.')
        assert outcome.status == 0, outcome.err
        assert run('region', 'set', 'RegionTwo', '--no-maintenance').status == 0
        assert service.requests == [
            ('PATCH', '/regions/RegionTwo', {'region': {
                'maintenance': True, 'maintenance_reason': 'New switches.'}}),
            ('PATCH', '/regions/RegionTwo', {'region': {'maintenance': False}})]

    def test_maintenance_is_shown(self, run, service):
        service.regions['RegionTwo'].update(maintenance=True, in_progress=3, answer_seconds=0.5,
                                            maintenance_reason='New switches.')
        shown = _json(run, 'region', 'show', 'RegionTwo')
        assert (shown['maintenance'], shown['in_progress'], shown['answer_seconds'],
                shown['maintenance_reason']) == (True, 3, 0.5, 'New switches.')
        listed = {one['Name']: one['Maintenance'] for one in _json(run, 'region', 'list')}
        assert listed['RegionTwo'] is True

    def test_only_a_region_that_is_gone_is_deleted(self, run, service):
        service.regions['RegionTwo']['state'] = 'gone'
        outcome = run('region', 'delete', 'RegionOne', 'RegionTwo')

        assert (outcome.status, outcome.out) == (1, '')
        assert "The catalogue lists the region 'RegionOne'." in outcome.err[0]
        assert sorted(service.regions) == ['RegionOne', 'RegionThree']

    def test_an_empty_name_is_refused(self, run, service):
        outcome = run('region', 'show', '')

        assert (outcome.status, outcome.out) == (1, '')
        assert outcome.err == ['An ID or name must not be empty.']

    def test_set_takes_no_name_for_an_id(self, run, service, keystone):
        keystone.forbids = True

        assert run('region', 'set', 'RegionTwo', '--project', 'edge').err == [
            "Keystone does not let you look up the project 'edge': give its ID."]
        assert service.requests == []
        assert run('region', 'set', 'RegionTwo', '--project', 'd' * 32).status == 0
        assert service.regions['RegionTwo']['project_id'] == 'd' * 32


class TestOpenStackFlavors:
    """``openstack flavorsvc openstack flavor …``"""

    def test_create_show_list_register_and_delete(self, run, service):
        made = _json(run, 'openstack', 'flavor', 'create', 'fast', '--vcpus', '2',
                     '--property', 'cpu_speed_mhz=2400', '--property', 'cpu_arch=x86_64',
                     '--property', 'sgx=true')

        assert made['properties'] == {'cpu_speed_mhz': 2400, 'cpu_arch': 'x86_64', 'sgx': True}
        assert _json(run, 'openstack', 'flavor', 'show', 'fast')['id'] == made['id']
        assert [one['UUID'] for one in _json(run, 'openstack', 'flavor', 'list')] == [made['id']]
        [installation] = _json(run, 'openstack', 'flavor', 'register', 'fast', '--wait')
        assert (installation['Region'], installation['Status']) == ('RegionOne', 'active')
        assert run('openstack', 'flavor', 'delete', 'fast', '--wait').status == 0
        assert service.installations == {}

    def test_register_in_several_regions(self, run, service):
        service.add('fast', properties={'sgx': True})

        registered = _json(run, 'openstack', 'flavor', 'register', 'fast', '--all')

        assert len(registered) == 3


class TestFinding:
    """How the commands find the service."""

    def test_in_another_region(self, run, service, monkeypatch):
        monkeypatch.setenv('OS_REGION_NAME', 'RegionTwo')

        outcome = run('region', 'list')

        assert outcome.status == 0, outcome.err

    @pytest.mark.parametrize('way', ['option', 'environment'])
    def test_where_the_catalogue_has_none(self, run, service, keystone, monkeypatch, way):
        keystone.regions = []
        before = ['--os-flavorsvc-endpoint-override', stand_in.URL]
        if way == 'environment':
            monkeypatch.setenv('OS_FLAVORSVC_ENDPOINT_OVERRIDE', before.pop())
            before = []

        outcome = run('region', 'list', before=before)

        assert outcome.status == 0, outcome.err

    def test_nowhere(self, run, service, keystone):
        keystone.regions = []

        outcome = run('region', 'list')

        assert outcome.status == 1
        assert 'flavorsvc' in outcome.err[-1]


@pytest.mark.parametrize('name', sorted(
    entry.name.replace('_', ' ').removeprefix('flavorsvc ')
    for entry in metadata.entry_points(group='openstack.flavorsvc.v1')))
def test_every_command_explains_itself(run, service, name):
    outcome = run(*name.split(), '--help')

    assert outcome.status == 0
    assert f' flavorsvc {name} [-h]' in outcome.out
    assert service.requests == []
