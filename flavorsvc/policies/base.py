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

"""Roles that the rules of the resources are made of."""

from oslo_policy import policy

#: Tokens scoped to a domain or to the system own nothing here, so no rule takes them.
SCOPES = ['project']

MANAGER = 'rule:infrastructure_manager'
READS_EVERYTHING = 'rule:reads_everything'
OPERATES = 'rule:operates'
ANYBODY = '@'
OF_REGION = 'project_id:%(region_project_id)s'


def rules(manager_role):
    """Give the rules that other rules refer to.

    :param manager_role: str, the Keystone role of ``[policy] manager_role``
    :returns: list of oslo_policy.policy.RuleDefault
    """
    return [
        policy.RuleDefault(
            'infrastructure_manager', f'role:admin or role:{manager_role}',
            description='Who runs the whole federation and may do everything.'),
        policy.RuleDefault(
            'reads_everything', f'{MANAGER} or role:service',
            description='Who sees the flavors and installations of every project.'),
        policy.RuleDefault(
            'operates', 'role:member or role:manager',
            description='Who may change what its own project owns, such as an infrastructure '
                        'operator; a reader may not.'),
    ]


def rule(resource, name, check, description, *operations):
    """Make a rule of a resource.

    :param resource: str such as 'flavors'
    :param check: str, who may
    :param operations: (method, path) of each route that asks it
    :returns: oslo_policy.policy.DocumentedRuleDefault
    """
    return policy.DocumentedRuleDefault(
        f'{resource}:{name}', check, description,
        [{'method': method, 'path': path} for method, path in operations], scope_types=SCOPES)
