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

"""The API as a WSGI module, as servers such as uWSGI load it behind Apache."""

import json
import os
import subprocess
import sys

CONFIGURATION = """
[DEFAULT]
transport_url = fake:///
log_dir = {folder}/log
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = a
password = b
project_name = c
"""

PROGRAM = """
import json
from flavorsvc.cmd import wsgi
import webob
def answer(script_name, path):
    request = webob.Request.blank(path, base_url='http://controller')
    request.environ['SCRIPT_NAME'] = script_name
    return request.get_response(wsgi.application).json_body
print(json.dumps([answer('/flavorsvc', '/'), answer('/flavorsvc/', '/')]))
"""


def loaded(folder):
    """Load it, ask for its versions at two SCRIPT_NAMEs, and return both answers."""
    (folder / 'log').mkdir()
    path = folder / 'flavorsvc.conf'
    path.write_text(CONFIGURATION.format(folder=folder))
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM], capture_output=True, text=True, timeout=120,
        env={**os.environ, 'FLAVORSVC_CONFIG_FILES': str(path)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_links_have_one_slash_also_where_apache_adds_one(tmp_path):
    """For its own root it hands over SCRIPT_NAME as it was asked for."""
    without, with_slash = loaded(tmp_path)
    assert without == with_slash
    assert without['versions'][0]['links'][0]['href'] == 'http://controller/flavorsvc/v1/'


def test_its_log_file_has_the_name_of_the_service(tmp_path):
    loaded(tmp_path)
    assert [path.name for path in (tmp_path / 'log').iterdir()] == ['flavorsvc-api.log']
