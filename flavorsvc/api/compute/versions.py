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

"""Which version of Nova's API is served: /v2.1, readable without a token."""

from flavorsvc.api import controller
from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import regional
from flavorsvc.api.compute.expose import expose
from flavorsvc.domain import itself

#: When Nova's version 2.1 appeared; clients show it.
_UPDATED = '2013-07-23T11:33:21Z'


class Versions(controller.Controller):
    """/v2.1"""

    @expose(is_public=True)
    def show(self, ctxt):
        """Show version 2.1."""
        return {'version': {
            'id': 'v2.1', 'status': 'CURRENT', 'version': microversions.text(microversions.MAX),
            'min_version': microversions.text(microversions.MIN), 'updated': _UPDATED,
            itself.MARK: itself.SERVICE_TYPE,
            'links': [{'rel': 'self', 'href': f'{regional.base()}/v2.1/'},
                      {'rel': 'describedby', 'type': 'text/html',
                       'href': 'https://docs.openstack.org/'}],
            'media-types': [{'base': 'application/json',
                             'type': 'application/vnd.openstack.compute+json;version=2.1'}]}}
