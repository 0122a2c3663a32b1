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

"""The databases that tests get: real, empty, their own, and gone afterwards."""

import pytest
import sqlalchemy as sa


def tables(url):
    return sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()


def test_a_database_is_empty(database_url):
    assert tables(database_url) == []


@pytest.mark.parametrize('kind', ['mysql', 'postgresql'])
def test_a_database_is_dropped_even_when_a_connection_is_open(new_database, kind):
    with new_database(kind) as url:
        connection = sa.create_engine(url).connect()
        connection.execute(sa.text('CREATE TABLE remains (id INTEGER)'))
        connection.rollback()
    connection.invalidate()
    with pytest.raises(sa.exc.OperationalError):
        tables(url)


def test_two_databases_know_nothing_of_each_other(database_url, new_database):
    kind = sa.make_url(database_url).get_backend_name()
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text('CREATE TABLE one (id INTEGER)'))
    with new_database(kind) as other:
        assert tables(other) == []
    assert tables(database_url) == ['one']
