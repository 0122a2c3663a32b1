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
from flavorsvc.api.compute import microversions
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
_COMPUTE = 'The flavors and servers as Nova has them, for the tools of Nova.'

VERSION = types.Single('version', Version)
VERSIONS = types.Listing('versions', Version)


class Versions(controller.Controller):
    """/ and /v1"""

    def __init__(self, *site, compute=True):
        """Prepare.

        :param site: see controller.Controller
        :param compute: bool, whether Nova's API is served too
        """
        super().__init__(*site)
        self._compute = compute

    @expose(VERSIONS)
    def index(self, ctxt):
        """List the versions: of this service's own API, and of Nova's where that is served."""
        return [_v1(), _v2_1()] if self._compute else [_v1()]

    @expose(VERSION)
    def show(self, ctxt):
        """Show version 1."""
        return _v1()


def _v1():
    return _version('v1', _GREETING, microversion.MIN,
                    microversion.newest(pecan.request.environ))


def _v2_1():
    return _version('v2.1', _COMPUTE, microversions.MIN, microversions.MAX)


def _version(version_id, description, oldest, newest):
    return Version(
        id=version_id, description=description, status='CURRENT',
        min_version=microversion.text(oldest), max_version=microversion.text(newest),
        version=microversion.text(newest),
        links=[types.Link(rel='self', href=f'{pecan.request.application_url}/{version_id}/')])
