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

"""Who asks, and under which request id."""

from oslo_context import context


class RequestContext(context.RequestContext):
    """The caller of one request, as Keystone vouches for it.

    It crosses RPC without the caller's token: the conductor acts with a
    credential of its own. Only the calls about private flavors and servers, which
    are done in the caller's name, carry a token, as an argument.
    """

    def to_dict(self):
        """Give what crosses RPC.

        :returns: dict of str to JSON values, without the token
        """
        values = super().to_dict()
        values['auth_token'] = None
        return values


def global_request_id(request_id):
    """Give the id that came with a request from whoever made it, for what is done in its course.

    :param request_id: str, of the request that is being worked on
    :returns: str, or None where none came
    """
    current = context.get_current()
    if current is None or current.request_id != request_id:
        return None
    return current.global_request_id
