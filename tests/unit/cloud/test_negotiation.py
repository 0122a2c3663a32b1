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

"""What a Nova is told to be by how it answers the question for its version."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

from keystoneauth1 import session
from keystoneauth1 import token_endpoint
import pytest

from flavorsvc.cloud import sessions
from flavorsvc.domain import failures

URL = 'http://nova.test/v2.1'


@pytest.mark.parametrize(('status', 'kind', 'reason'), [
    (500, failures.Passing, 'server_error'),
    (503, failures.Unreachable, 'unreachable'),
    (504, failures.Unreachable, 'unreachable'),
    (429, failures.Unreachable, 'busy'),
    (404, failures.Unreachable, 'unintelligible'),
    (200, failures.Unreachable, 'unintelligible'),
])
@pytest.mark.parametrize('body', ['', '<html>', '{"computeFault": {"message": "Oops."}}'])
def test_a_status_says_more_than_an_odd_answer(requests_mock, status, kind, reason, body):
    requests_mock.get(URL, status_code=status, text=body, headers={'Retry-After': '7'})
    requests_mock.get(f'{URL}/', status_code=status, text=body, headers={'Retry-After': '7'})
    cloud = sessions.Cloud(session.Session(token_endpoint.Token(URL, 'token')))
    with pytest.raises(kind) as raised:
        cloud.negotiate(URL)
    assert raised.value.reason == reason
    if status == 429:
        assert raised.value.retry_after_s == 7
