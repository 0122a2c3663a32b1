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

"""Regions: answer times, maintenance, and whose turn it is."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0007'
down_revision = '0006'

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    """Add what the previous release need not know: all of it may be null."""
    for column in (sa.Column('answer_s', sa.Double), sa.Column('measured_at', TIME),
                   sa.Column('probed_at', TIME), sa.Column('maintenance_since', TIME),
                   sa.Column('maintenance_reason', sa.Text)):
        op.add_column('regions', column)
    op.create_table(
        'turns',
        sa.Column('region_pk', KEY, sa.ForeignKey('regions.pk', ondelete='CASCADE'),
                  primary_key=True),
        sa.Column('taken_at', TIME, nullable=False),
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('updated_at', TIME, nullable=False),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')
    op.create_index('installations_lease_until_idx', 'installations', ['lease_until'])
