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

"""Private flavors: those of one region. That region's own Nova decides after these rules."""

import functools

from flavorsvc.policies import base

_rule = functools.partial(base.rule, 'private_flavors')

_COLLECTION = '/v1/regions/{region}/flavors'
_ONE = '/v1/regions/{region}/flavors/{id}'
_SINGULAR = '/v1/region/{region}/flavors/{id}'
_SINGULAR_COLLECTION = '/v1/region/{region}/flavors'


def rules():
    """Give the rules for private flavors.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.ANYBODY, 'List the flavors of a region.',
              ('GET', _COLLECTION), ('GET', _SINGULAR_COLLECTION)),
        _rule('show', base.ANYBODY, 'Show a flavor of a region.',
              ('GET', _ONE), ('GET', _SINGULAR)),
        _rule('create', base.ANYBODY, 'Create a flavor in a region.',
              ('POST', _COLLECTION), ('POST', _SINGULAR_COLLECTION)),
        _rule('update', base.ANYBODY, 'Change a flavor of a region.',
              ('PUT', _ONE), ('PUT', _SINGULAR)),
        _rule('delete', base.ANYBODY, 'Delete a flavor of a region.',
              ('DELETE', _ONE), ('DELETE', _SINGULAR)),
    ]
