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

"""JSON is read strictly."""

import pytest
import webob

from flavorsvc.api import formats
from flavorsvc.domain import errors


def test_what_is_json():
    assert formats.JSON.read('{"a": [1, 1.5, "ä", null, true]}'.encode(), None) == {
        'a': [1, 1.5, 'ä', None, True]}


@pytest.mark.parametrize('body', [
    b'', b'{', b'\xff', b'\xef\xbb\xbf{}', '{}'.encode('utf-16'), b'{"a": 1, "a": 1}',
    b'[{"a": 1, "a": 1}]', b'NaN', b'-Infinity', b'1e999', b'-1e999', b'9' * 5000, b'01',
    b'{"a": 1,}', b'// {}', b'[' * 100_000, b'{"a":' * 100_000])
def test_what_is_not(body):
    with pytest.raises(errors.Invalid) as raised:
        formats.JSON.read(body, None)
    assert raised.value.field == 'body'


def test_a_repeated_key_is_found_among_many():
    many = ','.join(f'"{number}":0' for number in range(100_000))
    with pytest.raises(errors.Invalid, match="key '7' is repeated"):
        formats.JSON.read(f'{{{many},"7":0}}'.encode(), None)


@pytest.mark.parametrize('accept', [None, '*/*', 'application/json', 'application/*',
                                    'text/html, application/json;q=0.1', 'text/html, */*;q=0.1',
                                    'nonsense;;;'])
def test_json_is_accepted(accept):
    request = webob.Request.blank('/', headers={'Accept': accept} if accept else {})
    assert formats.accepted(request.accept) is formats.JSON


@pytest.mark.parametrize('accept', ['text/html', 'text/xml', 'application/json;q=0'])
def test_nothing_is_accepted(accept):
    request = webob.Request.blank('/', headers={'Accept': accept})
    assert formats.accepted(request.accept) is None
