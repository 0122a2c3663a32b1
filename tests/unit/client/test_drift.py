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


import pytest

from tests.unit.client import drift


def _json(run, *words):
    outcome = run(*words, '-f', 'json')
    assert outcome.status == 0, outcome.err
    return outcome.json


class TestDrift:
    """``openstack flavorsvc drift …``"""

    def test_what_is_open_is_listed(self, run, service):
        service.add_finding('a')
        service.add_finding('b', state='resolved')
        assert _json(run, 'drift', 'list') == [{
            'ID': 'id-of-a', 'Region': 'RegionOne', 'Flavor': 'a', 'Kind': 'different',
            'Differences': [drift.DIFFERS], 'State': 'open'}]
        assert len(_json(run, 'drift', 'list', '--state', 'all')) == 2

    def test_differences_can_be_read(self, run, service):
        service.add_finding('a', differences=[
            drift.DIFFERS,
            {'field': 'extra_specs', 'key': 'x', 'wanted': None, 'found': 'y'}])
        assert 'ram is 4096, not 2048; extra_specs x is y' in run('drift', 'list').out

    def test_filters_and_pages_are_asked_of_the_service(self, run, service):
        run('drift', 'list', '--region', 'RegionTwo', '--flavor', 'f', '--kind', 'missing',
            '--sort', 'opened_at:desc', '--long', '--limit', '3')
        [(path, _)] = service.asked('GET')
        for part in ('region=RegionTwo', 'flavor=f', 'kind=missing', 'state=open',
                     'sort_key=opened_at', 'sort_dir=desc', 'limit=3'):
            assert part in path

    def test_show(self, run, service):
        service.add_finding('a')
        assert _json(run, 'drift', 'show', 'id-of-a')['differences'] == [drift.DIFFERS]
        assert run('drift', 'show', 'b').status == 1

    def test_repair_waits_and_goes_on_where_one_is_refused(self, run, service):
        service.add_finding('a')
        service.add_finding('b', kind='missing', differences=[])
        outcome = run('drift', 'repair', 'id-of-a', 'id-of-b', '--wait')
        assert outcome.status == 1
        assert outcome.err[0] == 'id-of-a: Nova cannot change ram.'
        assert 'active' in outcome.out

    def test_replacement_has_to_be_said(self, run, service):
        service.add_finding('a')
        _json(run, 'drift', 'repair', 'id-of-a', '--on-immutable', 'replace')
        assert service.asked('POST') == [('/drift/id-of-a/repair', {'on_immutable': 'replace'})]

    @pytest.mark.parametrize(('option', 'said', 'state'), [
        ('--as-catalogue', 'catalogue', 'resolved'), ('--as-exception', 'exception', 'accepted')])
    def test_accept(self, run, service, option, said, state):
        service.add_finding('a')
        [told] = _json(run, 'drift', 'accept', 'id-of-a', option, '--reason', 'Why not.')
        assert told['State'] == state
        assert service.asked('POST') == [
            ('/drift/id-of-a/accept', {'as': said, 'reason': 'Why not.'})]

    def test_it_has_to_be_said_what_is_accepted(self, run, service):
        with pytest.raises(SystemExit):
            run('drift', 'accept', 'id-of-a')
        assert service.requests == []


class TestRegions:
    """``openstack flavorsvc region audit|adopt|compare``"""

    def test_audit(self, run, service):
        [told] = _json(run, 'region', 'audit', 'RegionOne')
        assert (told['Name'], told['Audit Due At']) == ('RegionOne', 'now')
        assert service.asked('GET') == []

    def test_audit_waits_and_says_what_failed(self, run, service):
        service.audit_errors['RegionTwo'] = 'It has too many flavors.'
        outcome = run('region', 'audit', 'RegionOne', 'RegionTwo', '--wait')
        assert outcome.status == 1
        assert outcome.err == ['RegionTwo: It has too many flavors.']
        assert 'later' in outcome.out

    def test_a_region_that_is_not_audited_in_time(self, run, service):
        service.slow_audits = True
        service.regions['RegionOne']['state'] = 'down'
        outcome = run('region', 'audit', 'RegionOne', '--wait', '--timeout', '0.1')
        assert outcome.status == 1
        assert outcome.err == ['RegionOne: Region RegionOne was not audited after 0.1 s; it is '
                               'down']

    def test_adopt(self, run, service):
        conflict = {'region': None, 'reason': 'id', 'flavor_id': 'b', 'differences': [
            drift.DIFFERS]}
        service.adoption = [
            {'flavor_id': 'a', 'flavor_name': 'a', 'result': 'adopted', 'conflicts': []},
            {'flavor_id': 'b', 'flavor_name': 'b', 'result': 'conflict', 'conflicts': [
                conflict, {**conflict, 'region': 'RegionTwo', 'reason': 'name',
                           'differences': []}]}]
        outcome = run('region', 'adopt', 'RegionOne', '--name', 'm1.*', '--skip', 'c',
                      '--manage', 'd', '--dry-run')
        assert outcome.status == 1
        assert service.asked('POST') == [('/regions/RegionOne/adopt', {
            'name': 'm1.*', 'dry_run': True, 'choices': {'c': 'skip', 'd': 'manage'}})]
        assert 'id: b in the catalogue has ram 2048; name: b in RegionTwo' in outcome.out
        assert outcome.err == ['Conflicts with RegionTwo are not known: No route.',
                               'b: conflict: choose --manage, --exception or --skip']

    def test_adopt_needs_to_know_what(self, run, service):
        for words in ((), ('--all', '--flavor', 'a')):
            with pytest.raises(SystemExit):
                run('region', 'adopt', 'RegionOne', *words)
        assert service.requests == []

    def test_compare(self, run, service):
        outcome = run('region', 'compare', 'RegionOne', 'RegionTwo', 'RegionThree')
        assert outcome.status == 1
        assert 'vcpus 1 in RegionOne, 2 in RegionTwo' in outcome.out
        assert outcome.err == ['RegionThree: No route.',
                               'The name c is that of 1 in RegionOne, 2 in RegionTwo']
        assert service.asked('GET') == [('/compare?regions=RegionOne%2CRegionTwo%2CRegionThree',
                                         None)]
        shown = run('region', 'compare', 'RegionOne', 'RegionTwo', '--all', '-f', 'json').json
        assert [each['Verdict'] for each in shown] == ['same', 'different']

    def test_the_policy_is_set_and_taken_back(self, run, service):
        run('region', 'set', 'RegionOne', '--drift-policy', 'repair-safe')
        run('region', 'set', 'RegionOne', '--no-drift-policy')
        assert [body for _, body in service.asked('PATCH')] == [
            {'region': {'drift_policy': 'repair-safe'}}, {'region': {'drift_policy': None}}]
