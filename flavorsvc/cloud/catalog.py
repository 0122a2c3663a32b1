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

"""Reads Keystone's catalogue: which endpoints are Novas, and which are flavorsvc's own.

Flavorsvc may stand in the catalogue as the compute service of a region of its own. It knows itself
there by its URL, for its API may be down, and then nobody could be asked.
"""

import posixpath
import re
from urllib import parse

from flavorsvc.domain import itself

_PORTS = {'http': 80, 'https': 443}

_VERSION = re.compile(r'/v\d+(\.\d+)?$')

#: What of flavorsvc, below its root, is a compute API.
_COMPUTE = re.compile(r'((/regions/[^/]+)?/v2\.1(/.*)?)?')


def novas(catalog, interface):
    """Read the compute endpoints of each region.

    :param catalog: keystoneauth1.access.service_catalog.ServiceCatalog
    :param interface: str, which endpoints are meant
    :returns: (dict of region name to URL of its Nova, set of names of the regions that have
        flavorsvc in place of a Nova)
    """
    listed = [(endpoint['region_id'], endpoint['url'])
              for endpoint in _endpoints(catalog, 'compute', interface)
              if endpoint.get('region_id')]
    own = [endpoint['url'] for endpoint in _endpoints(catalog, itself.SERVICE_TYPE, None)]
    found = {name: url for name, url in listed if not is_own_compute(url, own)}
    return found, {name for name, _ in listed} - found.keys()


def is_own_compute(url, own):
    """Tell whether a compute endpoint is flavorsvc's.

    :param url: str, of the compute endpoint
    :param own: iterable of str, the URLs of flavorsvc, each with or without a version
    :returns: bool
    """
    where, path = _place(url)
    for each in own:
        there, root = _place(each)
        root = _VERSION.sub('', root)
        if (where == there and where is not None and path.startswith(root)
                and _COMPUTE.fullmatch(path[len(root):])):
            return True
    return False


def _endpoints(catalog, service_type, interface):
    return catalog.get_endpoints(service_type=service_type, interface=interface
                                 ).get(service_type, [])


def _place(url):
    """Bring a URL into the one form of all that lead to the same place.

    :returns: ((scheme, host, port), path), or (None, '') where it cannot be read
    """
    try:
        parts = parse.urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None, ''
    path = posixpath.normpath('/' + parse.unquote(parts.path).lstrip('/')).rstrip('/')
    return (parts.scheme, (parts.hostname or '').rstrip('.'), port), path
