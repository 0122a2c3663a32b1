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

"""The whole URL tree on one screen."""

import pecan
import webob.exc

from flavorsvc.api import measuring
from flavorsvc.api import types
from flavorsvc.api.compute import flavors as compute_flavors
from flavorsvc.api.compute import servers as compute_servers
from flavorsvc.api.compute import versions as compute_versions
from flavorsvc.api.openapi import document
from flavorsvc.api.v1 import adoption
from flavorsvc.api.v1 import comparison
from flavorsvc.api.v1 import drift
from flavorsvc.api.v1 import flavors
from flavorsvc.api.v1 import infrastructures
from flavorsvc.api.v1 import installations
from flavorsvc.api.v1 import openapi
from flavorsvc.api.v1 import openstack_flavors
from flavorsvc.api.v1 import plans
from flavorsvc.api.v1 import private_flavors
from flavorsvc.api.v1 import promoted_flavors
from flavorsvc.api.v1 import regions
from flavorsvc.api.v1 import registered_flavors
from flavorsvc.api.v1 import service_flavors
from flavorsvc.api.v1 import service_types
from flavorsvc.api.v1 import versions

#: Paths that tell the versions, and so must not depend on one.
DISCOVERY = frozenset(['', '/', '/v1', '/v1/', '/v2.1', '/v2.1/'])
#: Paths that need no token.
PUBLIC = DISCOVERY | {'/v1/openapi.json', '/v1/openapi.json/'}
#: Where the first program of FIWARE had its routes.
_UNDER_API = 'api/'
#: Where Nova's API begins.
_COMPUTE = 'v2.1'


def routes(*site, install_regions=('all',), show_unmanaged=False):
    """Give the URL tree: path → method → controller. ``*`` is a segment of the caller's choice.

    :param site: what each controller is made of (see controller.Controller)
    :param install_regions: see compute.flavors.Flavors; None where Nova's API is not served
    :param show_unmanaged: see compute.flavors.Compute
    :returns: dict of str to dict of str to Pecan controller
    """
    compute = install_regions is not None
    tree = {**_own(*site, compute=compute), **_fiware(*site), **_under_api(_fiware(*site)),
            **_trove(*site)}
    described = document.Routes(tree, _UNDER_API, PUBLIC, DISCOVERY)
    tree['v1/openapi.json'] = {'GET': openapi.OpenApi(described).show}
    if not compute:
        return tree
    return {**tree, **_compute(*site, install_regions=install_regions,
                               show_unmanaged=show_unmanaged)}


def own(tree):
    """Leave out of a URL tree what is Nova's API, which Nova's own reference describes.

    :param tree: dict, from :func:`routes`
    :returns: dict
    """
    return {path: methods for path, methods in tree.items() if path.split('/')[0] != _COMPUTE}


def _own(*site, compute):
    version = versions.Versions(*site, compute=compute)
    flavor = flavors.Flavors(*site)
    installation = installations.Installations(*site)
    region = regions.Regions(*site)
    openstack_flavor = openstack_flavors.OpenStackFlavors(*site)
    findings = drift.Drift(*site)
    adoptions = adoption.Adoptions(*site)
    comparisons = comparison.Comparisons(*site)
    plan = plans.Plans(*site)
    return {
        '': {'GET': version.index},
        'v1': {'GET': version.show},
        'v1/flavors/*/install': {'POST': flavor.install},
        'v1/flavors/*/uninstall': {'POST': flavor.uninstall},
        'v1/installations': {'GET': installation.index},
        'v1/installations/*': {'GET': installation.show},
        'v1/installations/*/retry': {'POST': installation.retry},
        'v1/regions/*': {'GET': region.show, 'PATCH': region.update, 'DELETE': region.forget},
        'v1/regions/*/audit': {'POST': region.audit},
        'v1/regions/*/adopt': {'POST': adoptions.adopt},
        'v1/compare': {'GET': comparisons.show},
        'v1/drift': {'GET': findings.index},
        'v1/drift/*': {'GET': findings.show},
        'v1/drift/*/repair': {'POST': findings.repair},
        'v1/drift/*/accept': {'POST': findings.accept},
        'v1/plans': {'GET': plan.index, 'POST': plan.create},
        'v1/plans/*': {'GET': plan.show},
        'v1/plans/*/apply': {'POST': plan.apply},
        'v1/openstack_flavors': {'GET': openstack_flavor.index, 'POST': openstack_flavor.create},
        'v1/openstack_flavors/*': {'GET': openstack_flavor.show,
                                   'DELETE': openstack_flavor.delete},
        'v1/openstack_flavors/*/register': {'POST': openstack_flavor.register},
    }


def _fiware(*site):
    flavor = flavors.Flavors(*site)
    promoted = promoted_flavors.PromotedFlavors(*site)
    private = private_flavors.PrivateFlavors(*site)
    infrastructure = infrastructures.Infrastructures(*site)
    region = regions.Regions(*site)
    private_collection = {'GET': private.index, 'POST': private.create}
    one_private = {'GET': private.show, 'PUT': private.update, 'DELETE': private.delete}
    return {
        'v1/flavors': {'GET': flavor.index, 'POST': flavor.create},
        'v1/flavors/*': {'GET': flavor.show, 'PUT': flavor.modify, 'PATCH': flavor.update,
                         'DELETE': flavor.delete},
        'v1/promotedflavors': {'GET': promoted.index, 'POST': promoted.create},
        'v1/promotedflavors/*': {'GET': promoted.show, 'PUT': promoted.modify,
                                 'DELETE': promoted.delete},
        'v1/regions': {'GET': region.index},
        'v1/nodes': {'GET': region.index},
        'v1/regions/*/flavors': private_collection,
        'v1/region/*/flavors': private_collection,
        'v1/regions/*/flavors/*': one_private,
        'v1/region/*/flavors/*': one_private,
        'v1/infrastructures': {'POST': infrastructure.create},
        'v1/infrastructures/*': {'DELETE': infrastructure.delete},
    }


def _trove(*site):
    service_type = service_types.ServiceTypes(*site)
    flavor = service_flavors.ServiceFlavors(*site)
    registered = registered_flavors.RegisteredFlavors(*site)
    for_types = {'GET': flavor.index, 'POST': flavor.create, 'DELETE': flavor.delete}
    registered_for = {'GET': registered.index}
    mappings = {'POST': registered.create, 'DELETE': registered.delete}
    return {
        'v1/service_types': {'GET': service_type.index},
        'v1/service_types/*': {'GET': service_type.show, 'PUT': service_type.replace,
                               'DELETE': service_type.delete},
        'v1/service_flavors/*': for_types,
        'v1/service_flavors/*/*': {'DELETE': flavor.unmap},
        'v1/registered_flavors/*': registered_for,
        'v1/registered_flavors/*/*': mappings,
        # as the seed spells them
        'v1/Flavors/*': for_types,
        'v1/Flavors/*/*': {'DELETE': flavor.unmap, 'POST': flavor.create_literally},
        'v1/RegisteredFlavors/*': registered_for,
        'v1/RegisteredFlavors/*/*': mappings,
    }


def _compute(*site, install_regions, show_unmanaged):
    version = compute_versions.Versions(*site)
    flavor = compute_flavors.Flavors(*site, install_regions=install_regions,
                                     show_unmanaged=show_unmanaged)
    extra_specs = compute_flavors.ExtraSpecs(*site, show_unmanaged=show_unmanaged)
    access = compute_flavors.Access(*site, show_unmanaged=show_unmanaged)
    server = compute_servers.Servers(*site)
    return {
        'v2.1': {'GET': version.show},
        'v2.1/flavors': {'GET': flavor.index, 'POST': flavor.create},
        'v2.1/flavors/detail': {'GET': flavor.detail},
        'v2.1/flavors/*': {'GET': flavor.show, 'PUT': flavor.update, 'DELETE': flavor.delete},
        'v2.1/flavors/*/os-extra_specs': {'GET': extra_specs.index, 'POST': extra_specs.create},
        'v2.1/flavors/*/os-extra_specs/*': {'GET': extra_specs.show, 'PUT': extra_specs.update,
                                            'DELETE': extra_specs.delete},
        'v2.1/flavors/*/os-flavor-access': {'GET': access.index},
        'v2.1/flavors/*/action': {'POST': access.act},
        'v2.1/servers': {'GET': server.index, 'POST': server.create},
        'v2.1/servers/detail': {'GET': server.detail},
        'v2.1/servers/*': {'GET': server.show, 'PUT': server.update},
        'v2.1/servers/*/action': {'POST': server.act},
    }


def _under_api(tree):
    """Serve the FIWARE routes also where its first program did: under /api."""
    return {f'{_UNDER_API}{path}': methods for path, methods in tree.items()}


class Root:
    """Pecan's root controller: finds the controller of a request in the tree.

    Pecan's own REST routing is not used: it takes a method from the query
    string and gives meanings of its own to segments such as ``edit``.
    """

    def __init__(self, tree):
        """Prepare.

        :param tree: dict, from :func:`routes`
        """
        self._tree = [(tuple(path.split('/')), methods) for path, methods in tree.items()]

    @pecan.expose()
    def _route(self, segments, request):
        if len(segments) > 1 and segments[-1] == '':
            segments = segments[:-1]
        if _is_regional(segments):
            segments = segments[2:]
        for pattern, methods in self._tree:
            if _matches(pattern, segments):
                request.environ[measuring.ROUTE] = '/' + '/'.join(pattern)
                return _of_method(request.method, methods), [
                    segment for step, segment in zip(pattern, segments, strict=True)
                    if step == '*']
        raise webob.exc.HTTPNotFound('There is nothing under this URL.')


def _is_regional(segments):
    """Tell whether it is Nova's API under the name of a region."""
    return (len(segments) > 2 and (segments[0], segments[2]) == ('regions', _COMPUTE)
            and _matches(('*',), segments[1:2]))


def _matches(pattern, segments):
    return len(pattern) == len(segments) and all(
        (segment and types.is_printable(segment)) if step == '*' else step == segment
        for step, segment in zip(pattern, segments, strict=True))


def _of_method(method, methods):
    if method == 'HEAD':
        method = 'GET'
    if method not in methods:
        allowed = sorted([*methods, 'HEAD'] if 'GET' in methods else methods)
        raise webob.exc.HTTPMethodNotAllowed(
            f'Only {", ".join(allowed)} can be used here.', headers={'Allow': ', '.join(allowed)})
    return methods[method]
