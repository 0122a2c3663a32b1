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


"""Findings, audits, adoption and comparison, as the service answers them."""

from tests.unit.client import answers

DIFFERS = {'field': 'ram', 'key': None, 'wanted': 2048, 'found': 4096}


class Drift:
    """Where regions do not have what the catalogue says.

    :ivar findings: dict of id to finding
    :ivar slow_audits: whether a region that is to be audited is not
    :ivar audit_errors: dict of region to why it could not be audited
    :ivar adoption: what is told of an adoption
    """

    def __init__(self):
        super().__init__()
        self.findings, self.slow_audits, self.audit_errors = {}, False, {}
        self.adoption = []

    def add_finding(self, name, **fields):
        """Put a finding in, as if an audit had made it."""
        finding = {'id': f'id-of-{name}', 'region': 'RegionOne', 'flavor_id': name,
                   'flavor_name': name, 'kind': 'different', 'differences': [DIFFERS],
                   'state': 'open', 'repairs': 0, **fields}
        self.findings[finding['id']] = finding
        return finding

    def list_findings(self, asked):
        return 200, {'findings': [
            one for one in self.findings.values()
            if all(one[key] == value for key, value in asked.query.items() if key in one)]}

    def show_finding(self, asked):
        if asked.names[0] not in self.findings:
            raise answers.Refusal(404, f'There is no finding {asked.names[0]!r}.')
        return 200, {'finding': self.findings[asked.names[0]]}

    def repair_finding(self, asked):
        finding = self.show_finding(asked)[1]['finding']
        if (asked.body or {}).get('on_immutable', 'refuse') == 'refuse' and finding['differences']:
            raise answers.Refusal(409, 'Nova cannot change ram.')
        self.add(finding['flavor_id'], id=finding['flavor_id'])
        return self.install(finding['flavor_id'], {'regions': [finding['region']]})

    def accept_finding(self, asked):
        finding = self.show_finding(asked)[1]['finding']
        finding.update(accepted_reason=asked.body['reason'],
                       state='accepted' if asked.body['as'] == 'exception' else 'resolved')
        return 200, {'finding': finding}

    def audit(self, asked):
        region = self.get_region(asked.names[0])[1]['region']
        told = {**region, 'audit_due_at': 'now'}
        region.update(audit_due_at='now' if self.slow_audits else 'later',
                      audit_error=self.audit_errors.get(asked.names[0]))
        return 202, {'region': told}

    def adopt(self, asked):
        return 200, {'adoption': {
            'region': asked.names[0], 'dry_run': asked.body.get('dry_run', False),
            'flavors': self.adoption,
            'unreachable_regions': [{'name': 'RegionTwo', 'reason': 'No route.'}]}}

    def compare(self, asked):
        same = {'id': 'a', 'name': 'a', 'verdict': 'same', 'regions': ['RegionOne', 'RegionTwo'],
                'missing_regions': [], 'differences': []}
        values = [{'region': 'RegionOne', 'value': 1}, {'region': 'RegionTwo', 'value': 2}]
        return 200, {'comparison': {
            'regions': [{'name': 'RegionOne', 'flavors': 2, 'reason': None},
                        {'name': 'RegionTwo', 'flavors': 2, 'reason': None},
                        {'name': 'RegionThree', 'flavors': None, 'reason': 'No route.'}],
            'flavors': [same, {**same, 'id': 'b', 'name': 'b', 'verdict': 'different',
                               'differences': [{'field': 'vcpus', 'key': None,
                                                'values': values}]}],
            'names': [{'name': 'c', 'flavors': [{'region': 'RegionOne', 'flavor_id': '1'},
                                                {'region': 'RegionTwo', 'flavor_id': '2'}]}]}}

    DRIFT_ROUTES = (
        ('GET', '/drift', list_findings),
        ('GET', '/drift/([^/]+)', show_finding),
        ('POST', '/drift/([^/]+)/repair', repair_finding),
        ('POST', '/drift/([^/]+)/accept', accept_finding),
        ('POST', '/regions/([^/]+)/audit', audit),
        ('POST', '/regions/([^/]+)/adopt', adopt),
        ('GET', '/compare', compare),
    )
