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

"""The line between API and conductor: transport, serializer, client, server."""

import threading

import kombu.exceptions
from oslo_log import log
import oslo_messaging
from oslo_messaging.rpc import dispatcher
from oslo_utils import importutils

from flavorsvc import context

LOG = log.getLogger(__name__)

#: How the library tells of a connection that it could not open: the broker does not answer, or
#: refuses it, as it does while it starts.
UNCONNECTED = (kombu.exceptions.OperationalError, kombu.exceptions.ConnectionError,
               kombu.exceptions.ChannelError)

#: Modules whose exceptions are rebuilt as themselves on the caller's side.
ERROR_MODULES = ['flavorsvc.domain.errors', 'oslo_messaging.rpc.dispatcher']


class ContextSerializer(oslo_messaging.NoOpSerializer):
    """Plain dicts travel as they are; the request context as a dict."""

    def serialize_context(self, ctxt):
        return ctxt.to_dict()

    def deserialize_context(self, values):
        return context.RequestContext.from_dict(values)


def transport(conf):
    """Open the transport of ``[DEFAULT] transport_url``.

    :param conf: oslo_config.cfg.ConfigOpts
    :returns: oslo_messaging.RPCTransport
    """
    # The library registers these options with oslo.config's global object
    # alone, and reads them from the one that it was given.
    for group in ('oslo_messaging_metrics', 'oslo_messaging_tracing'):
        module = importutils.try_import(
            f'oslo_messaging._{group.removeprefix("oslo_messaging_")}.client')
        conf.register_opts(getattr(module, group, ()), group)
    return oslo_messaging.get_rpc_transport(conf, allowed_remote_exmods=ERROR_MODULES)


def client(conf, rpc_transport, version):
    """Make a client that calls whichever conductor is free.

    ``retry`` is bounded so that a broker that is away costs the caller
    seconds, not for ever; the monitor timeout notices a conductor that died
    in the middle of a call.

    :param version: str, the RPC version that the caller speaks, 'major.minor'; ``[rpc]
        version_cap`` is what it may send
    :returns: oslo_messaging.RPCClient
    """
    target = oslo_messaging.Target(topic=conf.rpc.topic, version=version)
    return oslo_messaging.get_rpc_client(
        rpc_transport, target, timeout=conf.rpc.timeout, serializer=ContextSerializer(),
        call_monitor_timeout=conf.rpc.monitor_timeout, retry=1,
        version_cap=conf.rpc.version_cap or version)


class ReplyQueue:
    """Has the queue for the replies opened aside, before the first call.

    The library opens it with the first call of a process, and waits there for
    the broker as long as that takes, whatever it was told about retries.
    """

    def __init__(self, rpc_client):
        """Prepare; nothing is contacted before somebody asks.

        :param rpc_client: oslo_messaging.RPCClient
        """
        # Nobody needs the answer, but the broker gets no longer than this to take the call.
        self._client = rpc_client.prepare(namespace='health', version='1.0', timeout=1,
                                          call_monitor_timeout=None)
        self._beginning = threading.Lock()
        self._thread = None
        self._opened = threading.Event()

    def is_open(self, seconds):
        """Tell whether calls can be made, once it is known or the time is over.

        :param seconds: float
        :returns: bool
        """
        if not self._opened.is_set():
            with self._beginning:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._open, name='replies', daemon=True)
                    self._thread.start()
        return self._opened.wait(seconds)

    def _open(self):
        try:
            self._client.call(context.RequestContext(), 'ping')
        except UNCONNECTED as error:
            LOG.error('The queue for replies cannot be opened: %s', error)
            # whoever asks next has it tried again
            self._thread = None
            return
        except Exception as error:
            # the queue is there, whatever became of the call
            LOG.debug('The first call had no answer: %s', error)
        self._opened.set()


def server(conf, rpc_transport, host, endpoints):
    """Make the server of one conductor process; the caller starts and stops it.

    :param host: str, name of this machine on the topic; one queue of the broker bears it, so a
        name that changed with each start would leave a queue behind each time
    :param endpoints: list of objects with a ``target``
    :returns: oslo_messaging.MessageHandlingServer
    """
    target = oslo_messaging.Target(topic=conf.rpc.topic, server=host)
    return oslo_messaging.get_rpc_server(
        rpc_transport, target, endpoints, executor='threading', serializer=ContextSerializer(),
        access_policy=dispatcher.DefaultRPCAccessPolicy)
