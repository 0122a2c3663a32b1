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

"""Who may do what: rules in code, one module a resource, and the way to ask them."""

from oslo_policy import policy

from flavorsvc.domain import errors
from flavorsvc.policies import base
from flavorsvc.policies import compute
from flavorsvc.policies import drift
from flavorsvc.policies import flavors
from flavorsvc.policies import infrastructures
from flavorsvc.policies import installations
from flavorsvc.policies import plans
from flavorsvc.policies import private_flavors
from flavorsvc.policies import regions
from flavorsvc.policies import service_types


def list_rules(manager_role='InfrastructureManager'):
    """Give all rules; also the entry point for oslo.policy's generators.

    :param manager_role: str, the Keystone role that may do everything besides admin
    :returns: list of oslo_policy.policy.RuleDefault
    """
    return [*base.rules(manager_role), *compute.rules(), *drift.rules(), *flavors.rules(),
            *infrastructures.rules(), *installations.rules(), *plans.rules(),
            *private_flavors.rules(), *regions.rules(), *service_types.rules()]


def enforcer(conf):
    """Make the enforcer of one application.

    :param conf: oslo_config.cfg.ConfigOpts; ``[oslo_policy]`` names the deployer's own rules
    :returns: oslo_policy.policy.Enforcer
    """
    made = policy.Enforcer(conf)
    made.register_defaults(list_rules(conf.policy.manager_role))
    return made


def allowed(rules, ctxt, rule, target):
    """Tell whether the caller may do something.

    :param rules: oslo_policy.policy.Enforcer
    :param ctxt: flavorsvc.context.RequestContext
    :param rule: str such as 'flavors:update'
    :param target: dict of what the rule may refer to
    :returns: bool
    :raises oslo_policy.policy.PolicyNotRegistered: for a rule that nobody defined
    """
    try:
        enforce(rules, ctxt, rule, target)
    except errors.Forbidden:
        return False
    return True


def enforce(rules, ctxt, rule, target, because=None):
    """Let the caller pass, or refuse.

    :param because: str, a sentence that helps who is refused
    :raises errors.Forbidden: when the rule, or the scope of the token, does not allow it
    """
    # 'project_id:%(project_id)s' compares texts: a token without a project would own whatever
    # has no owner. A key that is missing from the target matches nobody.
    known = {key: value for key, value in target.items() if value is not None}
    try:
        rules.authorize(rule, known, ctxt, do_raise=True)
    except (policy.PolicyNotAuthorized, policy.InvalidScope):
        raise errors.Forbidden(rule, because) from None
