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

"""Serves the API over HTTP by waitress."""

import socket
import threading

from oslo_log import log
from oslo_service import service
import waitress
from waitress import wasyncore

LOG = log.getLogger(__name__)

#: Seconds that requests under way get to finish when the server stops.
_DRAIN_S = 10


def listen(conf):
    """Open the socket, before a fork, so that all workers accept on the same one.

    :param conf: oslo_config.cfg.ConfigOpts with the group ``api``
    :returns: socket.socket
    """
    family = socket.AF_INET6 if ':' in conf.api.host else socket.AF_INET
    return socket.create_server((conf.api.host, conf.api.port), family=family, backlog=1024)


class ApiService(service.ServiceBase):
    """One worker of the API."""

    def __init__(self, conf, listening, build):
        """Remember what to do; the application is built by :meth:`start`, after a fork.

        :param conf: oslo_config.cfg.ConfigOpts with the group ``api``
        :param listening: socket.socket
        :param build: function of no arguments that gives the WSGI application
        """
        self._conf, self._listening, self._build = conf, listening, build
        self._stopped = threading.Event()

    def start(self):
        """Serve in a thread of its own."""
        self._server = waitress.create_server(
            self._build(), sockets=[self._listening], threads=self._conf.api.threads, ident=None,
            connection_limit=self._conf.api.connections,
            # select() knows no file descriptor above 1023
            asyncore_use_poll=True,
            # The application has a limit of its own, and an answer of its own for it.
            max_request_body_size=16 * self._conf.oslo_middleware.max_request_body_size)
        threading.Thread(target=self._server.run, name='http', daemon=True).start()
        LOG.info('Listening on %s:%s', self._conf.api.host, self._conf.api.port)

    def stop(self):
        """Accept nothing more, and let requests under way finish."""
        if self._stopped.is_set():
            return
        # Only the listening socket is closed. The server's own close() also closes the pipe that
        # requests under way write a byte to when they end, and by then its number may belong to
        # another file of this process.
        wasyncore.dispatcher.close(self._server)
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=_DRAIN_S)
        self._stopped.set()

    def wait(self):
        """Return when the worker has stopped."""
        self._stopped.wait()

    def reset(self):
        """Do nothing on SIGHUP: no option can change while at work."""
