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

"""The migrations make the tables that the code works with, on each kind of database."""

from alembic import autogenerate
from alembic import migration
import pytest

from flavorsvc import conf as options
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.db import tables


@pytest.fixture
def database(database_url, tmp_path):
    config = tmp_path / 'conductor.conf'
    config.write_text(f'[database]\nconnection = {database_url}\n')
    database = engine.Database(options.load_conductor(['--config-file', str(config)]))
    yield database
    database.dispose()


def test_an_empty_database_has_no_version(database):
    assert schema.version(database) is None


def test_migrations_and_tables_agree(database):
    schema.upgrade(database)
    with database.engine.connect() as connection:
        context = migration.MigrationContext.configure(connection, opts={'compare_type': True})
        assert autogenerate.compare_metadata(context, tables.Base.metadata) == []


def test_upgrading_again_changes_nothing(database):
    schema.upgrade(database)
    assert schema.version(database) == schema.newest()
    schema.upgrade(database)
    assert schema.version(database) == schema.newest()
