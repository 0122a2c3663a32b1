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

"""The samples of the documentation, spoilt: whatever arrives, the answer says what is wrong."""

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.functional import generated
from tests.functional import mutations
from tests.functional import site as sites

callers = st.sampled_from([*['manager'] * 12, *sites.CALLERS, 'bad', None])


@settings(max_examples=generated.share(0.3), **generated.SETTINGS)
@given(request=mutations.requests(), token=callers)
def test_a_spoilt_sample_is_no_failure(furnished, request, token):
    method, path, headers, content = request
    response = furnished.ask(method, path, token, headers, content)
    generated.check(response, method)
