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

"""``flavorsvc-sandbox``: a real OpenStack on this machine, with flavorsvc in it."""

import argparse
import importlib
import pathlib
import sys

EPILOG = """\
first steps:
  flavorsvc-sandbox up
  flavorsvc-sandbox demo
  export OS_CLIENT_CONFIG_FILE=$PWD/.sandbox/clouds.yaml OS_CLOUD=manager
  openstack flavorsvc installation list
  flavorsvc-sandbox down

servers, after "flavorsvc-sandbox up --servers":
  export OS_CLOUD=customer
  openstack server create --flavor NAME --image tiny --no-network --wait example

The directory holds clouds.yaml (actors admin, manager, operator-one, operator-two, customer, user;
and the admin of each foreign cloud, under its name in lower case: mordor), sandbox.json (URLs,
pids, users), logs/, config/ and data/. To see what happens when a region is down:
  supervisorctl -c .sandbox/run/supervisord.conf stop nova-RegionTwo
"""

# The extra's modules that the sandbox cannot do without, for the message when it is missing.
EXTRA = ('fasteners', 'psutil', 'supervisor', 'tenacity', 'waitress')


def parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('--dir', type=pathlib.Path, default=pathlib.Path('.sandbox'),
                        help='directory of the sandbox (default: %(default)s)')
    top = argparse.ArgumentParser(
        prog='flavorsvc-sandbox', description=__doc__.replace('``', ''), epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')

    up = commands.add_parser(
        'up', parents=[shared], help='bring everything up; what runs already is left alone',
        description='Brings up one real Keystone, a real Nova API for each region and flavorsvc, '
                    'as plain processes on loopback. Without options a sandbox comes up as it was '
                    'last. It may grow at any time; only reset shrinks it.')
    up.add_argument('--regions', type=int, metavar='N',
                    help='regions of the cloud: RegionOne, RegionTwo, … (default: 3)')
    up.add_argument('--foreign', type=int, metavar='N',
                    help='foreign clouds, with a Keystone of their own: Mordor, Isengard, … '
                         '(default: 0)')
    up.add_argument('--servers', type=int, nargs='?', const=1, metavar='N',
                    help="servers can be booted in the first N regions, on Nova's fake hypervisor, "
                         'from the image tiny, without networks; takes 120 MB of memory a region, '
                         'and 160 MB once (default: 0; without N: 1)')
    up.add_argument('--transport', choices=('memory', 'rabbit'),
                    help='memory: API and conductor in one process (default); rabbit: separate '
                         'processes, over the broker at $FLAVORSVC_RABBIT_URL')
    up.add_argument('--database', choices=('sqlite', 'mysql', 'postgresql'),
                    help="flavorsvc's database; the server is the one at $FLAVORSVC_MYSQL_URL or "
                         '$FLAVORSVC_POSTGRESQL_URL, its driver comes with the extra of that '
                         'name (default: sqlite)')
    up.add_argument('--conductors', type=int, metavar='N',
                    help='conductor processes, with --transport rabbit (default: 1)')
    up.add_argument('--api-workers', type=int, metavar='N',
                    help='API workers, with --transport rabbit (default: 1)')
    up.add_argument('--debug', action='store_true', default=None,
                    help='flavorsvc and its libraries log all they can, SQL excepted')
    up.add_argument('--without-flavorsvc', dest='flavorsvc', action='store_false', default=None,
                    help='the clouds alone; config/ has what flavorsvc needs to be run by hand')
    up.add_argument('--with-flavorsvc', dest='flavorsvc', action='store_true',
                    help='flavorsvc too, after --without-flavorsvc')

    commands.add_parser(
        'down', parents=[shared], help='end every process',
        description='Ends every process of the sandbox, also those that a crash of supervisord '
                    'left behind. What it holds is kept for the next up.')
    commands.add_parser(
        'status', parents=[shared], help='show what runs',
        description='Shows the processes and their addresses, and refreshes the pids in '
                    'sandbox.json. Exit status 3 when something does not run.')
    demo = commands.add_parser(
        'demo', parents=[shared], help='install an example catalogue into every region',
        description='Imports the mandatory flavors of the Sovereign Cloud Stack standard, '
                    "installs them into every region and shows each region's own list.")
    demo.add_argument('--catalog', type=pathlib.Path, metavar='FILE',
                      help='another catalogue to import')
    commands.add_parser(
        'reset', parents=[shared], help='end every process and throw away all content',
        description='Ends every process and removes all content, ports and passwords of the '
                    'sandbox, with its database and queues on a server.')
    return top


def main(argv=None) -> int:
    options = vars(parser().parse_args(argv))
    for name in EXTRA:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            print(f"flavorsvc-sandbox: {name} is not installed: "
                  "pip install 'flavorsvc[sandbox]'", file=sys.stderr)
            return 1
    # Only now: they import what was just looked for.
    from flavorsvc.sandbox import commands
    from flavorsvc.sandbox import errors

    try:
        return commands.run(options)
    except errors.SandboxError as error:
        print(f'flavorsvc-sandbox: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nflavorsvc-sandbox: interrupted; "flavorsvc-sandbox down" ends what was started',
              file=sys.stderr)
        return 130


if __name__ == '__main__':
    sys.exit(main())
