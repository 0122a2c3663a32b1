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
:func:`flavorsvc.db.regions.as_dict`. Keys may be added within a major version;
a reader ignores those that it does not know.
"""

import oslo_messaging

from flavorsvc import rpc
from flavorsvc.domain import errors

#: Version of the RPC API. A conductor serves every minor version of its major.
VERSION = '1.0'


class Conductor:
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
        return self._call(ctxt, 'flavors', 'create', values=values)

    def flavor_update(self, ctxt, flavor_id, changes, generation=None):
        """Change a flavor, and have every region that has it follow.

        :param changes: dict of field to new value
        :param generation: int that the caller read, or None not to compare
        :returns: dict
        """
        return self._call(ctxt, 'flavors', 'update', flavor_id=flavor_id, changes=changes,
                          generation=generation)

    def flavor_delete(self, ctxt, flavor_id, generation=None):
        """Take a flavor out of every region and the catalogue.

        :returns: list of dict, the installations that have to go first
        """
        return self._call(ctxt, 'flavors', 'delete', flavor_id=flavor_id, generation=generation)

    def install(self, ctxt, flavor_id, regions):
        """Wish a flavor into regions.

        :param regions: list of names, or 'all'
        :returns: list of dict, the installations
        """
        return self._call(ctxt, 'installations', 'install', flavor_id=flavor_id, regions=regions)

    def uninstall(self, ctxt, flavor_id, regions):
        """Wish a flavor out of regions.

        :param regions: list of names, or 'all'
        :returns: list of dict, the installations that have to go
        """
        return self._call(ctxt, 'installations', 'uninstall', flavor_id=flavor_id,
                          regions=regions)

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

        :param filters: dict with any of state, project_id
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
        """Change a region's project_id or max_concurrency.

        :param changes: dict; None takes a value back
        :returns: dict
        """
        return self._call(ctxt, 'regions', 'update', name=name, changes=changes)

    def region_forget(self, ctxt, name):
        """Forget a region that left the service catalogue, and all that was wished there."""
        self._call(ctxt, 'regions', 'forget', name=name)

    def ping(self, ctxt):
        """Ask whether a conductor and its database answer.

        :returns: dict with status and the conductor's name
        """
        return self._call(ctxt, 'health', 'ping')

    def _call(self, ctxt, namespace, method, **arguments):
        try:
            return self._client.prepare(namespace=namespace).call(ctxt, method, **arguments)
        except oslo_messaging.MessagingTimeout as error:
            raise errors.Unavailable('No conductor answers at present.') from error
        except oslo_messaging.MessageDeliveryFailure as error:
            raise errors.Unavailable('The message broker does not answer at present.') from error
