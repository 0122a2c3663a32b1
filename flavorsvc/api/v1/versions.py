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

"""Which versions there are: / and /v1, readable without a token."""

import pecan

from flavorsvc.api import controller
from flavorsvc.api import microversion
from flavorsvc.api import types
from flavorsvc.api.expose import expose
from flavorsvc.api.types import readonly


class Version(types.Model):
    """A version of the API and the microversions it has, as keystoneauth looks for them."""

    id = readonly(str)
    status = readonly(types.one_of('CURRENT', 'SUPPORTED', 'DEPRECATED'))
    min_version = readonly(str)
    max_version = readonly(str)
    version = readonly(str)
    description = readonly(str)
    links = readonly([types.Link])


#: The first words are those by which clients of the FIWARE program know that it is on line.
_GREETING = 'Hello world: one catalogue of flavors, kept the same in every Nova region.'

VERSION = types.Single('version', Version)
VERSIONS = types.Listing('versions', Version)


class Versions(controller.Controller):
    """/ and /v1"""

    @expose(VERSIONS)
    def index(self, ctxt):
        """List the versions."""
        return [_v1()]

    @expose(VERSION)
    def show(self, ctxt):
        """Show version 1."""
        return _v1()


def _v1():
    newest = microversion.text(microversion.MAX)
    return Version(
        id='v1', description=_GREETING, status='CURRENT',
        min_version=microversion.text(microversion.MIN),
        max_version=newest, version=newest,
        links=[types.Link(rel='self', href=f'{pecan.request.application_url}/v1/')])
