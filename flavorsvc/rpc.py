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

import oslo_messaging
from oslo_messaging.rpc import dispatcher
from oslo_utils import importutils

from flavorsvc import context

#: Modules whose exceptions are rebuilt as themselves on the caller's side.
ERROR_MODULES = ['flavorsvc.domain.errors']


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

    :param version: str, the RPC version that the caller speaks, 'major.minor'
    :returns: oslo_messaging.RPCClient
    """
    target = oslo_messaging.Target(topic=conf.rpc.topic, version=version)
    return oslo_messaging.get_rpc_client(
        rpc_transport, target, timeout=conf.rpc.timeout, serializer=ContextSerializer(),
        call_monitor_timeout=conf.rpc.monitor_timeout, retry=1)


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
