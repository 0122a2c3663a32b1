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

"""One conductor process, from its configuration."""

import os
import threading
import uuid

from oslo_log import log
from oslo_service import service
import yaml

from flavorsvc import rpc
from flavorsvc.cloud import credentials
from flavorsvc.cloud import sessions
from flavorsvc.conductor import audits
from flavorsvc.conductor import callers
from flavorsvc.conductor import discovery
from flavorsvc.conductor import endpoints
from flavorsvc.conductor import engine
from flavorsvc.conductor import gauges
from flavorsvc.conductor import notifications
from flavorsvc.conductor import novas
from flavorsvc.db import engine as db_engine
from flavorsvc.domain import capabilities

LOG = log.getLogger(__name__)


class ConductorService(service.ServiceBase):
    """RPC server, engine, discovery and audits over one database."""

    def __init__(self, conf):
        """Remember the configuration; everything is built by :meth:`start`, after a fork.

        :param conf: oslo_config.cfg.ConfigOpts from :func:`flavorsvc.conf.load_conductor`
        """
        self._conf = conf
        self._is_answering, self._stopped = False, threading.Event()

    def start(self):
        """Open the database, answer calls, converge."""
        owner = f'{self._conf.host}:{os.getpid()}:{uuid.uuid4().hex[:8]}'
        table = capability_table(self._conf)
        self._notifier = notifications.Notifier(self._conf)
        self._db = db_engine.Database(self._conf, self._notifier.tell)
        self._gauges = gauges.Gauges(self._db, self._notifier)
        clouds = sessions.Clouds(
            self._conf, credentials.Keys(self._conf.credentials.key_repository))
        self._engine = engine.Engine(self._db, clouds, self._conf, table, owner)
        self._discovery = discovery.Discovery(self._db, clouds, self._conf, self._engine.silence_s,
                                              self._engine.nudged)
        self._audits = audits.Audits(self._db, clouds, self._conf, table, owner, self._engine)
        self._server = rpc.server(
            self._conf, rpc.transport(self._conf), self._conf.host,
            answering(self._db, clouds, self._conf, table, owner, self._engine, self._audits))
        self._notifier.start()
        self._engine.start()
        self._discovery.start()
        self._audits.start()
        # Last, for it waits for the broker: what is due is converged meanwhile.
        self._server.start()
        self._is_answering = True
        LOG.info('Conductor %s is at work', owner)

    def stop(self):
        """Answer the calls that came, finish what is being converged, and let go of the rest."""
        if self._stopped.is_set():
            return
        if self._is_answering:
            self._server.stop()
            self._server.wait()
        # else it waits for the broker, and could not be told before that is there
        self._discovery.stop()
        self._audits.stop()
        self._engine.stop()
        self._notifier.stop()
        self._stopped.set()

    def gauges(self):
        """Read what is to be known of the work now, once the conductor has started.

        :returns: see :meth:`flavorsvc.conductor.gauges.Gauges.read`
        """
        return self._gauges.read()

    def wait(self):
        """Return when the conductor has stopped."""
        self._stopped.wait()

    def reset(self):
        """Do nothing on SIGHUP: no option can change while at work."""


def answering(database, clouds, conf, table, owner, converging, auditing):
    """Make what answers the calls of the API.

    :param database: flavorsvc.db.engine.Database
    :param clouds: flavorsvc.cloud.sessions.Clouds
    :param conf: oslo_config.cfg.ConfigOpts from :func:`flavorsvc.conf.load_conductor`
    :param table: capability table
    :param owner: str, unique name of this conductor
    :param converging: flavorsvc.conductor.engine.Engine
    :param auditing: flavorsvc.conductor.audits.Audits
    :returns: list of what :mod:`flavorsvc.conductor.endpoints` has, one of each
    """
    region_novas = novas.Novas(database, clouds, conf.cloud.default_region)
    by_caller = callers.Callers(clouds, region_novas)
    regions = endpoints.Regions(database, conf.engine.per_region, conf.cloud.default_region,
                                conf.audit.default_policy)
    return [
        endpoints.Flavors(database, converging, table),
        endpoints.ComputeFlavors(database, converging, region_novas, table,
                                 conf.lifecycle.describe_deprecation),
        endpoints.ComputeServers(database, by_caller, table),
        endpoints.Installations(database, converging),
        regions,
        endpoints.Drift(database, converging, auditing, regions, region_novas, table, conf),
        endpoints.Plans(database, converging, region_novas, table, conf),
        endpoints.Infrastructures(database, clouds, conf.infrastructures.max_per_project),
        endpoints.PrivateFlavors(database, by_caller),
        endpoints.UnmanagedFlavors(database, by_caller, table),
        endpoints.ServiceTypes(database),
        endpoints.ServiceFlavors(database, converging, region_novas, table),
        endpoints.Health(database, owner)]


def capability_table(conf):
    """Read the table of properties, extended by the deployer's file where one is named.

    :param conf: oslo_config.cfg.ConfigOpts with the group ``capabilities``
    :returns: dict of property name to capabilities.Row
    :raises ValueError: naming the file and what is wrong with it
    """
    path = conf.capabilities.table_file
    if not path:
        return dict(capabilities.TABLE)
    with open(path, encoding='utf-8') as file:
        rows = yaml.safe_load(file) or {}
    if not isinstance(rows, dict):
        raise ValueError(f'{path}: must map property names to rows')
    try:
        return capabilities.extended(rows)
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from None
