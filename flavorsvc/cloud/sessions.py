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

"""keystoneauth sessions: one a cloud for all its regions. One token, many calls."""

import contextlib
import threading

import cachetools
from keystoneauth1 import exceptions as ksa_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as ksa_session
from keystoneauth1 import token_endpoint
from keystoneauth1.access import service_catalog
from keystoneauth1.identity import generic
from keystoneauth1.identity import v3
from keystoneauth1.identity.generic import base
from novaclient import api_versions
from novaclient import client as nova_client

from flavorsvc import metrics
from flavorsvc.cloud import catalog
from flavorsvc.cloud import failing
from flavorsvc.cloud import guard
from flavorsvc.cloud import nova
from flavorsvc.cloud import passing
from flavorsvc.domain import failures
from flavorsvc.domain import itself

_GROUP = 'cloud'

#: Foreign clouds whose sessions are kept.
_KEPT = 256

_REDIRECTS = 5

#: Statuses by which also a Nova, or what stands before it, refuses to tell its version.
_NOT_NOW = frozenset([429, *range(500, 600)])


class Cloud:
    """A Keystone and the Novas that its catalogue lists."""

    def __init__(self, session, interface='public'):
        """Wrap a session; nothing is contacted before it is needed.

        :param session: keystoneauth1.session.Session
        :param interface: str, which endpoints of the catalogue to use
        """
        self.session, self.interface = session, interface

    def endpoints(self):
        """Read from Keystone which regions have a Nova now.

        The catalogue that came with the token is as old as the token, so it is
        asked for afresh.

        :returns: see :func:`flavorsvc.cloud.catalog.novas`
        :raises failures.Unreachable: when Keystone does not answer
        """
        with failing.classified('keystone'):
            answer = self.session.get(
                '/auth/catalog',
                endpoint_filter={'service_type': 'identity', 'interface': self.interface,
                                 'version': (3, 0)})
            return self.listed(service_catalog.ServiceCatalogV3(answer.json()['catalog']))

    def listed(self, listing):
        """Read the Novas out of a catalogue.

        :param listing: keystoneauth1.access.service_catalog.ServiceCatalog
        :returns: see :func:`flavorsvc.cloud.catalog.novas`
        """
        return catalog.novas(listing, self.interface)

    def negotiate(self, endpoint, region=None):
        """Ask a Nova for the highest microversion that it and novaclient share.

        :param endpoint: str, URL
        :param region: str, its name; None for what is no region yet
        :returns: str such as '2.96'
        :raises failures.Itself: when it is no Nova but flavorsvc
        :raises failures.Failure: when it does not answer as a Nova
        """
        with failing.classified('nova'):
            versions = _Versions(_client('2.1', _counted(self.session, region), endpoint))
            try:
                return api_versions.discover_version(
                    versions, api_versions.APIVersion('2.latest')).get_string()
            except (ksa_exceptions.ClientException, failures.Failure):
                raise
            except Exception as error:  # novaclient raises many kinds for an odd answer
                if getattr(error, 'code', 0) in _NOT_NOW:
                    raise
                raise failing.unintelligible(endpoint, error) from error

    def try_out(self, endpoint, microversion):
        """Have a Nova list a flavor, as whoever this session is.

        :raises failures.Failure: when it does not
        """
        with failing.classified('nova'):
            _client(microversion, self.session, endpoint).flavors.list(limit=1)

    def nova(self, endpoint, microversion, request_id, region, may_change=lambda: True):
        """Give the border to one region's Nova, for the work of one request.

        :param endpoint: str, URL
        :param microversion: str such as '2.96'
        :param request_id: str that Nova is to log, or None
        :param region: str, its name
        :param may_change: function without arguments, see :class:`flavorsvc.cloud.nova.Nova`
        :returns: nova.Nova
        """
        client = _client(microversion, _counted(self.session, region), endpoint, timings=True,
                         global_request_id=request_id)
        return nova.Nova(client, may_change)

    def passage(self, endpoint, request_id, region):
        """Give the way to one region's Nova for requests that are passed on as they are.

        :param endpoint: str, URL
        :param request_id: str that Nova is to log
        :param region: str, its name
        :returns: passing.Passage
        """
        return passing.Passage(_counted(self.session, region), endpoint, request_id)


class _Versions:
    """A Nova as novaclient's discovery of versions asks it, which notices flavorsvc."""

    def __init__(self, client):
        self._client, self.versions = client, self

    def get_current(self):
        """Ask for the version.

        :raises failures.Itself: when it is no Nova but flavorsvc
        """
        found = self._client.versions.get_current()
        if found is not None and itself.is_told(found.to_dict()):
            raise failures.Itself('itself', itself.WHY)
        return found


def home(conf):
    """Give our own cloud, as whom its options say.

    :param conf: oslo_config.cfg.ConfigOpts with the group ``cloud``
    :returns: Cloud; nothing is contacted before it is needed
    """
    return _at_home(conf, loading.load_auth_from_conf_options(conf, _GROUP))


class _Counted:
    """A session whose requests are those to one region's Nova, and counted as such."""

    def __init__(self, session, region):
        self._session, self._region = session, region

    def __getattr__(self, name):
        return getattr(self._session, name)

    def request(self, url, method, **kwargs):
        """Send a request as the session does.

        :returns: requests.Response
        """
        status, measured = 'none', metrics.Request('nova_request', method, region=self._region)
        try:
            response = self._session.request(url, method, **kwargs)
            status = response.status_code
        except ksa_exceptions.HttpError as error:
            status = error.http_status
            raise
        finally:
            measured.over(status)
        return response


def _counted(session, region):
    return session if region is None else _Counted(session, region)


def _client(microversion, session, endpoint, **options):
    client = nova_client.Client(microversion, session=session, endpoint_override=endpoint,
                                **options)
    # novaclient notes for shells, in files of the user's home, each flavor that it makes or lists
    for manager in (client.flavors, client.flavor_access, client.servers, client.versions):
        manager.completion_cache = _unnoted
    return client


@contextlib.contextmanager
def _unnoted(cache_type, obj_class, mode):
    yield


class Clouds:
    """Our own cloud, and those that were registered.

    ``access``, here and wherever it comes from, says how a cloud is reached:
    None is our own, a foreign one is a dict with keystone_url, region_name and
    sealed, its credential. What is sealed names its Keystone, so a credential
    goes nowhere else, whatever the database says.
    """

    def __init__(self, conf, keys):
        """Load our own credential; nothing is contacted before it is needed.

        :param conf: oslo_config.cfg.ConfigOpts with the groups ``cloud``, ``infrastructures``
        :param keys: flavorsvc.cloud.credentials.Keys
        """
        self._conf, self._keys = conf, keys
        self._networks = guard.Networks(conf.infrastructures.allowed_networks,
                                        conf.infrastructures.denied_networks)
        self.home = home(conf)
        self._foreign, self._lock = cachetools.LRUCache(_KEPT), threading.Lock()

    def of(self, access):
        """Give the cloud of a region.

        :param access: None, or dict
        :returns: Cloud
        :raises failures.Unreachable: when no key opens the credential
        """
        if access is None:
            return self.home
        key = (access['keystone_url'], access['sealed'])
        with self._lock:
            if key not in self._foreign:
                self._foreign[key] = self.opened(access)
            return self._foreign[key]

    def opened(self, access, timeout_s=None):
        """Make a foreign cloud, beside the one that is kept.

        :param timeout_s: float seconds a request may take at most, or None
        :returns: Cloud
        :raises failures.Unreachable: when no key opens the credential
        """
        opened = self._keys.unseal(access['sealed'])
        if opened.get('keystone_url') != access['keystone_url']:
            raise failures.Unreachable(
                'credential', 'The stored credential was given for another Keystone: register '
                              'the infrastructure anew.')
        return self._guarded(_plugin(access['keystone_url'], opened['credential']), timeout_s)

    def sealed(self, keystone_url, region_name, credential):
        """Make the access to a foreign cloud, as it is stored.

        :param credential: dict, see :func:`_plugin`
        :returns: dict with keystone_url, region_name, sealed
        :raises errors.Unavailable: when there is no key to seal with
        """
        return {'keystone_url': keystone_url, 'region_name': region_name,
                'sealed': self._keys.seal({'keystone_url': keystone_url,
                                           'credential': credential})}

    def as_caller(self, token, foreign):
        """Give a cloud whose every call carries somebody else's token, and never ours.

        :param token: str
        :param foreign: bool, whether the calls go to a registered cloud
        :returns: Cloud
        """
        auth = token_endpoint.Token('', token)
        return self._guarded(auth) if foreign else _at_home(self._conf, auth)

    def _guarded(self, auth, timeout_s=None):
        options = self._conf.infrastructures
        session = ksa_session.Session(
            auth, timeout=min(timeout_s or options.timeout, options.timeout),
            redirect=_REDIRECTS, verify=options.cafile or True)
        # a proxy or a password of this machine's environment is not for strangers
        session.session.trust_env = False
        for scheme in ('http://', 'https://'):
            session.session.mount(scheme, guard.Adapter(self._networks))
        return Cloud(session)


def _at_home(conf, auth):
    session = loading.load_session_from_conf_options(conf, _GROUP, auth=auth)
    return Cloud(session, conf.cloud.interface)


class _Discovering(base.BaseGenericPlugin):
    """Discovers the versions of Keystone without a token."""

    def get_discovery(self, session, url, authenticated=None):
        """Ask what is there.

        keystoneauth asks again with a token where it gets a 401, and to get
        one it would wait for the very thread that asks.
        """
        bare = ksa_session.Session(session=session.session, verify=session.verify,
                                   timeout=session.timeout, redirect=session.redirect)
        try:
            return super().get_discovery(bare, url, authenticated=False)
        except ksa_exceptions.MissingAuthPlugin as error:
            raise ksa_exceptions.DiscoveryFailure('It wants a token before it says what it '
                                                  'is.') from error


class _Password(_Discovering, generic.Password):
    """A user and a password at a URL with or without a version."""


class _ApplicationCredential(_Discovering):
    """An application credential at a URL with or without a version."""

    def __init__(self, auth_url, identifier, secret):
        super().__init__(auth_url=auth_url)
        self._identifier, self._secret = identifier, secret

    def create_plugin(self, session, version, url, raw_status=None):
        """Make the plugin of Keystone's API 3; others know no such credentials."""
        if version[0] != 3:
            return None
        return v3.ApplicationCredential(url, application_credential_id=self._identifier,
                                        application_credential_secret=self._secret)

    def get_cache_id_elements(self):
        """Name what the token depends on."""
        return {'application_credential_id': self._identifier}


def _plugin(keystone_url, credential):
    """Make what gets tokens from a foreign Keystone; its version is discovered.

    :param credential: dict with username, password, project_name and perhaps
        user_domain_name and project_domain_name, or with application_credential_id and
        application_credential_secret
    :returns: keystoneauth1.plugin.BaseAuthPlugin
    """
    if credential.get('application_credential_id'):
        return _ApplicationCredential(keystone_url, credential['application_credential_id'],
                                      credential['application_credential_secret'])
    return _Password(
        keystone_url, username=credential['username'], password=credential['password'],
        project_name=credential['project_name'],
        user_domain_name=credential.get('user_domain_name') or 'Default',
        project_domain_name=credential.get('project_domain_name') or 'Default')
