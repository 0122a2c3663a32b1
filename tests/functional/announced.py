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

"""What is announced over RabbitMQ when each kind of thing happens; the documentation shows it.

``python -m tests.functional.announced`` writes the samples of the documentation again.
"""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

import contextlib
import json
import pathlib
import queue
import tempfile
import uuid

import oslo_messaging
from oslo_utils import timeutils
import sqlalchemy as sa

from flavorsvc import context
from flavorsvc.db import claims
from flavorsvc.db import drift as findings
from flavorsvc.db import outcomes
from flavorsvc.db import plans
from flavorsvc.db import probing
from flavorsvc.db import tables
from flavorsvc.domain import drift
from flavorsvc.domain import failures
from flavorsvc.domain import installation
from flavorsvc.domain import plan
from tests import services
from tests.functional import site as sites

FOLDER = pathlib.Path(__file__).parents[2] / 'doc/source/admin/notifications'

#: Seconds after which what should have been announced counts as lost.
DEADLINE_S = 30

CALLER = {'user_id': 'c7e1e7a4d0d94c5f8f0f0a4e6d1b2c3d',
          'project_id': '5d1f4a2b9c3e4f60a7b8c9d0e1f20314',
          'request_id': 'req-2f9d6c1e-8a4b-4f7e-9c3d-5b6a7e8f9012',
          'global_request_id': 'req-0c3a1b2d-4e5f-4a6b-8c7d-9e0f1a2b3c4d'}

VALUES = {'id': 'm1.small', 'name': 'm1.small', 'vcpus': 1, 'ram_mib': 2048, 'disk_gib': 20,
          'ephemeral_gib': 0, 'swap_mib': 0, 'rxtx_factor': 1.0, 'description': 'For small things',
          'is_public': True, 'extra_specs': {'hw:cpu_policy': 'shared'}, 'properties': {},
          'public': True, 'promoted': False, 'projects': [], 'project_id': CALLER['project_id']}


class Listener:
    """Keeps what is announced on the topics of a configuration."""

    def __init__(self, conf):
        self.heard = queue.Queue()
        self._server = oslo_messaging.get_notification_listener(
            oslo_messaging.get_notification_transport(conf),
            [oslo_messaging.Target(topic=topic)
             for topic in conf.oslo_messaging_notifications.topics],
            [self], executor='threading')

    def info(self, ctxt, publisher_id, event_type, payload, metadata):
        self._keep('info', ctxt, publisher_id, event_type, payload)

    def error(self, ctxt, publisher_id, event_type, payload, metadata):
        self._keep('error', ctxt, publisher_id, event_type, payload)

    def _keep(self, priority, ctxt, publisher_id, event_type, payload):
        ctxt.pop('client_timeout', None)  # added where it is received
        self.heard.put({'event_type': event_type, 'priority': priority.upper(),
                        'publisher_id': publisher_id, 'context': ctxt, 'payload': payload})

    def next(self):
        """Return the next notification as a dict; raise queue.Empty when none comes."""
        return self.heard.get(timeout=DEADLINE_S)

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *error):
        self._server.stop()
        self._server.wait()


def configuration(folder, rabbit_url, database_url, **options):
    """Return the configuration of a service that announces, on a topic of its own."""
    return sites.configuration(
        folder, rabbit_url, database_url, DEFAULT={'host': 'controller'},
        oslo_messaging_notifications={'driver': 'messagingv2',
                                      'topics': f'flavorsvc-test-{uuid.uuid4().hex[:12]}',
                                      **options})


@contextlib.contextmanager
def asked():
    """Do something in the course of the caller's request."""
    ctxt = context.RequestContext(**CALLER)
    yield ctxt
    context.RequestContext()


def drift_opens(session, region_pk, now):
    findings.record(session, region_pk, drift.Finding(
        'm1.medium', 'm1.medium', drift.Kind.DIFFERENT,
        ({'field': 'extra_specs', 'key': 'hw:cpu_policy', 'wanted': 'shared', 'found': None},)),
        now)


def drift_may_stay(session, region_pk, now):
    [row] = session.scalars(sa.select(tables.Drift))
    findings.accept(session, row, CALLER['user_id'], 'That region has no such hosts.', now)


def drift_is_over(session, region_pk, now):
    findings.resolve(session, region_pk, 'm1.medium', now)


def plan_is_applied(session, region_pk, now):
    plan_id = str(uuid.uuid4())
    plans.create(session, {
        'id': plan_id, 'regions': ['RegionOne'], 'prune': False, 'on_immutable': 'refuse',
        'flavors': None, 'catalogue': '', 'observed': {}, 'silent': {}, 'actions': [],
        'summary': plan.summary([]), 'created_by': CALLER['user_id'],
        'request_id': CALLER['request_id'], 'expires_at': now}, now)
    plans.applied(session, plan_id, {}, CALLER['user_id'], CALLER['request_id'], now, now)


def happenings(site):
    """Have each kind of event happen, once at least."""
    now = timeutils.utcnow()
    database, conductor = site.database, site.conductor

    def announce(*names):
        database.write(probing.announce, {name: f'http://{name}.test/v2.1' for name in names}, now)

    def take():
        return database.write(claims.take, 'conductor', 10, timeutils.utcnow(), 60, 4)

    announce('RegionOne', 'RegionTwo')
    pks = {name: pk for pk, name, *_ in database.write(probing.to_probe, now, 'discovered')}
    for pk in pks.values():
        database.write(probing.answered, pk, now, '2.96')
    with asked() as ctxt:
        conductor.flavor_create(ctxt, VALUES)
        conductor.flavor_update(ctxt, 'm1.small', {'description': 'For things that are small'})
        conductor.install(ctxt, 'm1.small', 'all')
        active, refused = sorted(take(), key=lambda claim: claim.region)
        database.write(outcomes.finish, active, 'created', now)
        database.write(outcomes.fail, refused, installation.Event.REFUSE, 'name_taken',
                       'Flavor with name m1.small already exists.', None, 1)
        conductor.flavor_delete(ctxt, 'm1.small')
        for claim in sorted(take(), key=lambda claim: claim.region):
            database.write(outcomes.finish, claim, None, now)
        conductor.region_update(ctxt, 'RegionOne', {'maintenance': True,
                                                    'maintenance_reason': 'New racks'})
        conductor.region_update(ctxt, 'RegionOne', {'maintenance': False})
        for step in (drift_opens, drift_may_stay, drift_is_over, plan_is_applied):
            database.write(step, pks['RegionOne'], now)
    database.write(probing.measured, pks['RegionOne'], 7.5, now, 5)
    database.write(probing.silent, pks['RegionTwo'], now,
                   failures.Unreachable('unreachable', 'Unable to establish connection'),
                   lambda count: 1)
    announce('RegionOne')
    with asked() as ctxt:
        conductor.region_forget(ctxt, 'RegionTwo')


def file_of(event):
    """Return where the sample of an event is."""
    return FOLDER / f'{event.replace(".", "-")}.json'


def write():
    """Write all samples."""
    with tempfile.TemporaryDirectory() as folder, services.find(services.RABBIT) as rabbit_url:
        conf = configuration(pathlib.Path(folder), rabbit_url, f'sqlite:///{folder}/db.sqlite')
        with sites.running(conf) as site, Listener(conf) as listener:
            happenings(site)
            written = {}
            while 'flavorsvc.region.delete' not in written:
                message = listener.next()
                written.setdefault(message['event_type'], message)
    for event_type, message in written.items():
        data = message['payload']['data']
        if message['payload']['name'] == 'installation':
            data['id'] = '8d1e6f0a-3b5c-4d7e-9f21-6a7b8c9d0e1f'
        if message['payload']['name'] in ('drift', 'plan'):
            data['id'] = '2c7d4b1e-9f0a-4e6b-8d35-1a2b3c4d5e6f'
        for name in {name for name in data if name == 'since' or name.endswith('_at')}:
            data[name] = data[name] and '2026-11-21T10:00:00.123456+00:00'
        if not message['context']['project_id']:
            message['context']['request_id'] = None
        file_of(event_type.removeprefix('flavorsvc.')).write_text(
            json.dumps(message, indent=2) + '\n')


if __name__ == '__main__':
    write()
