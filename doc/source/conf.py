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

"""Configuration of Sphinx for the documentation."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / '_ext'))
# the samples of the API are described beside the tests that send them
sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

project = 'flavorsvc'
copyright = 'OpenStack Foundation'
author = 'OpenStack'

extensions = [
    'openstackdocstheme',
    'cliff.sphinxext',
    'oslo_config.sphinxconfiggen',
    'oslo_config.sphinxext',
    'oslo_policy.sphinxext',
    'oslo_policy.sphinxpolicygen',
    'reference',
    'tables',
]

root_doc = 'index'
html_theme = 'openstackdocs'
html_static_path = ['_static']
pygments_style = 'native'

openstackdocs_repo_name = 'openstack/flavorsvc'
openstackdocs_auto_name = False
openstackdocs_auto_version = False
openstackdocs_use_storyboard = False

config_generator_config_file = [
    ('../../etc/flavorsvc/flavorsvc-config-generator.conf', '_static/flavorsvc'),
]
policy_generator_config_file = [
    ('../../etc/flavorsvc/flavorsvc-policy-generator.conf', '_static/flavorsvc'),
]

os_api_ref_min_microversion = '1.0'
os_api_ref_max_microversion = '1.1'

autoprogram_cliff_application = 'openstack'
