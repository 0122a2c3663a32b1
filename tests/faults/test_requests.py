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

"""What flavorsvc asks real Novas, counted in their own logs."""

import collections
import configparser
import contextlib
import sqlite3

import pytest
import sqlalchemy as sa

from tests.faults import comparison
from tests.integration import running

#: Flavors of a catalogue that is applied, and of a region that is audited: a page of Nova's.
APPLIED, AUDITED = 200, 1000
#: Of those audited, the ones that are not for everybody.
PRIVATE = 10

#: What every region is asked now and then, whatever else happens.
VERSION = {'/', '/v2.1', '/v2.1/'}


@pytest.fixture(scope='module')
def counted(rabbit_url, mysql_url, tmp_path_factory):
    """A running.Running with two conductors, whose regions have nothing yet."""
    with running.sandbox(tmp_path_factory.mktemp('sandbox-counted-'), '--transport', 'rabbit',
                         '--database', 'mysql', '--conductors', 2) as sandbox:
        yield sandbox


def logs(sandbox):
    return {region: sandbox.nova_log(region) for region in sandbox.regions}


def asked(log):
    """Count what a Nova was asked, but for its version, by method and the end of the path."""
    return collections.Counter(
        (each.method, each.path.rpartition('/')[2]) for each in log.requests()
        if each.path not in VERSION)


def flavorsvc(sandbox):
    adapter = sandbox.flavorsvc('manager')
    adapter.default_microversion = '1.2'
    return adapter


def apply(sandbox, flavors):
    """Plan a catalogue for every region and apply the plan; return it when nothing is left."""
    answer = flavorsvc(sandbox).post('/plans', json={'plan': {
        'regions': 'all', 'flavors': flavors}})
    assert answer.status_code == 201, answer.text
    path = f'/plans/{answer.json()["plan"]["id"]}'
    answer = flavorsvc(sandbox).post(f'{path}/apply')
    assert answer.status_code == 202, answer.text

    def done():
        plan = flavorsvc(sandbox).get(path).json()['plan']
        return plan if not plan['progress']['under_way'] else None
    return running.wait_for(done, f'end of {path}', seconds=500)


def test_a_catalogue_is_made_once_and_applied_again_for_little(counted, new_flavors):
    flavors, before = new_flavors(APPLIED), logs(counted)
    assert apply(counted, flavors)['summary']['create'] == APPLIED * len(counted.regions)
    assert comparison.not_made_once(before, APPLIED) == []
    assert comparison.differences(counted) == []

    before = logs(counted)
    assert apply(counted, flavors)['actions'] == []
    for region, log in before.items():
        calls = asked(log)
        assert calls.total() <= 4, (region, calls)
        assert {method for method, _ in calls} == {'GET'}


def fill(sandbox, region, flavors, project):
    """Write flavors into the database of a Nova: by its API it would take a minute or more.

    :param project: str, id of the project that may use those that are not public
    """
    nova_conf = configparser.RawConfigParser()
    nova_conf.read(sandbox.directory / 'config' / f'nova-{region}' / 'nova.conf')
    path = sa.make_url(nova_conf['api_database']['connection']).database
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection, connection:
        for each in flavors:
            pk = connection.execute(
                'INSERT INTO flavors (created_at, name, memory_mb, vcpus, swap, flavorid, '
                'rxtx_factor, root_gb, ephemeral_gb, disabled, is_public, description) '
                "VALUES (datetime('now'), ?, ?, ?, 0, ?, 1.0, ?, 0, 0, ?, ?)",
                (each['name'], each['ram'], each['vcpus'], each['id'], each['disk'],
                 each['is_public'], each['description'])).lastrowid
            connection.executemany(
                'INSERT INTO flavor_extra_specs (created_at, flavor_id, "key", value) '
                "VALUES (datetime('now'), ?, ?, ?)",
                [(pk, *pair) for pair in each['extra_specs'].items()])
            if not each['is_public']:
                connection.execute(
                    'INSERT INTO flavor_projects (created_at, flavor_id, project_id) '
                    "VALUES (datetime('now'), ?, ?)", (pk, project))


def audited(sandbox, region):
    """Have a region audited, and return it as it is then."""
    answer = flavorsvc(sandbox).post(f'/regions/{region}/audit')
    assert answer.status_code == 202, answer.text
    due = answer.json()['region']['audit_due_at']

    def over():
        now = flavorsvc(sandbox).get(f'/regions/{region}').json()['region']
        return now if now['audit_due_at'] != due else None
    return running.wait_for(over, f'audit of {region}')


def test_a_thousand_flavors_are_adopted_and_audited_by_a_list_or_two(counted, new_flavors):
    there = len(comparison.nova_flavors(counted, 'RegionOne'))
    flavors = (new_flavors(PRIVATE, is_public=False)
               + new_flavors(AUDITED - PRIVATE, is_public=True))[:AUDITED - there]
    project = counted.project_id('operator-one')
    for region in counted.regions:
        fill(counted, region, flavors, project)
    before = logs(counted)
    for region in counted.regions:
        answer = flavorsvc(counted).post(f'/regions/{region}/adopt', json={'all': True})
        assert answer.status_code == 200, answer.text
        results = collections.Counter(each['result'] for each
                                      in answer.json()['adoption']['flavors'])
        assert results == collections.Counter(adopted=len(flavors), managed=there)
    for flavor in (flavors[0], flavors[-1]):
        counted.wait_for_status(flavor['id'], 'active')
    assert comparison.differences(counted) == []
    assert {log.created() for log in before.values()} == {0}

    for region in counted.regions:
        log = counted.nova_log(region)
        assert audited(counted, region)['audit_error'] is None
        calls = asked(log)
        assert calls.pop(('GET', 'detail')) <= 2
        assert calls == {('GET', 'os-flavor-access'): PRIVATE}
        found = flavorsvc(counted).get(f'/drift?region={region}&state=open').json()
        assert found['findings'] == []
