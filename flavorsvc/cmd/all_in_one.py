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

"""flavorsvc-all-in-one: API and conductor in one process, without a broker."""

import sys

from oslo_log import log

from flavorsvc import conf as options
from flavorsvc.api import authentication
from flavorsvc.api import server
from flavorsvc.cmd import api
from flavorsvc.cmd import exposition
from flavorsvc.cmd import process
from flavorsvc.conductor import service as conductor


def main():
    """Serve and converge until SIGTERM.

    :returns: str, what is wrong for people to mend; None when all went well
    """
    conf = options.load_all_in_one(sys.argv[1:])
    # The in-process transport that looks for calls every 50 ms. The other one, kombu+memory, looks
    # without a pause and keeps a core busy with it.
    conf.set_default('transport_url', 'fake:///')
    log.setup(conf, 'flavorsvc')
    try:
        authentication.check(conf, conf.api.host)
        options.check_conductor(conf)
    except ValueError as error:
        return f'flavorsvc-all-in-one: {error}'
    listening = server.listen(conf)
    at_work = conductor.ConductorService(conf)
    process.run(conf, process.Parts(
        at_work, exposition.Exposition(conf, at_work.gauges),
        server.ApiService(conf, listening, lambda: api.application(conf))))
    return None
