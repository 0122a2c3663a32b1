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

"""What a flavor is, and which changes of it make sense."""

from collections.abc import Mapping
import dataclasses
import math
import re

from flavorsvc.domain import capabilities
from flavorsvc.domain import errors
from flavorsvc.domain import lifecycle

#: What Nova fixes when it creates a flavor: PUT /flavors/{id} takes a description only (2.55).
IMMUTABLE = ('name', 'vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib', 'swap_mib', 'rxtx_factor',
             'is_public')

#: Those of them that are whole numbers.
SIZES = ('vcpus', 'ram_mib', 'disk_gib', 'ephemeral_gib', 'swap_mib')

#: First microversion of Nova whose flavors have a description.
DESCRIPTION_SINCE = (2, 55)

#: Nova allows these as names of things, and every HTTP client resolves them in a path: a
#: DELETE of the extra spec '..' would reach the flavor itself.
PATHS = frozenset(['.', '..'])

#: The same for ids: GET /flavors/detail is Nova's list of flavors.
_OTHER_URLS = PATHS | {'detail'}

#: What a flavor that is new has where nobody says anything else.
DEFAULTS = {'ephemeral_gib': 0, 'swap_mib': 0, 'rxtx_factor': 1.0, 'description': None,
            'is_public': True, 'extra_specs': {}, 'properties': {}, 'public': False,
            'promoted': False, 'projects': []}

#: What nothing can stand for in a flavor that is new.
NEEDED = ('name', 'vcpus', 'ram_mib', 'disk_gib')

#: What the columns of Nova's database hold at most.
_LARGEST_SIZE, _LONGEST_TEXT, _LONGEST_DESCRIPTION = 2 ** 31 - 1, 255, 65535

#: Characters of the id of a project in Keystone.
_LONGEST_PROJECT_ID = 64

#: What Nova accepts as the id of a new flavor.
_ID = re.compile(r'(?! )[a-zA-Z0-9. _-]{1,255}(?<! )')


@dataclasses.dataclass(frozen=True)
class Spec:
    """A flavor as one region's Nova has it, or is to have it.

    Equality is what convergence aims at: two specs are equal when a user of
    the region could not tell them apart.

    :ivar id: str, what Nova calls flavorid
    :ivar vcpus: int
    :ivar ram_mib: int, MiB
    :ivar disk_gib: int, GiB
    :ivar ephemeral_gib: int, GiB
    :ivar swap_mib: int, MiB
    :ivar is_public: bool, whether all projects of the region may use it
    :ivar description: str, or None
    :ivar extra_specs: mapping of str to str
    :ivar projects: frozenset of project ids that have access; empty when is_public
    """

    id: str
    name: str
    vcpus: int
    ram_mib: int
    disk_gib: int
    ephemeral_gib: int = 0
    swap_mib: int = 0
    rxtx_factor: float = 1.0
    is_public: bool = True
    description: str | None = None
    extra_specs: Mapping[str, str] = dataclasses.field(default_factory=dict)
    projects: frozenset[str] = frozenset()


def is_id(text):
    """Tell whether a Nova can have a flavor of this id: any other must not get into a URL.

    :param text: str
    :returns: bool
    """
    return _ID.fullmatch(text) is not None and text not in _OTHER_URLS


def check_sound(spec):
    """Check that what a region told of a flavor is what a Nova can have.

    Whatever else answered, nothing is to be concluded from it, or stored.

    :raises ValueError: naming the first field that no Nova has so
    """
    extra_specs = {} if spec.extra_specs is None else spec.extra_specs  # one may not know them
    texts = [spec.name, spec.description or '', *extra_specs, *extra_specs.values(),
             *spec.projects]
    for field, is_sound in (
            ('id', isinstance(spec.id, str) and 0 < len(spec.id) <= 255),
            ('texts', all(isinstance(text, str) and '\x00' not in text for text in texts)),
            ('name', 0 < len(spec.name) <= 255),
            ('description', len(spec.description or '') <= _LONGEST_DESCRIPTION),
            ('extra_specs and projects', all(len(text) <= _LONGEST_TEXT for text in (
                *extra_specs, *extra_specs.values(), *spec.projects))),
            ('sizes', all(type(size) is int and 0 <= size <= _LARGEST_SIZE for size in
                          (getattr(spec, name) for name in SIZES))),
            ('rxtx_factor', 0 <= spec.rxtx_factor < math.inf),
            ('is_public', isinstance(spec.is_public, bool))):
        if not is_sound:
            raise ValueError(f'no Nova has such a flavor: {field}')
    ''.join([spec.id, *texts]).encode()  # half a surrogate pair is no text


def is_storable(spec):
    """Tell whether the catalogue can say of a flavor what a region has.

    :returns: bool
    """
    return (is_id(spec.id) and not PATHS & spec.extra_specs.keys()
            and all(0 < len(project) <= _LONGEST_PROJECT_ID for project in spec.projects))


def wanted(values, table, tells_deprecation=False):
    """Tell what a region should have for a flavor of the catalogue.

    :param values: dict, a flavor as it crosses RPC
    :param table: capability table (see :mod:`flavorsvc.domain.capabilities`)
    :param tells_deprecation: bool, whether the description says what of a deprecation is known
    :returns: Spec
    :raises errors.Invalid: when the properties cannot be expressed as extra specs
    """
    described = lifecycle.description(values) if tells_deprecation else values['description']
    return Spec(
        id=values['id'],
        description=described or None,
        extra_specs=extra_specs(values, table),
        projects=frozenset() if values['is_public'] else frozenset(values['projects']),
        **{name: values[name] for name in IMMUTABLE})


def extra_specs(values, table):
    """Join the extra specs that were given with those that properties stand for.

    :returns: dict of str to str
    :raises errors.Invalid: when both say different things about one key
    """
    mapped = capabilities.extra_specs(values['properties'], table)
    for key in sorted(mapped.keys() & values['extra_specs'].keys()):
        if mapped[key] != values['extra_specs'][key]:
            raise errors.Invalid(
                'flavor.extra_specs',
                f'{key} is {values["extra_specs"][key]!r}, but the properties make it '
                f'{mapped[key]!r}')
    return {**values['extra_specs'], **mapped}


def known_extra_specs(values, table):
    """Tell what Nova gets for a flavor that is stored; :func:`extra_specs` is for new ones.

    :returns: dict of str to str
    """
    try:
        return extra_specs(values, table)
    except errors.Invalid:
        # the deployer took a row out of the table that this flavor was made with
        return values['extra_specs']


def known(values, table, tells_deprecation=False):
    """Tell what a region has for a flavor that is stored; :func:`wanted` is for what is to be.

    :returns: Spec
    """
    extra_specs = known_extra_specs(values, table)
    return wanted({**values, 'properties': {}, 'extra_specs': extra_specs}, {}, tells_deprecation)


def fit(spec, microversion):
    """Leave out of a spec what a region of this microversion cannot hold.

    :param microversion: (major, minor)
    :returns: Spec
    """
    if microversion < DESCRIPTION_SINCE:
        return dataclasses.replace(spec, description=None)
    return spec


def immutable_differences(one, other):
    """List what Nova could only change by deleting and creating the flavor.

    :returns: dict of field name to (value in one, value in other)
    """
    differences = {name: (getattr(one, name), getattr(other, name)) for name in IMMUTABLE
                   if getattr(one, name) != getattr(other, name)}
    # Nova keeps a float of single precision.
    if math.isclose(one.rxtx_factor, other.rxtx_factor, rel_tol=1e-5):
        differences.pop('rxtx_factor', None)
    return differences


def fixed(values):
    """Give the fixed fields of a flavor.

    :param values: dict, a flavor as it crosses RPC
    :returns: dict of every name of IMMUTABLE to its value
    """
    return {name: values[name] for name in IMMUTABLE}


def has_any(found, installed):
    """Tell whether a flavor has the fixed fields of one of several.

    :param found: Spec
    :param installed: iterable of dicts as :func:`fixed` gives them
    :returns: bool
    """
    return any(not immutable_differences(dataclasses.replace(found, **fixed(each)), found)
               for each in installed)


def changed(before, changes):
    """Reduce changes to those that change anything.

    :param before: dict, the flavor as it is
    :param changes: dict of field name to new value
    :returns: dict
    """
    return {name: value for name, value in changes.items()
            if (sorted(value) != sorted(before[name]) if name == 'projects'
                else value != before[name])}


def in_words(fields):
    """Name fields as callers know them, without their units.

    :param fields: iterable of str such as ``ram_mib``
    :returns: str such as ``ram, vcpus``
    """
    return ', '.join(field.removesuffix('_mib').removesuffix('_gib') for field in sorted(fields))


def check_complete(values):
    """Check that a flavor that is new has what it needs.

    :param values: dict of what was given
    :raises errors.Incomplete: naming all that is missing
    """
    missing = [name for name in NEEDED if name not in values]
    if missing:
        raise errors.Incomplete(*missing)


def check(values, before=None):
    """Check the rules that span several fields of a flavor.

    :param values: dict, the flavor as it would be
    :param before: dict, the flavor as it is, or None for a new one
    :raises errors.Invalid: when the fields contradict each other
    :raises errors.Conflict: when it would be withdrawn from the public
    """
    if before is not None and ((before['public'] and not values['public'])
                               or (before['promoted'] and not values['promoted'])):
        raise errors.Conflict('A flavor cannot be unpublished or unpromoted.')
    if values['id'] in _OTHER_URLS:
        raise errors.Invalid('flavor.id', f'{values["id"]!r} would mean another URL')
    for key in PATHS.intersection(values['extra_specs']):
        raise errors.Invalid('flavor.extra_specs', f'a key {key!r} would mean another URL')
    lifecycle.check(values, before)
    if values['promoted'] and not values['public']:
        raise errors.Invalid('flavor.promoted', 'a flavor cannot be promoted and private')
    if values['is_public'] and values['projects']:
        raise errors.Invalid('flavor.projects',
                             'only a flavor whose is_public is false has an access list')
