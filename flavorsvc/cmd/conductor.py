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

"""flavorsvc-conductor: owns the database and makes the regions agree with it."""

import sys

from oslo_log import log

from flavorsvc import conf as options
from flavorsvc.cmd import exposition
from flavorsvc.cmd import process
from flavorsvc.conductor import service as conductor


def main():
    """Run one conductor in this process until SIGTERM; more may run beside it.

    :returns: str, what is wrong for people to mend; None when all went well
    """
    conf = options.load_conductor(sys.argv[1:])
    log.setup(conf, 'flavorsvc-conductor')
    try:
        options.check_conductor(conf)
    except ValueError as error:
        return f'flavorsvc-conductor: {error}'
    at_work = conductor.ConductorService(conf)
    process.run(conf, process.Parts(at_work, exposition.Exposition(conf, at_work.gauges)))
    return None
