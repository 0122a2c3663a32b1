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

"""Page after page, while what is listed changes."""

import pytest

from flavorsvc.api import controller
from flavorsvc.domain import errors

EVERYTHING = {'limit': None, 'marker': None, 'sort_key': 'id', 'sort_dir': 'asc'}


class Listed:
    """Ids that are told in pages; some go right after they were told."""

    def __init__(self, ids, going=()):
        self.ids, self.going = list(ids), set(going)

    def __call__(self, page):
        marker = page['marker']
        if marker is not None and marker not in self.ids:
            raise errors.Invalid('marker', f'there is no {marker}')
        first = self.ids.index(marker) + 1 if marker is not None else 0
        told = self.ids[first:first + page['limit']]
        self.ids = [each for each in self.ids if each not in self.going or each not in told]
        return [{'id': each} for each in told]


def everything(listed, page=EVERYTHING):
    return ''.join(each['id'] for each in controller.Controller(None, None, 2).all_of(
        page, 'id', listed))


@pytest.mark.parametrize('ids', ['', 'a', 'ab', 'abc', 'abcdef'])
def test_all_pages_are_read(ids):
    assert everything(Listed(ids)) == ids


@pytest.mark.parametrize(('going', 'told'), [
    ('b', 'acdef'), ('bd', 'acef'), ('ab', 'cdef'), ('f', 'abcde'), ('a', 'abcdef')])
def test_what_goes_between_two_pages_ends_no_list(going, told):
    assert everything(Listed('abcdef', going)) == told


def test_a_marker_of_the_callers_has_to_be_there():
    with pytest.raises(errors.Invalid, match='marker'):
        everything(Listed('abc'), {**EVERYTHING, 'marker': 'z'})
