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

"""Options that several commands have."""

import argparse
import itertools

from osc_lib import exceptions
from osc_lib.cli import parseractions

FLAVOR_SORT_KEYS = ('name', 'id', 'vcpus', 'ram', 'disk', 'created_at', 'updated_at')
SIZES = ('vcpus', 'ram', 'disk', 'ephemeral', 'swap')
#: What a new flavor has unless told otherwise, as with 'openstack flavor create'
NEW_SIZES = {'vcpus': 1, 'ram': 256, 'disk': 0, 'ephemeral': 0, 'swap': 0}
#: What Nova cannot change in a flavor that exists
FIXED = ('name', *SIZES, 'rxtx_factor', 'is_public')
#: The fields of :func:`add_nova_fields`
NOVA_FIELDS = (*SIZES, 'rxtx_factor', 'description', 'is_public')


def add_flavor(parser, several=False):
    """Add the argument that names one flavor, or several."""
    parser.add_argument('flavor', metavar='<flavor>', nargs='+' if several else None,
                        help='Flavor(s) (ID or name)' if several else 'Flavor (ID or name)')


def add_on_immutable(parser, where):
    """Add --on-immutable.

    :param where: which regions it is for, as in 'What to do in …'
    """
    parser.add_argument(
        '--on-immutable', choices=('refuse', 'replace-if-unused', 'replace'),
        help=f'What to do in {where}, where Nova can change the flavor only by deleting and '
             f'creating it: refuse (default), replace it where no server uses it and wait '
             f'elsewhere, or replace it in any case')


def add_regions(parser, required):
    """Add --region and --all, which exclude each other; see :func:`regions`."""
    group = parser.add_mutually_exclusive_group(required=required)
    group.add_argument('--region', metavar='<region>', dest='regions', action='append',
                       help='Name of a region (repeat the option for several)')
    group.add_argument('--all', action='store_true', dest='all_regions',
                       help='All regions (for infrastructure managers)')


def regions(parsed_args):
    """Return what the service takes for the options of :func:`add_regions`, or None for none."""
    return 'all' if parsed_args.all_regions else parsed_args.regions


def add_list_options(parser, sort_keys):
    """Add --limit, --marker and --sort; see :func:`listed`.

    :param sort_keys: what the service can sort by
    """
    parser.add_argument('--limit', metavar='<number>', type=_positive,
                        help='Show at most so many (default: all)')
    parser.add_argument('--marker', metavar='<id>',
                        help='Show what comes after the one of this id')
    parser.add_argument('--sort', metavar='<key>[:<direction>]', type=_sort(sort_keys),
                        help=f'Sort by one of {", ".join(sort_keys)}; direction is asc (default) '
                             f'or desc')


def listed(parsed_args, ask, **query):
    """Ask for a list, as the options of :func:`add_list_options` say.

    :param ask: method of the client that lists
    :returns: iterator of resources
    """
    if parsed_args.sort:
        query['sort_key'], query['sort_dir'] = parsed_args.sort
    found = ask(limit=parsed_args.limit, marker=parsed_args.marker, **query)
    # The service may have smaller pages, of which the client would fetch one after the other.
    return itertools.islice(found, parsed_args.limit)


def add_project(parser, help_text, **more):
    """Add --project and --project-domain."""
    parser.add_argument('--project', metavar='<project>', help=help_text, **more)
    parser.add_argument('--project-domain', metavar='<domain>',
                        help='Domain of the project (name or ID), where names repeat')


def add_access(parser):
    """Add --project, repeatable, and --project-domain; see :func:`.base.access`."""
    add_project(parser, 'Project (name or ID) that gets access to a private flavor '
                '(repeat the option for several)', action='append', dest='projects')


def add_sizes(parser, defaults):
    """Add the sizes of a flavor, named as in 'openstack flavor create'.

    :param defaults: dict of name of an option to its default; None leaves what is not given out
    """
    for name, metavar, what in (
            ('vcpus', '<number>', 'Number of virtual CPUs'),
            ('ram', '<size-mib>', 'Memory in MiB'),
            ('disk', '<size-gib>', 'Root disk in GiB'),
            ('ephemeral', '<size-gib>', 'Ephemeral disk in GiB'),
            ('swap', '<size-mib>', 'Swap in MiB')):
        default = defaults.get(name)
        more = '' if default is None else f' (default: {default})'
        parser.add_argument(f'--{name}', metavar=metavar, type=int, default=default,
                            help=what + more)


def add_nova_fields(parser, defaults):
    """Add the options for NOVA_FIELDS. Parameters as of :func:`add_sizes`."""
    add_sizes(parser, defaults)
    parser.add_argument('--rxtx-factor', metavar='<factor>', type=float,
                        help='Share of the network bandwidth, relative to 1.0')
    parser.add_argument('--description', metavar='<description>',
                        help='What people should know about the flavor')
    access = parser.add_mutually_exclusive_group()
    access.add_argument('--public', dest='is_public', action='store_true', default=None,
                        help='All projects of a region may use the flavor (default for a new one)')
    access.add_argument('--private', dest='is_public', action='store_false', default=None,
                        help='Only projects that have access may use the flavor')


def add_extra_spec_changes(parser):
    """Add --property, --unset-property and --no-property; see :func:`changed_extra_specs`."""
    add_key_values(parser, '--property', 'Extra spec to set (repeat the option for several)')
    parser.add_argument('--unset-property', metavar='<key>', action='append', default=[],
                        help='Extra spec to remove (repeat the option for several)')
    parser.add_argument('--no-property', action='store_true',
                        help='Remove all extra specs; those of --property are set after that')


def changes_extra_specs(parsed_args):
    """Tell whether any option of :func:`add_extra_spec_changes` was given."""
    return bool(parsed_args.properties or parsed_args.unset_property or parsed_args.no_property)


def changed_extra_specs(parsed_args, flavor):
    """Return the extra specs that a flavor is to have.

    :raises osc_lib.exceptions.CommandError: for one to remove that it does not have
    """
    kept = {} if parsed_args.no_property else dict(flavor.extra_specs or {})
    for key in parsed_args.unset_property:
        if kept.pop(key, None) is None and not parsed_args.no_property:
            raise exceptions.CommandError(f'{flavor.name} has no extra spec {key!r}.')
    return {**kept, **(parsed_args.properties or {})}


def add_key_values(parser, option, help_text):
    """Add a repeatable option KEY=VALUE, collected in a dict of str to str."""
    parser.add_argument(option, metavar='<key=value>', dest='properties',
                        action=parseractions.KeyValueAction, help=help_text)


def given(parsed_args, names):
    """Return a dict of those options that were given (or have a default)."""
    return {name: getattr(parsed_args, name) for name in names
            if getattr(parsed_args, name) is not None}


def whole(text):
    """Parse a whole number of at least 0, as the type of an option."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least 0')
    return int(text)


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number of at least 1')
    return int(text)


def _sort(keys):
    def parse(text):
        key, _, direction = text.partition(':')
        if key not in keys or direction not in ('', 'asc', 'desc'):
            raise argparse.ArgumentTypeError(
                f'{text!r} is not one of {", ".join(keys)} with :asc or :desc or nothing')
        return key, direction or 'asc'
    return parse
