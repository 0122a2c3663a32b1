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

import sys

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_log import log

from flavorsvc import conf as options
from flavorsvc.cmd import credential
from flavorsvc.db import engine
from flavorsvc.db import schema
from flavorsvc.domain import errors


def _sync(conf):
    schema.upgrade(engine.Database(conf))


def _version(conf):
    print(schema.version(engine.Database(conf)) or 'empty')


def _add_parsers(subparsers):
    db = subparsers.add_parser('db', help='the database').add_subparsers(
        dest='action', required=True, metavar='ACTION')
    db.add_parser('sync', help='bring the schema to the newest revision').set_defaults(run=_sync)
    db.add_parser('version', help='print the revision of the schema').set_defaults(run=_version)
    credential.add_parsers(subparsers)


def main():
    """Run one subcommand.

    :returns: str, what is wrong for people to mend; None when all went well
    """
    try:
        conf = options.load_manage(sys.argv[1:], [
            cfg.SubCommandOpt('command', handler=_add_parsers, title='commands')])
        log.setup(conf, 'flavorsvc-manage')
        conf.command.run(conf)
    except (cfg.Error, credential.Trouble) as error:
        return f'flavorsvc-manage: {error}'
    except db_exception.CantStartEngineError:
        return 'flavorsvc-manage: no configuration file sets connection in its group [database]'
    except db_exception.DBConnectionError as error:
        return f'flavorsvc-manage: the database does not answer: {error.inner_exception}'
    except errors.Unavailable as error:
        return f'flavorsvc-manage: {error.reason}'
    except db_exception.DBError as error:
        return (f'flavorsvc-manage: the database refuses: {error.inner_exception} (is its schema '
                f'that of this release? "flavorsvc-manage db sync" brings it there)')
    return None
