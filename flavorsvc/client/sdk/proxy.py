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

"""What a program can ask the service for."""

import logging

from openstack import exceptions
from openstack import proxy
import tenacity

from flavorsvc.client.sdk import drift
from flavorsvc.client.sdk import infrastructures
from flavorsvc.client.sdk import plans
from flavorsvc.client.sdk import private_flavors
from flavorsvc.client.sdk import resources
from flavorsvc.client.sdk import service_types

_LOG = logging.getLogger(__name__)

#: The microversion that is spoken unless ``flavorsvc_default_microversion`` says otherwise, or the
#: newest that the service has, where that is older.
MICROVERSION = '1.2'

#: Seconds between two looks at installations: short at first, as most are done at once.
_FIRST_LOOK_S, _LONGER_S, _LONGEST_S = 0.2, 0.1, 2.0


class Proxy(drift.Drift, infrastructures.Infrastructures, plans.Plans,
            private_flavors.PrivateFlavors, service_types.ServiceTypes, proxy.Proxy):
    """The service, by resource.

    Every method raises :class:`openstack.exceptions.HttpException` or one of
    its subclasses when the service says no; ``details`` is the sentence of the
    service that says why.
    """

    api_version = '1'

    def __init__(self, session, **kwargs):
        self._is_chosen = bool(kwargs.get('default_microversion'))
        kwargs['default_microversion'] = kwargs.get('default_microversion') or MICROVERSION
        super().__init__(session, **kwargs)

    def request(self, url, method, *args, **kwargs):
        response = super().request(url, method, *args, **kwargs)
        newest = None if self._is_chosen else _newest(response)
        if newest is not None:
            # an older service, or one that is being upgraded: it did nothing but say so
            _LOG.info('The service has microversion %s at present', newest)
            self.default_microversion = newest
            response = super().request(url, method, *args, **{**kwargs, 'microversion': newest})
        _raise_for(response)
        return response

    def _request_with_secret(self, url, method, **kwargs):
        """Send what no log may show: keystoneauth's would have the body and most headers.

        Nor is a cache asked, of whose keys the headers are a part.
        """
        _LOG.debug('REQ: %s %s (not shown in full: it has a secret)', method, url)
        response = self.request(url, method, log=False, skip_cache=True, **kwargs)
        _LOG.debug('RESP: [%s] %s %s', response.status_code, method, url)
        return response

    # Flavors

    def flavors(self, **query):
        """List flavors.

        :param query: name, public, promoted, is_public, status, region (those installed there),
            sort_key, sort_dir, marker; limit is the size of a page
        :returns: generator of Flavor; asks for page after page
        """
        return self._list(resources.Flavor, **_query(query))

    def get_flavor(self, flavor):
        """Return the flavor of this id (or Flavor), as it is now."""
        return self._get(resources.Flavor, flavor)

    def find_flavor(self, name_or_id):
        """Return the flavor of this id or else of this name.

        :raises openstack.exceptions.NotFoundException: when there is neither
        """
        return self._find(resources.Flavor, name_or_id, ignore_missing=False)

    def create_flavor(self, **attrs):
        """Put a flavor into the catalogue; it is installed nowhere yet.

        :param attrs: see :class:`~flavorsvc.client.sdk.resources.Flavor`
        :returns: Flavor
        """
        return self._create(resources.Flavor, **attrs)

    def update_flavor(self, flavor, **attrs):
        """Change some fields. A dict or list is replaced as a whole.

        :param flavor: id, or a Flavor, which must not have been changed since it was read
        :param attrs: see :class:`~flavorsvc.client.sdk.resources.Flavor`; also on_immutable
            ('refuse', 'replace-if-unused' or 'replace'), what to do in regions where Nova can
            change the flavor only by deleting and creating it
        :returns: Flavor
        """
        return self._update(resources.Flavor, flavor, **attrs)

    def delete_flavor(self, flavor):
        """Take a flavor out of the catalogue, once no region has it any more.

        :param flavor: id or Flavor
        :returns: list of Installation: those that have to be removed first
        """
        response = self.delete(resources.path(resources.Flavor, flavor))
        return self._installations_in(response) if response.status_code == 202 else []

    def install_flavor(self, flavor, regions, on_immutable=None):
        """Ask for a flavor in regions.

        :param flavor: id or Flavor
        :param regions: list of names of regions, or 'all'
        :param on_immutable: as of :meth:`update_flavor`, for those of these regions that did not
            follow a change yet; None leaves what was chosen there
        :returns: list of Installation, one a region
        """
        choice = {} if on_immutable is None else {'on_immutable': on_immutable}
        return self._installations_in(self.post(
            resources.path(resources.Flavor, flavor, 'install'),
            json={'regions': regions, **choice}))

    def uninstall_flavor(self, flavor, regions, unless_used=None):
        """Ask for regions to lose a flavor. Parameters and result as in install_flavor.

        :param unless_used: whether it stays in a region while servers there use it
        """
        choice = {} if unless_used is None else {'unless_used': unless_used}
        return self._installations_in(self.post(
            resources.path(resources.Flavor, flavor, 'uninstall'),
            json={'regions': regions, **choice}))

    # Installations

    def installations(self, **query):
        """List installations.

        :param query: flavor (id), region, status; the rest as in :meth:`flavors`
        :returns: generator of Installation
        """
        return self._list(resources.Installation, **_query(query))

    def get_installation(self, installation):
        """Return the installation of this id (or Installation), as it is now."""
        return self._get(resources.Installation, installation)

    def retry_installation(self, installation):
        """Try an installation again now, whatever became of it before.

        :param installation: id or Installation
        :returns: Installation
        """
        response = self.post(resources.path(resources.Installation, installation, 'retry'))
        return self._existing(resources.Installation, response.json()['installation'])

    def wait_for_installations(self, installations, timeout=None):
        """Follow installations until none of them has anything left to do.

        :param installations: iterable of Installation
        :param timeout: seconds, or None for as long as it takes
        :returns: generator of lists of the Installations that have changed since the list
            before. The first one comes at once, and holds those that were settled when given.
            What the service has forgotten meanwhile has the status 'gone'.
        :raises openstack.exceptions.ResourceTimeout: when time is up
        """
        going = {one.id: one for one in installations}
        total = len(going)
        settled = [one for one in going.values() if one.is_settled]
        for one in settled:
            del going[one.id]
        if settled:
            yield settled
        if not going:
            return
        looks = tenacity.Retrying(
            stop=tenacity.stop_never if timeout is None else tenacity.stop_after_delay(timeout),
            wait=tenacity.wait_incrementing(_FIRST_LOOK_S, _LONGER_S, _LONGEST_S),
            retry=tenacity.retry_if_result(bool) | tenacity.retry_if_exception(resources.may_pass))
        try:
            for look in looks:
                changed = []
                with look:
                    changed = self._look_at(going)
                if not look.retry_state.outcome.failed:
                    look.retry_state.set_result(len(going))
                if changed:
                    yield changed
        except tenacity.RetryError as error:
            raise exceptions.ResourceTimeout(
                f'{len(going)} of {total} installations were not done after {timeout:g} s'
            ) from error

    def _look_at(self, going):
        """Read installations again, in as few requests as a list takes.

        :param going: dict of id to Installation as last seen; is brought up to date, and loses
            those that are settled
        :returns: list of those that have changed
        """
        query = {}
        flavors = {one.flavor_id for one in going.values()}
        regions = {one.region for one in going.values()}
        if len(flavors) == 1:
            query['flavor'] = flavors.pop()
        if len(regions) == 1:
            query['region'] = regions.pop()
        now = {one.id: one for one in self.installations(**query) if one.id in going}
        changed = []
        for key, before in list(going.items()):
            if key not in now:
                before._update(status='gone', reason=None, error=None)
                changed.append(going.pop(key))
            else:
                going[key] = now[key]
                if (now[key].status, now[key].reason) != (before.status, before.reason):
                    changed.append(now[key])
                if now[key].is_settled:
                    del going[key]
        return changed

    def _installations_in(self, response):
        return [self._existing(resources.Installation, body)
                for body in response.json()['installations']]

    def _existing(self, kind, body):
        return kind.existing(connection=self._get_connection(), **body)

    # Regions

    def regions(self, **query):
        """List regions.

        :param query: state, project_id; the rest as in :meth:`flavors`
        :returns: generator of Region
        """
        return self._list(resources.Region, **_query(query))

    def get_region(self, region):
        """Return the region of this name (or Region), as it is now."""
        return self._get(resources.Region, region)

    def update_region(self, region, **attrs):
        """Change a region.

        :param region: name or Region
        :param attrs: project_id (the owner), max_concurrency (installations at a
            time), drift_policy ('ignore', 'report', 'repair-safe' or 'repair-all');
            None gives a region no owner, or the service's default
        :returns: Region
        """
        return self._update(resources.Region, region, **attrs)

    def delete_region(self, region):
        """Have a region forgotten that has left Keystone's service catalogue.

        :param region: name or Region
        """
        self.delete(resources.path(resources.Region, region))

    # Flavors by what the hardware offers

    def openstack_flavors(self, **query):
        """List the flavors that have properties. Returns a generator of OpenStackFlavor."""
        return self._list(resources.OpenStackFlavor, **_query(query))

    def get_openstack_flavor(self, flavor):
        """Return the flavor of this uuid (or OpenStackFlavor), as it is now."""
        return self._get(resources.OpenStackFlavor, flavor)

    def find_openstack_flavor(self, name_or_id):
        """Return the flavor of this uuid or else of this name.

        :raises openstack.exceptions.NotFoundException: when there is neither
        """
        return self._find(resources.OpenStackFlavor, name_or_id, ignore_missing=False)

    def create_openstack_flavor(self, **attrs):
        """Put a flavor with properties into the catalogue.

        :param attrs: see :class:`~flavorsvc.client.sdk.resources.OpenStackFlavor`
        :returns: OpenStackFlavor
        """
        return self._create(resources.OpenStackFlavor, **attrs)

    def delete_openstack_flavor(self, flavor):
        """The same as :meth:`delete_flavor`, by uuid or OpenStackFlavor."""
        response = self.delete(resources.path(resources.OpenStackFlavor, flavor))
        return self._installations_in(response) if response.status_code == 202 else []

    def register_openstack_flavor(self, flavor, regions=None):
        """Ask for a flavor in regions.

        :param flavor: uuid or OpenStackFlavor
        :param regions: list of names, 'all', or None for the default region of the service
        :returns: list of Installation, one a region
        """
        body = {} if regions is None else {'json': {'regions': regions}}
        return self._installations_in(
            self.post(resources.path(resources.OpenStackFlavor, flavor, 'register'), **body))


def _query(query):
    """Leave out what was not asked for, and spell truth as the service does."""
    return {key: str(value).lower() if isinstance(value, bool) else value
            for key, value in query.items() if value is not None}


def _newest(response):
    """Tell which microversion a service has that refuses ours as too new.

    :returns: str, or None when it does not refuse it
    """
    if response.status_code != 406:
        return None
    try:
        return response.json()['errors'][0].get('max_version')
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _raise_for(response):
    """Raise the exception of openstacksdk for an answer, with the reason that the service gives.

    :raises openstack.exceptions.HttpException: for a status of 400 and more
    """
    try:
        exceptions.raise_from_response(response)
    except exceptions.HttpException as error:
        # openstacksdk knows the bodies of older services, but not that of the API-SIG.
        try:
            error.details = '\n'.join(one['detail'] for one in response.json()['errors'])
        except (ValueError, LookupError, TypeError):
            pass
        raise
