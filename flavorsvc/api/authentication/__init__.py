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


"""Who is let in, by ``[DEFAULT] auth_strategy``.

Every strategy confirms the caller in the environment of the request as keystonemiddleware does, so
that nothing behind it knows which one is in use.
"""

from flavorsvc.api.authentication import http_basic
from flavorsvc.api.authentication import keystone
from flavorsvc.api.authentication import noauth
from flavorsvc.api.authentication import user_file

_STRATEGIES = {'keystone': keystone.middleware,
               'http_basic': http_basic.middleware,
               'noauth': noauth.middleware}


def strategy(conf, public):
    """Make the middleware of the strategy that is configured.

    :param conf: oslo_config.cfg.ConfigOpts, from flavorsvc.conf.load_api
    :param public: collection of paths that need no authentication
    :returns: function that wraps a WSGI application
    :raises ValueError: saying what is wrong with the user file of http_basic
    """
    return _STRATEGIES[conf.auth_strategy](conf, public)


def check(conf, host):
    """Refuse to start where the strategy would let in the wrong people or nobody.

    Done once, before any worker is started, as a worker that fails is only started again.

    :param conf: oslo_config.cfg.ConfigOpts, from flavorsvc.conf.load_api
    :param host: str, the address that the API will listen on; None where it is not known
    :raises ValueError: saying what to mend
    """
    if conf.compute_api.show_unmanaged and conf.auth_strategy != 'keystone':
        raise ValueError('[compute_api] show_unmanaged asks a Nova with the token of the caller, '
                         f'so [DEFAULT] auth_strategy must be keystone, not {conf.auth_strategy}')
    if conf.auth_strategy == 'noauth':
        noauth.check(host)
    if conf.auth_strategy == 'http_basic':
        user_file.UserFile(conf.http_basic.user_file)
