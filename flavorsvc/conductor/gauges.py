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

"""What a conductor tells of the work in general, whenever somebody looks at its metrics."""

import threading

from oslo_log import log
from oslo_utils import timeutils

from flavorsvc.db import figures
from flavorsvc.db import regions
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import installation

LOG = log.getLogger(__name__)

#: What is gone has no row.
_STATUSES = [state for state in installation.State if state != installation.State.GONE]

#: What is resolved is history.
_LIVE = [drift.State.OPEN, drift.State.ACCEPTED]


class Gauges:
    """Reads the gauges of :data:`flavorsvc.metrics.TABLE`."""

    def __init__(self, database, notifier):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param notifier: flavorsvc.conductor.notifications.Notifier
        """
        self._db, self._notifier = database, notifier
        # those who look while the database is slow wait for each other, not for its connections
        self._lock = threading.Lock()

    def read(self):
        """Read them all; those of a database that does not answer are left out.

        :returns: dict of the name of a metric to list of (dict of labels, number)
        """
        gauges = {'notifications_waiting': [({}, self._notifier.waiting())],
                  'database_up': [({}, 1)]}
        now = timeutils.utcnow()
        try:
            with self._lock:
                found = self._db.read(figures.read, now)
        except errors.Unavailable:
            return {**gauges, 'database_up': [({}, 0)]}
        except Exception:
            LOG.exception('The gauges cannot be read from the database')
            return {**gauges, 'database_up': [({}, 0)]}
        return {**gauges, **_of_database(found, now)}


def _of_database(found, now):
    places = [({'region': each['name']}, each) for each in found['regions']]
    hosts = {}
    for each in found['leases']:
        # the rest of a conductor's name is another one after each start
        host = each['conductor'].rsplit(':', 2)[0]
        hosts[host] = hosts.get(host, 0) + each['number']
    return {
        'flavors': [({'status': status}, number) for status, number in found['flavors'].items()],
        'installations': [({**region, 'status': status}, each['installations'].get(status, 0))
                          for region, each in places for status in _STATUSES],
        'installations_due': [(region, each['due']) for region, each in places],
        'installations_oldest_due_seconds': [(region, _age_s(each['oldest_due_at'], now))
                                             for region, each in places],
        'leases': [({'host': host}, number) for host, number in hosts.items()],
        'region_state': [({**region, 'state': state}, int(each['state'] == state))
                         for region, each in places for state in regions.STATES],
        'region_maintenance': [(region, int(each['maintenance'])) for region, each in places],
        'region_answer_seconds': [(region, each['answer_s']) for region, each in places
                                  if each['answer_s'] is not None],
        'region_audit_age_seconds': [(region, _age_s(each['audited_at'], now))
                                     for region, each in places if each['audited_at']],
        'drift_findings': [(labels, number) for region, each in places
                           for labels, number in _findings(region, each['drift'])],
    }


def _findings(region, found):
    numbers = {(each['kind'], each['state']): each['number'] for each in found}
    return [({**region, 'kind': str(kind), 'state': str(state)}, numbers.get((kind, state), 0))
            for kind in drift.Kind for state in _LIVE]


def _age_s(since, now):
    if since is None:
        return 0
    return (now - timeutils.normalize_time(timeutils.parse_isotime(since))).total_seconds()
