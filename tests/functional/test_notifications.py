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

"""What is announced over RabbitMQ, and what becomes of the work where it cannot be."""

import json

import pytest

from flavorsvc import metrics
from flavorsvc.conductor import notifications
from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import probing
from flavorsvc.domain import errors
from flavorsvc.domain import events
from tests.functional import announced
from tests.functional import samples
from tests.functional import site as sites

NOWHERE = 'rabbit://guest:guest@127.0.0.1:1/'


def outcomes(event):
    """Return how many notifications of an event were sent and lost so far."""
    registry = metrics.registry()
    return {outcome: registry.get_sample_value(
        'flavorsvc_notifications_total', {'event': event, 'outcome': outcome}) or 0
        for outcome in ('sent', 'lost')}


@pytest.fixture
def announcing(rabbit_url, new_database, tmp_path):
    """A site and what listens to it."""
    with new_database('sqlite') as database_url:
        conf = announced.configuration(tmp_path, rabbit_url, database_url)
        with announced.Listener(conf) as listener, sites.running(conf) as site:
            yield site, listener


def test_each_kind_of_event_is_announced_as_its_sample_says(announcing):
    site, listener = announcing
    announced.happenings(site)
    heard = {}
    while 'flavorsvc.region.delete' not in heard:
        message = listener.next()
        heard.setdefault(message['event_type'], message)
    assert set(heard) == {f'flavorsvc.{event}' for event in events.EVENTS}
    for event in events.EVENTS:
        message = heard[f'flavorsvc.{event}']
        sample = json.loads(announced.file_of(event).read_text())
        assert list(samples.differences(sample, message)) == [], event
        kind = events.EVENTS[event].payload
        assert message['priority'] == events.EVENTS[event].priority.upper()
        assert message['payload']['version'] == events.PAYLOADS[kind].version
        assert list(message['payload']['data']) == list(events.PAYLOADS[kind].fields)


def test_no_sample_is_of_an_event_that_there_is_not():
    files = {path.name for path in announced.FOLDER.iterdir()}
    assert files == {announced.file_of(event).name for event in events.EVENTS}


def test_a_notification_tells_the_request_and_no_token(announcing):
    site, listener = announcing
    with announced.asked() as ctxt:
        ctxt.auth_token = 'gAAAAA-a-token'
        site.conductor.flavor_create(ctxt, announced.VALUES)
    message = listener.next()
    assert message['context'] == announced.CALLER
    assert 'gAAAAA' not in json.dumps(message)


def test_what_is_undone_is_not_announced(announcing):
    site, listener = announcing
    with announced.asked() as ctxt:
        site.conductor.flavor_create(ctxt, announced.VALUES)
        with pytest.raises(errors.AlreadyExists):
            site.conductor.flavor_create(ctxt, {**announced.VALUES, 'id': 'other'})

        def undone(session):
            operations.create(session, {**announced.VALUES, 'id': 'third', 'name': 'third'}, {})
            raise RuntimeError('at the end of the transaction')
        with pytest.raises(RuntimeError):
            site.database.write(undone)
        site.conductor.flavor_update(ctxt, 'm1.small', {'description': 'last'})
    heard = [listener.next()['event_type'] for _ in range(2)]
    assert heard == ['flavorsvc.flavor.create', 'flavorsvc.flavor.update']


def test_by_default_nobody_is_told(embedded):
    embedded.reset()
    before = outcomes('flavor.create')
    with announced.asked() as ctxt:
        embedded.conductor.flavor_create(ctxt, announced.VALUES)
    assert embedded.gauges.read()['notifications_waiting'] == [({}, 0)]
    assert outcomes('flavor.create') == before


@pytest.fixture
def unheard(new_database, tmp_path):
    """A function: a site whose broker for notifications is away, by [...] retry."""
    with new_database('sqlite') as database_url:
        def configured(retry):
            return announced.configuration(tmp_path, 'fake:///', database_url,
                                           transport_url=NOWHERE, retry=retry)
        yield configured


def test_a_broker_that_is_away_neither_fails_nor_delays_what_is_announced(unheard):
    before = outcomes('flavor.create')
    with sites.running(unheard(-1)) as site:
        site.reset()
        with announced.asked() as ctxt:
            for number in range(5):
                name = f'f{number}'
                site.conductor.flavor_create(ctxt, {**announced.VALUES, 'id': name, 'name': name})
        # the first ones are those of the regions, and the first of all is being tried
        [(_, waiting)] = site.gauges.read()['notifications_waiting']
        assert waiting >= 5
        assert outcomes('flavor.create') == before


def test_where_the_deployer_limits_the_tries_the_lost_ones_are_counted(unheard):
    before = outcomes('flavor.create')['lost']
    with sites.running(unheard(0)) as site:
        with announced.asked() as ctxt:
            site.conductor.flavor_create(ctxt, announced.VALUES)
        sites.until(lambda: outcomes('flavor.create')['lost'] == before + 1)


def test_no_more_wait_for_the_broker_than_memory_is_meant_for(unheard):
    notifier = notifications.Notifier(unheard(-1))
    before = outcomes('region.up')['lost']
    notifier.tell([('region.up', {'number': number}) for number in range(1010)])
    assert notifier.waiting() == 1000
    assert outcomes('region.up')['lost'] == before + 10


def test_a_region_that_stays_as_it_is_is_not_announced_again(announcing):
    site, listener = announcing
    now = announced.timeutils.utcnow()
    for _ in range(3):
        [(pk, *_)] = site.database.write(probing.announce, {'RegionOne': 'http://one'}, now)
        site.database.write(probing.answered, pk, now, '2.96')
    site.database.write(probing.announce, {}, now)
    assert [listener.next()['event_type'] for _ in range(3)] == [
        'flavorsvc.region.unknown', 'flavorsvc.region.up', 'flavorsvc.region.gone']
