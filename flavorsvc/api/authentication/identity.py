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


"""What the application reads of its caller, and what no caller may say of itself."""

import itertools

_OF_USER_AND_SERVICE = (
    'DOMAIN_ID', 'DOMAIN_NAME', 'PROJECT_ID', 'PROJECT_NAME', 'PROJECT_DOMAIN_ID',
    'PROJECT_DOMAIN_NAME', 'USER_ID', 'USER_NAME', 'USER_DOMAIN_ID', 'USER_DOMAIN_NAME', 'ROLES',
    'IDENTITY_STATUS')

#: Every key by which keystonemiddleware tells who asks.
CLAIMS = frozenset([
    *(f'HTTP_X_{service}{name}'
      for service, name in itertools.product(('', 'SERVICE_'), _OF_USER_AND_SERVICE)),
    'HTTP_X_SERVICE_CATALOG', 'HTTP_X_IS_ADMIN_PROJECT', 'HTTP_X_ROLE', 'HTTP_X_USER',
    'HTTP_X_TENANT_ID', 'HTTP_X_TENANT_NAME', 'HTTP_X_TENANT', 'HTTP_OPENSTACK_SYSTEM_SCOPE'])


def forget(environ):
    """Drop what a caller says of itself.

    :param environ: dict, WSGI environment of the request
    """
    for name in CLAIMS.intersection(environ):
        del environ[name]


def confirm(environ, user_id, user_name, project_id, roles):
    """Say who asks, as keystonemiddleware does.

    :param environ: dict, WSGI environment of the request
    :param project_id: str, or None where the caller acts for no project
    :param roles: iterable of str
    """
    environ.update(HTTP_X_IDENTITY_STATUS='Confirmed', HTTP_X_USER_ID=user_id,
                   HTTP_X_USER_NAME=user_name, HTTP_X_ROLES=','.join(roles))
    if project_id is not None:
        environ['HTTP_X_PROJECT_ID'] = project_id
