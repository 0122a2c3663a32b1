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

"""What may be registered as an infrastructure."""

import pytest

from flavorsvc.domain import errors
from flavorsvc.domain import infrastructure


@pytest.mark.parametrize('url', [
    'http://55.66.77.88:35357/', 'https://keystone.test/identity/v3', 'HTTP://[2600::1]:5000/v3'])
def test_a_url_of_a_host_is_accepted(url):
    infrastructure.check({'keystone_url': url, 'nova_url': None})


@pytest.mark.parametrize('url', [
    'ftp://keystone.test/', 'file:///etc/passwd', 'keystone.test', 'http://', 'http:///v3',
    'http:/keystone.test', 'http://user:secret@keystone.test/', 'http://keystone.test/?a=b',
    'http://keystone.test/#a', 'http://keystone.test\\@other.test/', 'http://key stone.test/',
    'http://keystone.test/\r\nHost: other', 'http://key\u200bstone.test/',
    'http://keystone.test:x/', 'http://keystone.test:99999/', 'http://:5000/', 'http://[::1/'])
@pytest.mark.parametrize('field', ['keystone_url', 'nova_url'])
def test_other_urls_are_refused(url, field):
    values = {'keystone_url': 'http://keystone.test', 'nova_url': None, field: url}
    with pytest.raises(errors.Invalid) as caught:
        infrastructure.check(values)
    assert caught.value.field == f'infrastructure.{field}'
    assert 'secret' not in caught.value.reason


def test_the_field_with_the_secret_is_known():
    assert infrastructure.secret_field({'username': 'a', 'password': 'b'}) == (
        'infrastructure.password')
    assert infrastructure.secret_field({'application_credential_id': 'a'}) == (
        'infrastructure.application_credential_secret')
