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

"""Service types: their rules, and the flavors that are mapped to them."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0003'
down_revision = '0002'

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')


def _exact(length):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


def _table(name, *columns):
    op.create_table(
        name, *columns,
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('updated_at', TIME, nullable=False),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')


def upgrade():
    """Create the tables."""
    _table(
        'service_types',
        sa.Column('name', _exact(255), primary_key=True),
        sa.Column('min_vcpus', sa.Integer),
        sa.Column('min_ram_mib', sa.Integer),
        sa.Column('min_disk_gib', sa.Integer),
        sa.Column('required_extra_specs', sa.JSON, nullable=False))
    _table(
        'service_type_flavors',
        sa.Column('service_type', _exact(255), primary_key=True),
        sa.Column('flavor_id', _exact(255), primary_key=True),
        sa.Column('deleted', sa.Boolean, nullable=False),
        sa.Column('deleted_at', TIME))
    op.create_index('service_type_flavors_flavor_id_idx', 'service_type_flavors', ['flavor_id'])
