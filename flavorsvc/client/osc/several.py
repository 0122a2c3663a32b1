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

"""Commands that ask for something for several flavors, and may wait for the regions."""

import abc

from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting


class ChangeRegions(base.FlavorsvcCommand, command.Lister):
    """Asks for flavors in regions, or out of them, and lists the installations."""

    #: What --wait waits for, as in 'Wait until …'
    until = None
    #: Whether the regions must be named
    needs_regions = True

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser, several=True)
        options.add_regions(parser, required=self.needs_regions)
        waiting.add_wait_options(parser, self.until)
        return parser

    def take_action(self, parsed_args):
        regions = options.regions(parsed_args)
        asked = self.each(parsed_args.flavor, lambda name: self.ask(name, regions, parsed_args))
        found = [one for installations in asked for one in installations]
        if parsed_args.wait:
            found = waiting.follow(self, found, parsed_args.timeout)
        return columns.table(columns.INSTALLATION, found)

    @abc.abstractmethod
    def ask(self, name, regions, parsed_args):
        """Ask for one flavor.

        :param name: id or name
        :param regions: list of names, 'all', or None when none were named
        :returns: list of Installation
        """


class DeleteFlavors(base.FlavorsvcCommand, command.Command):
    """Deletes flavors, which may have to be uninstalled first."""

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        options.add_flavor(parser, several=True)
        waiting.add_wait_options(parser, 'the flavors are gone from all regions')
        return parser

    def take_action(self, parsed_args):
        left = [one for removed in self.each(parsed_args.flavor, self.delete) for one in removed]
        waiting.follow_removal(self, left, parsed_args)

    @abc.abstractmethod
    def delete(self, name):
        """Delete one flavor.

        :param name: id or name
        :returns: list of Installation that are removed first
        """
