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

"""How much there is to do, where, and who is at it: for operators and what watches."""

import collections

import sqlalchemy as sa

from flavorsvc.db import claims
from flavorsvc.db import pages
from flavorsvc.db import tables


def read(session, now):
    """Count what is in the database.

    :param now: naive UTC datetime
    :returns: dict with flavors (dict of status to number); regions (list of dict with name, state,
        reason, since, installations: dict of status to number, due: installations that could be
        worked on now and that nobody has claimed, oldest_due_at: since when the oldest of them is
        due, or None, maintenance: bool, answer_s: float seconds or None, audited_at, drift: list
        of dict with kind, state and number, of findings that are not resolved); leases (list of
        dict with conductor, number, until: the end of the first)
    """
    installed, due = collections.defaultdict(dict), collections.defaultdict(lambda: (0, None))
    row = tables.Installation
    is_due = sa.and_(*claims.due(now))
    # all in one pass: there may be a row for each flavor in each region
    for pk, status, number, waiting, oldest in session.execute(
            sa.select(row.region_pk, row.status, sa.func.count(),
                      sa.func.sum(sa.case((is_due, 1), else_=0)),
                      sa.func.min(sa.case((is_due, row.next_attempt_at))))
            .group_by(row.region_pk, row.status)):
        installed[pk][status] = number
        before, since = due[pk]
        due[pk] = (before + int(waiting), min(filter(None, (since, oldest)), default=None))
    findings = collections.defaultdict(list)
    for pk, kind, state, number in session.execute(
            sa.select(tables.Drift.region_pk, tables.Drift.kind, tables.Drift.state,
                      sa.func.count())
            .where(tables.Drift.live.is_(True))
            .group_by(tables.Drift.region_pk, tables.Drift.kind, tables.Drift.state)):
        findings[pk].append({'kind': kind, 'state': state, 'number': number})
    leases = session.execute(
        sa.select(row.lease_owner, sa.func.count(), sa.func.min(row.lease_until))
        .where(row.lease_until >= now).group_by(row.lease_owner).order_by(row.lease_owner))
    living = session.execute(
        sa.select(tables.Flavor.status, sa.func.count()).where(tables.Flavor.deleted == 0)
        .group_by(tables.Flavor.status).order_by(tables.Flavor.status))
    return {
        'flavors': {status: number for status, number in living},
        'regions': [_region(each, installed[each.pk], *due[each.pk], findings[each.pk])
                    for each in session.scalars(
                        sa.select(tables.Region).order_by(tables.Region.name))],
        'leases': [{'conductor': owner, 'number': number, 'until': pages.iso(until)}
                   for owner, number, until in leases],
    }


def _region(row, installed, due, oldest, findings):
    return {'name': row.name, 'state': row.state, 'reason': row.reason,
            'since': pages.iso(row.since), 'installations': installed, 'due': due,
            'oldest_due_at': pages.iso(oldest),
            'maintenance': row.maintenance_since is not None, 'answer_s': row.answer_s,
            'audited_at': pages.iso(row.audited_at), 'drift': findings}
