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

"""Clouds with a Keystone of their own: /v1/infrastructures.

A registered one is a region like any other, which flavors are installed into; its name is the
region's. Its credential is never told again.
"""

from flavorsvc.api import controller
from flavorsvc.api import microversion
from flavorsvc.api import query
from flavorsvc.api import types
from flavorsvc.api.expose import Body
from flavorsvc.api.expose import InvalidBody
from flavorsvc.api.expose import expose
from flavorsvc.api.types import Attr
from flavorsvc.api.types import readonly
from flavorsvc.domain import errors

SINCE = types.CONVENTIONAL
Url = types.Value(str, 'an http or https URL of at most 2048 characters, without credentials, '
                       'query and fragment', type='string', maxLength=2048, format='printable',
                  pattern=r'^https?://[^\s/?#@]+(/[^\s?#@]*)?\Z')
#: It is a segment of the URL that unregisters it.
InfrastructureName = types.Value(
    str, '1 to 255 printable characters without a slash and without a blank at either end, and not '
         '. or ..', type='string', minLength=1, maxLength=255, format='name',
    pattern=r'^(?!\.{1,2}\Z)[^/]*\Z')
Word = types.text(1, 255)
Secret = types.Value(str, '1 to 1024 characters', type='string', minLength=1, maxLength=1024,
                     writeOnly=True)

_PASSWORD = ('username', 'password', 'project_name')
_APPLICATION = ('application_credential_id', 'application_credential_secret')
_CREDENTIAL = (*_PASSWORD, 'user_domain_name', 'project_domain_name', *_APPLICATION)


class Registration(types.Model):
    """A cloud: where its Keystone is, and the credential to act there.

    The credential is a user's, with the password, or an application credential.
    """

    name = Attr(InfrastructureName, mandatory=True)
    nova_url = Attr(Url)
    keystone_url = Attr(Url, mandatory=True)
    username = Attr(Word)
    password = Attr(Secret)
    project_name = Attr(Word, at_1_0='tenant')
    user_domain_name = Attr(Word)
    project_domain_name = Attr(Word)
    application_credential_id = Attr(Word)
    application_credential_secret = Attr(Secret)
    region_name = Attr(types.Name)


class Infrastructure(types.Resource):
    """A registered cloud, without its credential."""

    name = readonly(types.Name)
    keystone_url = readonly(Url, since=SINCE)
    nova_url = readonly(Url, since=SINCE)
    region_name = readonly(types.Name, since=SINCE, nullable=True)
    project_id = readonly(types.ProjectId, since=SINCE)
    created_at = readonly(types.Timestamp, since=SINCE)


REGISTRATION = types.Single('infrastructure', Registration)
INFRASTRUCTURE = types.Single('infrastructure', Infrastructure)

FORCE = query.Query(filters={'force': types.Flag})


class Infrastructures(controller.Controller):
    """/v1/infrastructures"""

    def may_create(self, ctxt):
        """Let the caller pass who may register a cloud.

        :raises errors.Forbidden: when the caller may not
        """
        self.enforce(ctxt, 'infrastructures:create', {'project_id': ctxt.project_id})

    @expose(INFRASTRUCTURE, body=Body(REGISTRATION), status=201, first=may_create)
    def create(self, ctxt, body):
        """Register a cloud that has a Keystone of its own, after a look at it."""
        credential = {name: body.pop(name) for name in _CREDENTIAL if name in body}
        _check(credential)
        created = self.conductor.infrastructure_create(ctxt, {
            'nova_url': None, 'region_name': None, **body, 'project_id': ctxt.project_id,
            'credential': credential})
        return Infrastructure.of(created, links=controller.self_link('regions', created['name']))

    @expose(query=FORCE)
    def delete(self, ctxt, name, filters):
        """Unregister a cloud; with ``force`` also one that has flavors, which stay there."""
        found = self.conductor.infrastructure_get(ctxt, name)
        owner = {'project_id': found['project_id']}
        self.enforce(ctxt, 'infrastructures:delete', owner,
                     because='It was registered by another project.')
        force = filters.get('force', False)
        if force:
            self.enforce(ctxt, 'infrastructures:force', owner,
                         because='Only the infrastructure manager leaves flavors behind.')
        self.conductor.infrastructure_delete(ctxt, name, force)


def _check(credential):
    """Check that a credential is one of the two, and whole.

    :raises InvalidBody: naming each field that is missing or out of place
    """
    application = any(name in credential for name in _APPLICATION)
    needed = _APPLICATION if application else _PASSWORD
    missing = [name for name in needed if name not in credential]
    surplus = [name for name in credential if application and name not in needed]
    faults = ([errors.Invalid(_field(name), 'is missing') for name in missing]
              + [errors.Invalid(_field(name), 'is no part of an application credential')
                 for name in surplus])
    if faults:
        raise InvalidBody(faults)


def _field(key):
    return f'infrastructure.{types.name_of(Registration, key, microversion.current())}'
