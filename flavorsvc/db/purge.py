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

"""What was deleted and is only kept for the record, until an operator lets go of it."""

import sqlalchemy as sa

from flavorsvc.db import tables


def flavors(session, before, limit):
    """Drop flavors that have left the catalogue.

    :param before: naive UTC datetime; those that were deleted later stay
    :param limit: int, most at a time
    :returns: int, how many were dropped
    """
    pks = session.scalars(
        sa.select(tables.Flavor.pk)
        .where(tables.Flavor.deleted != 0, tables.Flavor.deleted_at < before)
        .order_by(tables.Flavor.pk).limit(limit)).all()
    return _drop(session, tables.Flavor, tables.Flavor.pk.in_(pks))


def service_type_flavors(session, before, limit):
    """Drop mappings to service types that were taken back. As :func:`flavors`."""
    key = (tables.ServiceTypeFlavor.service_type, tables.ServiceTypeFlavor.flavor_id)
    keys = session.execute(
        sa.select(*key)
        .where(tables.ServiceTypeFlavor.deleted, tables.ServiceTypeFlavor.deleted_at < before)
        .order_by(*key).limit(limit)).all()
    # one that was mapped again meanwhile stays
    return _drop(session, tables.ServiceTypeFlavor, sa.tuple_(*key).in_([tuple(one)
                                                                         for one in keys]),
                 tables.ServiceTypeFlavor.deleted)


#: What is purged, by the name of its table.
ALL = {'flavors': flavors, 'service_type_flavors': service_type_flavors}


def _drop(session, table, *where):
    return session.execute(sa.delete(table).where(*where)
                           .execution_options(synchronize_session=False)).rowcount
