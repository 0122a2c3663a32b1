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

"""Every option of flavorsvc, and the three ways to load them.

Configuration is an argument: nothing in flavorsvc reads a global. A process
registers only what it may know, so an API process that is handed a database
URL or a cloud's credential has no option to read it from.
"""

import ipaddress
import re
import socket

from keystoneauth1 import loading
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_config import types
from oslo_db import options as db_options
from oslo_log import log
import oslo_messaging
from oslo_messaging import opts as messaging_opts
from oslo_middleware import cors
from oslo_middleware import http_proxy_to_wsgi
from oslo_middleware import sizelimit
from oslo_policy import opts as policy_opts
from pbr import version

CLOUD_GROUP = 'cloud'

#: Seconds that a Nova or Keystone gets to answer; without any, one could hold a worker for ever.
_TIMEOUT_S = 30

DEFAULT_OPTS = [
    cfg.HostDomainOpt('host', default=socket.gethostname(), sample_default='<host name>',
                      help='Name of this machine to the message broker and in the leases of its '
                           'conductor. Several conductors of one machine may share it.'),
]

RPC = cfg.OptGroup('rpc', title='Calls from the API to the conductor')
RPC_OPTS = [
    cfg.StrOpt('topic', default='flavorsvc.conductor',
               help='Messaging topic on which conductors listen. Deployments that share a broker '
                    'and a virtual host need a topic each.'),
    cfg.IntOpt('timeout', default=60, min=1,
               help='Seconds a call may take while the conductor reports that it is at work.'),
    cfg.IntOpt('monitor_timeout', default=3, min=2,
               help='Seconds without a sign of life from a conductor after which a call is given '
                    'up and the API answers 503.'),
]

API = cfg.OptGroup('api', title='The HTTP server of flavorsvc-api')
API_OPTS = [
    cfg.HostAddressOpt('host', default='127.0.0.1', help='Address to listen on.'),
    cfg.PortOpt('port', default=9890, help='Port to listen on.'),
    cfg.IntOpt('workers', default=1, min=1, help='Number of processes that serve requests.'),
    cfg.IntOpt('threads', default=16, min=1,
               help='Threads in each process. With more than 30, raise [DEFAULT] '
                    'rpc_conn_pool_size as well: each calls the conductor over a connection of '
                    'its own.'),
    cfg.IntOpt('connections', default=1000, min=1,
               help='Most connections that each process keeps open at the same time, idle ones '
                    'included. Further clients wait. Each takes a file descriptor.'),
    cfg.IntOpt('max_limit', default=1000, min=1,
               help='Most items in one page of a list, and the size of a page when the request '
                    'names no limit.'),
]

COMPUTE_API = cfg.OptGroup('compute_api', title='The flavors of Nova\'s own API, at /v2.1')
COMPUTE_API_OPTS = [
    cfg.BoolOpt('enabled', default=True,
                help='Whether the API serves them, so that the tools of Nova manage the flavors '
                     'of all regions.'),
    cfg.ListOpt('install_regions', default=['all'],
                help='Regions that a flavor made there goes to, besides the default region; '
                     '"all" is every region that there is at that time.'),
]

AUTHENTICATION_OPTS = [
    cfg.StrOpt('auth_strategy', default='keystone',
               choices=[('keystone', 'a token of Keystone in X-Auth-Token'),
                        ('http_basic', 'a name and a password of the file in [http_basic]'),
                        ('noauth', 'nothing: everybody may do everything; only on a loopback '
                                   'address')],
               help='How the API finds out who asks.'),
]

HTTP_BASIC = cfg.OptGroup('http_basic', title='Users of auth_strategy = http_basic')
HTTP_BASIC_OPTS = [
    cfg.StrOpt('user_file', default='/etc/flavorsvc/htpasswd',
               help='File with a line for each user, of the form name:hash:project:role,role. '
                    'The hash is one of bcrypt, as htpasswd -B makes it; project and roles may '
                    'be left out. It is read again when it changes.'),
]

POLICY = cfg.OptGroup('policy', title='Roles')
POLICY_OPTS = [
    cfg.StrOpt('manager_role', default='InfrastructureManager', regex=r'^[\w.-]+$',
               help='Keystone role that may do everything, besides admin: the infrastructure '
                    'manager of a federation.'),
]

CLOUD = cfg.OptGroup(CLOUD_GROUP, title='The conductor\'s access to Keystone and Nova')
CLOUD_OPTS = [
    cfg.StrOpt('interface', default='public', choices=['public', 'internal', 'admin'],
               help='Which endpoints of the service catalogue to use.'),
    cfg.StrOpt('default_region', default='RegionOne',
               help='Region meant by calls that name none, such as the registration of an '
                    'openstack_flavor.'),
    cfg.IntOpt('discovery_interval', default=60, min=1,
               help='Seconds between two looks at the service catalogue for regions.'),
]

ENGINE = cfg.OptGroup('engine', title='Convergence of installations')
ENGINE_OPTS = [
    cfg.IntOpt('workers', default=12, min=1,
               help='Installations one conductor converges at the same time.'),
    cfg.IntOpt('per_region', default=4, min=1,
               help='Installations converged at the same time in one region, over all '
                    'conductors, where the region sets no number of its own.'),
    cfg.IntOpt('lease', default=60, min=5,
               help='Seconds after which the work of a conductor that died is taken over.'),
    cfg.FloatOpt('poll_interval', default=2.0, min=0.05,
                 help='Seconds between two looks for due installations when no request '
                      'announced one.'),
    cfg.FloatOpt('retry_min', default=1.0, min=0.05,
                 help='Seconds before the first retry of a failed call; doubled each time.'),
    cfg.FloatOpt('retry_max', default=300.0, min=0.05, help='Most seconds between two retries.'),
]

CAPABILITIES = cfg.OptGroup('capabilities', title='Properties of composed nodes')
CAPABILITIES_OPTS = [
    cfg.StrOpt('table_file',
               help='YAML file whose rows extend or replace the built-in table that maps '
                    'properties of a flavor (cpu_arch, cpu_speed_mhz, memory_speed_mhz) to extra '
                    'specs.'),
]


class _Network(types.String):
    """An IPv4 or IPv6 network, or one address."""

    def __call__(self, value):
        return str(ipaddress.ip_network(super().__call__(value)))


INFRASTRUCTURES = cfg.OptGroup('infrastructures', title='Clouds with a Keystone of their own')
INFRASTRUCTURES_OPTS = [
    cfg.ListOpt('allowed_networks', default=[], item_type=_Network(),
                help='Networks in which registered clouds may be called, whatever denied_networks '
                     'says. Loopback, link-local, unspecified, multicast and reserved addresses '
                     'are denied unless they are named here.'),
    cfg.ListOpt('denied_networks', default=[], item_type=_Network(),
                help='Networks in which registered clouds may not be called, besides those that '
                     'are always denied: name the networks of the control plane. With '
                     '"0.0.0.0/0,::/0", only allowed_networks are left.'),
    cfg.FloatOpt('timeout', default=10, min=1,
                 help='Seconds within which a registered cloud has to answer a request in full.'),
    cfg.IntOpt('max_per_project', default=10, min=1,
               help='Most clouds that one project may register.'),
    cfg.StrOpt('cafile',
               help='File with the certificate authorities of registered clouds; by default '
                    'those that the requests library trusts.'),
]

CREDENTIALS = cfg.OptGroup('credentials', title='Sealing of the credentials of registered clouds')
CREDENTIALS_OPTS = [
    cfg.StrOpt('key_repository', default='/etc/flavorsvc/credential-keys',
               help='Folder of the keys, made by "flavorsvc-manage credential setup". Every '
                    'conductor needs the same keys.'),
    cfg.IntOpt('max_active_keys', default=3, min=3,
               help='Keys that are kept at a rotation: the staged one, the primary one, and '
                    'those that only open what they sealed.'),
]

_SHARED = ((RPC, RPC_OPTS),)
_API = ((None, AUTHENTICATION_OPTS), (API, API_OPTS), (COMPUTE_API, COMPUTE_API_OPTS),
        (HTTP_BASIC, HTTP_BASIC_OPTS), (POLICY, POLICY_OPTS))
_CONDUCTOR = ((None, DEFAULT_OPTS), (CLOUD, CLOUD_OPTS), (ENGINE, ENGINE_OPTS),
              (CAPABILITIES, CAPABILITIES_OPTS), (INFRASTRUCTURES, INFRASTRUCTURES_OPTS),
              (CREDENTIALS, CREDENTIALS_OPTS))


def list_opts():
    """Give oslo.config's generator all options of flavorsvc itself.

    :returns: list of (group, options)
    """
    session = loading.get_session_conf_options()
    cfg.set_defaults(session, timeout=_TIMEOUT_S)
    credential = (loading.get_auth_common_conf_options()
                  + loading.get_auth_plugin_conf_options('password'))
    return [*_SHARED, *_API, *_CONDUCTOR, (CLOUD_GROUP, session + credential)]


def set_library_defaults():
    """Set the defaults that differ from those of the oslo libraries."""
    oslo_messaging.set_transport_defaults('flavorsvc')
    cfg.set_defaults(sizelimit.OPTS, max_request_body_size=1024 * 1024)
    cors.set_defaults(
        allow_headers=['X-Auth-Token', 'X-Auth-Token-KeyStone', 'Authorization', 'User',
                       'Password', 'X-OpenStack-Request-ID', 'OpenStack-API-Version',
                       'X-OpenStack-Nova-API-Version', 'If-Match', 'Prefer'],
        expose_headers=['X-OpenStack-Request-ID', 'OpenStack-API-Version',
                        'X-OpenStack-Nova-API-Version', 'ETag', 'Location',
                        'Preference-Applied'],
        allow_methods=['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
    log.set_defaults(default_log_levels=[
        *log.get_default_log_levels(), 'alembic=WARN', 'keystoneauth=INFO', 'novaclient=INFO',
        'kombu=WARN',
        'oslo_messaging=INFO', 'oslo_policy=INFO', 'waitress=INFO'])


def load_api(argv, default_config_files=None):
    """Load what an API process may know: no database, no cloud credential.

    :param argv: list of str, the command line without the program's name
    :param default_config_files: files to read when argv names none
    :returns: oslo_config.cfg.ConfigOpts
    """
    return _load(argv, default_config_files, _register_api)


def load_conductor(argv, default_config_files=None):
    """Load what a conductor may know: nothing of HTTP.

    :param argv: list of str, the command line without the program's name
    :returns: oslo_config.cfg.ConfigOpts
    """
    return _load(argv, default_config_files, _register_conductor)


def load_all_in_one(argv, default_config_files=None):
    """Load the options of both, for the one process that is both.

    :param argv: list of str, the command line without the program's name
    :returns: oslo_config.cfg.ConfigOpts
    """
    return _load(argv, default_config_files, _register_api, _register_conductor)


def load_manage(argv, cli_opts, default_config_files=None):
    """Load the options of flavorsvc-manage: the conductor's, and its subcommands.

    :param cli_opts: options to register for the command line
    :returns: oslo_config.cfg.ConfigOpts
    """
    def register_cli(conf):
        conf.register_cli_opts(cli_opts)
    return _load(argv, default_config_files, _register_conductor, register_cli)


def check(conf):
    """Look at every value, so that a wrong one stops the start and not the work.

    :param conf: oslo_config.cfg.ConfigOpts
    :raises ValueError: naming the option, in a sentence for people
    """
    for name in conf:
        value = _value(conf, name, 'DEFAULT')
        if isinstance(value, cfg.ConfigOpts.GroupAttr):
            for option in value:
                _value(value, option, name)


def _value(options, name, group):
    try:
        return options[name]
    except cfg.ConfigFileValueError as error:
        # oslo.config describes the place as a program would
        place = re.sub(r"LocationInfo\(.*?detail='(.*?)'\)", r'\1', str(error))
        raise ValueError(f'[{group}] {place}') from error


def check_conductor(conf):
    """Look whether a conductor has what it cannot do without. See :func:`check`.

    :raises ValueError: naming what is missing
    """
    check(conf)
    for group, name, what in (('database', 'connection', 'the database'),
                              (CLOUD_GROUP, 'auth_type', 'the credential for Keystone and Nova')):
        if not conf[group][name]:
            raise ValueError(f'[{group}] {name} is not set: it names {what}')


def _load(argv, default_config_files, *registrations):
    set_library_defaults()
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    for group, options in messaging_opts.list_opts():
        conf.register_opts(options, group)
    _register(conf, _SHARED)
    for register in registrations:
        register(conf)
    conf(argv, project='flavorsvc', version=version.VersionInfo('flavorsvc').release_string(),
         default_config_files=default_config_files)
    return conf


def _register(conf, groups):
    for group, options in groups:
        conf.register_opts(options, group)


def _register_api(conf):
    _register(conf, _API)
    conf.register_opts(sizelimit.OPTS, 'oslo_middleware')
    conf.register_opts(http_proxy_to_wsgi.OPTS, 'oslo_middleware')
    policy_opts._register(conf)
    for group, options in auth_token.list_opts():
        conf.register_opts(options, group)
    loading.register_auth_conf_options(conf, 'keystone_authtoken')
    conf.set_default('service_type', 'flavorsvc', 'keystone_authtoken')


def _register_conductor(conf):
    _register(conf, _CONDUCTOR)
    db_options.set_defaults(conf)
    loading.register_session_conf_options(conf, CLOUD_GROUP)
    conf.set_default('timeout', _TIMEOUT_S, CLOUD_GROUP)
    loading.register_auth_conf_options(conf, CLOUD_GROUP)
