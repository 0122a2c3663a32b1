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

"""Who may do what, rule by rule."""

from oslo_policy import policy
import pytest

from flavorsvc import conf as options
from flavorsvc import context
from flavorsvc import policies
from flavorsvc.domain import errors


def caller(*roles, project='own', **more):
    return context.RequestContext(roles=list(roles), project_id=project, overwrite=False, **more)


ADMIN = caller('admin', project='zero')
MANAGER = caller('InfrastructureManager', project='zero')
SERVICE = caller('service', project='service')
OPERATOR = caller('member', 'reader')
READER = caller('reader')
NOBODY = caller('member', 'reader', project=None)
SYSTEM = caller('admin', project=None, system_scope='all')
DOMAIN = caller('admin', project=None, domain_id='default')

OWN = {'project_id': 'own'}
OTHERS = {'project_id': 'other'}
OWNERLESS = {'project_id': None}
OWN_REGION = {'region_project_id': 'own'}
OTHERS_REGION = {'region_project_id': 'other'}


@pytest.fixture(scope='module')
def rules():
    return policies.enforcer(options.load_api([], default_config_files=[]))


@pytest.mark.parametrize(('rule', 'target', 'may', 'may_not'), [
    ('flavors:list', OWN, [ADMIN, MANAGER, SERVICE, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('flavors:list_all', OWN, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, NOBODY, SYSTEM]),
    ('flavors:show', OWN, [ADMIN, MANAGER, SERVICE, OPERATOR, READER], [NOBODY, SYSTEM]),
    ('flavors:show', OTHERS, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, NOBODY]),
    ('flavors:show', OWNERLESS, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, NOBODY]),
    ('flavors:show', {**OTHERS, 'public': True}, [OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('flavors:show', {**OTHERS, **OWN_REGION}, [OPERATOR, READER], [NOBODY, SYSTEM]),
    ('flavors:show', {**OTHERS, 'promoted': True}, [OPERATOR, READER, NOBODY], [SYSTEM]),
    ('flavors:show', {**OTHERS, 'public': False, 'promoted': False}, [ADMIN], [OPERATOR]),
    ('flavors:show_access', {**OTHERS, 'is_public': True}, [READER, NOBODY], [SYSTEM]),
    ('flavors:show_access', {**OTHERS, 'is_public': False}, [ADMIN, SERVICE], [READER, NOBODY]),
    ('flavors:show_access', {**OWN, 'is_public': False}, [READER, OPERATOR], [NOBODY]),
    ('flavors:show_access', {**OTHERS, 'is_public': False, 'access_project_id': 'own'},
     [READER, OPERATOR], [NOBODY]),
    ('flavors:create', OWN, [ADMIN, MANAGER], [SERVICE, OPERATOR, READER, NOBODY, SYSTEM]),
    ('flavors:create', {**OWN, **OWN_REGION}, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER]),
    ('flavors:update', OWN, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY, DOMAIN]),
    ('flavors:update', OTHERS, [ADMIN, MANAGER], [OPERATOR, SERVICE]),
    ('flavors:update', OWNERLESS, [ADMIN, MANAGER], [OPERATOR, NOBODY]),
    ('flavors:promote', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE]),
    ('flavors:delete', OWN, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY]),
    ('flavors:delete', OTHERS, [ADMIN, MANAGER], [OPERATOR]),
    ('flavors:install', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY]),
    ('flavors:install', OTHERS_REGION, [ADMIN, MANAGER], [OPERATOR]),
    ('flavors:install', {}, [ADMIN, MANAGER], [OPERATOR, NOBODY]),
    ('flavors:uninstall', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER]),
    ('flavors:uninstall', {'region_project_id': None}, [ADMIN, MANAGER], [OPERATOR, NOBODY]),
    ('flavors:replace', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY]),
    ('flavors:replace', OTHERS_REGION, [ADMIN, MANAGER], [OPERATOR]),
    ('flavors:replace', {}, [ADMIN, MANAGER], [OPERATOR, NOBODY]),
    ('installations:list', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM]),
    ('installations:list_all', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER]),
    ('installations:show', {'flavor_project_id': 'own'}, [ADMIN, SERVICE, OPERATOR, READER],
     [NOBODY]),
    ('installations:show', OWN_REGION, [ADMIN, SERVICE, OPERATOR, READER], [NOBODY]),
    ('installations:show', {'flavor_project_id': None, 'region_project_id': None},
     [ADMIN, SERVICE], [OPERATOR, NOBODY]),
    ('installations:retry', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER]),
    ('installations:retry', {'flavor_project_id': 'own'}, [ADMIN, MANAGER], [OPERATOR]),
    ('regions:list', {}, [ADMIN, READER, NOBODY], [SYSTEM]),
    ('regions:show', OTHERS, [ADMIN, READER, NOBODY], [SYSTEM]),
    ('regions:update', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER]),
    ('regions:audit', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER]),
    ('regions:audit', OTHERS_REGION, [ADMIN, MANAGER], [OPERATOR]),
    ('regions:adopt', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER]),
    ('regions:compare', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM]),
    ('regions:compare_all', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER]),
    ('drift:list', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM]),
    ('drift:list_all', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER]),
    ('drift:show', OWN_REGION, [ADMIN, SERVICE, OPERATOR, READER], [NOBODY]),
    ('drift:show', {'flavor_project_id': 'own'}, [ADMIN, SERVICE, OPERATOR, READER], [NOBODY]),
    ('drift:show', {'region_project_id': None}, [ADMIN, SERVICE], [OPERATOR, NOBODY]),
    *((f'drift:{action}', OWN_REGION, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY])
      for action in ('repair', 'accept')),
    *((f'drift:{action}', OTHERS_REGION, [ADMIN, MANAGER], [OPERATOR])
      for action in ('repair', 'accept')),
    *((f'plans:{action}', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, NOBODY, SYSTEM])
      for action in ('list', 'show')),
    *((f'plans:{action}', {}, [ADMIN, MANAGER], [SERVICE, OPERATOR, READER, NOBODY, SYSTEM])
      for action in ('create', 'apply')),
    ('regions:forget', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER]),
    ('infrastructures:create', OWN, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY, SYSTEM]),
    ('infrastructures:delete', OWN, [ADMIN, MANAGER, OPERATOR], [SERVICE, READER, NOBODY]),
    ('infrastructures:delete', OTHERS, [ADMIN, MANAGER], [OPERATOR, READER]),
    ('infrastructures:delete', OWNERLESS, [ADMIN, MANAGER], [OPERATOR, NOBODY]),
    ('infrastructures:force', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER]),
    *((f'private_flavors:{action}', OWN, [ADMIN, SERVICE, OPERATOR, READER, NOBODY],
       [SYSTEM, DOMAIN]) for action in ('list', 'show', 'create', 'update', 'delete')),
    ('compute_flavors:list', OWN, [ADMIN, SERVICE, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('compute_flavors:list_all', OWN, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, SYSTEM]),
    ('compute_flavors:show', {'is_public': True, 'installed': True},
     [ADMIN, SERVICE, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('compute_flavors:show', {'is_public': True, 'installed': False},
     [ADMIN, MANAGER, SERVICE], [OPERATOR, READER]),
    ('compute_flavors:show', {'is_public': False, 'installed': True}, [ADMIN, SERVICE],
     [OPERATOR, READER, NOBODY]),
    ('compute_flavors:show', {'is_public': False, 'installed': True, 'access_project_id': 'own'},
     [OPERATOR, READER], [NOBODY]),
    ('compute_flavors:show_extra_specs', OWN, [ADMIN, MANAGER, SERVICE, OPERATOR, READER],
     [SYSTEM, caller('member')]),
    *((f'compute_flavors:{action}', OWN, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, SYSTEM])
      for action in ('create', 'update', 'delete', 'create_extra_specs', 'update_extra_specs',
                     'delete_extra_specs', 'show_access', 'add_access', 'remove_access')),
    *((f'compute_servers:{action}', OWN, [ADMIN, SERVICE, OPERATOR, READER, NOBODY],
       [SYSTEM, DOMAIN]) for action in ('list', 'show', 'update', 'rebuild')),
    ('compute_servers:show_extra_specs', {**OWN, 'server_project_id': 'other'},
     [ADMIN, MANAGER, SERVICE, OPERATOR, READER], [SYSTEM, caller('member')]),
    ('service_types:list', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('service_types:show', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('service_types:update', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, SYSTEM]),
    ('service_types:delete', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, SYSTEM]),
    ('service_flavors:list', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('service_flavors:list_all', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, SYSTEM]),
    ('service_flavors:create', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, NOBODY]),
    ('service_flavors:delete', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, NOBODY]),
    ('registered_flavors:list', {}, [ADMIN, OPERATOR, READER, NOBODY], [SYSTEM, DOMAIN]),
    ('registered_flavors:list_all', {}, [ADMIN, MANAGER, SERVICE], [OPERATOR, READER, SYSTEM]),
    ('registered_flavors:create', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, NOBODY]),
    ('registered_flavors:delete', {}, [ADMIN, MANAGER], [OPERATOR, SERVICE, READER, NOBODY]),
])
def test_who_may(rules, rule, target, may, may_not):
    assert [policies.allowed(rules, ctxt, rule, target) for ctxt in may] == [True] * len(may)
    assert [policies.allowed(rules, ctxt, rule, target) for ctxt in may_not] == (
        [False] * len(may_not))


def test_every_rule_is_tried_above():
    tried = {mark[0] for mark in test_who_may.pytestmark[0].args[1]}
    assert tried == {rule.name for rule in policies.list_rules() if ':' in rule.name}


def test_the_refusal_names_the_rule_and_the_reason(rules):
    with pytest.raises(errors.Forbidden) as raised:
        policies.enforce(rules, READER, 'flavors:promote', OWN, because='Ask the manager.')
    assert raised.value.reason == (
        'Policy does not allow flavors:promote for this token. Ask the manager.')


def test_a_rule_that_nobody_defined_is_a_mistake(rules):
    with pytest.raises(policy.PolicyNotRegistered):
        policies.allowed(rules, ADMIN, 'flavors:paint', OWN)


def test_the_deployer_names_the_manager(tmp_path):
    path = tmp_path / 'api.conf'
    path.write_text('[policy]\nmanager_role = Boss\n')
    rules = policies.enforcer(options.load_api(['--config-file', str(path)]))
    assert policies.allowed(rules, caller('Boss'), 'flavors:promote', OWN)
    assert not policies.allowed(rules, MANAGER, 'flavors:promote', OWN)


def test_the_deployer_overrides_a_rule(tmp_path):
    (tmp_path / 'policy.yaml').write_text('"flavors:promote": "role:reader"\n')
    path = tmp_path / 'api.conf'
    path.write_text(f'[oslo_policy]\npolicy_file = {tmp_path}/policy.yaml\n')
    rules = policies.enforcer(options.load_api(['--config-file', str(path)]))
    assert policies.allowed(rules, READER, 'flavors:promote', OWN)
    assert not policies.allowed(rules, ADMIN, 'flavors:promote', OWN)


def test_every_rule_says_what_it_is_for_and_whose_tokens_it_takes():
    for rule in policies.list_rules():
        assert rule.description
        if ':' in rule.name:
            assert rule.operations
            assert rule.scope_types == ['project']
