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

"""``openstack flavorsvc plan …``"""

import pytest

from tests.unit.client import answers
from tests.unit.client import plans

FILE = 'flavors: [{name: f, vcpus: 1, ram: 1, disk: 1}]'


@pytest.fixture
def made(run, service, tmp_path):
    """Function that has a plan made of some actions."""
    path = tmp_path / 'catalogue.yaml'
    path.write_text(FILE)

    def make(*actions, words=('--all',)):
        service.planned = list(actions)
        return run('plan', 'create', str(path), *words)
    return make


def test_a_file_becomes_a_plan(made, service):
    outcome = made(plans.action('a'), words=('--region', 'RegionOne', '--prune', '--on-immutable',
                                             'replace', '-f', 'json'))
    assert outcome.status == 0, outcome.err
    assert service.asked('POST') == [('/plans', {'plan': {
        'regions': ['RegionOne'], 'prune': True, 'on_immutable': 'replace',
        'flavors': [{'name': 'f', 'vcpus': 1, 'ram': 1, 'disk': 1}]}})]
    assert (outcome.json['id'], outcome.json['actions'][0]['flavor_name']) == ('plan-1', 'a')
    assert outcome.err == ['Nothing was changed. To do it: openstack flavorsvc plan apply plan-1']


def test_without_a_file_it_is_of_the_stored_catalogue(run, service):
    outcome = run('plan', 'create', '--all', '-f', 'json')
    assert outcome.status == 0, outcome.err
    assert service.asked('POST') == [('/plans', {'plan': {'regions': 'all'}})]


def test_regions_have_to_be_said(run, service):
    with pytest.raises(SystemExit):
        run('plan', 'create')
    assert service.requests == []


def test_nothing_is_sent_of_a_file_that_is_wrong(run, service, tmp_path):
    path = tmp_path / 'catalogue.yaml'
    path.write_text('flavors: [{name: f, vcpus: 0, ram: 1, disk: 1}]')
    outcome = run('plan', 'create', str(path), '--all')
    assert (outcome.status, service.requests) == (1, [])
    assert 'vcpus' in outcome.err[-1]


def test_a_plan_can_be_read(made):
    outcome = made(
        plans.action('new', region=None), plans.action('new'),
        plans.action('old', 'replace', differences=[plans.DIFFERS], servers=2),
        plans.action('long', 'change', differences=[
            {'field': 'extra_specs', 'key': 'k', 'wanted': 'x' * 99, 'found': None}]),
        plans.action('other', 'replace', refused='not_ours', because='It differs\nin ram.'))
    assert outcome.status == 1
    assert outcome.err[:2] == ['Plan plan-1: 1 action is refused',
                               '2 of the actions delete flavors, which 3 servers use.']
    rows = [' '.join(line.split()).removeprefix('| ').removesuffix(' |').removeprefix('actions | ')
            .removeprefix('| ') for line in outcome.out.splitlines()]
    for row in ('REGION FLAVOR ACTION SERVERS STATUS DIFFERENCES', '(catalogue) new create planned',
                'RegionOne new create planned', 'RegionOne old replace 2 planned ram 1024 → 2048',
                f'RegionOne long change planned extra_specs k - → {"x" * 40}…',
                'RegionOne other replace refused: not_ours (It differs in ram.)'):
        assert row in rows
    assert 'RegionTwo: No route.' in outcome.out


def test_a_plan_with_nothing_to_do_says_so(made):
    assert 'nothing to do' in made().out


def test_plans_are_listed(made, run):
    made()
    [told] = run('plan', 'list', '--sort', 'created_at:desc', '-f', 'json').json
    assert (told['ID'], told['State'], told['Created By']) == ('plan-1', 'ready', 'me')


@pytest.mark.parametrize(('option', 'shown'), [
    (None, ['a', 'b', 'c']), ('--refused', ['c']), ('--destructive', ['b']), ('--failed', [])])
def test_of_a_large_plan_a_part_is_shown(made, run, option, shown):
    made(plans.action('a'), plans.action('b', 'remove'),
         plans.action('c', 'remove', refused='in_use'))
    outcome = run('plan', 'show', 'plan-1', *([option] if option else []), '-f', 'json')
    assert [each['flavor_name'] for each in outcome.json['actions']] == shown
    assert run('plan', 'show', 'plan-2').status == 1


def test_it_is_applied(made, run, service):
    made(plans.action('a'))
    outcome = run('plan', 'apply', 'plan-1', '-f', 'json')
    assert outcome.status == 0, outcome.err
    assert outcome.err == ['The regions are being changed; see: openstack flavorsvc plan show '
                           'plan-1']
    assert (outcome.json['state'], outcome.json['progress']['under_way']) == ('applied', 1)


def test_applying_waits_and_says_what_failed(made, run, service):
    made(plans.action('f', region=None), plans.action('a'), plans.action('b'), plans.action('c'),
         plans.action('d', refused='name_taken'))
    service.outcomes = [
        {'a': ('under_way', 'busy'), 'b': ('under_way', None)},
        answers.Refusal(503, 'Not now.'),
        {'a': ('failed', 'Not a valid extra spec.'), 'b': ('superseded', None)}]
    outcome = run('plan', 'apply', 'plan-1', '--wait', '-f', 'json')
    assert outcome.status == 1
    assert outcome.json['progress'] == {'planned': 0, 'refused': 1, 'under_way': 0, 'done': 2,
                                        'failed': 1, 'superseded': 1}
    assert outcome.err[-3:] == ['RegionOne a: failed: Not a valid extra spec.',
                                'RegionOne b: superseded', 'Plan plan-1: 1 action is refused']
    assert any('1 as wanted, 0 failed, 2 left (RegionOne: busy)' in line for line in outcome.err)


def test_whoever_waits_too_long_is_told(made, run, service):
    made(plans.action('a'))
    service.outcomes = [{'a': ('under_way', 'busy')}] * 99
    outcome = run('plan', 'apply', 'plan-1', '--wait', '--timeout', '0.3')
    assert outcome.status == 1
    assert outcome.err[-1] == 'RegionOne a: still under way after 0.3 seconds: busy'


def test_what_moved_is_not_applied(made, run, service):
    made(plans.action('a'))
    service.refusals['POST', '/plans/plan-1/apply'] = [
        answers.Refusal(409, 'The catalogue has moved.')]
    outcome = run('plan', 'apply', 'plan-1')
    assert (outcome.status, outcome.err[-1]) == (1, 'The catalogue has moved.')
