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

"""What the conductor answers about flavors that the catalogue does not have."""

from flavorsvc.conductor.endpoints import base
from flavorsvc.conductor.operations import unmanaged_flavors as operations


class UnmanagedFlavors:
    """The catalogue and the default region together, as the caller may see both."""

    target = base.target('unmanaged_flavors')

    def __init__(self, database, callers, table):
        self._do = operations.UnmanagedFlavors(database, callers, table)

    @base.expected
    def list(self, ctxt, filters, page, project_id, everything, in_full, token):
        return self._do.read_page(filters, page, project_id, everything, in_full, token,
                                  ctxt.request_id)

    @base.expected
    def get(self, ctxt, flavor_id, with_access, token):
        return self._do.read(flavor_id, with_access, token, ctxt.request_id)
