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

"""The hooks by which python-openstackclient finds the commands and makes the client."""

from osc_lib import utils

from flavorsvc.client import sdk

DEFAULT_API_VERSION = '1'
API_VERSION_OPTION = 'os_flavorsvc_api_version'
API_NAME = 'flavorsvc'
API_VERSIONS = ('1',)


def make_client(instance):
    """Return the proxy for the cloud of a client manager.

    :param instance: osc_lib.clientmanager.ClientManager
    """
    instance.sdk_connection.add_service(sdk.FlavorsvcService())
    return instance.sdk_connection.flavorsvc


def build_option_parser(parser):
    """Add the global options of the plugin."""
    parser.add_argument(
        '--os-flavorsvc-api-version',
        metavar='<flavorsvc-api-version>',
        default=utils.env('OS_FLAVORSVC_API_VERSION'),
        help=f'Flavor service API version, default={DEFAULT_API_VERSION} '
             f'(Env: OS_FLAVORSVC_API_VERSION)')
    parser.add_argument(
        '--os-flavorsvc-endpoint-override',
        metavar='<url>',
        default=utils.env('OS_FLAVORSVC_ENDPOINT_OVERRIDE'),
        help='URL of the flavor service, instead of the one in the service catalogue '
             '(Env: OS_FLAVORSVC_ENDPOINT_OVERRIDE)')
    return parser
