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

"""Enters flavorsvc in Keystone's catalogue, and takes it out again.

Besides its own service type, it may be the compute service of a region that has nothing else: the
tools of Nova speak to flavorsvc where they are told the name of that region. They look for Keystone
and Glance in the same region, so it has their endpoints too, copied from a real one.

At any moment in between, whoever reads the catalogue can tell that the compute endpoint is
flavorsvc's, see :mod:`flavorsvc.cloud.catalog`.
"""

import dataclasses
import types

from keystoneauth1 import exceptions as ksa_exceptions
from keystoneclient.v3 import client

from flavorsvc.cloud import catalog
from flavorsvc.cloud import failing
from flavorsvc.cloud import sessions
from flavorsvc.domain import errors
from flavorsvc.domain import itself

_DESCRIPTION = 'One catalogue of flavors for all regions'
_OWN_PATH, _COMPUTE_PATH = '/v1', '/v2.1'

#: What the clients of a compute service look for in its region.
_COPIED = ('identity', 'image')


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What the catalogue is to have.

    :ivar urls: dict of interface to URL of flavorsvc, without a version
    :ivar regions: list of names of regions that list flavorsvc
    :ivar compute_region: str, name of the region whose compute service it is to be, or None
    :ivar model_region: str, name of the region whose Keystone and Glance that one gets
    """

    urls: dict
    regions: list
    compute_region: str | None
    model_region: str


@dataclasses.dataclass(frozen=True)
class Change:
    """What was done, or would be.

    :ivar verb: str, 'create', 'update' or 'delete'
    :ivar what: str, such as 'region flavorsvc'
    """

    verb: str
    what: str


class Registration:
    """Keystone's catalogue, as one who may change it."""

    def __init__(self, keystone, is_dry=False):
        """Prepare; nothing is contacted.

        :param keystone: keystoneclient.v3.client.Client
        :param is_dry: bool, whether to tell what would be changed and change nothing
        """
        self._keystone, self._is_dry = keystone, is_dry

    def register(self, wanted):
        """Enter flavorsvc, and correct what is entered otherwise.

        :param wanted: Wanted
        :returns: iterator of Change, each given once it is done
        :raises errors.Invalid: when a region cannot be used, before anything is done
        :raises failures.Failure: when Keystone does not let it be done
        """
        with failing.classified('keystone'):
            self._check(wanted)
            service = yield from self._service()
            for region in wanted.regions:
                yield from self._put_all(service, region, wanted.urls, _OWN_PATH)
            if wanted.compute_region is not None:
                yield from self._put_region(service, wanted)

    def unregister(self):
        """Take out all that :meth:`register` enters.

        :returns: iterator of Change, each given once it is done
        :raises failures.Failure: when Keystone does not let it be done
        """
        with failing.classified('keystone'):
            listed = self._listed(itself.SERVICE_TYPE)
            own = [endpoint.url for _, endpoint in listed]
            ours, novas = [], set()
            for service, endpoint in self._listed('compute'):
                if catalog.is_own_compute(endpoint.url, own):
                    ours.append((service, endpoint))
                else:
                    novas.add(endpoint.region_id)
            regions = {endpoint.region_id for _, endpoint in ours} - novas - {None}
            copies = [found for kind in _COPIED for found in self._copies(kind, regions)]
            doomed = [*copies, *ours, *listed]
            for service, endpoint in doomed:
                yield from self._delete(service, endpoint)
            for region in sorted(regions):
                yield from self._delete_region(region, {each.id for _, each in doomed})
            for service in self._keystone.services.list(type=itself.SERVICE_TYPE):
                yield from self._do('delete', f'service {service.type}',
                                    self._keystone.services.delete, service)

    def _copies(self, kind, regions):
        """Find the endpoints of some regions that another has too, which stays."""
        listed = self._listed(kind)
        stay = {_what(*each) for each in listed if each[1].region_id not in regions}
        return [each for each in listed
                if each[1].region_id in regions and _what(*each) in stay]

    def _check(self, wanted):
        known = {region.id for region in self._keystone.regions.list()}
        for name in wanted.regions:
            if name not in known:
                raise errors.Invalid('region', f'Keystone knows no region {name!r}')
        if wanted.compute_region is not None:
            self._check_compute_region(wanted, wanted.compute_region)

    def _check_compute_region(self, wanted, name):
        if name in (*wanted.regions, wanted.model_region):
            raise errors.Invalid('compute region', f'{name!r} has to be a region of its own')
        self._compute_service(wanted.model_region)
        listed = list(self._listed(itself.SERVICE_TYPE))
        own = [*wanted.urls.values(), *(endpoint.url for _, endpoint in listed)]
        compute = [endpoint for _, endpoint in self._listed('compute', region_id=name)]
        for endpoint in compute:
            if not catalog.is_own_compute(endpoint.url, own):
                raise _taken(f'the compute service of {name!r} is at {endpoint.url}, which is not '
                             f'flavorsvc')
        # What an interrupted run has left behind.
        known = {_what(service, endpoint) for service, endpoint in (*listed, *(
            each for kind in _COPIED for each in self._models(kind, wanted.model_region, name)))}
        for endpoint in [] if compute else self._keystone.endpoints.list(region_id=name):
            if (endpoint.service_id, endpoint.interface, endpoint.url) not in known:
                raise _taken(f'{name!r} has the endpoint {endpoint.url}, and flavorsvc is not its '
                             f'compute service')

    def _service(self):
        found = self._keystone.services.list(type=itself.SERVICE_TYPE)
        if not found:
            found = yield from self._do(
                'create', f'service {itself.SERVICE_TYPE}', self._keystone.services.create,
                itself.SERVICE_TYPE, itself.SERVICE_TYPE, description=_DESCRIPTION)
            # without an id where nothing is done
            return found or types.SimpleNamespace(id=None, type=itself.SERVICE_TYPE)
        return found[0]

    def _put_region(self, service, wanted):
        name = wanted.compute_region
        compute = self._compute_service(wanted.model_region)
        if name not in {region.id for region in self._keystone.regions.list()}:
            yield from self._do('create', f'region {name}', self._keystone.regions.create, name,
                                _DESCRIPTION)
        for kind in _COPIED:
            for copied, endpoint in self._models(kind, wanted.model_region, name):
                yield from self._put(copied, name, endpoint.interface, endpoint.url)
        yield from self._put_all(compute, name, wanted.urls, _COMPUTE_PATH)
        # After the endpoint whose owner the old URL tells.
        yield from self._put_all(service, name, wanted.urls, _OWN_PATH)

    def _compute_service(self, region):
        found = [service for service, _ in self._listed('compute', region_id=region)]
        found = found or self._keystone.services.list(type='compute')
        if not found:
            raise errors.Invalid('compute region', 'Keystone has no service of type compute that '
                                                   'an endpoint could be added to')
        return found[0]

    def _models(self, kind, region, other):
        """Find the endpoints of a region that another gets too."""
        found = self._enabled(kind, region_id=region)
        if not found and kind == 'identity':
            # It may be listed in one region for all.
            elsewhere = [each for each in self._enabled(kind) if each[1].region_id != other]
            names = sorted({endpoint.region_id or '' for _, endpoint in elsewhere})
            found = [each for each in elsewhere if (each[1].region_id or '') == names[0]]
        if not found and kind == 'identity':
            raise errors.Invalid('compute region', 'the catalogue has no endpoint of Keystone '
                                                   'itself, which clients look for there')
        # One of each, or the next run would put each in the place of the other.
        return {(service.id, endpoint.interface): (service, endpoint)
                for service, endpoint in reversed(found)}.values()

    def _enabled(self, kind, **where):
        return [(service, endpoint) for service, endpoint in self._listed(kind, **where)
                if endpoint.enabled]

    def _put_all(self, service, region, urls, path):
        for interface, url in urls.items():
            yield from self._put(service, region, interface, f'{url}{path}')

    def _put(self, service, region, interface, url):
        found, *more = self._endpoints(service, region_id=region, interface=interface) or [None]
        what = f'endpoint {service.type} {interface} in {region}: {url}'
        endpoints = self._keystone.endpoints
        if found is None:
            yield from self._do('create', what, endpoints.create, service, url,
                                interface=interface, region_id=region)
        elif found.url != url or not found.enabled:
            yield from self._do('update', what, endpoints.update, found, url=url, enabled=True)
        for each in more:
            yield from self._delete(service, each)

    def _delete(self, service, endpoint):
        yield from self._do(
            'delete', f'endpoint {service.type} {endpoint.interface} in {endpoint.region_id}: '
                      f'{endpoint.url}', self._keystone.endpoints.delete, endpoint)

    def _delete_region(self, name, doomed):
        left = {each.id for each in self._keystone.endpoints.list(region_id=name)} - doomed
        below = [each for each in self._keystone.regions.list() if each.parent_region_id == name]
        if not left and not below:
            yield from self._do('delete', f'region {name}', self._keystone.regions.delete, name)

    def _listed(self, service_type, **where):
        return [(service, endpoint)
                for service in self._keystone.services.list(type=service_type)
                for endpoint in self._endpoints(service, **where)]

    def _endpoints(self, service, **where):
        return [] if service.id is None else self._keystone.endpoints.list(service, **where)

    def _do(self, verb, what, act, *arguments, **named):
        done = None if self._is_dry else act(*arguments, **named)
        yield Change(verb, what)
        return done


def _what(service, endpoint):
    return service.id, endpoint.interface, endpoint.url


def _taken(why):
    return errors.Invalid('compute region', f'{why}: choose the name of a region that there is '
                                            f'not yet')


def of_cloud(conf, is_dry=False):
    """Give the catalogue of our own cloud, as whom the options of the group ``cloud`` say.

    :param conf: oslo_config.cfg.ConfigOpts
    :returns: Registration; nothing is contacted before it is needed
    :raises errors.Invalid: when options are missing
    """
    try:
        cloud = sessions.home(conf)
    except ksa_exceptions.AuthPluginException as error:
        raise errors.Invalid('[cloud]', str(error)) from error
    return Registration(client.Client(session=cloud.session, interface=cloud.interface), is_dry)
