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

"""What Nova's API may ask of the conductor."""


class Compute:
    """The calls of Nova's API, for :class:`flavorsvc.conductor.client.Conductor`."""

    def compute_flavors_list(self, ctxt, filters, page, project_id, everything):
        """List flavors as Nova's API does.

        :param filters: dict with is_public, min_ram_mib, min_disk_gib, name_pattern, see
            :func:`flavorsvc.db.compute_flavors.list_page`
        :param page: dict with limit, marker, sort_key, sort_dir
        :param project_id: str of the caller, empty where it has none
        :param everything: bool, whether the caller may see what no region has and what is others'
        :returns: list of dict, without the regions
        """
        return self._call(ctxt, 'compute_flavors', 'list', filters=filters, page=page,
                          project_id=project_id, everything=everything)

    def compute_flavors_list_unmanaged(self, ctxt, filters, page, project_id, everything, in_full,
                                       token):
        """List flavors as Nova's API does, with those that only the default region has.

        :param filters: dict, see :meth:`compute_flavors_list`, as are ``page``, ``project_id``
            and ``everything``
        :param in_full: bool, whether the extra specs are to be told
        :param token: dict, see :meth:`flavorsvc.conductor.client.Conductor.private_flavors_list`
        :returns: list of dict, see :meth:`compute_flavor_get_unmanaged`
        """
        return self._call(ctxt, 'unmanaged_flavors', 'list', filters=filters, page=page,
                          project_id=project_id, everything=everything, in_full=in_full,
                          token=token)

    def compute_flavor_get_unmanaged(self, ctxt, flavor_id, with_access, token):
        """Show a flavor that the catalogue does not have, but the default region.

        :param with_access: bool, whether to tell who may use it
        :param token: dict, see :meth:`flavorsvc.conductor.client.Conductor.private_flavors_list`
        :returns: dict, see :func:`flavorsvc.conductor.operations.unmanaged_flavors.as_dict`
        """
        return self._call(ctxt, 'unmanaged_flavors', 'get', flavor_id=flavor_id,
                          with_access=with_access, token=token)

    def compute_flavor_create(self, ctxt, values, regions):
        """Create a flavor in the default region, and wish it into others.

        :param values: dict of fields, with id (None: one is made up) and project_id
        :param regions: list of names of regions; 'all' among them is every one
        :returns: dict
        """
        return self._call(ctxt, 'compute_flavors', 'create', values=values, regions=regions)

    def compute_flavor_delete(self, ctxt, flavor_id):
        """Delete a flavor in the default region, and wish it out of all others."""
        self._call(ctxt, 'compute_flavors', 'delete', flavor_id=flavor_id)

    def compute_flavor_describe(self, ctxt, flavor_id, description):
        """Change a description, in the default region first.

        :returns: dict, the flavor
        """
        return self._call(ctxt, 'compute_flavors', 'describe', flavor_id=flavor_id,
                          description=description)

    def compute_extra_specs_set(self, ctxt, flavor_id, extra_specs):
        """Set extra specs, in the default region first; others stay.

        :returns: dict, the flavor
        """
        return self._call(ctxt, 'compute_flavors', 'set_extra_specs', flavor_id=flavor_id,
                          extra_specs=extra_specs)

    def compute_extra_spec_unset(self, ctxt, flavor_id, key):
        """Remove an extra spec, in the default region first.

        :returns: dict, the flavor
        """
        return self._call(ctxt, 'compute_flavors', 'unset_extra_spec', flavor_id=flavor_id,
                          key=key)

    def compute_access_add(self, ctxt, flavor_id, project):
        """Let a project use a flavor, in the default region first.

        :returns: dict, the flavor
        """
        return self._call(ctxt, 'compute_flavors', 'add_access', flavor_id=flavor_id,
                          project=project)

    def compute_access_remove(self, ctxt, flavor_id, project):
        """Take a flavor away from a project, in the default region first.

        :returns: dict, the flavor
        """
        return self._call(ctxt, 'compute_flavors', 'remove_access', flavor_id=flavor_id,
                          project=project)

    def compute_servers_list(self, ctxt, region, is_detailed, parameters, microversion, token):
        """List servers of a region.

        :param region: str, or None for the default region
        :param is_detailed: bool
        :param parameters: list of [name, value], the query as the caller sent it
        :param microversion: (major, minor) that the caller speaks
        :param token: dict with own, the caller's token of our Keystone or None, and region, one of
            that region's Keystone or None. It is in no log and no error.
        :returns: dict with status (int), document (dict; None where a refusal has none) and
            retry_after (str or None), as Nova answered
        """
        return self._call(ctxt, 'compute_servers', 'list', region=region, is_detailed=is_detailed,
                          parameters=parameters, microversion=microversion, token=token)

    def compute_server_get(self, ctxt, region, server_id, parameters, microversion, token):
        """Show a server of a region. See :meth:`compute_servers_list`.

        :returns: dict
        """
        return self._call(ctxt, 'compute_servers', 'get', region=region, server_id=server_id,
                          parameters=parameters, microversion=microversion, token=token)

    def compute_server_update(self, ctxt, region, server_id, body, microversion, token):
        """Change a server of a region. See :meth:`compute_servers_list`.

        :param body: dict, as the caller sent it
        :returns: dict
        """
        return self._call(ctxt, 'compute_servers', 'update', region=region, server_id=server_id,
                          body=body, microversion=microversion, token=token)

    def compute_server_rebuild(self, ctxt, region, server_id, body, microversion, token):
        """Rebuild a server of a region. See :meth:`compute_servers_list`.

        :param body: dict, as the caller sent it
        :returns: dict
        """
        return self._call(ctxt, 'compute_servers', 'rebuild', region=region, server_id=server_id,
                          body=body, microversion=microversion, token=token)
