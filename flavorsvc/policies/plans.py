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

"""Policy of plans.

A plan is about the whole catalogue: whoever may apply one may change every flavor, whosever it is,
in every region.
"""

import functools

from flavorsvc.policies import base

_ALL, _ONE = '/v1/plans', '/v1/plans/{id}'

_rule = functools.partial(base.rule, 'plans')


def rules():
    """Give the rules for plans.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.READS_EVERYTHING, 'List the plans.', ('GET', _ALL)),
        _rule('show', base.READS_EVERYTHING,
              'See what a plan does, or what became of one that was applied.', ('GET', _ONE)),
        _rule('create', base.MANAGER,
              'Find out what would bring regions to a catalogue. Nothing is changed.',
              ('POST', _ALL)),
        _rule('apply', base.MANAGER,
              'Apply a plan: change the catalogue and all regions as it says.',
              ('POST', f'{_ONE}/apply')),
    ]
