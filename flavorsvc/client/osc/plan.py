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

"""Plans: what would be done, and doing just that."""

import dataclasses

from openstack import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import catalog
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting


@dataclasses.dataclass(frozen=True)
class _Step:
    """An action in a region, as far as progress is shown of it."""

    region: str
    desired: str
    is_as_desired: bool
    is_settled: bool
    reason: str | None


def _steps(plan):
    return [_Step(each['region'], 'absent' if each['action'] == 'remove' else 'present',
                  each['status'] == 'done', each['status'] != 'under_way', each['error'])
            for each in _asked_for(plan)]


def _asked_for(plan):
    return [each for each in plan.actions if each['region'] and not each['refused']]


class _PlanCommand(base.FlavorsvcCommand, command.ShowOne):
    """Shows one plan, and fails when something in it is refused or failed."""

    def shown(self, plan, is_chosen=lambda action: True):
        """Return what is shown of a plan."""
        chosen = [each for each in plan.actions if is_chosen(each)]
        fields, values = columns.record(columns.PLAN_FIELDS, plan)
        return fields, [columns.Actions(chosen) if field == 'actions' else value
                        for field, value in zip(fields, values, strict=True)]

    def fail_for_refused(self, plan):
        """Have the command fail when not all that would be needed is done."""
        refused = plan.summary['refused']
        if refused:
            number = '1 action is' if refused == 1 else f'{refused} actions are'
            self.fail(f'Plan {plan.id}', f'{number} refused')


class CreatePlan(_PlanCommand):
    """Show what would bring regions to the flavors of a file, without changing anything.

    The file is like that of "catalog import", and says what the catalogue is
    to be; fields that it does not name stay as they are. Without a file it is
    what the catalogue says already, in the regions where it says so: then the
    plan is what puts them right.

    The exit status is 0 when nothing that would be needed is refused.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('file', metavar='<file>', nargs='?',
                            help='File to read (- for stdin)')
        options.add_regions(parser, required=True)
        parser.add_argument(
            '--prune', action='store_true',
            help='Remove flavors of the service that the file does not have from the regions; if '
                 'those are all, also from the catalogue')
        options.add_on_immutable(parser, 'the regions')
        return parser

    def take_action(self, parsed_args):
        attrs = options.given(parsed_args, ('on_immutable',))
        if parsed_args.file:
            attrs['flavors'] = catalog.read(self, parsed_args.file)
        if parsed_args.prune:
            attrs['prune'] = True
        plan = self.flavorsvc.create_plan(options.regions(parsed_args), **attrs)
        self.fail_for_refused(plan)
        if plan.summary['destructive']:
            self.say(f'{plan.summary["destructive"]} of the actions delete flavors, which '
                     f'{plan.summary["servers"]} servers use.')
        self.say(f'Nothing was changed. To do it: openstack flavorsvc plan apply {plan.id}')
        return self.shown(plan)


class ListPlan(base.FlavorsvcCommand, command.Lister):
    """List plans."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_list_options(parser, ('created_at',))
        return parser

    def take_action(self, parsed_args):
        return columns.table(columns.PLAN, options.listed(parsed_args, self.flavorsvc.plans))


class ShowPlan(_PlanCommand):
    """Show what a plan does, or what became of it."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('plan', metavar='<plan>', help='ID')
        which = parser.add_mutually_exclusive_group()
        which.add_argument('--refused', action='store_true',
                           help='Only the actions that are refused')
        which.add_argument('--destructive', action='store_true',
                           help='Only the actions that delete a flavor, also in order to create '
                                'it anew, and are not refused')
        which.add_argument('--failed', action='store_true', help='Only the actions that failed')
        return parser

    def take_action(self, parsed_args):
        def is_chosen(action):
            if parsed_args.refused:
                return action['refused']
            if parsed_args.destructive:
                return action['destructive'] and not action['refused']
            return not parsed_args.failed or action['status'] == 'failed'
        return self.shown(self.flavorsvc.get_plan(parsed_args.plan), is_chosen)


class ApplyPlan(_PlanCommand):
    """Do what a plan says, unless the catalogue or a region changed since it was made.

    The exit status is 0 when nothing was refused; with --wait, when everything
    else was done, too.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('plan', metavar='<plan>', help='ID')
        waiting.add_wait_options(parser, 'the regions are as planned')
        return parser

    def take_action(self, parsed_args):
        plan = self.flavorsvc.apply_plan(parsed_args.plan)
        if parsed_args.wait:
            plan = self._follow(plan, parsed_args.timeout)
        elif plan.is_under_way:
            self.say(f'The regions are being changed; see: openstack flavorsvc plan show {plan.id}')
        self.fail_for_refused(plan)
        return self.shown(plan)

    def _follow(self, plan, timeout):
        progress, is_late = waiting.shown(self, len(_asked_for(plan))), False
        try:
            for plan in self.flavorsvc.wait_for_plan(plan, timeout):  # noqa: B020
                progress.show(_steps(plan))
        except exceptions.ResourceTimeout:
            is_late = True
        finally:
            progress.close()
        for each in _asked_for(plan):
            if each['status'] != 'done' and (is_late or each['status'] != 'under_way'):
                late = f'still under way after {timeout:g} seconds'
                self.fail(f'{each["region"]} {each["flavor_name"]}', ': '.join(filter(None, [
                    late if each['status'] == 'under_way' else each['status'], each['error']])))
        return plan
