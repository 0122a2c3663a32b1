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

"""Commands for the flavors for service types."""

from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting


def _add_types(parser):
    parser.add_argument('type', metavar='<type>', nargs='+',
                        help='Service type(s), such as redis')


def _add_type_option(parser, help_text, **more):
    parser.add_argument('--type', metavar='<type>', dest='types', action='append',
                        help=f'{help_text} (repeat the option for several)', **more)


def _add_ids(parser):
    parser.add_argument('id', metavar='<id>', nargs='+', help='ID of a flavor')


def _add_region(parser):
    parser.add_argument('--region', metavar='<region>',
                        help='Name of a region (default: the default region of the service)')


class _ListFlavor(base.FlavorsvcCommand, command.Lister):

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_types(parser)
        _add_region(parser)
        parser.add_argument('--long', action='store_true', help='Show more fields')
        return parser

    def take_action(self, parsed_args):
        shown = columns.SERVICE_FLAVOR + (columns.SERVICE_FLAVOR_LONG if parsed_args.long else ())
        return columns.table(shown, self.list(parsed_args.type, parsed_args.region))


class ListServiceFlavor(_ListFlavor):
    """List the flavors for any of these service types that a region has.

    Those that are mapped to a type, and those of the catalogue that satisfy
    its rule. RAM and swap are in MiB, disks in GiB.
    """

    def list(self, types, region):
        return self.flavorsvc.service_flavors(types, region)


class ListRegisteredFlavor(_ListFlavor):
    """List the flavors that are mapped to any of these service types and that a region has.

    RAM and swap are in MiB, disks in GiB.
    """

    def list(self, types, region):
        return self.flavorsvc.registered_flavors(types, region)


class CreateServiceFlavor(base.FlavorsvcCommand, command.ShowOne):
    """Create a flavor in a region, and map it to service types.

    A flavor whose ID exists is only mapped, and stays as it is; a new one
    needs a name. Without --wait it may still be under way to the region.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_types(parser)
        _add_region(parser)
        parser.add_argument('--name', metavar='<name>', help='Name of the flavor')
        parser.add_argument('--id', metavar='<id>',
                            help='ID of the flavor in all regions (default: a UUID)')
        options.add_nova_fields(parser, options.NEW_SIZES)
        options.add_access(parser)
        waiting.add_wait_options(parser, 'the region has the flavor')
        return parser

    def take_action(self, parsed_args):
        fields = options.given(parsed_args, ('name', 'id', *options.NOVA_FIELDS))
        fields.update(base.access(self, parsed_args))
        made = self.flavorsvc.create_service_flavor(parsed_args.type, parsed_args.region, **fields)
        if parsed_args.wait:
            self._follow(made, parsed_args)
        return columns.record(columns.SERVICE_FLAVOR_FIELDS, made)

    def _follow(self, made, parsed_args):
        # The flavor may be in other regions, whatever becomes of it there.
        asked = [one for one in self.flavorsvc.installations(flavor=made.id)
                 if one.request_id == made.request_id]
        waiting.follow(self, asked, parsed_args.timeout)


class DeleteServiceFlavor(base.FlavorsvcCommand, command.Command):
    """Take flavors away from all service types, and delete them in all regions.

    With --type they are taken away from these types only, and not deleted.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_ids(parser)
        _add_type_option(parser, 'Service type to take the flavors away from, and no more')
        waiting.add_wait_options(parser, 'the flavors are gone from all regions')
        return parser

    def take_action(self, parsed_args):
        if parsed_args.types:
            self.flavorsvc.unmap_service_flavors(parsed_args.types, parsed_args.id)
            return
        left = [one for removed in self.each(parsed_args.id, self._delete) for one in removed]
        waiting.follow_removal(self, left, parsed_args)

    def _delete(self, flavor_id):
        return self.flavorsvc.delete_service_flavors([flavor_id])


class CreateRegisteredFlavor(base.FlavorsvcCommand, command.Lister):
    """Map flavors that a region has to service types."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_ids(parser)
        _add_type_option(parser, 'Service type to map the flavors to', required=True)
        _add_region(parser)
        return parser

    def take_action(self, parsed_args):
        mapped = self.flavorsvc.create_registered_flavors(
            parsed_args.types, parsed_args.id, parsed_args.region)
        return columns.table(columns.SERVICE_FLAVOR, mapped)


class DeleteRegisteredFlavor(base.FlavorsvcCommand, command.Command):
    """Take flavors away from service types; they stay in the regions."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_ids(parser)
        _add_type_option(parser, 'Service type to take the flavors away from', required=True)
        return parser

    def take_action(self, parsed_args):
        self.flavorsvc.delete_registered_flavors(parsed_args.types, parsed_args.id)
