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

"""``openstack flavorsvc catalog import``, as people run it."""

import io
import sys

import pytest
import yaml

from tests.unit.client import service as stand_in

_SUMMARY = ('created', 'updated', 'unchanged', 'requested', 'installed', 'failed')


@pytest.fixture
def write(tmp_path):
    """Function that writes a file of flavors."""
    def write(*flavors):
        path = tmp_path / 'flavors.yaml'
        path.write_text(yaml.safe_dump({'flavors': [
            {'vcpus': 1, 'ram': 1024, 'disk': 0, **flavor} for flavor in flavors]}))
        return str(path)
    return write


def _import(run, *words, before=()):
    return run('catalog', 'import', '-f', 'json', *words, before=before)


def _counts(outcome):
    return tuple(outcome.json[name] for name in _SUMMARY)


def test_flavors_are_created_changed_or_left_alone(run, service, write):
    service.add('same', extra_specs={'hw:cpu_policy': 'shared'}, projects=['b', 'a'])
    service.add('other', ram=512, description='as it was')
    path = write({'name': 'same', 'extra_specs': {'hw:cpu_policy': 'shared'},
                  'projects': ['a', 'b']},
                 {'name': 'other', 'public': True},
                 {'name': 'new', 'id': 'N', 'swap': 64})

    outcome = _import(run, path)

    assert outcome.status == 0
    assert _counts(outcome) == (1, 1, 1, 0, 0, 0)
    assert service.asked('POST') == [('/flavors', {'flavor': {
        'name': 'new', 'id': 'N', 'swap': 64, 'vcpus': 1, 'ram': 1024, 'disk': 0}})]
    assert service.asked('PATCH') == [
        ('/flavors/id-of-other', {'flavor': {'ram': 1024, 'public': True}})]
    assert service.flavors['id-of-other']['description'] == 'as it was'
    # One list, and not a request a flavor.
    assert len(service.asked('GET')) == 1


def test_a_second_run_changes_nothing(run, service, write):
    path = write({'name': 'a', 'rxtx_factor': 1}, {'name': 'b', 'extra_specs': {'hw:x': '1'}})
    _import(run, path)

    assert _counts(_import(run, path)) == (0, 0, 2, 0, 0, 0)
    assert service.asked('PATCH') == []


def test_a_flavor_is_known_by_its_id_and_may_get_another_name(run, service, write):
    service.add('old', id='1')
    outcome = _import(run, write({'name': 'new', 'id': '1'}))

    assert _counts(outcome) == (0, 1, 0, 0, 0, 0)
    assert service.flavors['1']['name'] == 'new'


def test_a_name_that_another_id_has_is_refused(run, service, write):
    service.add('small', id='1')
    outcome = _import(run, write({'name': 'small', 'id': '2'}, {'name': 'new'}))

    assert outcome.status == 1
    assert _counts(outcome) == (1, 0, 0, 0, 0, 1)
    assert outcome.err == [
        'small: the catalogue has a flavor of this name with the id 1, not 2']


def test_everything_is_installed_and_waited_for(run, service, write):
    service.fates = {('b', 'RegionTwo'): [('installing', None, None), ('active', None, None)]}
    path = write({'name': 'a'}, {'name': 'b'}, {'name': 'c'})

    outcome = _import(run, path, '--install', 'all', '--wait')

    assert outcome.status == 0
    assert _counts(outcome) == (3, 0, 0, 9, 9, 0)
    assert outcome.err == [
        '8 of 9 installations done: 8 as wanted, 0 failed, 1 left',
        '9 of 9 installations done: 9 as wanted, 0 failed, 0 left']
    assert [body for path, body in service.asked('POST') if path.endswith('/install')] == [
        {'regions': 'all'}] * 3


def test_each_failure_has_a_line_and_the_rest_goes_on(run, service, write):
    service.fates = {
        ('a', 'RegionTwo'): [('error', 'name_taken', 'Flavor with name a already\nexists.')],
        ('b', 'RegionOne'): [('error', 'rejected', 'Validation failed')],
    }
    service.add('taken')
    service.refusals['POST', '/flavors/id-of-taken/install'] = [
        stand_in.Refusal(403, 'Policy does not allow it.')]
    path = write({'name': 'a'}, {'name': 'b'}, {'name': 'taken'})

    outcome = _import(run, path, '--install', 'RegionOne', '--install', 'RegionTwo', '--wait')

    assert outcome.status == 1
    assert _counts(outcome) == (2, 0, 1, 4, 2, 3)
    assert 'taken: Policy does not allow it.' in outcome.err
    assert 'RegionTwo a: name_taken: Flavor with name a already exists.' in outcome.err
    assert 'RegionOne b: rejected: Validation failed' in outcome.err


def test_a_flavor_that_the_service_refuses_stops_no_other(run, service, write):
    service.refusals['POST', '/flavors'] = [stand_in.Refusal(400, 'flavor.name: is bad')]
    outcome = _import(run, write({'name': 'a'}, {'name': 'b'}), '--install', 'RegionOne', '--wait')

    assert outcome.status == 1
    assert _counts(outcome) == (1, 0, 0, 1, 1, 1)
    assert len([line for line in outcome.err if line.endswith(': flavor.name: is bad')]) == 1


def test_what_is_still_tried_when_time_is_up_has_failed(run, service, write):
    service.fates = {('a', 'RegionTwo'): [('retrying', 'unreachable', 'Connection refused')],
                     ('a', 'RegionThree'): [('installing', None, None)]}

    outcome = _import(run, write({'name': 'a'}), '--install', 'all', '--wait', '--timeout', '0')

    assert outcome.status == 1
    assert _counts(outcome) == (1, 0, 0, 3, 1, 2)
    assert outcome.err[-2:] == [
        'RegionTwo a: unreachable: Connection refused (still retrying after 0 seconds)',
        'RegionThree a: still installing after 0 seconds']


def test_what_holds_it_up_is_told_while_waiting(run, service, write):
    service.fates = {('a', 'RegionTwo'): [('retrying', 'unreachable', 'Connection refused'),
                                          ('active', None, None)]}

    outcome = _import(run, write({'name': 'a'}), '--install', 'all', '--wait')

    assert outcome.status == 0
    assert '2 of 3 installations done: 2 as wanted, 0 failed, 1 left (RegionTwo: unreachable)' in (
        outcome.err)


def test_waiting_covers_the_regions_that_had_a_flavor_before_it_changed(run, service, write):
    _import(run, write({'name': 'a'}), '--install', 'all', '--wait')

    outcome = _import(run, write({'name': 'a', 'ram': 2048}), '--wait')

    assert _counts(outcome) == (0, 1, 0, 3, 3, 0)


def test_without_waiting_people_are_told_where_to_look(run, service, write):
    outcome = _import(run, write({'name': 'a'}), '--install', 'RegionOne')

    assert outcome.status == 0
    assert _counts(outcome) == (1, 0, 0, 1, 0, 0)
    assert outcome.err == [
        'The regions are being changed; see: openstack flavorsvc installation list']


def test_quiet_leaves_failures_only(run, service, write):
    service.fates = {('a', 'RegionTwo'): [('error', 'rejected', 'no')]}
    outcome = _import(run, write({'name': 'a'}), '--install', 'all', '--wait', before=['--quiet'])

    assert outcome.err == ['RegionTwo a: rejected: no']


def test_a_terminal_shows_a_bar(run, service, write, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, 'stderr', terminal)
    service.fates = {('a', 'RegionTwo'): [('error', 'rejected', 'no')]}

    assert _import(run, write({'name': 'a'}), '--install', 'all', '--wait').status == 1

    assert '3/3' in terminal.getvalue()
    assert 'active=2, failed=1, left=0' in terminal.getvalue()
    assert terminal.getvalue().endswith('\nRegionTwo a: rejected: no\n')


def test_a_dry_run_sends_nothing(run, service, write):
    service.add('a')
    service.add('b')
    path = write({'name': 'a'}, {'name': 'b', 'ram': 2, 'swap': 3}, {'name': 'c'})

    outcome = _import(run, path, '--install', 'RegionOne', '--dry-run')

    assert {method for method, _, _ in service.requests} == {'GET'}
    assert _counts(outcome) == (1, 1, 1, 0, 0, 0)
    assert outcome.err == [
        'a: would stay as it is, and installed into RegionOne',
        'b: would be changed: ram, swap, and installed into RegionOne',
        'c: would be created, and installed into RegionOne']


def test_a_wrong_file_is_explained_before_anything_is_sent(run, service, write):
    path = write({'name': 'a'}, {'name': 'b', 'ram': '4G'})

    outcome = _import(run, path)

    assert outcome.status == 1
    assert outcome.out == ''
    assert outcome.err == [
        f'{path}: flavor 2 (b): ram: must be memory in MiB, a whole number from 1 to 2147483647, '
        f"not '4G'"]
    assert service.requests == []


def test_a_missing_file_is_told(run, service, tmp_path):
    outcome = _import(run, str(tmp_path / 'none.yaml'))

    assert outcome.status == 1
    assert outcome.err == [f'{tmp_path}/none.yaml: No such file or directory']


def test_a_region_that_does_not_exist_is_told_before_anything_is_sent(run, service, write):
    outcome = _import(run, write({'name': 'a'}), '--install', 'RegionFour')

    assert outcome.status == 1
    assert outcome.err == [
        'There is no region RegionFour; there are RegionOne, RegionThree, RegionTwo.']
    assert service.flavors == {}


def test_stdin_is_a_file_too(run, service, monkeypatch):
    monkeypatch.setattr(sys, 'stdin', io.StringIO(
        'flavors: [{name: a, vcpus: 1, ram: 1024, disk: 0}]'))

    assert _counts(_import(run, '-')) == (1, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(('formatter', 'line'), [
    ('yaml', 'created: 1'), ('shell', 'created="1"'), ('value', '1'), ('table', '| created')])
def test_the_summary_has_all_formats(run, service, write, formatter, line):
    outcome = run('catalog', 'import', '-f', formatter, write({'name': 'a'}))

    assert line in outcome.out


def test_sizes_of_installed_flavors_change_as_the_option_says(run, service, write):
    service.add('a', regions=['RegionOne'])
    path = write({'name': 'a', 'ram': 2048, 'description': 'd'})

    assert _import(run, path, '--on-immutable', 'replace-if-unused').status == 0

    assert service.asked('PATCH') == [('/flavors/id-of-a', {'flavor': {
        'ram': 2048, 'description': 'd', 'on_immutable': 'replace-if-unused'}})]


def test_nothing_is_to_be_replaced_where_no_size_differs(run, service, write):
    service.add('a', regions=['RegionOne'])

    _import(run, write({'name': 'a', 'description': 'd'}), '--on-immutable', 'replace')

    assert service.asked('PATCH') == [('/flavors/id-of-a', {'flavor': {'description': 'd'}})]


def test_sizes_that_differ_are_refused_with_a_hint(run, service, write):
    service.add('a', regions=['RegionOne'])
    service.refusals['PATCH', '/flavors/id-of-a'] = [
        stand_in.Refusal(409, 'Nova cannot change ram of a flavor that exists.')]
    path = write({'name': 'a', 'ram': 2048})

    assert _import(run, path, '--dry-run').err == [
        'a: would be refused (ram cannot change in RegionOne; see --on-immutable)']
    assert _import(run, path, '--dry-run', '--on-immutable', 'replace').err == [
        'a: would be changed: ram']
    outcome = _import(run, path)
    assert outcome.status == 1
    assert outcome.err == [
        'a: Nova cannot change ram of a flavor that exists. (See --on-immutable.)']


def test_a_successor_may_be_in_the_same_file(run, service, write):
    service.add('old')
    outcome = _import(run, write(
        {'name': 'old', 'status': 'deprecated', 'deprecated_on': '2027-01-01', 'successor': 'n'},
        {'name': 'gone', 'status': 'retired'}, {'name': 'plan', 'status': 'draft'},
        {'name': 'new', 'id': 'n'}), '--install', 'RegionOne')

    assert outcome.status == 0, outcome.err
    created = [body['flavor']['name'] for path, body in service.asked('POST')
               if path == '/flavors']
    order = [path for method, path, _ in service.requests if method in ('POST', 'PATCH')]
    assert set(created) == {'gone', 'plan', 'new'}
    assert order.index('/flavors/n/install') < order.index('/flavors/id-of-old')
    assert service.flavors['id-of-old']['successor'] == 'n'
    assert service.flavors['id-of-gone']['status'] == 'retired'
    installed = {one['flavor_name'] for one in service.installations.values()}
    assert installed == {'old', 'new'}, 'neither drafts nor what is retired'
