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

"""Servers: those of one region, in its own Nova, which decides.

Each request goes there with the caller's own token. Without a region in the path it is the default
one.
"""

import functools
import re

from flavorsvc.api import controller
from flavorsvc.api import schema
from flavorsvc.api.compute import faults
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import queries
from flavorsvc.api.compute import regional
from flavorsvc.api.compute import schemas
from flavorsvc.api.compute import server_views
from flavorsvc.api.compute.expose import Answer
from flavorsvc.api.compute.expose import expose
from flavorsvc.domain import embedded_flavor

#: What a Nova can have for an id; anything else must not get into a URL.
_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')


class Servers(controller.Controller):
    """/v2.1/servers"""

    @expose(query=queries.Passed())
    def index(self, ctxt, parameters):
        """List servers in brief."""
        return self._list(ctxt, 'servers', parameters)

    @expose(query=queries.Passed())
    def detail(self, ctxt, parameters):
        """List servers."""
        return self._list(ctxt, 'servers/detail', parameters)

    @expose()
    def create(self, ctxt):
        """Refuse to boot a server, as Nova refuses what cannot be booted."""
        raise faults.Fault(400, 'No server is created here, where the flavors of all regions are '
                                'managed: ask the Nova of a region.')

    def _list(self, ctxt, name, parameters):
        self._enforce(ctxt, 'list')
        return self._told(ctxt, self.conductor.compute_servers_list(
            ctxt, regional.named(), name != 'servers', parameters, *_asked()), name)

    @expose(query=queries.Passed())
    def show(self, ctxt, server_id, parameters):
        """Show a server."""
        self._enforce(ctxt, 'show')
        return self._told(ctxt, self.conductor.compute_server_get(
            ctxt, regional.named(), _checked(server_id), parameters, *_asked()))

    @expose(body=schemas.server)
    def update(self, ctxt, server_id, body):
        """Change a server."""
        self._enforce(ctxt, 'update')
        return self._told(ctxt, self.conductor.compute_server_update(
            ctxt, regional.named(), _checked(server_id), body, *_asked()))

    @expose(body=schemas.action)
    def act(self, ctxt, server_id, body):
        """Rebuild a server; no other action is passed on."""
        [name] = body
        if name not in schemas.SERVER_ACTIONS:
            raise faults.Fault(400, f'There is no such action: {schema.named(name)}')
        self._enforce(ctxt, name)
        schemas.check(schemas.SERVER_ACTIONS[name], body)
        told = self._told(ctxt, self.conductor.compute_server_rebuild(
            ctxt, regional.named(), _checked(server_id), body, *_asked()))
        if told.status < 300:
            told.headers['Location'] = server_views.url(regional.base(), server_id)
        return told

    def _enforce(self, ctxt, action):
        self.enforce(ctxt, f'compute_servers:{action}', {'project_id': ctxt.project_id})

    def _told(self, ctxt, told, name='servers'):
        """Make an answer of what a Nova answered."""
        headers = {'Retry-After': told['retry_after']} if told['retry_after'] else {}
        if told['status'] >= 300:
            return Answer(told['status'], told['document'] or faults.document(
                told['status'], 'The Nova of this region does not say why it refuses this.'),
                headers)
        document = server_views.linked(told['document'], regional.base(), name)
        if microversions.current() >= embedded_flavor.SINCE:
            document = server_views.embedded(document, self._allowing(ctxt))
        return Answer(told['status'], document, headers)

    def _allowing(self, ctxt):
        """Give a function of a server: whether the caller may see the extra specs in it."""
        @functools.cache
        def allowed(project):
            return self.allowed(ctxt, 'compute_servers:show_extra_specs',
                                {'project_id': ctxt.project_id, 'server_project_id': project})
        return lambda server: allowed(str(server.get('tenant_id')))


def _asked():
    """Give what goes with each request: the microversion and the tokens."""
    return microversions.current(), controller.tokens()


def _checked(server_id):
    """Pass an id that a Nova can have.

    :returns: str
    :raises faults.Fault: 404 for any other, as a Nova says
    """
    if not _ID.fullmatch(server_id):
        raise faults.Fault(404, f'Instance {schema.named(server_id)} could not be found.')
    return server_id
