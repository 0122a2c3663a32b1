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

"""flavorsvc-status: whether the service can be upgraded to this release."""

import sys

from oslo_config import cfg
from oslo_db import exception as db_exception
from oslo_upgradecheck import common_checks
from oslo_upgradecheck import upgradecheck

from flavorsvc import conf as options
from flavorsvc.cloud import credentials
from flavorsvc.conductor import client
from flavorsvc.db import engine
from flavorsvc.db import infrastructures
from flavorsvc.db import schema
from flavorsvc.domain import errors
from flavorsvc.domain import failures

_PAGE = 100


class Checks(upgradecheck.UpgradeCommands):
    """What has to be in order before processes of this release start."""

    def __init__(self, conf):
        """Remember the configuration, which is read later.

        :param conf: oslo_config.cfg.ConfigOpts
        """
        self._conf = conf

    def _configuration(self):
        try:
            options.check_conductor(self._conf)
        except ValueError as error:
            return _failure(str(error))
        return _success()

    def _schema(self):
        newest = schema.newest()
        found = schema.version(engine.Database(self._conf))
        if found == newest:
            return _success()
        if found is None or found in schema.revisions():
            return _failure(f'The schema is at {found or "nothing"}, and this release needs '
                            f'{newest}: run "flavorsvc-manage db sync". The previous release '
                            f'goes on working with it.')
        return _warning(f'The schema is at {found}, of a newer release than this one, whose '
                        f'schema is {newest}. As migrations only add, this release works with '
                        f'it.')

    def _credentials(self):
        database, keys = engine.Database(self._conf), credentials.Keys(
            self._conf.credentials.key_repository)
        lost, last = [], 0
        while page := database.read(infrastructures.sealed_page, last, _PAGE):
            last = page[-1][0]
            lost += [name for _, name, sealed in page if not _opens(keys, sealed)]
        if lost:
            return _failure(f'No key in {self._conf.credentials.key_repository} opens the '
                            f'credential of {", ".join(lost)}: bring the key back, or register '
                            f'these infrastructures anew. Run this as the user that runs the '
                            f'conductor.')
        return _success()

    def _calls(self):
        cap = self._conf.rpc.version_cap
        if cap is None:
            return _success(f'This release calls conductors by version {client.VERSION}.')
        return _warning(f'[rpc] version_cap holds calls at {cap}, while this release has '
                        f'{client.VERSION}: take it out when every conductor is of this release.')

    def _reading(check):
        def checked(self):
            try:
                return check(self)
            except (db_exception.DBError, errors.Unavailable,
                    engine.Unclassified) as error:
                return _failure(f'The database does not say: '
                                f'{getattr(error, "inner_exception", None) or error}')
            except db_exception.CantStartEngineError:
                return _failure('No configuration file sets connection in its group [database].')
        return checked

    _upgrade_checks = (
        ('Configuration', _configuration),
        ('Policy file in YAML', lambda self: common_checks.check_policy_json(self, self._conf)),
        ('Schema of the database', _reading(_schema)),
        ('Keys of the stored credentials', _reading(_credentials)),
        ('Version of calls to conductors', _calls),
    )


def _opens(keys, sealed):
    try:
        keys.unseal(sealed)
    except failures.Failure:
        return False
    return True


def _success(details=None):
    return upgradecheck.Result(upgradecheck.Code.SUCCESS, details)


def _warning(details):
    return upgradecheck.Result(upgradecheck.Code.WARNING, details)


def _failure(details):
    return upgradecheck.Result(upgradecheck.Code.FAILURE, details)


def main():
    """Check, and print a table, or JSON with ``--json``.

    :returns: int, 0 where all is well, 1 after a warning, 2 after a failure; or str, why nothing
        could be checked
    """
    conf = options.unread()
    try:
        return upgradecheck.main(conf, 'flavorsvc', Checks(conf), sys.argv[1:])
    except cfg.Error as error:
        return f'flavorsvc-status: {error}'
