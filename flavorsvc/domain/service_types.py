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

"""Service types such as redis or mysql, and which flavors are for them.

A flavor is for a type because someone said so (a mapping), or because the
catalogue has it and it satisfies the type's rule.
"""

#: What a rule asks at least of which field of a flavor.
SIZES = {'min_vcpus': 'vcpus', 'min_ram_mib': 'ram_mib', 'min_disk_gib': 'disk_gib'}

#: The rule of a type that has mappings only.
NO_RULE = {**dict.fromkeys(SIZES), 'required_extra_specs': {}}


def matches(rule, values, extra_specs):
    """Tell whether a flavor satisfies a rule.

    A rule that requires nothing is satisfied by no flavor, rather than by every one: a type
    that somebody only gave a name must not offer what nobody chose for it.

    :param rule: dict with every name of SIZES (int, or None) and required_extra_specs
    :param values: dict, the flavor as it crosses RPC
    :param extra_specs: dict of str to str, what Nova gets for the flavor
    :returns: bool
    """
    least = {field: rule[name] for name, field in SIZES.items() if rule[name]}
    required = rule['required_extra_specs']
    if not least and not required:
        return False
    return (all(values[field] >= minimum for field, minimum in least.items())
            and required.items() <= extra_specs.items())


def merged(*pairs):
    """Join what was mapped with what matched.

    :param pairs: iterables of (service type, flavor id)
    :returns: dict of flavor id to sorted list of its types, each once
    """
    types = {}
    for service_type, flavor_id in (pair for each in pairs for pair in each):
        types.setdefault(flavor_id, set()).add(service_type)
    return {flavor_id: sorted(found) for flavor_id, found in types.items()}


def may_know(project_id, found, values, mapped):
    """Tell whether a project may know that a flavor is for a service type.

    Whom a region's Nova does not let use a flavor has no business with it. What a rule matched
    besides is for those who may see it in the catalogue; a mapping, in contrast, was made by
    someone who wants the flavor offered.

    :param project_id: str, or None for one who sees everything
    :param found: flavor.Spec as the region has it; its projects only count where values is None
    :param values: dict, the flavor of the catalogue, or None
    :param mapped: bool, whether it is mapped and not only matched
    :returns: bool
    """
    if project_id is None or (values is not None and values['project_id'] == project_id):
        return True
    access = found.projects if values is None else values['projects']
    if not found.is_public and project_id not in access:
        return False
    return mapped or values is None or values['public'] or values['promoted']
