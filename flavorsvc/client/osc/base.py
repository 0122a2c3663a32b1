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

"""What the commands have in common: the client, failures and the exit status."""

import re

from keystoneauth1 import exceptions as ksa_exceptions
from openstack import exceptions as sdk_exceptions
from osc_lib import exceptions

#: What a request may fail with.
FAILURES = (sdk_exceptions.SDKException, ksa_exceptions.ClientException, exceptions.CommandError)


def explain(error):
    """Return the sentence about an error that helps people most.

    The service's own words, without the URL that openstacksdk puts around
    them; with the id of the request where the fault is on the service's side.
    """
    details = error.details if isinstance(error, sdk_exceptions.HttpException) else None
    if not details:
        return str(error)
    if error.status_code is not None and error.status_code >= 500:
        return f'{details} (HTTP {error.status_code}, request {error.request_id})'
    return details


class FlavorsvcCommand:
    """Comes before osc_lib's class among the bases of every command.

    The command goes on when one of several things fails, says so on stderr,
    and has the exit status 1 in the end, after it has shown its result.
    """

    _failures = 0

    def run(self, parsed_args):
        try:
            status = super().run(parsed_args)
        except sdk_exceptions.HttpException as error:
            raise exceptions.CommandError(explain(error)) from error
        return 1 if self._failures else status

    @property
    def flavorsvc(self):
        """The client: :class:`flavorsvc.client.sdk.proxy.Proxy`."""
        return self.app.client_manager.flavorsvc

    @property
    def is_quiet(self):
        return self.app.options.verbose_level == 0

    @property
    def failures(self):
        """How many things failed so far."""
        return self._failures

    def say(self, line):
        """Print a line beside the result, unless the user asked for quiet."""
        if not self.is_quiet:
            print(line, file=self.app.stderr)

    def fail(self, what, why):
        """Print a line about a failure, and have the command fail in the end.

        :param what: what it failed for, such as the name of a flavor
        :param why: sentence or exception
        """
        self._failures += 1
        reason = explain(why) if isinstance(why, Exception) else why
        # One line each, also when the other side's words come in several.
        print(' '.join(f'{what}: {reason}'.split()), file=self.app.stderr)

    def each(self, names, action):
        """Do something for each of several names, whatever becomes of the others.

        :param action: callable that takes a name
        :returns: generator of what the action returned, where it did not fail
        """
        for name in names:
            try:
                yield action(name)
            except FAILURES as error:
                self.fail(name, error)


def project_id(client_manager, name_or_id, domain=None):
    """Return the id of a project.

    :param domain: name or id of the domain to look in, or None for any
    :raises osc_lib.exceptions.CommandError: when there is no such project
    """
    identity = client_manager.sdk_connection.identity
    try:
        query = {}
        if domain is not None:
            query['domain_id'] = identity.find_domain(domain, ignore_missing=False).id
        return identity.find_project(name_or_id, ignore_missing=False, **query).id
    except sdk_exceptions.ForbiddenException as error:
        # Not everybody may look up projects; whoever knows the id can do without. A name
        # must not pass for one.
        if re.fullmatch('[0-9a-f]{32}', name_or_id.replace('-', '').lower()):
            return name_or_id
        raise exceptions.CommandError(
            f'Keystone does not let you look up the project {name_or_id!r}: give its ID.'
        ) from error
    except sdk_exceptions.NotFoundException as error:
        raise exceptions.CommandError(f'No project has the name or id {name_or_id!r}.') from error


def access(command, parsed_args):
    """Return the field of a flavor that the options of :func:`.options.add_access` are for.

    :returns: dict with projects (list of ids), or empty when none were given
    :raises osc_lib.exceptions.CommandError: when there is no such project
    """
    if not parsed_args.projects:
        return {}
    return {'projects': [
        project_id(command.app.client_manager, project, parsed_args.project_domain)
        for project in parsed_args.projects]}
