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

"""Serves the metrics of a process over HTTP, on a port of its own."""

import errno

from oslo_log import log
from oslo_service import service
import prometheus_client

from flavorsvc import metrics

LOG = log.getLogger(__name__)


class Exposition(service.ServiceBase):
    """Serves metrics at the first port of ``[metrics] ports`` that is free, where that is wanted.

    Each process takes a port: workers of the API, under whatever server, and several conductors of
    a machine need not know of each other.
    """

    def __init__(self, conf, read=None):
        """Remember what to do; nothing listens before :meth:`start`, after a fork.

        :param conf: oslo_config.cfg.ConfigOpts with the group ``metrics``
        :param read: see :func:`flavorsvc.metrics.registry`
        """
        self._conf, self._read = conf.metrics, read
        self._server = None

    def start(self):
        """Listen. A process that finds no port works without."""
        if not self._conf.enabled:
            return
        ports = self._conf.ports
        for port in ports:
            try:
                self._server, _ = prometheus_client.start_http_server(
                    port, self._conf.host, metrics.registry(self._read))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    continue
                LOG.error('No metrics of this process: %s cannot be listened on: %s',
                          self._conf.host, error)
                return
            LOG.info('Metrics are at port %s of %s', port, self._conf.host)
            return
        LOG.error('No metrics of this process: the ports %s-%s are taken; widen [metrics] ports',
                  ports[0], ports[-1])

    def stop(self):
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait(self):
        """Return at once: nothing of it outlives :meth:`stop`."""

    def reset(self):
        """Do nothing on SIGHUP: no option can change while at work."""
