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


from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting

_KINDS = ('missing', 'different', 'unmanaged')
_STATES = ('open', 'accepted', 'resolved', 'all')


def _add_findings(parser):
    parser.add_argument('finding', metavar='<finding>', nargs='+', help='ID(s)')


class ListDrift(base.FlavorsvcCommand, command.Lister):
    """List where regions do not have what the catalogue says.

    A flavor is missing, different, or unmanaged: then it is there without
    being wanted there.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--region', metavar='<region>', help='Only in this region')
        parser.add_argument('--flavor', metavar='<flavor-id>', help='Only about this flavor (ID)')
        parser.add_argument('--kind', choices=_KINDS, help='Only of this kind')
        parser.add_argument('--state', choices=_STATES, default='open',
                            help='Only of this state (default: %(default)s)')
        parser.add_argument('--long', action='store_true', help='Show more fields')
        options.add_list_options(parser, ('opened_at', 'kind', 'state'))
        return parser

    def take_action(self, parsed_args):
        query = options.given(parsed_args, ('region', 'flavor', 'kind'))
        if parsed_args.state != 'all':
            query['state'] = parsed_args.state
        found = options.listed(parsed_args, self.flavorsvc.findings, **query)
        shown = columns.FINDING + (columns.FINDING_LONG if parsed_args.long else ())
        return columns.table(shown, found)


class ShowDrift(base.FlavorsvcCommand, command.ShowOne):
    """Show in what a region does not have what the catalogue says of a flavor."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('finding', metavar='<finding>', help='ID')
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.FINDING_FIELDS,
                              self.flavorsvc.get_finding(parsed_args.finding))


class RepairDrift(base.FlavorsvcCommand, command.Lister):
    """Have regions agree with the catalogue again."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_findings(parser)
        options.add_on_immutable(parser, 'the region')
        waiting.add_wait_options(parser, 'the regions agree')
        return parser

    def take_action(self, parsed_args):
        asked = self.each(parsed_args.finding, lambda finding: self.flavorsvc.repair_finding(
            finding, parsed_args.on_immutable))
        found = [one for installations in asked for one in installations]
        if parsed_args.wait:
            found = waiting.follow(self, found, parsed_args.timeout)
        return columns.table(columns.INSTALLATION, found)


class AcceptDrift(base.FlavorsvcCommand, command.Lister):
    """Take what regions have for right."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        _add_findings(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument('--as-catalogue', dest='what', action='store_const', const='catalogue',
                          help='Have the catalogue say the same: a flavor that is different is '
                               'changed, one that is missing is not wanted in the region any '
                               'more, and one that is unmanaged is adopted')
        what.add_argument('--as-exception', dest='what', action='store_const', const='exception',
                          help='Have the region differ in this, without being told of it again')
        parser.add_argument('--reason', metavar='<text>', help='Why, for others to read')
        return parser

    def take_action(self, parsed_args):
        found = list(self.each(parsed_args.finding, lambda finding: self.flavorsvc.accept_finding(
            finding, parsed_args.what, parsed_args.reason)))
        return columns.table(columns.FINDING, found)
