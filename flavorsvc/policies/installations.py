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

"""Installations: where each flavor stands in each region.

What a rule may refer to: ``flavor_project_id`` and ``region_project_id``, the owners of the two.
"""

import functools

from flavorsvc.policies import base

_ONE = '/v1/installations/{id}'


_rule = functools.partial(base.rule, 'installations')


def rules():
    """Give the rules for installations.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.ANYBODY,
              'List the installations of own flavors and those in own regions.',
              ('GET', '/v1/installations')),
        _rule('list_all', base.READS_EVERYTHING,
              'List the installations of all projects.', ('GET', '/v1/installations')),
        _rule('show',
              f'{base.READS_EVERYTHING} or project_id:%(flavor_project_id)s or {base.OF_REGION}',
              'Know of an installation. For those who may not, it does not exist (404).',
              ('GET', _ONE)),
        _rule('retry', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Try an installation again at once.', ('POST', f'{_ONE}/retry')),
    ]
