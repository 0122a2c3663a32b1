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

"""flavorsvc-api: serves the HTTP API. Knows no database and no cloud."""

import sys

from oslo_log import log

from flavorsvc import conf as options
from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.api import authentication
from flavorsvc.api import server
from flavorsvc.cmd import exposition
from flavorsvc.cmd import process
from flavorsvc.conductor import client


def application(conf):
    """Make the WSGI application that calls conductors over the configured transport.

    :param conf: oslo_config.cfg.ConfigOpts from :func:`flavorsvc.conf.load_api`
    :returns: WSGI application
    """
    return app.make_app(conf, client.Conductor(rpc.transport(conf), conf))


def main():
    """Serve until SIGTERM, in [api] workers processes.

    :returns: str, what is wrong for people to mend; None when all went well
    """
    conf = options.load_api(sys.argv[1:])
    log.setup(conf, 'flavorsvc-api')
    try:
        authentication.check(conf, conf.api.host)
        options.check(conf)
    except ValueError as error:
        return f'flavorsvc-api: {error}'
    listening = server.listen(conf)
    process.run(conf, process.Parts(
        exposition.Exposition(conf),
        server.ApiService(conf, listening, lambda: application(conf))), workers=conf.api.workers)
    return None
