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

"""Two releases side by side: migrations that only add, and calls that either side understands."""

import datetime
import json

import oslo_messaging
import pytest
import sqlalchemy as sa
import webob

from flavorsvc import context
from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.conductor import client
from flavorsvc.conductor.endpoints import base
from flavorsvc.db import claims
from flavorsvc.db import engine
from flavorsvc.db import outcomes
from flavorsvc.db import regions
from flavorsvc.db import schema
from flavorsvc.domain import errors
from tests.functional import site as sites

#: The schema of the previous release.
PREVIOUS = '0003'

NOW = datetime.datetime(2026, 11, 21, 12)
STAMPS = {'created_at': NOW, 'updated_at': NOW}
FLAVOR = {'name': 'n', 'vcpus': 1, 'ram_mib': 512, 'disk_gib': 1, 'ephemeral_gib': 0,
          'swap_mib': 0, 'rxtx_factor': 1.0, 'is_public': True, 'extra_specs': {'a': 'b'},
          'properties': {}, 'public': False, 'promoted': False, 'generation': 1,
          'status': 'active', 'deleted': 0, **STAMPS}
REGION = {'kind': 'discovered', 'endpoint': 'http://one', 'state': 'up', 'since': NOW,
          'failures': 0, 'last_seen_at': NOW, **STAMPS}
INSTALLATION = {'desired': 'present', 'revision': 1, 'wanted_generation': 1, 'status': 'pending',
                'attempts': 0, 'next_attempt_at': NOW, 'tried': False, **STAMPS}


@pytest.fixture
def database(database_url, tmp_path):
    database = engine.Database(sites.configuration(tmp_path, 'fake:///', database_url))
    yield database
    database.dispose()


class PreviousRelease:
    """Writes and reads as the previous release does: it knows the columns of its schema only."""

    def __init__(self, database):
        self._engine = database.engine
        self.tables = sa.MetaData()
        self.tables.reflect(self._engine)

    def insert(self, table, **values):
        if self._engine.dialect.name == 'mysql':  # where JSON is another name of a text
            values = {name: json.dumps(value) if isinstance(value, dict) else value
                      for name, value in values.items()}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(self.tables.tables[table]).values(**values))

    def wish(self, number):
        self.insert('regions', pk=number, name=f'r{number}', **REGION)
        self.insert('flavors', pk=number, id=f'f{number}', **{**FLAVOR, 'name': f'n{number}'})
        self.insert('installations', id=f'i{number}', flavor_pk=number, region_pk=number,
                    **INSTALLATION)

    def read(self, table):
        with self._engine.begin() as connection:
            return [row._asdict()
                    for row in connection.execute(sa.select(self.tables.tables[table]))]

    def take(self, owner):
        """Claim everything that is due."""
        rows = self.tables.tables['installations']
        with self._engine.begin() as connection:
            return connection.execute(
                sa.update(rows).where(rows.c.next_attempt_at <= NOW, rows.c.lease_until.is_(None))
                .values(lease_owner=owner, lease_until=NOW + datetime.timedelta(seconds=60))
            ).rowcount

    def forget(self, number):
        """Take a region away, with all that was wished there."""
        with self._engine.begin() as connection:
            for table, key in (('installations', 'region_pk'), ('regions', 'pk')):
                found = self.tables.tables[table]
                connection.execute(sa.delete(found).where(found.c[key] == number))


def test_the_previous_release_works_with_the_new_schema(database):
    schema.upgrade(database, PREVIOUS)
    previous = PreviousRelease(database)
    previous.wish(1)
    before = {name: previous.read(name) for name in previous.tables.tables
              if name != 'alembic_version'}
    schema.upgrade(database)
    assert {name: previous.read(name) for name in before} == before

    claim, = database.write(claims.take, 'new', 10, NOW, 60, 4)
    assert (claim.id, claim.flavor['extra_specs']) == ('i1', {'a': 'b'})
    assert previous.take('old') == 0, 'it sees the lease of the new one'
    assert database.write(outcomes.finish, claim, 'created', NOW)

    previous.wish(2)
    assert previous.take('old') == 1
    assert database.write(claims.take, 'new', 10, NOW, 60, 4) == [], 'and the other way round'
    assert database.read(regions.get, 'r2', 4)['in_progress'] == 1
    over, = database.write(claims.take, 'new', 10, NOW + datetime.timedelta(seconds=61), 60, 4)
    assert over.id == 'i2'

    previous.forget(2)
    previous.forget(1)
    assert database.read(regions.count) == 0


def test_migrations_only_add(database):
    """What a revision has, the next one has as well, and may be left out where it is new."""
    revisions = schema.revisions()
    assert len(revisions) > 3
    schema.upgrade(database, revisions[0])
    for revision in revisions[1:]:
        before = _columns(database)
        schema.upgrade(database, revision)
        after = _columns(database)
        assert before.keys() <= after.keys()
        for table, columns in before.items():
            for name, (kind, nullable, default) in columns.items():
                assert after[table][name][:2] == (kind, nullable), f'{table}.{name}'
                assert after[table][name][2] == default
            for name in after[table].keys() - columns.keys():
                _, nullable, default = after[table][name]
                assert nullable or default is not None, f'{table}.{name} in {revision}'


def _columns(database):
    inspector = sa.inspect(database.engine)
    return {table: {column['name']: (str(column['type']), column['nullable'], column['default'])
                    for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()}


class OldRegions:
    """The regions of a conductor that knows no maintenance."""

    target = oslo_messaging.Target(namespace='regions', version='1.2')

    @base.expected
    def get(self, ctxt, name):
        return {'name': name}

    @base.expected
    def update(self, ctxt, name, changes):
        return {'name': name, **changes}


@pytest.fixture(params=['fake', 'rabbit'])
def old_conductor(request, tmp_path):
    """What an API calls a conductor of the previous release by."""
    url = 'fake:///' if request.param == 'fake' else request.getfixturevalue('rabbit_url')
    conf = sites.configuration(tmp_path, url, 'sqlite://')
    server = rpc.server(conf, rpc.transport(conf), 'old', [OldRegions()])
    server.start()
    transport = rpc.transport(conf)
    yield client.Conductor(transport, conf)
    server.stop()
    server.wait()
    transport.cleanup()


def test_a_new_api_calls_an_old_conductor_for_what_that_knows(old_conductor):
    ctxt = context.RequestContext()
    assert old_conductor.region_get(ctxt, 'r1') == {'name': 'r1'}
    assert old_conductor.region_update(ctxt, 'r1', {'max_concurrency': 2}) == {
        'name': 'r1', 'max_concurrency': 2}
    with pytest.raises(errors.Unavailable, match='being upgraded'):
        old_conductor.region_update(ctxt, 'r1', {'maintenance': True})


@pytest.fixture
def capped(new_database, tmp_path):
    """A service whose API is held to the calls of the previous release."""
    with new_database('sqlite') as database_url:
        conf = sites.configuration(tmp_path, 'fake:///', database_url,
                                   rpc={'version_cap': '1.2'})
        with sites.running(conf) as site:
            site.reset()
            yield site


def test_a_cap_keeps_what_only_new_conductors_know_from_being_sent(capped):
    ctxt = context.RequestContext()
    with pytest.raises(errors.Unavailable, match='being upgraded'):
        capped.conductor.region_update(ctxt, 'RegionOne', {'maintenance': True})
    region = capped.conductor.region_update(ctxt, 'RegionOne', {'max_concurrency': 3})
    assert (region['max_concurrency'], region['maintenance']) == (3, False)
    page = {'limit': 10, 'marker': None, 'sort_key': 'name', 'sort_dir': 'asc'}
    assert capped.conductor.compute_flavors_list(ctxt, {}, page, '', True) == []
    assert capped.conductor.ping(ctxt)['status']


def test_a_capped_api_does_not_offer_what_only_new_conductors_know(capped):
    def ask(url, version, method='GET', body=None):
        more = {} if body is None else {'body': json.dumps(body).encode(),
                                        'content_type': 'application/json'}
        return webob.Request.blank(url, method=method, headers={
            'X-Auth-Token': 'manager', 'OpenStack-API-Version': f'flavorsvc {version}',
        }, **more).get_response(capped.app)
    assert ask('/v1', 'latest').json['version']['max_version'] == '1.1'
    draft = {'flavor': {'name': 'n', 'vcpus': 1, 'ram': 1, 'disk': 1, 'status': 'draft'}}
    refused = ask('/v1/flavors', '1.2', 'POST', draft)
    assert refused.status_int == 406
    assert refused.json['errors'][0]['max_version'] == '1.1'
    assert '1.0 to 1.1' in refused.json['errors'][0]['detail']
    assert ask('/v1/flavors', 'latest', 'POST', draft).status_int == 400
    assert ask('/v1/flavors', 'latest').json == {'flavors': []}


class OldFlavors:
    """The flavors of a conductor for which each filter is one value of a column."""

    target = oslo_messaging.Target(namespace='flavors', version='1.2')

    def __init__(self):
        self.statuses = []

    @base.expected
    def list(self, ctxt, filters, page, visible_to=None):
        self.statuses.append(filters.get('status'))
        return []


def test_an_old_conductor_is_asked_for_one_status(tmp_path):
    conf, flavors = sites.configuration(tmp_path, 'fake:///', 'sqlite://'), OldFlavors()
    server = rpc.server(conf, rpc.transport(conf), 'old', [flavors])
    server.start()
    transport = rpc.transport(conf)
    application = app.make_app(conf, client.Conductor(transport, conf), auth=sites.Tokens)
    for version in ('1.1', '1.2'):
        found = webob.Request.blank('/v1/flavors?status=active', headers={
            'X-Auth-Token': 'manager', 'OpenStack-API-Version': f'flavorsvc {version}',
        }).get_response(application)
        assert found.json == {'flavors': []}
    assert flavors.statuses == ['active', 'active']
    server.stop()
    server.wait()
    transport.cleanup()


def test_a_new_conductor_answers_an_api_of_each_earlier_release(embedded):
    embedded.reset()
    transport = rpc.transport(embedded.conf)
    for version in ('1.0', '1.1', '1.2', client.VERSION):
        old = rpc.client(embedded.conf, transport, version)
        found = old.prepare(namespace='regions').call(context.RequestContext(), 'get',
                                                      name='RegionOne')
        assert found['name'] == 'RegionOne'
    transport.cleanup()
