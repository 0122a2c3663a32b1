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

"""Flavors and servers as Nova has them: /v2.1/flavors and /v2.1/servers. The defaults are Nova's.

What a rule may refer to: ``project_id`` (the caller's own), and for ``compute_flavors:show``
``is_public``, ``installed`` (whether any region has the flavor) and ``access_project_id`` (the
caller's project, where it is on the access list). For ``compute_servers:show_extra_specs``
``server_project_id``, that of the server; such a rule does not say who may use a server, which its
own Nova does.
"""

import functools

from flavorsvc.policies import base

_FLAVORS = '/v2.1/flavors'
_DETAIL = '/v2.1/flavors/detail'
_ONE = '/v2.1/flavors/{id}'
_EXTRA_SPECS = f'{_ONE}/os-extra_specs'
_EXTRA_SPEC = f'{_ONE}/os-extra_specs/{{key}}'
_ACCESS = f'{_ONE}/os-flavor-access'
_ACTION = f'{_ONE}/action'

_SERVERS = '/v2.1/servers'
_SERVERS_DETAIL = '/v2.1/servers/detail'
_SERVER = '/v2.1/servers/{id}'
_SERVER_ACTION = f'{_SERVER}/action'

_rule = functools.partial(base.rule, 'compute_flavors')
_server_rule = functools.partial(base.rule, 'compute_servers')


def rules():
    """Give the rules for Nova's API.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [*_flavors(), *_servers()]


def _flavors():
    return [
        _rule('list', base.ANYBODY,
              'List the flavors that some region has and that the own project may use.',
              ('GET', _FLAVORS), ('GET', _DETAIL)),
        _rule('list_all', base.READS_EVERYTHING,
              'List all flavors of the catalogue; is_public chooses which.',
              ('GET', _FLAVORS), ('GET', _DETAIL)),
        _rule('show',
              f'{base.READS_EVERYTHING} or (True:%(installed)s and '
              '(True:%(is_public)s or project_id:%(access_project_id)s))',
              'Know of a flavor. For those who may not, it does not exist (404).',
              *(('GET', path) for path in (_ONE, _EXTRA_SPECS, _EXTRA_SPEC, _ACCESS))),
        _rule('show_extra_specs', f'role:reader or {base.READS_EVERYTHING}',
              'See the extra specs of the flavors that one may know of. Since microversion 2.61 '
              'they are in every answer with a flavor, for those who may.',
              ('GET', _EXTRA_SPECS), ('GET', _EXTRA_SPEC), ('GET', _DETAIL), ('GET', _ONE),
              ('POST', _FLAVORS), ('PUT', _ONE)),
        _rule('create', base.MANAGER,
              'Create a flavor. It goes to the default region and those of [compute_api] '
              'install_regions.', ('POST', _FLAVORS)),
        _rule('update', base.MANAGER, 'Change the description of a flavor, in all regions.',
              ('PUT', _ONE)),
        _rule('delete', base.MANAGER, 'Delete a flavor, in all regions.', ('DELETE', _ONE)),
        _rule('create_extra_specs', base.MANAGER, 'Set extra specs of a flavor, in all regions.',
              ('POST', _EXTRA_SPECS)),
        _rule('update_extra_specs', base.MANAGER, 'Set an extra spec of a flavor.',
              ('PUT', _EXTRA_SPEC)),
        _rule('delete_extra_specs', base.MANAGER, 'Remove an extra spec of a flavor.',
              ('DELETE', _EXTRA_SPEC)),
        _rule('show_access', base.MANAGER, 'See which projects may use a flavor.',
              ('GET', _ACCESS)),
        _rule('add_access', base.MANAGER,
              'Let a project use a flavor that is not for everybody.', ('POST', _ACTION)),
        _rule('remove_access', base.MANAGER, 'Take a flavor away from a project.',
              ('POST', _ACTION)),
    ]


def _servers():
    return [
        _server_rule('list', base.ANYBODY,
                     'List servers. Their own Nova decides after this rule, by its own policy.',
                     ('GET', _SERVERS), ('GET', _SERVERS_DETAIL)),
        _server_rule('show', base.ANYBODY, 'Show a server. Its own Nova decides after this rule.',
                     ('GET', _SERVER)),
        _server_rule('update', base.ANYBODY,
                     'Change a server. Its own Nova decides after this rule.', ('PUT', _SERVER)),
        _server_rule('rebuild', base.ANYBODY,
                     'Rebuild a server. Its own Nova decides after this rule.',
                     ('POST', _SERVER_ACTION)),
        _server_rule('show_extra_specs', 'rule:compute_flavors:show_extra_specs',
                     'See the extra specs in the flavor that a server shows since microversion '
                     '2.47, as far as its own Nova shows them.',
                     ('GET', _SERVERS_DETAIL), ('GET', _SERVER), ('PUT', _SERVER),
                     ('POST', _SERVER_ACTION)),
    ]
