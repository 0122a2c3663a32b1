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
    ``deprecated_on`` is a date in ISO 8601, ``successor`` the id of a flavor.
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
    deprecated_on = sa.Column(sa.String(10))
    successor = sa.Column(exact(255))
    deprecation_reason = sa.Column(sa.Text)
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
    Keystone of its own, which has a credential. ``answer_s`` is the average
    of its answer times, ``maintenance_since`` null where it is not in
    maintenance.
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
    drift_policy = sa.Column(sa.String(16))
    audited_at = sa.Column(Time)
    audit_due_at = sa.Column(Time)
    audit_error = sa.Column(sa.Text)
    audit_request_id = sa.Column(sa.String(64))
    audit_owner = sa.Column(sa.String(255))
    audit_lease_until = sa.Column(Time)
    answer_s = sa.Column(sa.Double)
    measured_at = sa.Column(Time)
    probed_at = sa.Column(Time)
    maintenance_since = sa.Column(Time)
    maintenance_reason = sa.Column(sa.Text)

    credential = orm.relationship('Credential', cascade='all, delete-orphan', uselist=False)

    __table_args__ = (
        sa.UniqueConstraint('name', name='uniq_regions0name'),
        Base.__table_args__,
    )


class Turn(Base):
    """When a region was last given workers; locked by the conductor that gives it some.

    It is no column of the region, for MariaDB locks a region's row as well when an installation
    that refers to it is inserted.
    """

    __tablename__ = 'turns'

    region_pk = sa.Column(Key, sa.ForeignKey('regions.pk', ondelete='CASCADE'), primary_key=True)
    taken_at = sa.Column(Time, nullable=False)


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

    ``installed`` is a list of dicts of the fixed fields by which what the
    region has under this id is ours, besides those that the catalogue says;
    null where the region was not asked to have others since it last agreed.
    ``on_immutable`` is what to do about a flavor of ours with other fixed
    fields, null for refusing; ``unless_used`` keeps a flavor that is wished
    out of the region while servers use it. ``servers`` is how many did when
    they were last counted. ``wished_at`` is null once the wish is fulfilled.
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
    installed = sa.Column(sa.JSON(none_as_null=True))
    on_immutable = sa.Column(sa.String(32))
    unless_used = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    servers = sa.Column(sa.Integer)
    lease_owner = sa.Column(sa.String(255))
    lease_until = sa.Column(Time)
    request_id = sa.Column(sa.String(64))
    global_request_id = sa.Column(sa.String(64))
    wished_at = sa.Column(Time)

    flavor = orm.relationship('Flavor', back_populates='installations')
    # of many in one query; not by a join, which would lock regions along with installations
    region = orm.relationship('Region', lazy='selectin')

    __table_args__ = (
        sa.UniqueConstraint('flavor_pk', 'region_pk',
                            name='uniq_installations0flavor_pk0region_pk'),
        sa.Index('installations_region_pk_next_attempt_at_idx', 'region_pk', 'next_attempt_at'),
        sa.Index('installations_status_idx', 'status'),
        sa.Index('installations_lease_until_idx', 'lease_until'),
        Base.__table_args__,
    )


class Drift(Base):
    """A finding: a region's Nova does not have what the catalogue says of one flavor.

    ``live`` is true until it is resolved and null afterwards, so that there is
    one at a time, and those before it stay. ``repairs`` counts how often the
    region's policy had it repaired, also when that was undone in between.
    """

    __tablename__ = 'drift'

    id = sa.Column(sa.String(36), primary_key=True)
    region_pk = sa.Column(Key, sa.ForeignKey('regions.pk', ondelete='CASCADE'), nullable=False)
    flavor_id = sa.Column(exact(255), nullable=False)
    flavor_name = sa.Column(exact(255), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    differences = sa.Column(sa.JSON, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    live = sa.Column(sa.Boolean)
    opened_at = sa.Column(Time, nullable=False)
    resolved_at = sa.Column(Time)
    accepted_at = sa.Column(Time)
    accepted_by = sa.Column(exact(255))
    accepted_reason = sa.Column(sa.Text)
    repairs = sa.Column(sa.Integer, nullable=False, default=0)
    repaired_at = sa.Column(Time)

    region = orm.relationship('Region')

    __table_args__ = (
        sa.UniqueConstraint('region_pk', 'flavor_id', 'live',
                            name='uniq_drift0region_pk0flavor_id0live'),
        sa.Index('drift_flavor_id_idx', 'flavor_id'),
        sa.Index('drift_resolved_at_idx', 'resolved_at'),
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


class Plan(Base):
    """What would bring regions to a catalogue, as it was when it was made.

    ``catalogue`` and ``observed`` are fingerprints: of what the catalogue said,
    and of what each region had. ``flavors`` is the catalogue that was given,
    null where the stored one was meant.
    """

    __tablename__ = 'plans'

    id = sa.Column(sa.String(36), primary_key=True)
    regions = sa.Column(sa.JSON, nullable=False)
    prune = sa.Column(sa.Boolean, nullable=False)
    on_immutable = sa.Column(sa.String(32), nullable=False)
    of_stored = sa.Column(sa.Boolean, nullable=False)
    flavors = sa.Column(sa.JSON(none_as_null=True))
    catalogue = sa.Column(sa.String(64), nullable=False)
    observed = sa.Column(sa.JSON, nullable=False)
    silent = sa.Column(sa.JSON, nullable=False)
    actions = sa.Column(sa.JSON, nullable=False)
    summary = sa.Column(sa.JSON, nullable=False)
    created_by = sa.Column(exact(255))
    request_id = sa.Column(sa.String(64))
    expires_at = sa.Column(Time, nullable=False)
    applied_at = sa.Column(Time)
    applied_by = sa.Column(exact(255))
    applied_request_id = sa.Column(sa.String(64))

    __table_args__ = (
        sa.Index('plans_expires_at_idx', 'expires_at'),
        Base.__table_args__,
    )
