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

"""Infrastructures. What a rule may refer to: ``project_id``, who registered it."""

import functools

from flavorsvc.policies import base

_rule = functools.partial(base.rule, 'infrastructures')

_OWNER = f'{base.MANAGER} or ({base.OPERATES} and project_id:%(project_id)s)'
_ONE = '/v1/infrastructures/{name}'


def rules():
    """Give the rules for infrastructures.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('create', _OWNER,
              'Register a cloud that has a Keystone of its own; the own project then owns it as a '
              'region.',
              ('POST', '/v1/infrastructures')),
        _rule('delete', _OWNER, 'Unregister a cloud.', ('DELETE', _ONE)),
        _rule('force', base.MANAGER,
              'Unregister a cloud although flavors are installed in it, which stay there.',
              ('DELETE', _ONE)),
    ]
