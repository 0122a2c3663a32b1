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


"""Policy of findings of audits.

What a rule may refer to: ``region_project_id``, the owner of the region, and ``flavor_project_id``,
that of the catalogue's flavor, unless the finding is about one that the catalogue does not want
there.
"""

import functools

from flavorsvc.policies import base

_ONE = '/v1/drift/{id}'
_OPERATES_REGION = f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})'


_rule = functools.partial(base.rule, 'drift')


def rules():
    """Give the rules for findings.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.ANYBODY, 'List the findings in own regions and about own flavors.',
              ('GET', '/v1/drift')),
        _rule('list_all', base.READS_EVERYTHING, 'List the findings of all regions.',
              ('GET', '/v1/drift')),
        _rule('show',
              f'{base.READS_EVERYTHING} or {base.OF_REGION} or project_id:%(flavor_project_id)s',
              'Know of a finding. For those who may not, it does not exist (404).',
              ('GET', _ONE)),
        _rule('repair', _OPERATES_REGION, 'Have a region agree with the catalogue again.',
              ('POST', f'{_ONE}/repair')),
        _rule('accept', _OPERATES_REGION,
              'Take what a region has for right. For the catalogue to say it too, it takes the '
              'right to do that: flavors:uninstall for what is missing, flavors:update for what '
              'is different, regions:adopt for what is unmanaged.',
              ('POST', f'{_ONE}/accept')),
    ]
