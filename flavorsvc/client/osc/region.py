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

"""Commands for regions."""

from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options

_POLICIES = ('ignore', 'report', 'repair-safe', 'repair-all')


class ListRegion(base.FlavorsvcCommand, command.Lister):
    """List the regions that flavors can be installed into."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('--state', choices=('up', 'slow', 'down', 'unknown', 'gone'),
                            help='Only those of this state')
        options.add_list_options(parser, ('name', 'state'))
        return parser

    def take_action(self, parsed_args):
        found = options.listed(parsed_args, self.flavorsvc.regions,
                               **options.given(parsed_args, ('state',)))
        return columns.table(columns.REGION, found)


class ShowRegion(base.FlavorsvcCommand, command.ShowOne):
    """Show a region."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', help='Name')
        return parser

    def take_action(self, parsed_args):
        return columns.record(columns.REGION_FIELDS,
                              self.flavorsvc.get_region(parsed_args.region))


class SetRegion(base.FlavorsvcCommand, command.Command):
    """Change how a region is treated."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', help='Name')
        options.add_project(parser, 'Project (name or ID) that owns the region: its members may '
                                    'install flavors there')
        parser.add_argument('--no-project', action='store_true', help='Let nobody own the region')
        parser.add_argument('--max-concurrency', metavar='<number>', type=int,
                            help='How many installations the service works on in the region at a '
                                 'time')
        parser.add_argument('--no-max-concurrency', action='store_true',
                            help='Work on as many as in other regions')
        policy = parser.add_mutually_exclusive_group()
        policy.add_argument('--drift-policy', choices=_POLICIES,
                            help='What is done about drift: nothing unless asked (ignore), record '
                                 'it (report), create what is missing and put right what Nova can '
                                 'change (repair-safe), or also delete and create (repair-all)')
        policy.add_argument('--no-drift-policy', action='store_true',
                            help='Do as in other regions')
        maintenance = parser.add_mutually_exclusive_group()
        maintenance.add_argument('--maintenance', action='store_true', default=None,
                                 help='Leave the region alone; what is asked for is done after '
                                      'the maintenance. What is in progress is finished (see '
                                      '"in_progress" of "region show")')
        maintenance.add_argument('--no-maintenance', action='store_false', dest='maintenance',
                                 default=None, help='End the maintenance')
        parser.add_argument('--maintenance-reason', metavar='<text>',
                            help='Why, for those who wait for the region')
        return parser

    def take_action(self, parsed_args):
        changes = options.given(parsed_args, ('max_concurrency', 'drift_policy', 'maintenance',
                                              'maintenance_reason'))
        if parsed_args.project:
            changes['project_id'] = base.project_id(
                self.app.client_manager, parsed_args.project, parsed_args.project_domain)
        elif parsed_args.no_project:
            changes['project_id'] = None
        if parsed_args.no_max_concurrency:
            changes.setdefault('max_concurrency', None)
        if parsed_args.no_drift_policy:
            changes['drift_policy'] = None
        if not changes:
            raise exceptions.CommandError('Nothing to set: name at least one option.')
        self.flavorsvc.update_region(parsed_args.region, **changes)


class DeleteRegion(base.FlavorsvcCommand, command.Command):
    """Forget regions that have left Keystone's catalogue, and all that was asked for there."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('region', metavar='<region>', nargs='+', help='Name')
        return parser

    def take_action(self, parsed_args):
        list(self.each(parsed_args.region, self.flavorsvc.delete_region))
