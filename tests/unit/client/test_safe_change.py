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

"""Replacement and lifecycle, by the commands and the SDK."""


def test_a_draft_is_created_as_such(run, service):
    run('flavor', 'create', 'tiny', '--draft')

    [(_, body)] = service.asked('POST')
    assert body['flavor']['status'] == 'draft'


def test_set_says_what_to_do_where_nova_cannot_change_it(run, service):
    service.add('small')
    run('flavor', 'set', 'small', '--ram', '2048', '--on-immutable', 'replace')
    run('flavor', 'set', 'small', '--on-immutable', 'replace')

    assert [body['flavor'] for _, body in service.asked('PATCH')] == [
        {'ram': 2048, 'on_immutable': 'replace'}, {'on_immutable': 'replace'}]


def test_what_was_said_of_one_change_is_not_meant_for_the_next(connect, service):
    service.add('small')
    proxy = connect().flavorsvc
    flavor = proxy.find_flavor('small')

    for changes in ({'ram': 2, 'on_immutable': 'replace'}, {'ram': 3, 'on_immutable': 'replace'},
                    {'ram': 4}):
        proxy.update_flavor(flavor, **changes)

    assert [body['flavor'] for _, body in service.asked('PATCH')] == [
        {'ram': 2, 'on_immutable': 'replace'}, {'ram': 3, 'on_immutable': 'replace'}, {'ram': 4}]


def test_set_deprecates_in_favor_of_another(run, service):
    service.add('small')
    service.add('large')
    run('flavor', 'set', 'small', '--status', 'deprecated', '--deprecated-on', '2027-01-01',
        '--successor', 'large', '--deprecation-reason', 'too small')

    assert [body['flavor'] for _, body in service.asked('PATCH')] == [{
        'status': 'deprecated', 'deprecated_on': '2027-01-01', 'successor': 'id-of-large',
        'deprecation_reason': 'too small'}]


def test_install_and_uninstall_have_their_choices(run, service):
    service.add('small')
    run('flavor', 'install', 'small', '--all', '--on-immutable', 'replace-if-unused')
    run('flavor', 'uninstall', 'small', '--all', '--unless-used')

    assert [body for _, body in service.asked('POST')] == [
        {'regions': 'all', 'on_immutable': 'replace-if-unused'},
        {'regions': 'all', 'unless_used': True}]


def test_nobody_waits_for_servers(run, service):
    service.add('small')
    service.fates['small', 'RegionOne'] = [('retrying', 'in_use', '2 servers use it.')]
    outcome = run('flavor', 'install', 'small', '--region', 'RegionOne', '--wait')

    assert outcome.status == 1
    assert outcome.err[-1] == 'RegionOne small: in_use: 2 servers use it.'
