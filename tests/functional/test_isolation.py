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

"""What one transaction sees of another's work."""

from flavorsvc.db import engine as db_engine
from flavorsvc.db import schema
from flavorsvc.db import service_types
from tests.functional import site as sites


def test_each_statement_sees_what_is_committed(new_database, tmp_path):
    """Also on the connection by which the library tries the database, before it is ours."""
    for kind in ('mysql', 'postgresql'):
        with new_database(kind) as url:
            database = db_engine.Database(sites.configuration(tmp_path, 'fake:///', url))
            schema.upgrade(database)
            looks = []

            def look(session, database=database, looks=looks):
                before = len(service_types.list_all(session))
                if before < 3:  # each on a connection of its own
                    database.write(service_types.put, f'type-{before}', {})
                    database.read(look)
                looks.append((before, len(service_types.list_all(session))))
            database.read(look)
            database.dispose()
            assert looks == [(3, 3), (2, 3), (1, 3), (0, 3)]
