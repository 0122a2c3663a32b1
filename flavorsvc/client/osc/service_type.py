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

"""Commands for service types: what services such as redis or mysql need of a flavor."""

from openstack import exceptions as sdk_exceptions
from osc_lib import exceptions
from osc_lib.cli import parseractions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options

_MINIMA = ('min_vcpus', 'min_ram', 'min_disk')


class ListServiceType(base.FlavorsvcCommand, command.Lister):
    """List the service types, with what they need of a flavor.

    RAM is in MiB, disk in GiB. Flavors are the IDs of those that are mapped
    to the type; flavors that satisfy its rule are for it besides.
    """

    def take_action(self, parsed_args):
        return columns.table(columns.SERVICE_TYPE, self.flavorsvc.service_types())


class ShowServiceType(base.FlavorsvcCommand, command.ShowOne):
    """Show a service type.

    RAM is in MiB, disk in GiB. Flavor IDs are those that are mapped to it.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('type', metavar='<type>', help='Name')
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.SERVICE_TYPE_FIELDS,
                              self.flavorsvc.get_service_type(parsed_args.type))


class SetServiceType(base.FlavorsvcCommand, command.Command):
    """Change the rule of a service type, which need not exist yet.

    Flavors of the catalogue that satisfy the rule are for the type, also
    those to come. A rule that requires nothing is satisfied by no flavor.
    What no option is given for stays as it is.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('type', metavar='<type>', help='Name, such as redis')
        for name, metavar, what in (('vcpus', '<number>', 'virtual CPUs'),
                                    ('ram', '<size-mib>', 'MiB of memory'),
                                    ('disk', '<size-gib>', 'GiB of root disk')):
            parser.add_argument(f'--min-{name}', metavar=metavar, type=options.whole,
                                help=f'Least {what}; 0 for any')
        parser.add_argument('--extra-spec', metavar='<key=value>', dest='extra_specs',
                            action=parseractions.KeyValueAction,
                            help='Extra spec that a flavor must have (repeat the option for '
                                 'several)')
        parser.add_argument('--no-extra-spec', action='store_true',
                            help='Require no extra specs but those of --extra-spec')
        return parser

    def take_action(self, parsed_args):
        changes = options.given(parsed_args, _MINIMA)
        if not changes and not parsed_args.extra_specs and not parsed_args.no_extra_spec:
            raise exceptions.CommandError('Nothing to set: name at least one option.')
        rule = {**self._rule(parsed_args.type), **changes}
        kept = {} if parsed_args.no_extra_spec else rule.get('required_extra_specs') or {}
        rule['required_extra_specs'] = {**kept, **(parsed_args.extra_specs or {})}
        self.flavorsvc.set_service_type(
            parsed_args.type, **{name: value for name, value in rule.items() if value})

    def _rule(self, name):
        try:
            found = self.flavorsvc.get_service_type(name)
        except sdk_exceptions.NotFoundException:
            return {}
        return {field: getattr(found, field) for field in (*_MINIMA, 'required_extra_specs')}


class DeleteServiceType(base.FlavorsvcCommand, command.Command):
    """Take away the rules and the mappings of service types; the flavors stay."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('type', metavar='<type>', nargs='+', help='Name')
        return parser

    def take_action(self, parsed_args):
        list(self.each(parsed_args.type, self.flavorsvc.delete_service_type))
