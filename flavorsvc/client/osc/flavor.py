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

"""Commands for the flavors of the catalogue."""

from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import several

_STATUSES = ('draft', 'active', 'deprecated', 'retired')


def _add_fields(parser, defaults):
    """Add the options that set fields; see :func:`_fields`."""
    options.add_nova_fields(parser, defaults)
    parser.add_argument('--publish', dest='public', action='store_true', default=None,
                        help='Show the flavor to everybody in the catalogue; for good')
    parser.add_argument('--promote', dest='promoted', action='store_true', default=None,
                        help='Recommend the flavor to all regions, and publish it; for good')
    options.add_access(parser)


def _fields(command_, parsed_args):
    """Return the fields that options other than --property were given for."""
    return {**options.given(parsed_args, ('name', *options.NOVA_FIELDS, 'public', 'promoted')),
            **base.access(command_, parsed_args)}


class CreateFlavor(base.FlavorsvcCommand, command.ShowOne):
    """Put a flavor into the catalogue."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>', help='Name of the flavor')
        parser.add_argument('--id', metavar='<id>',
                            help='ID of the flavor in all regions (default: a UUID)')
        parser.add_argument('--draft', dest='status', action='store_const', const='draft',
                            help='Prepare it only: it can be neither installed nor published yet')
        _add_fields(parser, options.NEW_SIZES)
        options.add_key_values(parser, '--property',
                               'Extra spec to set (repeat the option for several)')
        return parser

    def take_action(self, parsed_args):
        fields = _fields(self, parsed_args)
        fields.update(options.given(parsed_args, ('id', 'status')))
        if parsed_args.properties:
            fields['extra_specs'] = parsed_args.properties
        return columns.record(columns.FLAVOR_FIELDS, self.flavorsvc.create_flavor(**fields))


class ListFlavor(base.FlavorsvcCommand, command.Lister):
    """List the flavors of the catalogue.

    RAM and swap are in MiB, disks in GiB. Regions are those where a flavor is active.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--name', metavar='<name>', help='Only the one of this name')
        access = parser.add_mutually_exclusive_group()
        access.add_argument('--public', dest='is_public', action='store_true', default=None,
                            help='Only those that all projects of a region may use')
        access.add_argument('--private', dest='is_public', action='store_false', default=None,
                            help='Only those that need access')
        parser.add_argument('--published', dest='public', action='store_true', default=None,
                            help='Only those published in the catalogue')
        parser.add_argument('--promoted', action='store_true', default=None,
                            help='Only those promoted')
        parser.add_argument('--status', choices=(*_STATUSES, 'deleting'),
                            help='Only those of this status')
        parser.add_argument('--region', metavar='<region>',
                            help='Only those installed in this region')
        parser.add_argument('--long', action='store_true', help='Show more fields')
        options.add_list_options(parser, options.FLAVOR_SORT_KEYS)
        return parser

    def take_action(self, parsed_args):
        found = options.listed(
            parsed_args, self.flavorsvc.flavors,
            **options.given(parsed_args, ('name', 'is_public', 'public', 'promoted', 'status',
                                          'region')))
        shown = columns.FLAVOR + (columns.FLAVOR_LONG if parsed_args.long else ())
        return columns.table(shown, found)


class ShowFlavor(base.FlavorsvcCommand, command.ShowOne):
    """Show a flavor of the catalogue.

    RAM and swap are in MiB, disks in GiB. Regions are those where the flavor is active.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser)
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.FLAVOR_FIELDS,
                              self.flavorsvc.find_flavor(parsed_args.flavor))


class SetFlavor(base.FlavorsvcCommand, command.Command):
    """Change a flavor of the catalogue, and with it in all regions that have it.

    Fails when somebody else changes the flavor at the same time.

    A flavor that is retired leaves each region as soon as no server there
    uses it. With nothing but --on-immutable, the choice is made anew for the
    regions that did not follow an earlier change yet.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser)
        parser.add_argument('--name', metavar='<name>', help='New name')
        _add_fields(parser, {})
        options.add_on_immutable(parser, 'regions that have it')
        parser.add_argument('--status', choices=_STATUSES[1:], help='New status')
        parser.add_argument('--deprecated-on', metavar='<date>',
                            help='Since when, or from when on, it is deprecated, as 2026-11-21 '
                                 '(default for one that becomes deprecated: today)')
        parser.add_argument('--successor', metavar='<flavor>',
                            help='Flavor that is to be used instead (ID or name)')
        parser.add_argument('--deprecation-reason', metavar='<reason>', help='Why')
        options.add_extra_spec_changes(parser)
        parser.add_argument('--no-project', action='store_true',
                            help='Take access away from all projects; those of --project get it '
                                 'after that')
        return parser

    def take_action(self, parsed_args):
        fields = {**_fields(self, parsed_args), **options.given(parsed_args, (
            'on_immutable', 'status', 'deprecated_on', 'deprecation_reason'))}
        flavor = self.flavorsvc.find_flavor(parsed_args.flavor)
        if parsed_args.successor:
            fields['successor'] = self.flavorsvc.find_flavor(parsed_args.successor).id
        if options.changes_extra_specs(parsed_args):
            fields['extra_specs'] = options.changed_extra_specs(parsed_args, flavor)
        if 'projects' in fields or parsed_args.no_project:
            # None has access twice, and those that had it keep it.
            kept = [] if parsed_args.no_project else flavor.projects or []
            fields['projects'] = list(dict.fromkeys([*kept, *fields.get('projects', [])]))
        if not fields:
            raise exceptions.CommandError('Nothing to set: name at least one option.')
        self.flavorsvc.update_flavor(flavor, **fields)


class DeleteFlavor(several.DeleteFlavors):
    """Delete flavors from the catalogue.

    A flavor that is installed is uninstalled everywhere first, and disappears
    from the catalogue when the last region has lost it.
    """

    def delete(self, name):
        return self.flavorsvc.delete_flavor(self.flavorsvc.find_flavor(name))


class InstallFlavor(several.ChangeRegions):
    """Install flavors into regions.

    Shows the installations. Without --wait they are under way:
    'openstack flavorsvc installation list' shows how they get on.
    """

    until = 'the regions have the flavors'

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_on_immutable(parser, 'those of these regions that did not follow a change yet')
        return parser

    def ask(self, name, regions, parsed_args):
        return self.flavorsvc.install_flavor(self.flavorsvc.find_flavor(name), regions,
                                             on_immutable=parsed_args.on_immutable)


class UninstallFlavor(several.ChangeRegions):
    """Uninstall flavors from regions.

    Shows the installations, which disappear when the region has lost the flavor.
    """

    until = 'the regions have lost the flavors'

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--unless-used', action='store_true', default=None,
                            help='Leave it where servers use it, until none do')
        return parser

    def ask(self, name, regions, parsed_args):
        return self.flavorsvc.uninstall_flavor(self.flavorsvc.find_flavor(name), regions,
                                               unless_used=parsed_args.unless_used)
