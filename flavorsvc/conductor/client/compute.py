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
