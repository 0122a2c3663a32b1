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

"""What boots the servers of a region: Nova's conductor, scheduler and compute service.

They run as threads of the process that serves the region's Nova API, and talk to each other and to
it through oslo.messaging's driver in memory: a region needs no broker, and one process instead of
four. Nova's own functional tests run it so. The hypervisor is Nova's fake one: a server is a row
with a state, and uses nothing.

Only ``serve`` imports this, once nothing can load eventlet any more.
"""

from nova import context
from nova import objects
from nova import service
from nova.compute import rpcapi as compute_rpcapi
from nova.conductor import rpcapi as conductor_rpcapi
from nova.scheduler import rpcapi as scheduler_rpcapi
import sqlalchemy


def start() -> None:
    """Starts the services; returns when the compute service is ready.

    Nova's API has been loaded before, and with it Nova's configuration.
    """
    sqlalchemy.event.listen(sqlalchemy.engine.Engine, 'before_cursor_execute', _lock_at_once,
                            retval=True)
    objects.Service.enable_min_version_cache()
    for binary, rpcapi in (('nova-conductor', conductor_rpcapi),
                           ('nova-scheduler', scheduler_rpcapi)):
        service.Service.create(binary=binary, topic=rpcapi.RPC_TOPIC).start()
    compute = service.Service.create(binary='nova-compute', topic=compute_rpcapi.RPC_TOPIC,
                                     topic_alt=compute_rpcapi.RPC_TOPIC_ALT)
    _remind(compute.manager.driver, compute.host)
    compute.start()


def _remind(driver, host):
    """Tells the hypervisor of its servers, which it has in memory only."""
    for server in objects.InstanceList.get_by_host(context.get_admin_context(), host,
                                                   expected_attrs=['flavor']):
        driver.spawn(None, server, image_meta=None, injected_files=None, admin_password=None,
                     allocations=None)
        driver.instances[server.uuid].state = server.power_state


def _lock_at_once(connection, cursor, statement, parameters, execution, executemany):
    """Has each transaction wait for its turn to write when it begins.

    SQLite answers a transaction that began as a reader "database is locked" as soon as it writes,
    if another one wrote meanwhile; it makes no attempt to wait.
    """
    return 'BEGIN IMMEDIATE' if statement == 'BEGIN' else statement, parameters
