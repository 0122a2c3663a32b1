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

"""Plans."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0008'
down_revision = '0007'

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
EXACT = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


def upgrade():
    """Create the table."""
    op.create_table(
        'plans',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('regions', sa.JSON, nullable=False),
        sa.Column('prune', sa.Boolean, nullable=False),
        sa.Column('on_immutable', sa.String(32), nullable=False),
        sa.Column('of_stored', sa.Boolean, nullable=False),
        sa.Column('flavors', sa.JSON),
        sa.Column('catalogue', sa.String(64), nullable=False),
        sa.Column('observed', sa.JSON, nullable=False),
        sa.Column('silent', sa.JSON, nullable=False),
        sa.Column('actions', sa.JSON, nullable=False),
        sa.Column('summary', sa.JSON, nullable=False),
        sa.Column('created_by', EXACT),
        sa.Column('request_id', sa.String(64)),
        sa.Column('expires_at', TIME, nullable=False),
        sa.Column('applied_at', TIME),
        sa.Column('applied_by', EXACT),
        sa.Column('applied_request_id', sa.String(64)),
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('updated_at', TIME, nullable=False),
        sa.Index('plans_expires_at_idx', 'expires_at'),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')
