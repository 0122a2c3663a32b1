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

"""What the API may ask of the conductor.

Payloads are plain dicts, described where they are made:
:func:`flavorsvc.db.flavors.as_dict`, :func:`flavorsvc.db.installations.as_dict`,
:func:`flavorsvc.db.regions.as_dict`, :func:`flavorsvc.db.infrastructures.as_dict`. Keys may be
added within a major version; a reader ignores those that it does not know.
"""

import oslo_messaging

from flavorsvc import rpc
from flavorsvc.conductor.client import compute
from flavorsvc.conductor.client import drift
from flavorsvc.conductor.client import health
from flavorsvc.conductor.client import plans
from flavorsvc.domain import errors
from flavorsvc.domain import lifecycle

#: Version of the RPC API. A conductor serves every minor version of its major. 1.1 added service
#: types, infrastructures and private flavors, 1.2 Nova's API, 1.3 servers, safe change, lifecycle,
#: drift, plans and maintenance.
VERSION = '1.3'

#: The version that knows the methods of a namespace, where it is not the newest: so an API can
#: call conductors that are older, as long as they know what it asks.
_SINCE = {
    **dict.fromkeys(('flavors', 'installations', 'regions', 'health'), '1.0'),
    **dict.fromkeys(('infrastructures', 'private_flavors', 'service_types', 'service_flavors'),
                    '1.1'),
    'compute_flavors': '1.2',
}

#: The version that guards what is in regions: safe change, lifecycle, drift, plans, maintenance.
_GUARDED = '1.3'

#: How a flavor stands of which nothing is said.
_PLAIN = {'status': 'active', **dict.fromkeys(lifecycle.DEPRECATION)}

_TOO_OLD = ('The service is being upgraded: a conductor is of a release that cannot do this yet. '
            'Try again later.')

_NO_BROKER = 'The message broker does not answer at present.'


class Conductor(compute.Compute, drift.Drift, health.Health, plans.Plans):
    """Calls whichever conductor is free, and waits for its answer.

    Every method takes the request context first, and raises the errors of
    :mod:`flavorsvc.domain.errors`: those the conductor raised, or Unavailable
    when no conductor answers.
    """

    def __init__(self, transport, conf):
        """Prepare; nothing is contacted before the first call.

        :param transport: oslo_messaging.RPCTransport
        :param conf: oslo_config.cfg.ConfigOpts with the group ``rpc``
        """
        self._client = rpc.client(conf, transport, VERSION)
        self._replies = rpc.ReplyQueue(self._client)
        self._patience_s = conf.rpc.monitor_timeout

    def flavors_list(self, ctxt, filters, page, visible_to=None):
        """List flavors.

        :param filters: dict of field to value: name, public, promoted, is_public, status,
            project_id, region, has_properties
        :param page: dict with limit, marker, sort_key, sort_dir
        :param visible_to: project id that sees public flavors and its own; None for all
        :returns: list of dict
        """
        return self._call(ctxt, 'flavors', 'list', filters=filters, page=page,
                          visible_to=visible_to)

    def flavor_get(self, ctxt, flavor_id):
        """Show a flavor.

        :returns: dict
        """
        return self._call(ctxt, 'flavors', 'get', flavor_id=flavor_id)

    def flavor_create(self, ctxt, values):
        """Add a flavor to the catalogue.

        :param values: dict of every field that a caller may give
        :returns: dict
        """
        is_plain = all(values.get(name, plain) == plain for name, plain in _PLAIN.items())
        return self._call(ctxt, 'flavors', 'create', since=None if is_plain else _GUARDED,
                          values=values)

    def flavor_update(self, ctxt, flavor_id, changes, generation=None, on_immutable=None):
        """Change a flavor, and have every region that has it follow.

        :param changes: dict of field to new value
        :param generation: int that the caller read, or None not to compare
        :param on_immutable: 'refuse', 'replace-if-unused' or 'replace': what to do where Nova
            could only delete and create the flavor; None refuses
        :returns: dict
        """
        given = _given(on_immutable=on_immutable)
        if changes.keys() & _PLAIN.keys():
            given['since'] = _GUARDED
        return self._call(ctxt, 'flavors', 'update', flavor_id=flavor_id, changes=changes,
                          generation=generation, **given)

    def flavor_delete(self, ctxt, flavor_id, generation=None):
        """Take a flavor out of every region and the catalogue.

        :returns: list of dict, the installations that have to go first
        """
        return self._call(ctxt, 'flavors', 'delete', flavor_id=flavor_id, generation=generation)

    def flavor_withdraw(self, ctxt, flavor_id, generation, installation_ids, types):
        """Take back a flavor that was just added, because a region refuses it.

        Regions lose what was created in them, and keep what they had before. Nothing is done where
        others rely on the flavor already: then Conflict or GenerationMismatch is raised.

        :param generation: int, as it was added
        :param installation_ids: list of str, the installations wished by who added it
        :param types: list of str, the service types to which it was mapped by who added it
        :returns: list of dict, the installations that have to go first
        """
        return self._call(ctxt, 'flavors', 'withdraw', flavor_id=flavor_id, generation=generation,
                          installation_ids=installation_ids, types=types)

    def install(self, ctxt, flavor_id, regions, on_immutable=None):
        """Wish a flavor into regions.

        :param regions: list of names, or 'all'
        :param on_immutable: see :meth:`flavor_update`; None leaves what was chosen there
        :returns: list of dict, the installations
        """
        return self._call(ctxt, 'installations', 'install', flavor_id=flavor_id, regions=regions,
                          **_given(on_immutable=on_immutable))

    def uninstall(self, ctxt, flavor_id, regions, unless_used=False):
        """Wish a flavor out of regions.

        :param regions: list of names, or 'all'
        :param unless_used: bool, whether it stays in a region while servers there use it
        :returns: list of dict, the installations that have to go
        """
        return self._call(ctxt, 'installations', 'uninstall', flavor_id=flavor_id,
                          regions=regions, **_given(unless_used=unless_used))

    def installations_list(self, ctxt, filters, page, visible_to=None):
        """List installations.

        :param filters: dict with any of flavor, region, status
        :param page: dict with limit, marker, sort_key, sort_dir
        :param visible_to: project id that owns the flavors or the regions; None for all
        :returns: list of dict
        """
        return self._call(ctxt, 'installations', 'list', filters=filters, page=page,
                          visible_to=visible_to)

    def installation_get(self, ctxt, installation_id):
        """Show an installation.

        :returns: dict
        """
        return self._call(ctxt, 'installations', 'get', installation_id=installation_id)

    def installation_retry(self, ctxt, installation_id):
        """Try an installation again at once.

        :returns: dict
        """
        return self._call(ctxt, 'installations', 'retry', installation_id=installation_id)

    def regions_list(self, ctxt, filters, page):
        """List regions.

        :param filters: dict with any of state, project_id, is_listed
        :param page: dict with limit, marker, sort_key, sort_dir
        :returns: list of dict
        """
        return self._call(ctxt, 'regions', 'list', filters=filters, page=page)

    def region_get(self, ctxt, name):
        """Show a region.

        :param name: str, or None for the default region
        :returns: dict
        """
        return self._call(ctxt, 'regions', 'get', name=name)

    def region_update(self, ctxt, name, changes):
        """Change what an operator may of a region, see :func:`flavorsvc.db.regions.update`.

        :param changes: dict; None takes a value back
        :returns: dict
        """
        old = changes.keys() <= {'project_id', 'max_concurrency'}
        return self._call(ctxt, 'regions', 'update', since=None if old else _GUARDED, name=name,
                          changes=changes)

    def region_forget(self, ctxt, name):
        """Forget a region that left the service catalogue, and all that was wished there."""
        self._call(ctxt, 'regions', 'forget', name=name)

    def infrastructure_create(self, ctxt, values):
        """Look at a cloud that has a Keystone of its own, and register it as a region.

        :param values: dict with name, keystone_url, nova_url or None, region_name or None,
            project_id (the owner), credential: a dict with username, password, project_name,
            user_domain_name or None and project_domain_name or None, or with
            application_credential_id and application_credential_secret
        :returns: dict
        """
        return self._call(ctxt, 'infrastructures', 'create', values=values)

    def infrastructure_get(self, ctxt, name):
        """Show a registered infrastructure.

        :returns: dict
        """
        return self._call(ctxt, 'infrastructures', 'get', name=name)

    def infrastructure_delete(self, ctxt, name, force=False):
        """Unregister an infrastructure.

        :param force: bool, whether to forget what is installed there, without a call to it
        """
        self._call(ctxt, 'infrastructures', 'delete', name=name, force=force)

    def service_types_list(self, ctxt):
        """List the service types that have a rule or a mapping, by name.

        :returns: list of dict, see :func:`flavorsvc.db.service_types.list_all`
        """
        return self._call(ctxt, 'service_types', 'list')

    def service_type_get(self, ctxt, name):
        """Show a service type.

        :returns: dict
        """
        return self._call(ctxt, 'service_types', 'get', name=name)

    def service_type_put(self, ctxt, name, values):
        """Give a service type a rule, instead of any that it has.

        :param values: dict with any of min_vcpus, min_ram_mib, min_disk_gib,
            required_extra_specs; what is missing is not required
        :returns: dict, and ``created`` (bool): whether it had no rule before
        """
        return self._call(ctxt, 'service_types', 'put', name=name, values=values)

    def service_type_delete(self, ctxt, name):
        """Take away the rule and the mappings of a service type."""
        self._call(ctxt, 'service_types', 'delete', name=name)

    def service_flavors_list(self, ctxt, types, region=None, visible_to=None):
        """List the flavors for service types, by mapping or by rule, that a region has now.

        :param types: list of str
        :param region: str, or None for the default region
        :param visible_to: project id, or None for one who sees everything
        :returns: list of dict, see :mod:`flavorsvc.conductor.operations.service_flavors`
        """
        return self._call(ctxt, 'service_flavors', 'list', types=types, region=region,
                          visible_to=visible_to, ruled=True)

    def service_flavor_create(self, ctxt, types, values, region=None, project_id=None):
        """Map a flavor to service types; it is created unless its id exists.

        :param values: dict as for :meth:`flavor_create`; ignored but for the id where that exists
        :param project_id: str, who is to own a flavor that is new to the catalogue
        :returns: dict, with installations (list of dict, those to wait for) and created (bool)
        """
        return self._call(ctxt, 'service_flavors', 'create', types=types, values=values,
                          region=region, project_id=project_id)

    def service_flavors_delete(self, ctxt, flavor_ids):
        """Take flavors away from all service types, and delete them in Nova.

        :returns: list of dict, the installations that have to go first
        """
        return self._call(ctxt, 'service_flavors', 'delete', flavor_ids=flavor_ids)

    def service_mappings_delete(self, ctxt, types, flavor_ids):
        """Take flavors away from service types; they stay in Nova."""
        self._call(ctxt, 'service_flavors', 'unmap', types=types, flavor_ids=flavor_ids)

    def registered_flavors_list(self, ctxt, types, region=None, visible_to=None):
        """List the flavors that are mapped to service types and that a region has now.

        :returns: list of dict, as :meth:`service_flavors_list`
        """
        return self._call(ctxt, 'service_flavors', 'list', types=types, region=region,
                          visible_to=visible_to, ruled=False)

    def registered_flavors_create(self, ctxt, types, flavor_ids, region=None):
        """Map flavors that a region has to service types.

        :returns: list of dict, as :meth:`service_flavors_list`
        """
        return self._call(ctxt, 'service_flavors', 'register', types=types,
                          flavor_ids=flavor_ids, region=region)

    def private_flavors_list(self, ctxt, region, token):
        """List the public flavors of one region's Nova, as the caller sees them.

        :param region: str, its name
        :param token: dict with own, the caller's token of our Keystone or None, and region, one of
            that region's Keystone or None. It is in no log and no error.
        :returns: list of dict, see
            :func:`flavorsvc.conductor.operations.private_flavors.as_dict`
        """
        return self._call(ctxt, 'private_flavors', 'list', region=region, token=token)

    def private_flavor_get(self, ctxt, region, flavor_id, token):
        """Show a flavor of one region's Nova.

        :param token: dict, see :meth:`private_flavors_list`
        :returns: dict
        """
        return self._call(ctxt, 'private_flavors', 'get', region=region, flavor_id=flavor_id,
                          token=token)

    def private_flavor_create(self, ctxt, region, values, token):
        """Create a flavor in one region's Nova.

        :param values: dict of field to value; id may be left out for Nova to choose
        :param token: dict, see :meth:`private_flavors_list`
        :returns: dict
        """
        return self._call(ctxt, 'private_flavors', 'create', region=region, values=values,
                          token=token)

    def private_flavor_update(self, ctxt, region, flavor_id, changes, token):
        """Change description and extra_specs of a flavor of one region's Nova.

        :param changes: dict of field to new value
        :param token: dict, see :meth:`private_flavors_list`
        :returns: dict
        """
        return self._call(ctxt, 'private_flavors', 'update', region=region, flavor_id=flavor_id,
                          changes=changes, token=token)

    def private_flavor_delete(self, ctxt, region, flavor_id, token):
        """Delete a flavor of one region's Nova.

        :param token: dict, see :meth:`private_flavors_list`
        """
        self._call(ctxt, 'private_flavors', 'delete', region=region, flavor_id=flavor_id,
                   token=token)

    def _call(self, ctxt, namespace, method, since=None, **arguments):
        """Call a method.

        :param since: str, the version of the RPC API that knows it with these arguments; None for
            that of the namespace
        """
        since = since or _SINCE.get(namespace, VERSION)
        if not self._replies.is_open(self._patience_s):
            raise errors.Unavailable(_NO_BROKER)
        try:
            return self._client.prepare(namespace=namespace, version=since).call(
                ctxt, method, **arguments)
        except (oslo_messaging.RPCVersionCapError, oslo_messaging.UnsupportedVersion) as error:
            raise errors.Unavailable(_TOO_OLD) from error
        except oslo_messaging.MessagingTimeout as error:
            raise errors.Unavailable('No conductor answers at present.') from error
        except (oslo_messaging.MessageDeliveryFailure, *rpc.UNCONNECTED) as error:
            raise errors.Unavailable(_NO_BROKER) from error


def _given(**choices):
    """Leave out what was not chosen: only conductors since 1.3 know of it.

    :returns: dict of arguments of :meth:`Conductor._call`
    """
    given = {name: value for name, value in choices.items() if value}
    return {'since': _GUARDED, **given} if given else {}
