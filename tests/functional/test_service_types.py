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

"""Rules and mappings of service types on real databases."""

from concurrent import futures
import datetime

import pytest
import sqlalchemy as sa

from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.db import service_types
from flavorsvc.db import tables
from flavorsvc.domain import errors
from tests.functional import site as sites

NOW = datetime.datetime(2026, 11, 21, 12)


class Types:
    """A database, and the calls that the tests make often."""

    def __init__(self, database):
        self.db = database

    def map(self, types, flavor_ids):
        self.db.write(service_types.map_all, types, flavor_ids)

    def unmap(self, now=NOW, **which):
        return self.db.write(service_types.unmap, now, **which)

    def mappings(self, **which):
        return self.db.read(service_types.mappings, **which)

    def put(self, name, **values):
        return self.db.write(service_types.put, name, values)

    def delete(self, name):
        self.db.write(service_types.delete, name, NOW)

    def list(self, names=None):
        return self.db.read(service_types.list_all, names)

    def rows(self):
        return self.db.read(lambda session: [
            (row.service_type, row.flavor_id, row.deleted, row.deleted_at, row.created_at)
            for row in session.scalars(sa.select(tables.ServiceTypeFlavor))])


@pytest.fixture
def types(database_url, tmp_path):
    database = engine.Database(sites.configuration(tmp_path, 'fake:///', database_url))
    schema.upgrade(database)
    yield Types(database)
    database.dispose()


def test_each_flavor_is_mapped_to_each_type_once(types):
    types.map(['redis', 'mysql', 'redis'], ['f1', 'f2', 'f1'])
    types.map(['redis'], ['f1'])
    assert types.mappings() == [('mysql', 'f1'), ('mysql', 'f2'), ('redis', 'f1'), ('redis', 'f2')]
    assert types.mappings(types=['redis'], flavor_ids=['f2', 'f3']) == [('redis', 'f2')]


def test_a_mapping_that_was_taken_back_comes_back_in_its_row(types):
    types.map(['redis'], ['f1'])
    (*_, created_at), = types.rows()
    assert types.unmap(types=['redis']) == 1
    assert types.rows() == [('redis', 'f1', True, NOW, created_at)]
    assert types.mappings() == []
    assert types.unmap(types=['redis']) == 0, 'it is taken back once'
    types.map(['redis'], ['f1'])
    assert types.rows() == [('redis', 'f1', False, None, created_at)]


def test_types_and_flavors_differ_by_case(types):
    types.map(['redis', 'Redis'], ['f1', 'F1'])
    types.unmap(types=['Redis'], flavor_ids=['F1'])
    assert types.mappings() == [('Redis', 'f1'), ('redis', 'F1'), ('redis', 'f1')]
    types.put('REDIS', min_vcpus=2)
    assert types.list(['redis'])[0]['min_vcpus'] is None


def test_many_who_map_the_same_at_once_map_it_once(types):
    with futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: types.map(['redis', 'mysql'][::1 - 2 * (number % 2)],
                                               ['f1', 'f2']), range(16)))
    assert len(types.mappings()) == len(types.rows()) == 4


def test_a_type_has_a_rule_mappings_or_both(types):
    types.put('redis', min_ram_mib=1024, required_extra_specs={'hw:é': 'x'})
    types.put('mysql')
    types.map(['mysql', 'vertica'], ['f2', 'f1'])
    mysql, redis, vertica = types.list()
    assert [mysql['name'], redis['name'], vertica['name']] == ['mysql', 'redis', 'vertica']
    assert redis['min_ram_mib'] == 1024
    assert redis['required_extra_specs'] == {'hw:é': 'x'}
    assert redis['flavor_ids'] == []
    assert redis['created_at'] is not None
    assert mysql['flavor_ids'] == vertica['flavor_ids'] == ['f1', 'f2']
    assert vertica['min_vcpus'] is vertica['created_at'] is vertica['updated_at'] is None
    assert vertica['required_extra_specs'] == {}


def test_a_rule_is_replaced_as_a_whole(types):
    first = types.put('redis', min_vcpus=2, min_disk_gib=1, required_extra_specs={'a': 'b'})
    second = types.put('redis', min_vcpus=4, min_ram_mib=None)
    assert (first['created'], second['created']) == (True, False)
    assert {field: second[field] for field in service_types.FIELDS} == {
        'min_vcpus': 4, 'min_ram_mib': None, 'min_disk_gib': None, 'required_extra_specs': {}}


def test_a_type_that_only_had_mappings_gets_a_new_rule(types):
    types.map(['redis'], ['f1'])
    put = types.put('redis', min_vcpus=2)
    assert put['created'] is True
    assert put['flavor_ids'] == ['f1']


def test_a_type_goes_with_its_rule_and_its_mappings(types):
    types.put('redis', min_vcpus=2)
    types.map(['redis', 'mysql'], ['f1'])
    types.delete('redis')
    assert [each['name'] for each in types.list()] == ['mysql']
    types.map(['redis'], ['f1'])
    assert types.list(['redis'])[0]['min_vcpus'] is None, 'the rule does not come back'


@pytest.mark.parametrize('ask', ['list', 'delete'])
def test_a_type_without_rule_and_mapping_does_not_exist(types, ask):
    types.map(['redis'], ['f1'])
    types.unmap(flavor_ids=['f1'])
    with pytest.raises(errors.NotFound) as raised:
        types.list(['redis']) if ask == 'list' else types.delete('redis')
    assert raised.value.reason == "There is no service type 'redis'."
