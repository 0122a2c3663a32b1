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

"""The tables. Times are UTC without an offset; JSON columns hold str keys only."""

from oslo_db.sqlalchemy import models
from oslo_utils import timeutils
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql

# MariaDB keeps whole seconds and ignores case unless told otherwise; the three
# databases are to behave alike.
Time = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')
Key = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


#: Characters of what a region said that are kept; the smallest text column holds 65,535 bytes.
LONGEST_TEXT = 4000


def exact(length):
    """A string column that tells 'a' from 'A' on every database."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql', 'mariadb')


class Base(models.ModelBase, orm.DeclarativeBase):
    """What all tables share."""

    __table_args__ = {'mysql_engine': 'InnoDB', 'mysql_charset': 'utf8mb4'}

    created_at = sa.Column(Time, nullable=False, default=timeutils.utcnow)
    updated_at = sa.Column(Time, nullable=False, default=timeutils.utcnow,
                           onupdate=timeutils.utcnow)


class Flavor(Base):
    """A flavor of the catalogue.

    ``deleted`` is 0 while it lives and its own ``pk`` afterwards, so that the
    row stays for the audit trail and its id and name can be used again.
    """

    __tablename__ = 'flavors'

    pk = sa.Column(Key, primary_key=True)
    id = sa.Column(exact(255), nullable=False)
    name = sa.Column(exact(255), nullable=False)
    vcpus = sa.Column(sa.Integer, nullable=False)
    ram_mib = sa.Column(sa.Integer, nullable=False)
    disk_gib = sa.Column(sa.Integer, nullable=False)
    ephemeral_gib = sa.Column(sa.Integer, nullable=False)
    swap_mib = sa.Column(sa.Integer, nullable=False)
    rxtx_factor = sa.Column(sa.Double, nullable=False)
    description = sa.Column(sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mysql', 'mariadb'))
    is_public = sa.Column(sa.Boolean, nullable=False)
    extra_specs = sa.Column(sa.JSON, nullable=False)
    properties = sa.Column(sa.JSON, nullable=False)
    public = sa.Column(sa.Boolean, nullable=False)
    promoted = sa.Column(sa.Boolean, nullable=False)
    project_id = sa.Column(exact(64))
    generation = sa.Column(sa.Integer, nullable=False, default=1)
    status = sa.Column(sa.String(16), nullable=False, default='active')
    deleted = sa.Column(Key, nullable=False, default=0)
    deleted_at = sa.Column(Time)

    access = orm.relationship('FlavorProject', cascade='all, delete-orphan')
    installations = orm.relationship('Installation', back_populates='flavor')

    __table_args__ = (
        sa.UniqueConstraint('id', 'deleted', name='uniq_flavors0id0deleted'),
        sa.UniqueConstraint('name', 'deleted', name='uniq_flavors0name0deleted'),
        Base.__table_args__,
    )


class FlavorProject(Base):
    """A project that may use a flavor which is not public in Nova."""

    __tablename__ = 'flavor_projects'

    flavor_pk = sa.Column(Key, sa.ForeignKey('flavors.pk', ondelete='CASCADE'), primary_key=True)
    project_id = sa.Column(exact(64), primary_key=True)


class Region(Base):
    """A Nova region, as the service catalogue announced it and as it last answered.

    ``kind`` is ``discovered``, or ``registered`` for one of a cloud with a
    Keystone of its own, which has a credential.
    """

    __tablename__ = 'regions'

    pk = sa.Column(Key, primary_key=True)
    name = sa.Column(exact(255), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False, default='discovered')
    endpoint = sa.Column(sa.String(2048), nullable=False)
    project_id = sa.Column(exact(64))
    max_concurrency = sa.Column(sa.Integer)
    state = sa.Column(sa.String(16), nullable=False, default='unknown')
    reason = sa.Column(sa.Text)
    since = sa.Column(Time, nullable=False, default=timeutils.utcnow)
    failures = sa.Column(sa.Integer, nullable=False, default=0)
    probe_at = sa.Column(Time)
    microversion = sa.Column(sa.String(16))
    last_seen_at = sa.Column(Time, nullable=False)

    credential = orm.relationship('Credential', cascade='all, delete-orphan', uselist=False)

    __table_args__ = (
        sa.UniqueConstraint('name', name='uniq_regions0name'),
        Base.__table_args__,
    )


class Credential(Base):
    """How the region of another cloud is reached; ``sealed`` opens with the conductors' keys."""

    __tablename__ = 'credentials'

    region_pk = sa.Column(Key, sa.ForeignKey('regions.pk', ondelete='CASCADE'), primary_key=True)
    keystone_url = sa.Column(sa.String(2048), nullable=False)
    region_name = sa.Column(exact(255))
    sealed = sa.Column(sa.Text, nullable=False)


class Installation(Base):
    """One flavor in one region: what is wanted, what was seen, who is at work on it.

    ``revision`` moves with every new wish, so that whoever converged an older
    one cannot mark the newer one done. ``next_attempt_at`` is null when
    nothing is left to do. ``tried`` is set before a region is first asked to
    have the flavor: until then, a flavor of this id there is someone else's.
    """

    __tablename__ = 'installations'

    id = sa.Column(sa.String(36), primary_key=True)
    flavor_pk = sa.Column(Key, sa.ForeignKey('flavors.pk'), nullable=False)
    region_pk = sa.Column(Key, sa.ForeignKey('regions.pk'), nullable=False)
    desired = sa.Column(sa.String(16), nullable=False)
    revision = sa.Column(sa.Integer, nullable=False, default=1)
    wanted_generation = sa.Column(sa.Integer, nullable=False)
    observed_generation = sa.Column(sa.Integer)
    origin = sa.Column(sa.String(16))
    status = sa.Column(sa.String(16), nullable=False)
    reason = sa.Column(sa.String(64))
    error = sa.Column(sa.Text)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    next_attempt_at = sa.Column(Time)
    tried = sa.Column(sa.Boolean, nullable=False, default=False)
    lease_owner = sa.Column(sa.String(255))
    lease_until = sa.Column(Time)
    request_id = sa.Column(sa.String(64))

    flavor = orm.relationship('Flavor', back_populates='installations')
    region = orm.relationship('Region')

    __table_args__ = (
        sa.UniqueConstraint('flavor_pk', 'region_pk',
                            name='uniq_installations0flavor_pk0region_pk'),
        sa.Index('installations_region_pk_next_attempt_at_idx', 'region_pk', 'next_attempt_at'),
        sa.Index('installations_status_idx', 'status'),
        Base.__table_args__,
    )


class ServiceType(Base):
    """What a flavor needs in order to be for a service type by itself; null asks for nothing."""

    __tablename__ = 'service_types'

    name = sa.Column(exact(255), primary_key=True)
    min_vcpus = sa.Column(sa.Integer)
    min_ram_mib = sa.Column(sa.Integer)
    min_disk_gib = sa.Column(sa.Integer)
    required_extra_specs = sa.Column(sa.JSON, nullable=False)


class ServiceTypeFlavor(Base):
    """A flavor that someone mapped to a service type.

    Neither side has to be known elsewhere: a type need not have a rule, and
    the flavor may be one that only Nova has. A mapping that was taken back
    keeps its row, and comes back to life when it is made again.
    """

    __tablename__ = 'service_type_flavors'

    service_type = sa.Column(exact(255), primary_key=True)
    flavor_id = sa.Column(exact(255), primary_key=True)
    deleted = sa.Column(sa.Boolean, nullable=False, default=False)
    deleted_at = sa.Column(Time)

    __table_args__ = (
        sa.Index('service_type_flavors_flavor_id_idx', 'flavor_id'),
        Base.__table_args__,
    )
