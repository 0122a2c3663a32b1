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

"""Regions. What a rule may refer to: ``project_id``, the region's owner."""

import functools

from flavorsvc.policies import base

_rule = functools.partial(base.rule, 'regions')


def rules():
    """Give the rules for regions.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.ANYBODY, 'List the regions.', ('GET', '/v1/regions'),
              ('GET', '/v1/nodes')),
        _rule('show', base.ANYBODY, 'Show a region.', ('GET', '/v1/regions/{name}')),
        _rule('update', base.MANAGER,
              'Record who owns a region, how many calls it gets at the same time, what is done '
              'about its drift, and whether it is in maintenance.',
              ('PATCH', '/v1/regions/{name}')),
        _rule('forget', base.MANAGER,
              'Forget a region that has left the service catalogue, and all that was wished there.',
              ('DELETE', '/v1/regions/{name}')),
        _rule('audit', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Have a region audited now. The region is one whose owner is region_project_id.',
              ('POST', '/v1/regions/{region}/audit')),
        _rule('adopt', base.MANAGER,
              'Take flavors that a region has under management.',
              ('POST', '/v1/regions/{region}/adopt')),
        _rule('compare', base.ANYBODY, 'Compare the public flavors that regions have.',
              ('GET', '/v1/compare')),
        _rule('compare_all', base.READS_EVERYTHING,
              'Compare those too that only some projects may use.', ('GET', '/v1/compare')),
    ]
