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

"""Pages of a list: the same for every table."""

from oslo_db.sqlalchemy import utils
import sqlalchemy as sa

from flavorsvc.domain import errors


def page_of(session, query, table, kind, page, key, columns):
    """Cut one page out of a query.

    :param query: sqlalchemy Select of ``table``, filtered
    :param kind: str, what a missing marker is called, e.g. 'flavor'
    :param page: dict with limit, marker, sort_key, sort_dir
    :param key: the column of which ``page['marker']`` is a value; unique among the
        rows that the query may give
    :param columns: dict of sort key to column name
    :returns: list of rows
    :raises errors.Invalid: for an unknown sort key or marker
    """
    sort_key = page['sort_key']
    if sort_key not in columns:
        raise errors.Invalid('sort_key', f'must be one of {", ".join(sorted(columns))}')
    marker = None
    if page['marker'] is not None:
        marker = session.scalars(query.where(key == page['marker'])).unique().first()
        if marker is None:
            raise errors.Invalid('marker', f'there is no {kind} {page["marker"]!r} in this list')
    primary = sa.inspect(table).primary_key[0].name
    names = list(dict.fromkeys([columns[sort_key], primary]))
    query = utils.paginate_query(query, table, page['limit'], names, marker=marker,
                                 sort_dir=page['sort_dir'])
    return session.scalars(query).unique().all()


def iso(time):
    """Write a time of the database as it crosses RPC.

    :param time: naive datetime in UTC, or None
    :returns: str such as 2026-11-21T10:00:00.123456+00:00, or None
    """
    return time.isoformat() + '+00:00' if time is not None else None
