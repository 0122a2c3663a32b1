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

"""flavorsvc-manage engine: what there is to do, where, and who is at it."""

import json

from oslo_utils import timeutils
import prettytable

from flavorsvc.db import engine
from flavorsvc.db import figures
from flavorsvc.domain import drift
from flavorsvc.domain import installation


def add_parsers(commands):
    """Add the command and its action.

    :param commands: what argparse's add_subparsers gives
    """
    actions = commands.add_parser('engine', help='what the conductors do').add_subparsers(
        dest='action', required=True, metavar='ACTION')
    status = actions.add_parser(
        'status', help='print the queue of each region, its state, and who works on what',
        description='Print the queue of each region, its state, and who works on what. It is read '
                    'from the database, so it tells the truth while no conductor runs.')
    status.add_argument('--json', action='store_true', help='print it for a program')
    status.set_defaults(run=_status)


def _status(conf):
    found = engine.Database(conf).read(figures.read, timeutils.utcnow())
    if conf.command.json:
        print(json.dumps(found, indent=2))
        return
    # what is gone has no row
    states = [state for state in installation.State if state != installation.State.GONE]
    _print(['Region', 'State', 'Since', 'Maintenance', *(str(state) for state in states), 'Due',
            'Oldest due', 'Open drift', 'Reason'],
           [[each['name'], each['state'], each['since'], 'yes' if each['maintenance'] else '',
             *(each['installations'].get(state, 0) for state in states),
             each['due'], each['oldest_due_at'] or '',
             sum(finding['number'] for finding in each['drift']
                 if finding['state'] == drift.State.OPEN), each['reason'] or '']
            for each in found['regions']])
    _print(['Conductor', 'Works on', 'First lease ends'],
           [[each['conductor'], each['number'], each['until']] for each in found['leases']])
    _print(['Flavors', 'Number'], sorted(found['flavors'].items()))


def _print(names, rows):
    table = prettytable.PrettyTable(names, max_width=60)
    table.align = 'l'
    table.add_rows(rows)
    print(table)
