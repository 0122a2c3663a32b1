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


"""Audits of regions, and what they found."""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import mysql

revision = '0005'
down_revision = '0004'

TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
EXACT = sa.String(255).with_variant(
    mysql.VARCHAR(255, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


def upgrade():
    """Add the columns, and create the table."""
    for column in (
            sa.Column('drift_policy', sa.String(16)),
            sa.Column('audited_at', TIME),
            sa.Column('audit_due_at', TIME),
            sa.Column('audit_error', sa.Text),
            sa.Column('audit_request_id', sa.String(64)),
            sa.Column('audit_owner', sa.String(255)),
            sa.Column('audit_lease_until', TIME)):
        op.add_column('regions', column)
    op.create_table(
        'drift',
        sa.Column('id', sa.String(36), primary_key=True),
        sa.Column('region_pk', KEY, sa.ForeignKey('regions.pk', ondelete='CASCADE'),
                  nullable=False),
        sa.Column('flavor_id', EXACT, nullable=False),
        sa.Column('flavor_name', EXACT, nullable=False),
        sa.Column('kind', sa.String(16), nullable=False),
        sa.Column('differences', sa.JSON, nullable=False),
        sa.Column('state', sa.String(16), nullable=False),
        sa.Column('live', sa.Boolean),
        sa.Column('opened_at', TIME, nullable=False),
        sa.Column('resolved_at', TIME),
        sa.Column('accepted_at', TIME),
        sa.Column('accepted_by', EXACT),
        sa.Column('accepted_reason', sa.Text),
        sa.Column('repairs', sa.Integer, nullable=False),
        sa.Column('repaired_at', TIME),
        sa.Column('created_at', TIME, nullable=False),
        sa.Column('updated_at', TIME, nullable=False),
        sa.UniqueConstraint('region_pk', 'flavor_id', 'live',
                            name='uniq_drift0region_pk0flavor_id0live'),
        mysql_engine='InnoDB', mysql_charset='utf8mb4')
    op.create_index('drift_flavor_id_idx', 'drift', ['flavor_id'])
    op.create_index('drift_resolved_at_idx', 'drift', ['resolved_at'])
