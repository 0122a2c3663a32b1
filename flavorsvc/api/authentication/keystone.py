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

"""Tokens are checked by keystonemiddleware, with a cache in this process."""

import hashlib
import threading

import cachetools
from keystonemiddleware import auth_token
from oslo_log import log
import webob.exc

LOG = log.getLogger(__name__)

_CACHE = 'flavorsvc.token_cache'
_MOST_TOKENS = 10_000
#: Seconds for which a token that Keystone refused is refused without asking again.
_REFUSED_FOR = 5


class TokenCache:
    """Remembers what Keystone said of valid tokens.

    keystonemiddleware's own is a list of caches, each request takes any of
    them, and none forgets anything.
    """

    def __init__(self, seconds):
        """Prepare.

        :param seconds: int, how long a token is believed
        """
        self._tokens = cachetools.TTLCache(_MOST_TOKENS, seconds)
        self._lock = threading.Lock()

    def get(self, key):
        """Give what was set for a key, or None."""
        with self._lock:
            return self._tokens.get(key)

    def set(self, key, value, time=None):
        """Remember a value; ``time`` is the one this cache was made with."""
        with self._lock:
            self._tokens[key] = value


class Protocol(auth_token.AuthProtocol):
    """Remembers shortly which tokens were refused, so that they cost Keystone little.

    It takes more answers than keystonemiddleware for those of a Keystone that is away.
    """

    def __init__(self, app, conf):
        super().__init__(app, conf)
        self._refused = TokenCache(_REFUSED_FOR)

    def fetch_token(self, token, allow_expired=False):
        key = hashlib.sha256(token.encode()).digest(), allow_expired
        if self._refused.get(key):
            raise auth_token.InvalidToken('Keystone refused this token a moment ago.')
        try:
            return super().fetch_token(token, allow_expired=allow_expired)
        except auth_token.InvalidToken as error:
            _check_origin(error.__context__)
            self._refused.set(key, True)
            raise
        except webob.exc.HTTPException:
            raise
        except Exception as error:
            raise _away(error) from error


def _check_origin(error):
    """Take a 404 for Keystone's word only where it is in Keystone's words.

    :raises webob.exc.HTTPServiceUnavailable: when something else answered, such as a proxy
        without a Keystone behind it: its 404 says nothing of the token
    """
    if getattr(error, 'http_status', None) == 404:
        try:
            error.response.json()['error']
        except (ValueError, KeyError, TypeError):
            raise _away(error) from error


def _away(error):
    # without its words: whoever answered may have repeated the token in them
    LOG.critical('Keystone does not say whose a token is (%s)', type(error).__name__)
    return webob.exc.HTTPServiceUnavailable()


def middleware(conf, public):
    """Make the middleware that lets nobody pass without a valid token.

    It answers 401 itself, and 503 when Keystone does not answer, which it
    would take for an invalid token if the decision were left to the application.

    :param conf: oslo_config.cfg.ConfigOpts with the group ``keystone_authtoken``
    :param public: collection of paths that need no token
    :returns: function that wraps a WSGI application
    """
    settings = {'oslo_config_config': conf}
    if not conf.keystone_authtoken.memcached_servers:
        settings['cache'] = _CACHE
    cache = TokenCache(conf.keystone_authtoken.token_cache_time)

    def wrap(app):
        protocol = Protocol(app, settings)

        def checked(environ, start_response):
            environ[_CACHE] = cache
            guarded = app if environ.get('PATH_INFO') in public else protocol
            return guarded(environ, start_response)
        return checked
    return wrap
