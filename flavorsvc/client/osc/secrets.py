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

"""Passwords and the like: asked for at the terminal, or read from a file."""

from osc_lib import exceptions
from osc_lib import utils


class Secret(str):
    """A text that ``--debug`` does not show among the arguments of a command."""

    def __repr__(self):
        return "'***'"


def add_file_option(parser, option, what):
    """Add the option that names a file; see :func:`read`.

    :param what: what is in the file, such as 'Password'
    """
    parser.add_argument(option, metavar='<file>',
                        help=f'File that has the {what}, or - for standard input '
                             f'(default: ask for it)')


def read(command, path, what):
    """Return the secret in a file, or ask for it at the terminal.

    :param path: name of a file, which may end with the end of a line that is not part of the
        secret; '-' for standard input, or None to ask
    :param what: what to ask for, such as 'password'
    :raises osc_lib.exceptions.CommandError: when there is none to be had
    """
    if path is None:
        return _ask(command.app.stdin, what)
    try:
        secret = _content(command.app.stdin, path).removesuffix('\n').removesuffix('\r')
    except OSError as error:
        raise exceptions.CommandError(f'{path}: {error.strerror}') from error
    except UnicodeDecodeError:
        # Python's own words have a part of the file.
        raise exceptions.CommandError(f'{path}: The {what} is not UTF-8.') from None
    if not secret:
        raise exceptions.CommandError(f'{path}: There is no {what} in it.')
    return secret


def _content(stdin, path):
    if path == '-':
        return stdin.read()
    with open(path, encoding='utf-8') as file:
        return file.read()


def _ask(stdin, what):
    if not stdin.isatty():
        raise exceptions.CommandError(
            f'There is no terminal at which to ask for the {what}: name a file by --{what}-file.')
    return utils.get_password(stdin, f'{what[0].upper()}{what[1:]}: ', confirm=False)
