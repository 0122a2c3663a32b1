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

"""Replacement of installed flavors, and the lifecycle of flavors.

A conductor of the release before works on it as it is: it replaces nothing, and nobody can ask it
to while the APIs are of that release too.
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0004'
down_revision = '0003'

EXACT = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


def upgrade():
    """Add the columns."""
    op.add_column('flavors', sa.Column('deprecated_on', sa.String(10)))
    op.add_column('flavors', sa.Column('successor', EXACT))
    op.add_column('flavors', sa.Column('deprecation_reason', sa.Text))
    op.add_column('installations', sa.Column('installed', sa.JSON))
    op.add_column('installations', sa.Column('on_immutable', sa.String(32)))
    op.add_column('installations', sa.Column('unless_used', sa.Boolean, nullable=False,
                                             server_default=sa.false()))
    op.add_column('installations', sa.Column('servers', sa.Integer))
