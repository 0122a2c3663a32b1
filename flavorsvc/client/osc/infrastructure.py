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

"""Commands for clouds that have a Keystone of their own."""

from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client.osc import base
from flavorsvc.client.osc import columns
from flavorsvc.client.osc import options
from flavorsvc.client.osc import secrets

_OF_PASSWORD = ('project', 'user_domain', 'project_domain', 'password', 'password_file')
_OF_APPLICATION = ('secret_file',)


class CreateInfrastructure(base.FlavorsvcCommand, command.ShowOne):
    """Register a cloud with a Keystone of its own as a region.

    The service looks at the cloud first, with the credential of a user or an
    application credential, which it then keeps encrypted. This command asks
    for the password or secret unless a file has it. The cloud then appears in
    'openstack flavorsvc region list', and flavors can be installed into it.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>',
                            help='Name of the infrastructure, and of its region')
        parser.add_argument('--keystone-url', metavar='<url>', required=True,
                            help='URL of its Keystone, such as https://cloud.example.org/v3')
        parser.add_argument('--nova-url', metavar='<url>',
                            help='URL of its Nova (default: the one in its service catalogue)')
        parser.add_argument('--region-name', metavar='<region>',
                            help='Region in its service catalogue, where that has several')
        credential = parser.add_mutually_exclusive_group(required=True)
        credential.add_argument('--username', metavar='<user>', help='User to act as')
        credential.add_argument('--application-credential-id', metavar='<id>',
                                help='Application credential to use')
        _add_password(parser.add_argument_group('with --username'))
        secrets.add_file_option(parser.add_argument_group('with --application-credential-id'),
                                '--secret-file', 'secret')
        return parser

    def take_action(self, parsed_args):
        fields = options.given(parsed_args, ('name', 'keystone_url', 'nova_url', 'region_name'))
        fields.update(_credential(self, parsed_args))
        if self.app.stderr.isatty():
            self.say(f'The service looks at {parsed_args.keystone_url}, which may take a while.')
        return columns.record(columns.INFRASTRUCTURE_FIELDS,
                              self.flavorsvc.create_infrastructure(**fields))


def _add_password(group):
    group.add_argument('--project', metavar='<project>', help='Name of the project to act in')
    group.add_argument('--user-domain', metavar='<domain>',
                       help="Name of the user's domain (default: Default)")
    group.add_argument('--project-domain', metavar='<domain>',
                       help="Name of the project's domain (default: Default)")
    password = group.add_mutually_exclusive_group()
    secrets.add_file_option(password, '--password-file', 'password')
    password.add_argument('--password', metavar='<password>', type=secrets.Secret,
                          help='The password itself. Avoid this: other users of this machine may '
                               'see it, and the shell may keep it in its history.')


def _credential(command_, parsed_args):
    """Return the fields that make the credential, of which there is exactly one.

    :raises osc_lib.exceptions.CommandError: when options do not go together
    """
    if parsed_args.application_credential_id is not None:
        _refuse(parsed_args, _OF_PASSWORD, '--username')
        return {'application_credential_id': parsed_args.application_credential_id,
                'application_credential_secret': secrets.read(
                    command_, parsed_args.secret_file, 'secret')}
    _refuse(parsed_args, _OF_APPLICATION, '--application-credential-id')
    if parsed_args.project is None:
        raise exceptions.CommandError('--username needs --project.')
    fields = {'username': parsed_args.username, 'project_name': parsed_args.project,
              'password': parsed_args.password}
    if parsed_args.password is None:
        fields['password'] = secrets.read(command_, parsed_args.password_file, 'password')
    domains = options.given(parsed_args, ('user_domain', 'project_domain'))
    return {**fields, **{f'{option}_name': value for option, value in domains.items()}}


def _refuse(parsed_args, names, other):
    for name in options.given(parsed_args, names):
        raise exceptions.CommandError(f'--{name.replace("_", "-")} goes with {other} only.')


class DeleteInfrastructure(base.FlavorsvcCommand, command.Command):
    """Unregister clouds that have a Keystone of their own.

    The service refuses while flavors are installed there.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('name', metavar='<name>', nargs='+', help='Name of the infrastructure')
        parser.add_argument('--force', action='store_true',
                            help='Also where flavors are installed: they stay in that cloud, and '
                                 'the service forgets them (for infrastructure managers)')
        return parser

    def take_action(self, parsed_args):
        list(self.each(parsed_args.name, lambda name: self.flavorsvc.delete_infrastructure(
            name, force=parsed_args.force)))
