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

"""Commands for flavors in the Nova of one region."""

import os

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import config
from openstack import exceptions as sdk_exceptions
from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options

TOKEN_VARIABLE = 'FLAVORSVC_REGION_TOKEN'


class _PrivateFlavorCommand(base.FlavorsvcCommand):
    """Comes before osc_lib's class among the bases."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--region', metavar='<region>', required=True,
                            help='Name of the region')
        parser.add_argument(
            '--region-os-cloud', metavar='<cloud>',
            help='For a region with a Keystone of its own: the cloud in clouds.yaml to get a '
                 f'token of that Keystone with (default: the token in {TOKEN_VARIABLE}, if any)')
        return parser

    def where(self, parsed_args):
        """Return the arguments of the client that say where: the region, and a token of it."""
        return {'region': parsed_args.region,
                'region_token': _region_token(parsed_args.region_os_cloud)}


def _region_token(cloud):
    """Return a token of the Keystone of a region, or None when none was asked for.

    :param cloud: name in clouds.yaml, or None
    :raises osc_lib.exceptions.CommandError: when that cloud gives none
    """
    if cloud is None:
        return os.environ.get(TOKEN_VARIABLE) or None
    try:
        token = config.OpenStackConfig().get_one(cloud=cloud).get_session().get_token()
    except (sdk_exceptions.SDKException, ksa_exceptions.ClientException) as error:
        raise exceptions.CommandError(f'No token of the cloud {cloud}: {error}') from error
    if not token:
        raise exceptions.CommandError(f'The cloud {cloud} has no tokens.')
    return token


class ListPrivateFlavor(_PrivateFlavorCommand, command.Lister):
    """List the public flavors of a region, as its Nova has them.

    RAM and swap are in MiB, disks in GiB.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--long', action='store_true', help='Show more fields')
        return parser

    def take_action(self, parsed_args):
        shown = columns.NOVA_FLAVOR + (columns.PRIVATE_FLAVOR_LONG if parsed_args.long else ())
        return columns.table(shown, self.flavorsvc.private_flavors(**self.where(parsed_args)))


class ShowPrivateFlavor(_PrivateFlavorCommand, command.ShowOne):
    """Show a flavor of a region, as its Nova has it.

    RAM and swap are in MiB, disks in GiB.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser)
        return parser

    def take_action(self, parsed_args):
        found = self.flavorsvc.find_private_flavor(
            name_or_id=parsed_args.flavor, **self.where(parsed_args))
        return columns.record(columns.PRIVATE_FLAVOR_FIELDS, found)


class CreatePrivateFlavor(_PrivateFlavorCommand, command.ShowOne):
    """Create a flavor in one region only; the catalogue does not know of it."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>', help='Name of the flavor')
        parser.add_argument('--id', metavar='<id>',
                            help='ID of the flavor (default: one that Nova chooses)')
        options.add_nova_fields(parser, options.NEW_SIZES)
        options.add_key_values(parser, '--property',
                               'Extra spec to set (repeat the option for several)')
        return parser

    def take_action(self, parsed_args):
        fields = options.given(parsed_args, ('name', 'id', *options.NOVA_FIELDS))
        if parsed_args.properties:
            fields['extra_specs'] = parsed_args.properties
        created = self.flavorsvc.create_private_flavor(**self.where(parsed_args), **fields)
        return columns.record(columns.PRIVATE_FLAVOR_FIELDS, created)


class SetPrivateFlavor(_PrivateFlavorCommand, command.Command):
    """Change the description and the extra specs of a flavor of a region.

    Nova can change nothing else. Flavors of the catalogue are changed there:
    see 'openstack flavorsvc flavor set'.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser)
        parser.add_argument('--description', metavar='<description>',
                            help='What people should know about the flavor')
        options.add_extra_spec_changes(parser)
        return parser

    def take_action(self, parsed_args):
        where = self.where(parsed_args)
        fields = options.given(parsed_args, ('description',))
        if not fields and not options.changes_extra_specs(parsed_args):
            raise exceptions.CommandError('Nothing to set: name at least one option.')
        flavor = self.flavorsvc.find_private_flavor(name_or_id=parsed_args.flavor, **where)
        if options.changes_extra_specs(parsed_args):
            fields['extra_specs'] = options.changed_extra_specs(parsed_args, flavor)
        self.flavorsvc.update_private_flavor(flavor=flavor, **where, **fields)


class DeletePrivateFlavor(_PrivateFlavorCommand, command.Command):
    """Delete flavors of a region.

    Flavors of the catalogue are uninstalled instead: see 'openstack
    flavorsvc flavor uninstall'.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser, several=True)
        return parser

    def take_action(self, parsed_args):
        where = self.where(parsed_args)
        list(self.each(parsed_args.flavor, lambda name: self.flavorsvc.delete_private_flavor(
            flavor=self.flavorsvc.find_private_flavor(name_or_id=name, **where), **where)))
