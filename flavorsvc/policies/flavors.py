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

"""Flavors, under their three names: /v1/flavors, /v1/promotedflavors, /v1/openstack_flavors.

What a rule may refer to of the flavor: ``project_id`` (its owner), ``public``, ``promoted``,
``is_public``, and ``access_project_id`` (the caller's project, where it is on the access list).
Where a region matters: ``region_project_id`` (the region's owner).
"""

import functools

from flavorsvc.policies import base

_OWNER = 'project_id:%(project_id)s'
_FLAVORS = '/v1/flavors'
_ONE_FLAVOR = '/v1/flavors/{id}'
_OPENSTACK_FLAVORS = '/v1/openstack_flavors'
_PROMOTED_FLAVORS = '/v1/promotedflavors'
_ONE_PROMOTED_FLAVOR = '/v1/promotedflavors/{id}'
_ONE_OPENSTACK_FLAVOR = '/v1/openstack_flavors/{uuid}'


_rule = functools.partial(base.rule, 'flavors')


def rules():
    """Give the rules for flavors.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _rule('list', base.ANYBODY,
              'List the flavors that are public, promoted or owned by the own project.',
              ('GET', _FLAVORS), ('GET', _OPENSTACK_FLAVORS), ('GET', _PROMOTED_FLAVORS)),
        _rule('list_all', base.READS_EVERYTHING,
              'List the flavors of all projects, published or not.',
              ('GET', _FLAVORS), ('GET', _OPENSTACK_FLAVORS)),
        _rule('show',
              f'{base.READS_EVERYTHING} or {_OWNER} or True:%(public)s or True:%(promoted)s '
              f'or {base.OF_REGION}',
              'Know of a flavor, the region being one that the flavor is in. For those who may '
              'not, it does not exist (404).',
              ('GET', _ONE_FLAVOR), ('GET', _ONE_OPENSTACK_FLAVOR),
              ('GET', _ONE_PROMOTED_FLAVOR)),
        _rule('show_access',
              f'True:%(is_public)s or {base.READS_EVERYTHING} or {_OWNER} '
              'or project_id:%(access_project_id)s',
              'See the extra specs, the properties and the access list of a flavor that only some '
              'projects may use (is_public is false).',
              ('GET', _FLAVORS), ('GET', _ONE_FLAVOR), ('GET', _OPENSTACK_FLAVORS),
              ('GET', _ONE_OPENSTACK_FLAVOR)),
        _rule('create', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Create a flavor. An operator is whose project owns a region.',
              ('POST', _FLAVORS), ('POST', _OPENSTACK_FLAVORS)),
        _rule('update', f'{base.MANAGER} or ({base.OPERATES} and {_OWNER})',
              'Change or publish a flavor.',
              ('PATCH', _ONE_FLAVOR), ('PUT', _ONE_FLAVOR)),
        _rule('replace', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Have a flavor deleted and created again in each region that has it, where Nova can '
              'change it in no other way: on_immutable is replace or replace-if-unused.',
              ('PATCH', _ONE_FLAVOR), ('POST', f'{_ONE_FLAVOR}/install')),
        _rule('promote', base.MANAGER,
              'Create a flavor as promoted, promote one, and change or delete one that is '
              'promoted.',
              ('POST', _FLAVORS), ('PATCH', _ONE_FLAVOR), ('DELETE', _ONE_FLAVOR),
              ('PUT', _ONE_FLAVOR), ('POST', _OPENSTACK_FLAVORS),
              ('DELETE', _ONE_OPENSTACK_FLAVOR), ('POST', _PROMOTED_FLAVORS),
              ('PUT', _ONE_PROMOTED_FLAVOR), ('DELETE', _ONE_PROMOTED_FLAVOR)),
        _rule('delete', f'{base.MANAGER} or ({base.OPERATES} and {_OWNER})',
              'Delete a flavor. It also takes the right to uninstall it from each region that '
              'has it.',
              ('DELETE', _ONE_FLAVOR), ('DELETE', _ONE_OPENSTACK_FLAVOR)),
        _rule('install', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Install a flavor into a region. For "all" regions no region is given to the rule.',
              ('POST', f'{_ONE_FLAVOR}/install'), ('PUT', _ONE_FLAVOR),
              ('POST', f'{_ONE_OPENSTACK_FLAVOR}/register')),
        _rule('uninstall', f'{base.MANAGER} or ({base.OPERATES} and {base.OF_REGION})',
              'Take a flavor out of a region. For "all" regions no region is given to the rule. To '
              'retire a flavor takes this right in each region that has it.',
              ('POST', f'{_ONE_FLAVOR}/uninstall'), ('PATCH', _ONE_FLAVOR)),
    ]
