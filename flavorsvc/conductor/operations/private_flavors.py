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


"""What can be done with the flavors that only one region has, in its own Nova."""

import dataclasses

from flavorsvc.domain import compare
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor

_CHANGEABLE = ('description', 'extra_specs')
_FIELDS = (*flavor.IMMUTABLE, *_CHANGEABLE)

#: Has Nova choose the id.
_AUTO = 'auto'


def read_all(nova, region):
    """List what everybody in the region may use.

    :param nova: flavorsvc.cloud.nova.Nova, or what does the same
    :param region: str, name of the region
    :returns: list of dict, see :func:`as_dict`
    """
    return [as_dict(spec, region) for spec in nova.list()]


def read(nova, region, flavor_id):
    """Show one flavor.

    :returns: dict, see :func:`as_dict`
    :raises errors.NotFound: when there is none of this id
    """
    return as_dict(_found(nova, flavor_id), region)


def create(nova, region, values):
    """Create a flavor.

    Users must not meet one that lacks what it promises: where Nova refuses the extra specs, the
    flavor is deleted again.

    :param values: dict of field to value; id may be left out for Nova to choose
    :returns: dict, see :func:`as_dict`
    :raises errors.Incomplete: for fields that are missing
    :raises errors.Invalid: for a field that this Nova cannot hold
    :raises failures.Failure: when Nova does not do it
    """
    flavor.check_complete(values)
    given = {name: values[name] for name in _FIELDS if values.get(name) is not None}
    wanted = _normalized(flavor.Spec(id=values.get('id') or _AUTO, **given))
    _check(nova, wanted)
    made = nova.create(dataclasses.replace(wanted, extra_specs={}))
    wanted = dataclasses.replace(made, extra_specs=wanted.extra_specs)
    try:
        _take_steps(nova, wanted, made)
    except failures.Failure:
        nova.do(compare.Delete(made.id))
        raise
    return as_dict(wanted, region)


def update(nova, region, flavor_id, changes, in_catalogue):
    """Change the description and the extra specs of a flavor.

    :param changes: dict of field to new value; extra_specs are all that it is to have
    :param in_catalogue: bool, whether the catalogue wants this flavor in the region
    :returns: dict, see :func:`as_dict`
    :raises errors.NotFound: when there is none of this id
    :raises errors.Conflict: for other fields, or a flavor of the catalogue
    :raises failures.Failure: when Nova does not do it
    """
    found = _found(nova, flavor_id)
    known = {name: changes[name] for name in ('id', *_FIELDS) if name in changes
             and (changes[name] is not None or name in _CHANGEABLE)}
    wanted = _normalized(dataclasses.replace(found, **known))
    fixed = [*flavor.immutable_differences(wanted, found)]
    if wanted.id != found.id:
        fixed.append('id')
    if fixed:
        raise errors.Conflict(f'Nova cannot change {flavor.in_words(fixed)} of a flavor that '
                              f'exists: create another one.')
    if wanted == dataclasses.replace(found, rxtx_factor=wanted.rxtx_factor):
        return as_dict(found, region)
    if in_catalogue:
        raise errors.Conflict(f'The flavor {flavor_id!r} of region {region!r} is one of the '
                              f'catalogue: change it there.')
    _check(nova, wanted)
    _take_steps(nova, wanted, found)
    return as_dict(wanted, region)


def delete(nova, region, flavor_id, in_catalogue):
    """Delete a flavor. Servers that use it keep the copy that Nova stored with them.

    :param in_catalogue: bool, whether the catalogue wants this flavor in the region
    :raises errors.NotFound: when there is none of this id
    :raises errors.Conflict: for a flavor of the catalogue
    :raises failures.Failure: when Nova does not do it
    """
    found = _found(nova, flavor_id)
    if in_catalogue:
        raise errors.Conflict(f'The flavor {flavor_id!r} of region {region!r} is one of the '
                              f'catalogue: uninstall it instead.')
    nova.do(compare.Delete(found.id))


def as_dict(spec, region):
    """Give a flavor of one region as it crosses RPC.

    :param spec: flavor.Spec
    :returns: dict
    """
    return {'id': spec.id, **{name: getattr(spec, name) for name in _FIELDS},
            'extra_specs': dict(spec.extra_specs or {}), 'regions': [region]}


def _found(nova, flavor_id):
    found = nova.show(flavor_id) if flavor.is_id(flavor_id) else None
    if found is None:
        raise errors.NotFound('flavor', flavor_id)
    return _normalized(found)


def _normalized(spec):
    return dataclasses.replace(spec, description=spec.description or None,
                               extra_specs=spec.extra_specs or {})


def _check(nova, wanted):
    """Refuse what would reach something else in Nova's API, or would silently be left out."""
    if not flavor.is_id(wanted.id):
        raise errors.Invalid('flavor.id', 'must be letters, digits, dots, dashes, underscores '
                                          'and spaces between them')
    for key in sorted(flavor.PATHS.intersection(wanted.extra_specs)):
        raise errors.Invalid('flavor.extra_specs', f'a key {key!r} would mean another URL')
    if flavor.fit(wanted, nova.microversion) != wanted:
        version = '.'.join(str(part) for part in nova.microversion)
        raise errors.Invalid('flavor.description', f'the Nova of this region ({version}) is too '
                                                   f'old for it: 2.55 is needed')


def _take_steps(nova, wanted, found):
    for step in compare.steps_to_present(wanted, found):
        nova.do(step)
