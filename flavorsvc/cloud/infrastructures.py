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

"""Looks at a cloud that somebody wants to register: whether it is what it is said to be.

Whoever registers a cloud chooses which host is asked. So that nobody reads
through us what only we can reach, nothing that a host answered is repeated
before a Keystone accepted the credential: texts are ours, with the status.
"""

import dataclasses
import re

from keystoneauth1 import exceptions as ksa_exceptions
from oslo_log import log

from flavorsvc.cloud import failing
from flavorsvc.domain import errors
from flavorsvc.domain import failures

LOG = log.getLogger(__name__)

KEYSTONE = 'infrastructure.keystone_url'
NOVA = 'infrastructure.nova_url'
REGION = 'infrastructure.region_name'

#: Seconds for each request: a caller waits for all of them.
_TIMEOUT_S = 5

#: Characters that the database holds of a region's name and of a URL.
_LONGEST_NAME, _LONGEST_URL = 255, 2048

#: Most regions that an error names.
_NAMED = 20

#: Statuses by which Keystone refuses a credential. Application credentials that it does not know
#: are not found.
_SAID_NO = {'infrastructure.password': (401, 403),
            'infrastructure.application_credential_secret': (401, 403, 404)}

_VERSIONED = re.compile(r'/v\d+(\.\d+)?(/[0-9a-zA-Z-]+)?/?$')

#: Reason of a failure → what it means for whoever registers.
_MEANING = {
    'address': 'is at an address that this service may not call',
    'unreachable': 'does not answer',
    'busy': 'asks to be left alone for a while',
    'unauthorized': 'does not accept the token of its Keystone',
    'forbidden': 'does not let this user list flavors',
    'itself': 'is no Nova but flavorsvc',
}


@dataclasses.dataclass(frozen=True)
class Found:
    """What a cloud turned out to have.

    :ivar endpoint: str, URL of its Nova
    :ivar microversion: str such as '2.96'
    :ivar region_name: str, or None where it does not matter
    """

    endpoint: str
    microversion: str
    region_name: str | None


def examine(clouds, access, nova_url, secret_field):
    """Ask a cloud's Keystone for a token and its Nova for flavors.

    :param clouds: flavorsvc.cloud.sessions.Clouds
    :param access: dict with keystone_url, region_name, sealed
    :param nova_url: str, or None to take it from the catalogue
    :param secret_field: str, the field to blame when Keystone says no
    :returns: Found
    :raises errors.Invalid: naming the field that does not lead to a Nova
    """
    cloud = clouds.opened(access, _TIMEOUT_S)
    catalog = _authenticate(cloud, secret_field)
    region_name = access['region_name']
    if nova_url is None:
        region_name, nova_url = _choose(cloud, catalog, region_name)
    try:
        endpoint = _versioned(cloud, nova_url)
        microversion = cloud.negotiate(endpoint)
        cloud.try_out(endpoint, microversion)
    except failures.Failure as failure:
        LOG.info('The Nova of a new infrastructure: %s', failure.reason)
        meaning = _MEANING.get(failure.reason, 'did not answer as a Nova does')
        raise errors.Invalid(NOVA, f'{nova_url} {meaning}') from failure
    if not _is_text(endpoint, _LONGEST_URL):
        raise errors.Invalid(NOVA, f'the URL of this Nova is longer than {_LONGEST_URL} '
                                   f'characters, or has some that cannot be printed')
    return Found(endpoint, microversion, region_name)


def _authenticate(cloud, secret_field):
    """Get a token, and the catalogue that comes with it.

    :returns: keystoneauth1.access.service_catalog.ServiceCatalog
    """
    try:
        return cloud.session.auth.get_access(cloud.session).service_catalog
    except failures.Failure as failure:
        raise errors.Invalid(KEYSTONE, _MEANING.get(failure.reason, failure.text)) from failure
    except ksa_exceptions.HttpError as error:
        if error.http_status in _SAID_NO[secret_field]:
            raise errors.Invalid(
                secret_field, f'Keystone does not accept it, or not for this user and project '
                              f'({error.http_status})') from error
        raise errors.Invalid(KEYSTONE, _kind(error)) from error
    except Exception as error:  # whatever is there may answer anything
        LOG.info('What is said to be a Keystone is none: %s', type(error).__name__)
        raise errors.Invalid(KEYSTONE, _kind(error)) from error


def _kind(error):
    """Say in our own words what went wrong."""
    if isinstance(error, ksa_exceptions.DiscoveryFailure) and isinstance(
            error.__context__, ksa_exceptions.ClientException):
        error = error.__context__
    if isinstance(error, ksa_exceptions.SSLError):
        return 'its certificate is not trusted'
    if isinstance(error, ksa_exceptions.ConnectTimeout):
        return 'does not answer in time'
    if isinstance(error, ksa_exceptions.ConnectionError):
        return 'cannot be connected to'
    if isinstance(error, ksa_exceptions.HttpError):
        return f'did not answer as a Keystone does, but with the status {error.http_status}'
    return f'did not answer as a Keystone does ({type(error).__name__})'


def _choose(cloud, catalog, region_name):
    """Find the Nova in a catalogue.

    :returns: (str region name, str URL)
    """
    try:
        novas, _ = cloud.listed(catalog)
        listed = {name: url for name, url in novas.items() if _is_text(name, _LONGEST_NAME)}
    except Exception as error:  # whatever is there may answer anything
        raise errors.Invalid(KEYSTONE, _kind(error)) from error
    if not listed:
        raise errors.Invalid(NOVA, 'the catalogue of this Keystone lists no public endpoint of a '
                                   'compute service, so its URL has to be given')
    if region_name is None and len(listed) == 1:
        return next(iter(listed.items()))
    if region_name not in listed:
        names = ', '.join(sorted(map(repr, listed))[:_NAMED])
        raise errors.Invalid(REGION, f'the catalogue of this Keystone has Novas in {names}: '
                                     f'must be one of them')
    return region_name, listed[region_name]


def _is_text(said, longest):
    return isinstance(said, str) and len(said) <= longest and said.isprintable()


def _versioned(cloud, url):
    """Follow the list of versions at the root of a Nova to its API 2.1.

    :returns: str, URL
    :raises failures.Failure: when there is none
    """
    if _VERSIONED.search(url):
        return url.rstrip('/')
    with failing.classified('nova'):
        found = cloud.session.auth.get_endpoint_data(
            cloud.session, endpoint_override=url, min_version='2.1', max_version='2.latest')
        if found is None or not found.url:
            raise failures.Unreachable('unintelligible', 'There is no Nova API 2.1.')
        return found.url.rstrip('/')
