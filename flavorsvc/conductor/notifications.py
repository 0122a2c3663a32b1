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

"""Notifications: what is announced to others over the message bus.

They are sent by a thread of their own, so that nothing waits for a broker, and from a queue of
limited length, so that one that stays away costs a limited memory. What does not fit is lost, and
counted.
"""

import logging
import queue
import threading

from oslo_context import context
from oslo_log import log
import oslo_messaging
import tenacity

from flavorsvc import metrics
from flavorsvc.domain import events

LOG = log.getLogger(__name__)

_PREFIX = 'flavorsvc.'
#: Most notifications that wait for the broker.
_MOST = 1000
#: Seconds that those which wait get when the conductor stops.
_DRAIN_S = 5
#: Most seconds between two tries to send one.
_LONGEST_WAIT_S = 30


class Serializer(oslo_messaging.NoOpSerializer):
    """Tells of the request under which ids, and for whom, and nothing else."""

    fields = ('request_id', 'global_request_id', 'user_id', 'project_id')

    def serialize_context(self, ctxt):
        """Give what is sent beside the payload.

        :param ctxt: context.RequestContext; something else where there is none
        :returns: dict
        """
        return {name: getattr(ctxt, name, None) for name in self.fields}


class Notifier:
    """Sends notifications as ``[oslo_messaging_notifications]`` says; by default nobody."""

    def __init__(self, conf):
        """Load the drivers; nothing is contacted before the first notification.

        :param conf: oslo_config.cfg.ConfigOpts
        """
        self._notifier = oslo_messaging.Notifier(
            oslo_messaging.get_notification_transport(conf), f'{_PREFIX}{conf.host}',
            serializer=Serializer())
        self._drivers = set(conf.oslo_messaging_notifications.driver) - {'noop'}
        self._queue = queue.Queue(_MOST)
        self._lost = 0
        self._stopping = threading.Event()
        self._complaints = _Complaints()
        # The library tries again only where there was a connection before.
        retries = conf.oslo_messaging_notifications.retry
        self._sent = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda sent: not sent),
            wait=tenacity.wait_random_exponential(max=_LONGEST_WAIT_S),
            sleep=tenacity.sleep_using_event(self._stopping),
            stop=tenacity.stop_any(
                tenacity.stop_when_event_set(self._stopping),
                tenacity.stop_never if retries is None or retries < 0
                else tenacity.stop_after_attempt(retries + 1)),
            retry_error_callback=lambda state: False)
        self._thread = threading.Thread(target=self._send_all, name='notify', daemon=True)

    def start(self):
        """Begin to send."""
        if self._drivers:
            logging.getLogger('oslo_messaging.notify').addHandler(self._complaints)
            self._thread.start()

    def stop(self):
        """Send what waits, unless that takes too long."""
        if not self._drivers:
            return
        self._stopping.set()
        self._thread.join(_DRAIN_S)
        logging.getLogger('oslo_messaging.notify').removeHandler(self._complaints)
        left = self._queue.qsize() + self._thread.is_alive()
        if left:
            LOG.warning('%s notifications are lost: the broker does not take them', left)

    def tell(self, noted):
        """Announce what a transaction made true. Returns at once, and never fails.

        :param noted: list of (name, payload), see :mod:`flavorsvc.domain.events`
        """
        if not self._drivers or not noted:
            return
        current = context.get_current()
        for name, payload in noted:
            try:
                self._queue.put_nowait((current, name, payload))
            except queue.Full:
                metrics.count('notifications', event=name, outcome='lost')
                if not self._lost:
                    LOG.warning('%s notifications wait for the broker: further ones are lost',
                                _MOST)
                self._lost += 1

    def waiting(self):
        """Count what waits for the broker.

        :returns: int
        """
        return self._queue.qsize()

    def _send_all(self):
        while not (self._stopping.is_set() and self._queue.empty()):
            try:
                ctxt, name, payload = self._queue.get(timeout=0.5)
            except queue.Empty:
                continue
            sent = self._sent(self._send, ctxt, name, payload)
            metrics.count('notifications', event=name, outcome='sent' if sent else 'lost')
            if not sent and self._stopping.is_set():
                return
            if sent and self._lost and self._queue.empty():
                LOG.warning('The broker takes notifications again; %s were lost', self._lost)
                self._lost = 0

    def _send(self, ctxt, name, payload):
        self._complaints.heard = False
        send = getattr(self._notifier, events.EVENTS[name].priority)
        try:
            send(ctxt, f'{_PREFIX}{name}', payload)
        except Exception:
            LOG.exception('Cannot send the notification %s', name)
            return False
        return not self._complaints.heard


class _Complaints(logging.Handler):
    """Hears that a driver failed: oslo.messaging tells that to its log alone."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.heard = False

    def emit(self, record):
        self.heard = True
