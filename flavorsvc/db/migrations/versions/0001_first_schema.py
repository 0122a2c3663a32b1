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

"""The first schema: flavors, their access lists, regions, installations."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0001'
down_revision = None

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
LONG = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb')


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
        'flavors',
        sa.Column('pk', KEY, primary_key=True),
        sa.Column('id', _exact(255), nullable=False),
        sa.Column('name', _exact(255), nullable=False),
        sa.Column('vcpus', sa.Integer, nullable=False),
        sa.Column('ram_mib', sa.Integer, nullable=False),
        sa.Column('disk_gib', sa.Integer, nullable=False),
        sa.Column('ephemeral_gib', sa.Integer, nullable=False),
        sa.Column('swap_mib', sa.Integer, nullable=False),
        sa.Column('rxtx_factor', sa.Double, nullable=False),
        sa.Column('description', LONG),
        sa.Column('is_public', sa.Boolean, nullable=False),
        sa.Column('extra_specs', sa.JSON, nullable=False),
        sa.Column('properties', sa.JSON, nullable=False),
        sa.Column('public', sa.Boolean, nullable=False),
        sa.Column('promoted', sa.Boolean, nullable=False),
        sa.Column('project_id', _exact(64)),
        sa.Column('generation', sa.Integer, nullable=False),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('deleted', KEY, nullable=False),
        sa.Column('deleted_at', TIME),
        sa.UniqueConstraint('id', 'deleted', name='uniq_flavors0id0deleted'),
        sa.UniqueConstraint('name', 'deleted', name='uniq_flavors0name0deleted'))
    _table(
        'flavor_projects',
        sa.Column('flavor_pk', KEY, sa.ForeignKey('flavors.pk', ondelete='CASCADE'),
                  primary_key=True),
        sa.Column('project_id', _exact(64), primary_key=True))
    _table(
        'regions',
        sa.Column('pk', KEY, primary_key=True),
        sa.Column('name', _exact(255), nullable=False),
        sa.Column('kind', sa.String(16), nullable=False),
        sa.Column('endpoint', sa.String(2048), nullable=False),
        sa.Column('project_id', _exact(64)),
        sa.Column('max_concurrency', sa.Integer),
        sa.Column('state', sa.String(16), nullable=False),
        sa.Column('reason', sa.Text),
        sa.Column('since', TIME, nullable=False),
        sa.Column('failures', sa.Integer, nullable=False),
        sa.Column('probe_at', TIME),
        sa.Column('microversion', sa.String(16)),
        sa.Column('last_seen_at', TIME, nullable=False),
        sa.UniqueConstraint('name', name='uniq_regions0name'))
    _table(
        'installations',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('flavor_pk', KEY, sa.ForeignKey('flavors.pk'), nullable=False),
        sa.Column('region_pk', KEY, sa.ForeignKey('regions.pk'), nullable=False),
        sa.Column('desired', sa.String(16), nullable=False),
        sa.Column('revision', sa.Integer, nullable=False),
        sa.Column('wanted_generation', sa.Integer, nullable=False),
        sa.Column('observed_generation', sa.Integer),
        sa.Column('origin', sa.String(16)),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('reason', sa.String(64)),
        sa.Column('error', sa.Text),
        sa.Column('attempts', sa.Integer, nullable=False),
        sa.Column('next_attempt_at', TIME),
        sa.Column('tried', sa.Boolean, nullable=False),
        sa.Column('lease_owner', sa.String(255)),
        sa.Column('lease_until', TIME),
        sa.Column('request_id', sa.String(64)),
        sa.UniqueConstraint('flavor_pk', 'region_pk',
                            name='uniq_installations0flavor_pk0region_pk'))
    op.create_index('installations_region_pk_next_attempt_at_idx', 'installations',
                    ['region_pk', 'next_attempt_at'])
    op.create_index('installations_status_idx', 'installations', ['status'])
