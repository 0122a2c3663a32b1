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

"""Lists in a path, their items separated by commas: /v1/service_flavors/redis,mysql."""

from flavorsvc.api import schema
from flavorsvc.domain import errors

#: Most different items of one list.
MAX_ITEMS = 100


def read(name, segment, item):
    """Read a list.

    :param name: str, what the caller is told that the list is
    :param segment: str, of the path
    :param item: types.Value that each item must be; none of them has a comma
    :returns: list of str, each once, in the order of the path
    :raises errors.Invalid: when an item is not such a value, or there are too many
    """
    items = list(dict.fromkeys(segment.split(',')))
    if len(items) > MAX_ITEMS:
        raise errors.Invalid(name, f'must be at most {MAX_ITEMS} different items')
    for each in items:
        fault = schema.value_fault(item, each)
        if fault is not None:
            raise errors.Invalid(name, f'each item {fault}')
    return items
