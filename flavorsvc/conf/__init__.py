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

import re

from keystoneauth1 import loading
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log
import oslo_messaging
from oslo_messaging import opts as messaging_opts
from oslo_messaging._drivers import impl_rabbit
from oslo_middleware import cors
from oslo_middleware import http_proxy_to_wsgi
from oslo_middleware import sizelimit
from oslo_policy import opts as policy_opts
from pbr import version

from flavorsvc.conf import groups


def list_opts():
    """Give oslo.config's generator all options of flavorsvc itself.

    :returns: list of (group, options)
    """
    session = loading.get_session_conf_options()
    cfg.set_defaults(session, timeout=groups.TIMEOUT_S)
    credential = (loading.get_auth_common_conf_options()
                  + loading.get_auth_plugin_conf_options('password'))
    return [*groups.SHARED, *groups.API_PROCESS, *groups.CONDUCTOR,
            (groups.CLOUD_GROUP, session + credential)]


def set_library_defaults():
    """Set the defaults that differ from those of the oslo libraries."""
    oslo_messaging.set_transport_defaults('flavorsvc')
    cfg.set_defaults(
        impl_rabbit.rabbit_opts,
        # Seconds. A broker or a conductor that stands still is found out in two or three times
        # this; the library's 60 would have callers wait for minutes.
        heartbeat_timeout_threshold=6,
        # Such a conductor takes no more calls than this from the others.
        rabbit_qos_prefetch_count=1,
        # Seconds. Calls get 503 until processes have found the broker that is back.
        rabbit_interval_max=5)
    cfg.set_defaults(
        db_options.database_opts,
        # The first to use the database would wait for it for minutes, and all others with it.
        max_retries=0,
        # A connection beyond these is opened for one transaction, which costs more than that
        # does; this has one for each worker of the engine, and some for calls.
        max_pool_size=20)
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
                              (groups.CLOUD_GROUP, 'auth_type',
                               'the credential for Keystone and Nova')):
        if not conf[group][name]:
            raise ValueError(f'[{group}] {name} is not set: it names {what}')
    if conf.cloud.default_region in conf.cloud.ignored_regions:
        raise ValueError(f'[cloud] default_region is {conf.cloud.default_region}, which '
                         f'[cloud] ignored_regions leaves out')


def unread():
    """Register the options of all processes, for a library that reads the files by itself.

    :returns: oslo_config.cfg.ConfigOpts that has read nothing yet
    """
    return _registered(_register_api, _register_conductor)


def _load(argv, default_config_files, *registrations):
    conf = _registered(*registrations)
    conf(argv, project='flavorsvc', version=version.VersionInfo('flavorsvc').release_string(),
         default_config_files=default_config_files)
    return conf


def _registered(*registrations):
    set_library_defaults()
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    for group, options in messaging_opts.list_opts():
        conf.register_opts(options, group)
    _register(conf, groups.SHARED)
    for register in registrations:
        register(conf)
    return conf


def _register(conf, by_group):
    for group, options in by_group:
        # A group remembers what is registered in it, so each configuration has groups of its own.
        conf.register_opts(options, group and cfg.OptGroup(group.name, group.title))


def _register_api(conf):
    _register(conf, groups.API_PROCESS)
    conf.register_opts(sizelimit.OPTS, 'oslo_middleware')
    conf.register_opts(http_proxy_to_wsgi.OPTS, 'oslo_middleware')
    policy_opts._register(conf)
    for group, options in auth_token.list_opts():
        conf.register_opts(options, group)
    loading.register_auth_conf_options(conf, 'keystone_authtoken')
    conf.set_default('service_type', 'flavorsvc', 'keystone_authtoken')
    # by its own defaults, a Keystone that hangs holds every caller for ever
    conf.set_default('http_connect_timeout', groups.TOKEN_TIMEOUT_S, 'keystone_authtoken')
    conf.set_default('http_request_max_retries', 1, 'keystone_authtoken')


def _register_conductor(conf):
    _register(conf, groups.CONDUCTOR)
    db_options.set_defaults(conf)
    loading.register_session_conf_options(conf, groups.CLOUD_GROUP)
    conf.set_default('timeout', groups.TIMEOUT_S, groups.CLOUD_GROUP)
    loading.register_auth_conf_options(conf, groups.CLOUD_GROUP)
