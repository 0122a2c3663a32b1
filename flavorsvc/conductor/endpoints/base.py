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

"""What the endpoints of all resources share."""

import oslo_messaging

from flavorsvc.conductor import client
from flavorsvc.domain import errors

#: Decorates a method whose domain errors are the caller's business, not a fault of the conductor.
expected = oslo_messaging.expected_exceptions(errors.FlavorsvcError)


def target(namespace):
    """Say where a resource's methods are called.

    :param namespace: str, as :mod:`flavorsvc.conductor.client` calls it
    :returns: oslo_messaging.Target
    """
    return oslo_messaging.Target(namespace=namespace, version=client.VERSION)
