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

"""Commands for flavors that are described by what the hardware of composed nodes offers."""

import json

from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import several


class CreateOpenStackFlavor(base.FlavorsvcCommand, command.ShowOne):
    """Put a flavor with properties of the hardware into the catalogue."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>', help='Name of the flavor')
        options.add_sizes(parser, {'vcpus': 1, 'ram': 256, 'disk': 0})
        parser.add_argument('--description', metavar='<description>',
                            help='What people should know about the flavor')
        options.add_key_values(
            parser, '--property',
            'Property such as cpu_arch=x86_64, cpu_speed_mhz=2400 or memory_speed_mhz=3200; '
            'numbers, true and false count as such (repeat the option for several)')
        return parser

    def take_action(self, parsed_args):
        fields = options.given(parsed_args, ('name', *options.SIZES, 'description'))
        fields['properties'] = {
            key: _typed(value) for key, value in (parsed_args.properties or {}).items()}
        return columns.record(columns.OPENSTACK_FLAVOR_FIELDS,
                              self.flavorsvc.create_openstack_flavor(**fields))


def _typed(text):
    """Return a number or a truth value where a text is one, else the text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text


class ListOpenStackFlavor(base.FlavorsvcCommand, command.Lister):
    """List the flavors with properties of the hardware.

    RAM is in MiB, disk in GiB. Extra specs are what Nova gets for the properties.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--name', metavar='<name>', help='Only the one of this name')
        parser.add_argument('--region', metavar='<region>',
                            help='Only those installed in this region')
        options.add_list_options(parser, options.FLAVOR_SORT_KEYS)
        return parser

    def take_action(self, parsed_args):
        found = options.listed(parsed_args, self.flavorsvc.openstack_flavors,
                               **options.given(parsed_args, ('name', 'region')))
        return columns.table(columns.OPENSTACK_FLAVOR, found)


class ShowOpenStackFlavor(base.FlavorsvcCommand, command.ShowOne):
    """Show a flavor with properties of the hardware."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser)
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.OPENSTACK_FLAVOR_FIELDS,
                              self.flavorsvc.find_openstack_flavor(parsed_args.flavor))


class DeleteOpenStackFlavor(several.DeleteFlavors):
    """Delete flavors with properties of the hardware.

    A flavor that is installed is uninstalled everywhere first, and disappears
    from the catalogue when the last region has lost it.
    """

    def delete(self, name):
        return self.flavorsvc.delete_openstack_flavor(self.flavorsvc.find_openstack_flavor(name))


class RegisterOpenStackFlavor(several.ChangeRegions):
    """Create flavors with properties of the hardware in Nova.

    Without --region or --all in the default region of the service.
    """

    until = 'the regions have the flavors'
    needs_regions = False

    def ask(self, name, regions, parsed_args):
        flavor = self.flavorsvc.find_openstack_flavor(name)
        return self.flavorsvc.register_openstack_flavor(flavor, regions)
