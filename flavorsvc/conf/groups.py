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

"""The options of flavorsvc itself, by group."""

import ipaddress
import socket

from oslo_config import cfg
from oslo_config import types

CLOUD_GROUP = 'cloud'

#: Seconds that a Nova or Keystone gets to answer; without any, one could hold a worker for ever.
TIMEOUT_S = 30

#: Seconds that Keystone gets to say whose a token is; the caller waits meanwhile.
TOKEN_TIMEOUT_S = 10


class _Network(types.String):
    """An IPv4 or IPv6 network, or one address."""

    def __call__(self, value):
        return str(ipaddress.ip_network(super().__call__(value)))


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
    cfg.StrOpt('version_cap', regex=r'^1\.\d+$',
               help='Highest version of the calls to conductors, while some of them are still of '
                    'a release that knows no higher one: "flavorsvc-status upgrade check" of that '
                    'release tells it. By default that of this release.'),
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
    cfg.ListOpt('healthcheck_details_for', default=[], item_type=_Network(),
                help='Networks from which /healthcheck?detailed=true is answered, without a token: '
                     'with the regions, their states and queues, and the conductors. A request '
                     'that came through a proxy is not, whatever its address.'),
]

METRICS = cfg.OptGroup('metrics', title='Metrics for Prometheus')
METRICS_OPTS = [
    cfg.BoolOpt('enabled', default=False,
                help='Whether each process serves its metrics over HTTP.'),
    cfg.HostAddressOpt('host', default='127.0.0.1',
                       help='Address to serve metrics on. Nobody is asked who they are: whoever '
                            'reaches it can read them.'),
    cfg.Opt('ports', type=types.Range(1, 65535), default='9891-9899',
            help='Ports to serve metrics on. Each process takes the first one that is free: each '
                 'worker of the API, under whatever server, and each conductor.'),
]

COMPUTE_API = cfg.OptGroup('compute_api', title='Nova\'s own API, at /v2.1')
COMPUTE_API_OPTS = [
    cfg.BoolOpt('enabled', default=True,
                help='Whether the API serves it, so that the tools of Nova manage the flavors '
                     'of all regions, and reach the servers of each.'),
    cfg.ListOpt('install_regions', default=['all'],
                help='Regions that a flavor made there goes to, besides the default region; '
                     '"all" is every region that there is at that time.'),
    cfg.BoolOpt('show_unmanaged', default=False,
                help='Whether the flavors that the default region has but the catalogue does not '
                     'are shown beside those of the catalogue, each as that region\'s Nova shows '
                     'it to the caller. They cannot be changed there. Every list then takes calls '
                     'to that Nova, with the token of the caller, so auth_strategy must be '
                     'keystone; while it does not answer, lists get 503.'),
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
    cfg.ListOpt('ignored_regions', default=['flavorsvc'],
                help='Regions of the service catalogue that are left alone: nothing is installed '
                     'in them. The region under which the catalogue offers flavorsvc as a compute '
                     'service is one (see "flavorsvc-manage catalog register"); it is also known '
                     'by its URL and by what it answers.'),
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
               help='Seconds after which the work of a conductor that died is taken over. The '
                    'clocks of all conductors have to agree to a fraction of it.'),
    cfg.FloatOpt('slow_after', default=5.0, min=0.01,
                 help='Seconds of average answer time from which a region is called slow, and '
                      'gets a quarter of its cap so that it does not keep the workers from '
                      'others.'),
    cfg.FloatOpt('poll_interval', default=2.0, min=0.05,
                 help='Seconds between two looks for due installations when no request '
                      'announced one.'),
    cfg.FloatOpt('retry_min', default=1.0, min=0.05,
                 help='Seconds before the first retry of a failed call; doubled each time.'),
    cfg.FloatOpt('retry_max', default=300.0, min=0.05, help='Most seconds between two retries.'),
    cfg.FloatOpt('in_use_interval', default=900.0, min=0.05,
                 help='Most seconds between two looks whether servers still use a flavor that is '
                      'to be replaced, or to leave a region, once none do.'),
]

LIFECYCLE = cfg.OptGroup('lifecycle', title='What becomes of flavors')
LIFECYCLE_OPTS = [
    cfg.BoolOpt('describe_deprecation', default=False,
                help='Whether the description that regions get of a deprecated flavor ends with '
                     'the date, the successor and the reason. A change of this option reaches a '
                     'flavor when that is next installed or changed. All conductors need the same '
                     'value.'),
]

AUDIT = cfg.OptGroup('audit', title='Audits of regions, and their drift from the catalogue')
AUDIT_OPTS = [
    cfg.IntOpt('interval', default=3600, min=0,
               help='Seconds between two audits of a region. With 0, regions are audited only '
                    'when somebody asks.'),
    cfg.StrOpt('default_policy', default='report',
               choices=[('ignore', 'audit a region only when somebody asks'),
                        ('report', 'record what is found'),
                        ('repair-safe', 'and create what is missing, and put right what Nova can '
                                        'change'),
                        ('repair-all', 'and also delete and create flavors of the service whose '
                                       'fixed fields differ')],
               help='What is done about the drift of regions that have no drift_policy of their '
                    'own.'),
    cfg.IntOpt('max_flavors', default=10000, min=1,
               help='Most flavors of a region that is audited, compared or adopted from. One that '
                    'has more is not, and says so: whoever runs it could fill the database.'),
    cfg.IntOpt('keep_resolved', default=90, min=0,
               help='Days after which findings that are resolved are forgotten.'),
]

PLANS = cfg.OptGroup('plans', title='Plans')
PLANS_OPTS = [
    cfg.IntOpt('keep', default=30, min=1,
               help='Days for which a plan is kept after it was made, and once more after it was '
                    'applied.'),
    cfg.IntOpt('max_actions', default=20000, min=1,
               help='Most actions of a plan, each about one flavor in one region. One that would '
                    'have more is not made: name fewer regions at a time.'),
]

CAPABILITIES = cfg.OptGroup('capabilities', title='Properties of composed nodes')
CAPABILITIES_OPTS = [
    cfg.StrOpt('table_file',
               help='YAML file whose rows extend or replace the built-in table that maps '
                    'properties of a flavor (cpu_arch, cpu_speed_mhz, memory_speed_mhz) to extra '
                    'specs.'),
]


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

#: What API and conductor know, what only the API, what only the conductor: (group, options).
SHARED = ((RPC, RPC_OPTS), (METRICS, METRICS_OPTS))
API_PROCESS = ((None, AUTHENTICATION_OPTS), (API, API_OPTS), (COMPUTE_API, COMPUTE_API_OPTS),
               (HTTP_BASIC, HTTP_BASIC_OPTS), (POLICY, POLICY_OPTS))
CONDUCTOR = ((None, DEFAULT_OPTS), (CLOUD, CLOUD_OPTS), (ENGINE, ENGINE_OPTS),
             (LIFECYCLE, LIFECYCLE_OPTS), (AUDIT, AUDIT_OPTS), (PLANS, PLANS_OPTS),
             (CAPABILITIES, CAPABILITIES_OPTS), (INFRASTRUCTURES, INFRASTRUCTURES_OPTS),
             (CREDENTIALS, CREDENTIALS_OPTS))
