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

"""flavorsvc-manage: what an operator does to the service itself."""

import argparse
import datetime
import sys

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_log import log
from oslo_utils import timeutils

from flavorsvc import conf as options
from flavorsvc.cmd import catalog
from flavorsvc.cmd import credential
from flavorsvc.cmd import engine as engine_command
from flavorsvc.cmd import trouble
from flavorsvc.db import engine
from flavorsvc.db import purge
from flavorsvc.db import schema
from flavorsvc.domain import errors


def _sync(conf):
    schema.upgrade(engine.Database(conf))


def _version(conf):
    print(schema.version(engine.Database(conf)) or 'empty')


def _purge(conf):
    database = engine.Database(conf)
    before = timeutils.utcnow() - datetime.timedelta(days=conf.command.days)
    for name, drop in purge.ALL.items():
        total = 0
        while count := database.write(drop, before, conf.command.batch):
            total += count
            if count == conf.command.batch:
                print(f'{name}: {total} rows so far', flush=True)
        print(f'{name}: dropped {total} rows')


def _number(minimum):
    def read(text):
        if not text.isdecimal() or not minimum <= int(text) <= 100000:
            raise argparse.ArgumentTypeError(f'{text!r} is no whole number from {minimum} to '
                                             f'100000')
        return int(text)
    return read


def add_parsers(subparsers):
    """Add every command.

    :param subparsers: what argparse's add_subparsers gives
    """
    db = subparsers.add_parser('db', help='the database').add_subparsers(
        dest='action', required=True, metavar='ACTION')
    db.add_parser('sync', help='bring the schema to the newest revision').set_defaults(run=_sync)
    db.add_parser('version', help='print the revision of the schema').set_defaults(run=_version)
    text = 'drop the rows of what was deleted'
    purging = db.add_parser(
        'purge_deleted', help=text,
        description=f'{text[0].upper()}{text[1:]}, which are kept for the record: flavors that '
                    f'have left the catalogue, and mappings to service types that were taken '
                    f'back. It may run while the service works, and again after an interruption.')
    purging.add_argument('--days', type=_number(0), required=True, metavar='N',
                         help='keep what was deleted within the last N days')
    purging.add_argument('--batch', type=_number(1), default=1000, metavar='N',
                         help='rows in one transaction (default: %(default)s)')
    purging.set_defaults(run=_purge)
    credential.add_parsers(subparsers)
    catalog.add_parsers(subparsers)
    engine_command.add_parsers(subparsers)


def main():
    """Run one subcommand.

    :returns: str, what is wrong for people to mend; None when all went well
    """
    try:
        conf = options.load_manage(sys.argv[1:], [
            cfg.SubCommandOpt('command', handler=add_parsers, title='commands')])
        # What is printed is for whoever runs it, or a program of theirs.
        conf.set_default('use_stderr', True)
        log.setup(conf, 'flavorsvc-manage')
        conf.command.run(conf)
    except (cfg.Error, trouble.Trouble) as error:
        return f'flavorsvc-manage: {error}'
    except db_exception.CantStartEngineError:
        return 'flavorsvc-manage: no configuration file sets connection in its group [database]'
    except db_exception.DBConnectionError as error:
        return f'flavorsvc-manage: the database does not answer: {error.inner_exception}'
    except engine.Unclassified as error:
        return f'flavorsvc-manage: the database cannot be used: {error.orig}'
    except errors.Unavailable as error:
        return f'flavorsvc-manage: {error.reason}'
    except db_exception.DBError as error:
        return (f'flavorsvc-manage: the database refuses: {error.inner_exception} (is its schema '
                f'that of this release? "flavorsvc-manage db sync" brings it there)')
    return None
