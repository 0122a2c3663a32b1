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

"""How flavorsvc is known, so that it never takes its own compute API for a region's Nova."""

#: Type of its service in Keystone's catalogue.
SERVICE_TYPE = 'flavorsvc'

#: Member of the version document of /v2.1 that no Nova has.
MARK = 'served_by'

WHY = 'Its compute endpoint is flavorsvc itself.'


def is_told(version):
    """Tell whether a version document is that of flavorsvc's own compute API.

    :param version: dict, what an endpoint answers when it is asked for its version
    :returns: bool
    """
    return version.get(MARK) == SERVICE_TYPE
