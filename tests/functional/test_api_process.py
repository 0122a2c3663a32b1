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

"""An API process, once it has answered, still has nothing with which to reach what it may not."""

import json
import subprocess
import sys

CONFIGURATION = """
[DEFAULT]
transport_url = kombu+memory://localhost/
[rpc]
timeout = 2
monitor_timeout = 2
[database]
connection = sqlite:///must-not-exist.sqlite
[cloud]
password = of-the-cloud
"""

PROGRAM = """
import json, sys
import flavorsvc.cmd
from flavorsvc import conf as options
from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.conductor import client
import webob

def confirmed(application):
    def wrapped(environ, start_response):
        environ.update(HTTP_X_IDENTITY_STATUS='Confirmed', HTTP_X_ROLES='admin',
                       HTTP_X_PROJECT_ID='p', HTTP_X_USER_ID='u')
        return application(environ, start_response)
    return wrapped

conf = options.load_api(['--config-file', sys.argv[1]])
application = app.make_app(conf, client.Conductor(rpc.transport(conf), conf), auth=confirmed)
answers = [webob.Request.blank(path).get_response(application).status_int
           for path in ('/', '/v1/flavors')]
print(json.dumps({
    'answers': answers,
    'groups': sorted(conf),
    'modules': [name for name, module in sys.modules.items() if module is not None]}))
"""


def test_an_api_process_knows_neither_database_nor_cloud(tmp_path):
    path = tmp_path / 'api.conf'
    path.write_text(CONFIGURATION)
    done = subprocess.run([sys.executable, '-c', PROGRAM, str(path)], cwd=tmp_path,
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    # it did its work as far as it can without a conductor
    assert report['answers'] == [200, 503]
    assert not {'database', 'cloud', 'engine'} & set(report['groups'])
    loaded = {'.'.join(name.split('.')[:2]) for name in report['modules']}
    assert not {'flavorsvc.db', 'flavorsvc.cloud', 'flavorsvc.client', 'oslo_db.sqlalchemy',
                'novaclient', 'alembic', 'eventlet'} & loaded
    assert not (tmp_path / 'must-not-exist.sqlite').exists()
