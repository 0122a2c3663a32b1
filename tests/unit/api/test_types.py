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

"""Types carry units inside and none outside, and ignore what they do not know."""

import json

from flavorsvc.api import formats
from flavorsvc.api import types
from flavorsvc.api.v1 import flavors


class Disk(types.Model):
    size_gib = types.Attr(types.Size, name='size')
    label = types.Attr(types.Name, nullable=True)


DISK = types.Single('disk', Disk)
DISKS = types.Listing('disks', Disk)


def written(*arguments):
    return json.loads(formats.JSON.write(*arguments))


def test_what_the_conductor_tells_is_renamed():
    assert written(DISK, Disk.of({'size_gib': 3, 'label': None})) == {
        'disk': {'size': 3, 'label': None}}


def test_what_a_newer_conductor_tells_is_left_out():
    assert written(DISK, Disk.of({'size_gib': 3, 'invented_later': True})) == {'disk': {'size': 3}}


def test_what_was_sent_is_renamed_back():
    assert Disk.values({'size': 3}, types.CONVENTIONAL) == {'size_gib': 3}
    assert Disk.values({'label': None}, types.CONVENTIONAL) == {'label': None}


def test_a_list_tells_where_it_goes_on():
    disks = [Disk(size_gib=1), Disk(size_gib=2)]
    assert written(DISKS, disks) == {'disks': [{'size': 1}, {'size': 2}]}
    assert written(DISKS, disks, types.CONVENTIONAL, 'http://next.test/') == {
        'disks': [{'size': 1}, {'size': 2}],
        'disks_links': [{'rel': 'next', 'href': 'http://next.test/'}]}


def test_the_defaults_are_those_of_a_flavor():
    fields = {each.key for each in flavors.Flavor._wsme_attributes if not each.readonly}
    mandatory = {each.key for each in flavors.Flavor._wsme_attributes if each.mandatory}
    assert fields == mandatory | set(flavors.DEFAULTS)
