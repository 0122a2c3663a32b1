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

"""The API as a WSGI module, for uWSGI and its kind: ``flavorsvc.cmd.wsgi:application``.

Each worker has to load it for itself (uWSGI: ``lazy-apps``), for a messaging
connection does not survive a fork.
"""

import os

from oslo_log import log

from flavorsvc import conf as options
from flavorsvc.api import authentication
from flavorsvc.cmd import api
from flavorsvc.cmd import exposition


def _application():
    files = os.environ.get('FLAVORSVC_CONFIG_FILES', '/etc/flavorsvc/flavorsvc.conf')
    conf = options.load_api([], default_config_files=files.split(':'))
    if conf.log_dir and not conf.log_file:
        # oslo.log would take the name of the outermost caller, which is some importer's here
        conf.set_default('log_file', 'flavorsvc-api.log')
    log.setup(conf, 'flavorsvc-api')
    try:
        authentication.check(conf, host=None)
    except ValueError as error:
        raise SystemExit(f'flavorsvc.cmd.wsgi: {error}') from None
    made = api.application(conf)
    exposition.Exposition(conf).start()
    return made


application = _application()
