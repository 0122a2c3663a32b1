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


"""Audits of regions, what they found, and taking what is in them under management."""

from openstack import exceptions
from openstack import resource
import tenacity

from flavorsvc.client.sdk import resources

#: Seconds between two looks at a region that is audited.
_LOOK_S = 0.5


class Finding(resources.FlavorsvcResource):
    """A region does not have what the catalogue says of one flavor."""

    resource_key = 'finding'
    resources_key = 'findings'
    base_path = '/drift'

    allow_fetch = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        'region', 'flavor', 'kind', 'state', 'sort_key', 'sort_dir')

    #: Name of the region
    region = resource.Body('region')
    flavor_id = resource.Body('flavor_id')
    flavor_name = resource.Body('flavor_name')
    #: 'missing', 'different' or 'unmanaged'
    kind = resource.Body('kind')
    #: list of dict with field, key, wanted, found
    differences = resource.Body('differences', type=list)
    #: 'open', 'accepted' or 'resolved'
    state = resource.Body('state')
    opened_at = resource.Body('opened_at')
    resolved_at = resource.Body('resolved_at')
    accepted_at = resource.Body('accepted_at')
    #: Id of the user who accepted it, and why
    accepted_by = resource.Body('accepted_by')
    accepted_reason = resource.Body('accepted_reason')
    #: How often the policy of the region had it repaired; before when it does not again
    repairs = resource.Body('repairs', type=int)
    repaired_at = resource.Body('repaired_at')
    next_repair_at = resource.Body('next_repair_at')


class Drift:
    """Where regions do not have what the catalogue says."""

    def findings(self, **query):
        """List findings.

        :param query: region, flavor (id), kind, state, sort_key, sort_dir, marker; limit is the
            size of a page
        :returns: generator of Finding; asks for page after page
        """
        return self._list(Finding, **{key: value for key, value in query.items()
                                      if value is not None})

    def get_finding(self, finding):
        """Return the finding of this id (or Finding), as it is now."""
        return self._get(Finding, finding)

    def repair_finding(self, finding, on_immutable=None):
        """Have the region agree with the catalogue again.

        :param finding: id or Finding
        :param on_immutable: 'refuse' (as None), 'replace-if-unused' or 'replace': what to do where
            the flavor could only be deleted and created
        :returns: list of Installation
        """
        body = {} if on_immutable is None else {'json': {'on_immutable': on_immutable}}
        return self._installations_in(
            self.post(resources.path(Finding, finding, 'repair'), **body))

    def accept_finding(self, finding, what, reason=None):
        """Take what the region has for right.

        :param finding: id or Finding
        :param what: 'catalogue', which then says the same, or 'exception'
        :param reason: str, or None
        :returns: Finding
        """
        response = self.post(resources.path(Finding, finding, 'accept'),
                             json={'as': what, 'reason': reason})
        return self._existing(Finding, response.json()['finding'])

    def audit_region(self, region):
        """Have a region audited as soon as it can be.

        :param region: name or Region
        :returns: Region, see :meth:`wait_for_audit`
        """
        response = self.post(resources.path(resources.Region, region, 'audit'))
        return self._existing(resources.Region, response.json()['region'])

    def wait_for_audit(self, region, timeout=None):
        """Wait until a region was audited, or could not be.

        :param region: Region, as :meth:`audit_region` returned it
        :param timeout: seconds, or None for as long as it takes
        :returns: Region; where it could not be audited, audit_error tells why
        :raises openstack.exceptions.ResourceTimeout: when time is up
        """
        looks = tenacity.Retrying(
            stop=tenacity.stop_never if timeout is None else tenacity.stop_after_delay(timeout),
            wait=tenacity.wait_fixed(_LOOK_S),
            retry=tenacity.retry_if_result(lambda now: now.audit_due_at == region.audit_due_at))
        try:
            return looks(self.get_region, region.name)
        except tenacity.RetryError as error:
            now = error.last_attempt.result()
            raise exceptions.ResourceTimeout(
                f'Region {region.name} was not audited after {timeout:g} s; it is {now.state}'
            ) from error

    def adopt_flavors(self, region, **selection):
        """Take flavors that a region has under management; nothing is changed there.

        :param region: name or Region
        :param selection: one of ids (list), name (a pattern of the shell) and all (True); also
            choices (dict of id to 'skip', 'exception' or 'manage'), dry_run and reason
        :returns: dict with region, dry_run, flavors and unreachable_regions
        """
        return self.post(resources.path(resources.Region, region, 'adopt'),
                         json=selection).json()['adoption']

    def compare_regions(self, regions):
        """Compare the flavors that regions have now.

        :param regions: list of names
        :returns: dict with regions, flavors and names
        """
        return self.get('/compare', params={'regions': ','.join(regions)}).json()['comparison']
