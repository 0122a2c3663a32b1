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

from flavorsvc.cloud import failing
from flavorsvc.cloud import guard
from flavorsvc.cloud import nova
from flavorsvc.domain import failures

_GROUP = 'cloud'

#: Foreign clouds whose sessions are kept.
_KEPT = 256

_REDIRECTS = 5


class Cloud:
    """A Keystone and the Novas that its catalogue lists."""

    def __init__(self, session, interface='public'):
        """Wrap a session; nothing is contacted before it is needed.

        :param session: keystoneauth1.session.Session
        :param interface: str, which endpoints of the catalogue to use
        """
        self.session, self._interface = session, interface

    def endpoints(self):
        """Read from Keystone which regions have a Nova now.

        The catalogue that came with the token is as old as the token, so it is
        asked for afresh.

        :returns: dict of region name to URL of its Nova
        :raises failures.Unreachable: when Keystone does not answer
        """
        with failing.classified('keystone'):
            answer = self.session.get(
                '/auth/catalog',
                endpoint_filter={'service_type': 'identity', 'interface': self._interface,
                                 'version': (3, 0)})
            catalog = service_catalog.ServiceCatalogV3(answer.json()['catalog'])
            return self.listed(catalog)

    def listed(self, catalog):
        """Read the Novas out of a catalogue.

        :param catalog: keystoneauth1.access.service_catalog.ServiceCatalog
        :returns: dict of region name to URL
        """
        found = catalog.get_endpoints(service_type='compute', interface=self._interface)
        return {endpoint['region_id']: endpoint['url']
                for endpoint in found.get('compute', []) if endpoint.get('region_id')}

    def negotiate(self, endpoint):
        """Ask a Nova for the highest microversion that it and novaclient share.

        :param endpoint: str, URL
        :returns: str such as '2.96'
        :raises failures.Failure: when it does not answer as a Nova
        """
        with failing.classified('nova'):
            client = nova_client.Client('2.1', session=self.session,
                                        endpoint_override=endpoint)
            try:
                return api_versions.discover_version(
                    client, api_versions.APIVersion('2.latest')).get_string()
            except (ksa_exceptions.ClientException, failures.Failure):
                raise
            except Exception as error:  # novaclient raises many kinds for an odd answer
                raise failing.unintelligible(endpoint, error) from error

    def try_out(self, endpoint, microversion):
        """Have a Nova list a flavor, as whoever this session is.

        :raises failures.Failure: when it does not
        """
        with failing.classified('nova'):
            nova_client.Client(microversion, session=self.session, endpoint_override=endpoint
                               ).flavors.list(limit=1)

    def nova(self, endpoint, microversion, request_id):
        """Give the border to one region's Nova, for the work of one request.

        :param endpoint: str, URL
        :param microversion: str such as '2.96'
        :param request_id: str that Nova is to log, or None
        :returns: nova.Nova
        """
        client = nova_client.Client(microversion, session=self.session,
                                    endpoint_override=endpoint, global_request_id=request_id)
        return nova.Nova(client)


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
        self.home = self._at_home(loading.load_auth_from_conf_options(conf, _GROUP))
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
        return self._guarded(auth) if foreign else self._at_home(auth)

    def _at_home(self, auth):
        session = loading.load_session_from_conf_options(self._conf, _GROUP, auth=auth)
        return Cloud(session, self._conf.cloud.interface)

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
