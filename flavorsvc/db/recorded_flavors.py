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

"""What the catalogue knows of flavors by their ids, also of those that were deleted."""

import sqlalchemy as sa

from flavorsvc.db import tables

_COLUMNS = ('id', 'name', 'vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib', 'swap_mib',
            'extra_specs', 'properties', 'created_at', 'deleted_at')


def of_ids(session, flavor_ids, region):
    """Read every flavor that has or had one of some ids, by one query.

    :param flavor_ids: collection of str
    :param region: str, its name
    :returns: dict of id to list of dict with what a server shows of a flavor and properties,
        created_at and deleted_at (naive UTC datetimes; None for what lives), elsewhere (bool):
        whether it lives and is not meant for this region, which nobody knows of a deleted one, and
        open (bool): whether it is for everybody and, while it lives, some region has it
    """
    meant = sa.exists().where(
        tables.Installation.flavor_pk == tables.Flavor.pk,
        tables.Installation.region_pk == tables.Region.pk, tables.Region.name == region)
    had = tables.Flavor.installations.any(tables.Installation.observed_generation.is_not(None))
    rows = session.execute(
        sa.select(*(getattr(tables.Flavor, name) for name in _COLUMNS),
                  sa.and_(tables.Flavor.deleted == 0, ~meant).label('elsewhere'),
                  sa.and_(tables.Flavor.is_public.is_(True),
                          sa.or_(tables.Flavor.deleted != 0, had)).label('open'))
        .where(tables.Flavor.id.in_(flavor_ids)))
    found = {}
    for row in rows.mappings():
        found.setdefault(row['id'], []).append(
            {**row, 'elsewhere': bool(row['elsewhere']), 'open': bool(row['open'])})
    return found
