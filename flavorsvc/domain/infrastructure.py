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

import re

from flavorsvc.domain import errors

# Strict, for what urllib makes of odd URLs differs from what requests makes of them.
_URL = re.compile(r'https?://(\[[0-9a-f:.]+\]|[^\s:/\[\]\\@?#]+)(:(?P<port>\d{1,5}))?(/[^\s\\@?#]*)?',
                  re.IGNORECASE)


def check(values):
    """Check what spans several fields of a new infrastructure.

    :param values: dict with name, keystone_url, nova_url, credential
    :raises errors.Invalid: naming the field
    """
    for field in ('keystone_url', 'nova_url'):
        if values.get(field) is not None:
            _check_url(f'infrastructure.{field}', values[field])


def secret_field(credential):
    """Name the field that holds the secret of a credential.

    :param credential: dict
    :returns: str, path in the request
    """
    secret = ('application_credential_secret' if credential.get('application_credential_id')
              else 'password')
    return f'infrastructure.{secret}'


def _check_url(field, url):
    found = _URL.fullmatch(url)
    if not found or not url.isprintable() or int(found['port'] or 0) > 65535:
        raise errors.Invalid(
            field, 'must be a URL such as https://host:5000/path: http or https, without a user, '
                   'a query or a fragment')
