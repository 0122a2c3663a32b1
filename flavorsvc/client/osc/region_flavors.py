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


"""What is done with all flavors that a region has."""

import types

from openstack import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import waiting


class AuditRegion(base.FlavorsvcCommand, command.Lister):
    """Compare what regions have with what the catalogue says; see 'drift list' for what is found.

    Nothing is changed in them unless their drift policy says so.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', nargs='+', help='Name')
        parser.add_argument('--wait', action='store_true', help='Wait until the regions were read')
        parser.add_argument('--timeout', metavar='<seconds>', type=float,
                            default=waiting.DEFAULT_TIMEOUT_S,
                            help='With --wait: give up after so many seconds (default: '
                                 '%(default)s)')
        return parser

    def take_action(self, parsed_args):
        found = list(self.each(parsed_args.region, self.flavorsvc.audit_region))
        if parsed_args.wait:
            found = [self._waited(one, parsed_args.timeout) for one in found]
        return columns.table(columns.AUDIT, found)

    def _waited(self, region, timeout):
        try:
            region = self.flavorsvc.wait_for_audit(region, timeout)
        except exceptions.ResourceTimeout as error:
            self.fail(region.name, error)
            return region
        if region.audit_error:
            self.fail(region.name, region.audit_error)
        return region


class AdoptRegion(base.FlavorsvcCommand, command.Lister):
    """Take flavors that a region has under management, without changing them there.

    Where the catalogue or other regions have another flavor of the same id or
    name, nothing is done unless it is chosen.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', help='Name')
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument('--flavor', metavar='<flavor-id>', dest='ids', action='append',
                           help='This one (repeat the option for several)')
        which.add_argument('--name', metavar='<pattern>',
                           help="Those of such a name; * and ? stand for anything, as in 'm1.*'")
        which.add_argument('--all', action='store_true', help='All that the region has')
        for choice, what in (
                ('manage', 'Take it under management despite conflicts; if it differs from the '
                           'catalogue, that is a finding'),
                ('exception', 'Leave it to the region, and have audits accept that'),
                ('skip', 'Leave it alone')):
            parser.add_argument(f'--{choice}', metavar='<flavor-id>', action='append', default=[],
                                help=f'{what} (repeat the option for several)')
        parser.add_argument('--reason', metavar='<text>', help='Why there are exceptions')
        parser.add_argument('--dry-run', action='store_true', help='Only tell what would be done')
        return parser

    def take_action(self, parsed_args):
        asked = {'ids': parsed_args.ids, 'name': parsed_args.name, 'all': parsed_args.all,
                 'dry_run': parsed_args.dry_run, 'reason': parsed_args.reason, 'choices': {
                     flavor: choice for choice in ('manage', 'exception', 'skip')
                     for flavor in getattr(parsed_args, choice)}}
        told = self.flavorsvc.adopt_flavors(
            parsed_args.region, **{name: value for name, value in asked.items() if value})
        for one in told['unreachable_regions']:
            self.say(f'Conflicts with {one["name"]} are not known: {one["reason"]}')
        for one in told['flavors']:
            if one['result'] == 'conflict':
                self.fail(one['flavor_id'], 'conflict: choose --manage, --exception or --skip')
        return columns.table(columns.ADOPTION, [types.SimpleNamespace(**one)
                                                for one in told['flavors']])


class CompareRegions(base.FlavorsvcCommand, command.Lister):
    """Compare the flavors that regions have now, by ID."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', nargs='+', help='Names of 2 to 20')
        parser.add_argument('--all', action='store_true',
                            help='Show those too that are the same everywhere')
        return parser

    def take_action(self, parsed_args):
        told = self.flavorsvc.compare_regions(parsed_args.region)
        for one in told['regions']:
            if one['reason']:
                self.fail(one['name'], one['reason'])
        for one in told['names']:
            ids = ', '.join(f'{each["flavor_id"]} in {each["region"]}' for each in one['flavors'])
            self.say(f'The name {one["name"]} is that of {ids}')
        return columns.table(columns.COMPARISON, [
            types.SimpleNamespace(**one) for one in told['flavors']
            if parsed_args.all or one['verdict'] != 'same'])
