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

"""Commands for installations: where each flavor stands in each region."""

from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting

_STATUSES = ('pending', 'installing', 'uninstalling', 'active', 'retrying', 'error')
_SORT_KEYS = ('created_at', 'updated_at', 'status')


class ListInstallation(base.FlavorsvcCommand, command.Lister):
    """List where flavors stand in regions.

    Status is active when the region has the flavor as the catalogue says,
    retrying when the last try failed and another will come, and error when
    somebody has to decide something; the reason says what.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--flavor', metavar='<flavor>',
                            help='Only those of this flavor (ID or name)')
        parser.add_argument('--region', metavar='<region>', help='Only those in this region')
        parser.add_argument('--status', choices=_STATUSES, help='Only those of this status')
        parser.add_argument('--long', action='store_true',
                            help='Show more fields, with the words of the region')
        options.add_list_options(parser, _SORT_KEYS)
        return parser

    def take_action(self, parsed_args):
        query = options.given(parsed_args, ('region', 'status'))
        if parsed_args.flavor:
            query['flavor'] = self.flavorsvc.find_flavor(parsed_args.flavor).id
        found = options.listed(parsed_args, self.flavorsvc.installations, **query)
        shown = columns.INSTALLATION + (columns.INSTALLATION_LONG if parsed_args.long else ())
        return columns.table(shown, found)


class ShowInstallation(base.FlavorsvcCommand, command.ShowOne):
    """Show where a flavor stands in a region."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('installation', metavar='<installation>', help='ID')
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.INSTALLATION_FIELDS,
                              self.flavorsvc.get_installation(parsed_args.installation))


class RetryInstallation(base.FlavorsvcCommand, command.Lister):
    """Try installations again at once.

    For those whose status is error, after the reason was seen to; and for
    those that are retrying, when the next try should not be waited for.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('installation', metavar='<installation>', nargs='*', help='ID(s)')
        parser.add_argument('--all-failed', action='store_true',
                            help='All whose status is error')
        waiting.add_wait_options(parser, 'none of them has anything left to do')
        return parser

    def take_action(self, parsed_args):
        if bool(parsed_args.installation) == parsed_args.all_failed:
            raise exceptions.CommandError('Name either installations or --all-failed.')
        wanted = parsed_args.installation
        if parsed_args.all_failed:
            wanted = [one.id for one in self.flavorsvc.installations(status='error')]
        found = list(self.each(wanted, self.flavorsvc.retry_installation))
        if parsed_args.wait:
            found = waiting.follow(self, found, parsed_args.timeout)
        return columns.table(columns.INSTALLATION, found)
