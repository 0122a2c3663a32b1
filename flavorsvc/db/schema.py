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

"""The schema, by alembic migrations."""

import os

from alembic import command
from alembic import config
from alembic import migration
from alembic import script


def upgrade(database, revision='heads'):
    """Bring the schema to a revision.

    :param database: flavorsvc.db.engine.Database
    :param revision: str
    """
    command.upgrade(_config(database), revision)


def version(database):
    """Tell at which revision the schema is.

    :returns: str, or None for an empty database
    """
    with database.engine.connect() as connection:
        return migration.MigrationContext.configure(connection).get_current_revision()


def newest():
    """Tell the revision that this release wants.

    :returns: str
    """
    return script.ScriptDirectory.from_config(_config(None)).get_current_head()


def revisions():
    """Name all revisions of this release.

    :returns: list of str, the oldest first
    """
    scripts = script.ScriptDirectory.from_config(_config(None))
    return [each.revision for each in scripts.walk_revisions()][::-1]


def _config(database):
    settings = config.Config()
    settings.set_main_option('script_location',
                             os.path.join(os.path.dirname(__file__), 'migrations'))
    settings.attributes['database'] = database
    return settings
