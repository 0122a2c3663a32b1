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

"""The sealed credentials of registered infrastructures."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0002'
down_revision = '0001'

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
EXACT = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


def upgrade():
    """Create the table."""
    op.create_table(
        'credentials',
        sa.Column('region_pk', KEY, sa.ForeignKey('regions.pk', ondelete='CASCADE'),
                  primary_key=True),
        sa.Column('keystone_url', sa.String(2048), nullable=False),
        sa.Column('region_name', EXACT),
        sa.Column('sealed', sa.Text, nullable=False),
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('updated_at', TIME, nullable=False),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')
