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

"""Service types and the flavors for them. No rule refers to anything of its object."""

import functools

from flavorsvc.policies import base

_TYPE = '/v1/service_types/{type}'

_types = functools.partial(base.rule, 'service_types')
_flavors = functools.partial(base.rule, 'service_flavors')
_registered = functools.partial(base.rule, 'registered_flavors')


def rules():
    """Give the rules for service types and the flavors for them.

    :returns: list of oslo_policy.policy.DocumentedRuleDefault
    """
    return [
        _types('list', base.ANYBODY, 'List the service types.', ('GET', '/v1/service_types')),
        _types('show', base.ANYBODY, 'Show a service type and its rule.', ('GET', _TYPE)),
        _types('update', base.MANAGER, 'Give a service type a rule.', ('PUT', _TYPE)),
        _types('delete', base.MANAGER, 'Take away the rule and the mappings of a service type.',
               ('DELETE', _TYPE)),
        _flavors('list', base.ANYBODY,
                 'List the flavors for service types; not those that the own project may not use, '
                 'nor those that only match a rule and that it may not see in the catalogue.',
                 *_both('GET', 'flavors', '{types}')),
        _flavors('list_all', base.READS_EVERYTHING,
                 'List the flavors for service types, whoever may use them.',
                 *_both('GET', 'flavors', '{types}')),
        _flavors('create', base.MANAGER,
                 'Create a flavor for service types, or register one that exists.',
                 *_both('POST', 'flavors', '{types}'),
                 ('POST', '/v1/Flavors/{types}/{definition}')),
        _flavors('delete', base.MANAGER,
                 'Take flavors away from service types, and delete those flavors.',
                 *_both('DELETE', 'flavors', '{ids}'),
                 *_both('DELETE', 'flavors', '{types}/{ids}')),
        _registered('list', base.ANYBODY,
                    'List the flavors that are mapped to service types, as service_flavors:list.',
                    *_both('GET', 'registered', '{types}')),
        _registered('list_all', base.READS_EVERYTHING,
                    'List the flavors that are mapped to service types, whoever may use them; see '
                    'their ids in the service types.',
                    *_both('GET', 'registered', '{types}'),
                    ('GET', '/v1/service_types'), ('GET', _TYPE)),
        _registered('create', base.MANAGER, 'Map flavors that a region has to service types.',
                    *_both('POST', 'registered', '{types}/{ids}')),
        _registered('delete', base.MANAGER, 'Take flavors away from service types.',
                    *_both('DELETE', 'registered', '{types}/{ids}')),
    ]


def _both(method, resource, path):
    """Give a route under both of its names."""
    names = {'flavors': ('service_flavors', 'Flavors'),
             'registered': ('registered_flavors', 'RegisteredFlavors')}[resource]
    return [(method, f'/v1/{name}/{path}') for name in names]
