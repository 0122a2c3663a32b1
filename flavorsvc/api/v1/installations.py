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

"""Where each flavor stands in each region: /v1/installations."""

import urllib.parse

import pecan

from flavorsvc.api import controller
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api import waiting
from flavorsvc.api.expose import Answer
from flavorsvc.api.expose import expose
from flavorsvc.api.types import readonly
from flavorsvc.domain import errors
from flavorsvc.domain import installation

Status = types.one_of(*(state for state in installation.State
                        if state is not installation.State.GONE))


class Installation(types.Resource):
    """One flavor in one region: what is wanted, and what became of it."""

    id = readonly(types.Uuid)
    flavor_id = readonly(str)
    flavor_name = readonly(str)
    region = readonly(str)
    desired = readonly(types.one_of(*installation.Desired))
    status = readonly(Status)
    reason = readonly(str, nullable=True)
    error = readonly(str, nullable=True)
    attempts = readonly(int)
    next_attempt_at = readonly(types.Timestamp, nullable=True)
    wanted_generation = readonly(int)
    observed_generation = readonly(int, nullable=True)
    origin = readonly(str, nullable=True)
    on_immutable = readonly(types.one_of(*installation.OnImmutable), nullable=True,
                            since=types.GUARDED)
    unless_used = readonly(types.Boolean, since=types.GUARDED)
    servers = readonly(int, nullable=True, since=types.GUARDED)
    request_id = readonly(str, nullable=True)
    created_at = readonly(types.Timestamp)
    updated_at = readonly(types.Timestamp)


INSTALLATION = types.Single('installation', Installation)
INSTALLATIONS = types.Listing('installations', Installation)

QUERY = query.Query(
    filters={'flavor': types.Name, 'region': types.Name, 'status': Status},
    sort_keys={'created_at': 'created_at', 'updated_at': 'updated_at', 'status': 'status'},
    marker=types.Uuid)


class Installations(controller.Controller):
    """/v1/installations"""

    @expose(INSTALLATIONS, query=QUERY)
    def index(self, ctxt, filters, page):
        """List the installations that the caller may see."""
        visible_to = self.visible_to(ctxt, 'installations')
        found = self.all_of(page, 'id', lambda page: self.conductor.installations_list(
            ctxt, filters, page, visible_to))
        return [represent(each) for each in found]

    @expose(INSTALLATION)
    def show(self, ctxt, installation_id):
        """Show an installation."""
        return represent(self._visible(ctxt, installation_id))

    @expose(INSTALLATION, status=202)
    def retry(self, ctxt, installation_id):
        """Try an installation again at once."""
        found = self._visible(ctxt, installation_id)
        self.enforce(ctxt, 'installations:retry', target(found),
                     because=f'The region {found["region"]!r} is not one of your project.')
        return represent(self.conductor.installation_retry(ctxt, installation_id))

    def _visible(self, ctxt, installation_id):
        found = self.conductor.installation_get(ctxt, installation_id)
        if not self.allowed(ctxt, 'installations:show', target(found)):
            raise errors.NotFound('installation', installation_id)
        return found


def target(values):
    """Give what a rule may refer to of an installation.

    :param values: dict, from the conductor
    :returns: dict
    """
    return {name: values[name] for name in ('flavor_project_id', 'region_project_id')}


def represent(values):
    """Represent an installation.

    :param values: dict, from the conductor
    :returns: Installation
    """
    return Installation.of(values, links=controller.self_link('installations', values['id']))


def answer(left):
    """Answer with installations: 200 when nothing is under way, else 202 and where to look.

    Whoever did not wait is told 202 even of what was done already.

    :param left: list of dict, from the conductor
    :returns: expose.Answer
    """
    return accepted(left, [represent(each) for each in left])


def accepted(left, value):
    """Answer a request that installs: 200 when nothing is under way, else 202 and where to look.

    :param left: list of dict, the installations
    :param value: what the body tells
    :returns: expose.Answer
    """
    if waiting.patience().seconds and waiting.is_done(left):
        return Answer(value, 200)
    flavor_ids = {row['flavor_id'] for row in left}
    if flavor_ids:
        # a list is of one flavor or of all
        query = urllib.parse.urlencode({'flavor': flavor_ids.pop()}) if len(flavor_ids) == 1 else ''
        pecan.response.location = f'{controller.url("installations")}?{query}'.rstrip('?')
    return Answer(value, 202)
