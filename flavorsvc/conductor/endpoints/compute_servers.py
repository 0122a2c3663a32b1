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

"""What the conductor answers about servers, which only the regions have."""

from flavorsvc.cloud import passing
from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import compute_servers as operations


class ComputeServers:
    """Servers of a region's Nova, read and changed with the caller's own token."""

    target = base.target('compute_servers')

    def __init__(self, database, callers, table):
        self._do = operations.ComputeServers(database, callers, table)

    @base.expected
    def list(self, ctxt, region, is_detailed, parameters, microversion, token):
        path = ('servers', 'detail') if is_detailed else ('servers',)
        return self._told(ctxt, region, passing.Request('GET', path, parameters), microversion,
                          token)

    @base.expected
    def get(self, ctxt, region, server_id, parameters, microversion, token):
        return self._told(ctxt, region, passing.Request('GET', ('servers', server_id), parameters),
                          microversion, token)

    @base.expected
    def update(self, ctxt, region, server_id, body, microversion, token):
        return self._told(ctxt, region, passing.Request('PUT', ('servers', server_id), body=body),
                          microversion, token)

    @base.expected
    def rebuild(self, ctxt, region, server_id, body, microversion, token):
        path = ('servers', server_id, 'action')
        return self._told(ctxt, region, passing.Request('POST', path, body=body), microversion,
                          token)

    def _told(self, ctxt, region, request, microversion, token):
        answer = self._do.ask(region, request, tuple(microversion), token, ctxt.request_id)
        return {'status': answer.status, 'document': answer.document,
                'retry_after': answer.retry_after}
