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

"""A stand-in for Neutron: a cloud that has no networks.

Nova asks its network service for the ports of a server whenever it shows one, and for the quota
when it boots one. This answers every collection with none of them, which is true of a cloud whose
servers are all booted with ``--network none``. It stores nothing and asks for no token; whatever
would change something is refused with 501.
"""

import webob
import webob.dec
import webob.exc

_UNLIMITED = {name: -1 for name in (
    'floatingip', 'network', 'port', 'rbac_policy', 'router', 'security_group',
    'security_group_rule', 'subnet', 'subnetpool')}


@webob.dec.wsgify
def application(request):
    """Answers one request; see the module's text for what."""
    if request.method != 'GET':
        raise _refusal(webob.exc.HTTPNotImplemented, 'NotImplemented',
                       'The sandbox has no networks, and none can be made.')
    match request.path_info.strip('/').removesuffix('.json').split('/'):
        case ['']:
            return _versions(request)
        case ['v2.0']:
            return webob.Response(json={'resources': []})
        case ['v2.0', collection]:
            return webob.Response(json={collection.replace('-', '_'): []})
        case ['v2.0', 'quotas', _project]:
            return webob.Response(json={'quota': _UNLIMITED})
    raise _refusal(webob.exc.HTTPNotFound, 'NotFound', 'The sandbox has no networks.')


def _versions(request):
    links = [{'rel': 'self', 'href': f'{request.host_url}/v2.0/'}]
    return webob.Response(json={
        'versions': [{'id': 'v2.0', 'status': 'CURRENT', 'links': links}]})


def _refusal(error, kind, message):
    return error(json={'NeutronError': {'type': kind, 'message': message, 'detail': ''}})
