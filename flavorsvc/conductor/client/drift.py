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


"""What the API may ask about drift. Payloads: :func:`flavorsvc.db.drift.as_dict`."""


class Drift:
    """The calls about drift, for :class:`flavorsvc.conductor.client.Conductor`."""

    def drift_list(self, ctxt, filters, page, visible_to=None):
        """List findings.

        :param filters: dict with any of region, flavor, kind, state
        :param page: dict with limit, marker, sort_key, sort_dir
        :param visible_to: project id that owns the regions, or the flavors that are wanted there;
            None for all
        :returns: list of dict
        """
        return self._call(ctxt, 'drift', 'list', filters=filters, page=page,
                          visible_to=visible_to)

    def drift_get(self, ctxt, finding_id):
        """Show a finding.

        :returns: dict
        """
        return self._call(ctxt, 'drift', 'get', finding_id=finding_id)

    def drift_repair(self, ctxt, finding_id, on_immutable='refuse'):
        """Have a region agree with the catalogue again.

        :param on_immutable: 'refuse', 'replace-if-unused' or 'replace': what to do where Nova
            could only delete and create the flavor
        :returns: list of dict, the installations
        """
        return self._call(ctxt, 'drift', 'repair', finding_id=finding_id,
                          on_immutable=on_immutable)

    def drift_accept(self, ctxt, finding_id, as_, reason=None):
        """Take what a region has for right.

        :param as_: str, 'catalogue' or 'exception'
        :param reason: str, or None
        :returns: dict, the finding
        """
        return self._call(ctxt, 'drift', 'accept', finding_id=finding_id, as_=as_, reason=reason)

    def region_audit(self, ctxt, name):
        """Have a region audited as soon as it can be.

        :returns: dict, the region
        """
        return self._call(ctxt, 'drift', 'audit', name=name)

    def region_adopt(self, ctxt, name, selection, choices, dry_run, reason=None):
        """Take flavors that a region has under management.

        :param selection: dict with one of ids, name, all; see
            :meth:`flavorsvc.conductor.operations.adoption.Adoption.adopt`
        :param choices: dict of flavor id to 'skip', 'exception' or 'manage'
        :param dry_run: bool, whether to do nothing
        :param reason: str, of the exceptions, or None
        :returns: dict
        """
        return self._call(ctxt, 'drift', 'adopt', name=name, selection=selection,
                          choices=choices, dry_run=dry_run, reason=reason)

    def regions_compare(self, ctxt, names, everything):
        """Compare the flavors that regions have now.

        :param names: list of str
        :param everything: bool, whether to compare those too that are not public
        :returns: dict, see
            :meth:`flavorsvc.conductor.operations.comparison.Comparison.compare`
        """
        return self._call(ctxt, 'drift', 'compare', names=names, everything=everything)
