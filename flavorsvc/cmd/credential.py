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

"""flavorsvc-manage credential: the keys that seal the credentials of registered clouds."""

from flavorsvc.cloud import credentials
from flavorsvc.cmd import trouble
from flavorsvc.db import engine
from flavorsvc.db import infrastructures

_PAGE = 100

_WHERE = ('The keys lie in the folder [credentials] key_repository. Run this as the user that runs '
          'the conductor, who has to be able to read them. ')


def add_parsers(commands):
    """Add the command and its actions.

    :param commands: what argparse's add_subparsers gives
    """
    actions = commands.add_parser(
        'credential', help='the keys that seal the credentials of registered infrastructures',
        description='The keys that seal the credentials of registered infrastructures. '
                    + _WHERE).add_subparsers(dest='action', required=True, metavar='ACTION')
    for name, run, text, more in (
            ('setup', _set_up, 'make the folder and the first keys, unless there are some',
             'With several conductors, do it once and give each a copy of the folder.'),
            ('rotate', _rotate, 'make the staged key primary and stage a new one',
             'What was sealed before can still be opened. Beyond [credentials] max_active_keys '
             'the oldest keys are dropped; where a stored credential still needs one of these, '
             'nothing is done: run "rekey" first. Give every conductor a copy of the folder '
             'before the next rotation.'),
            ('rekey', _rekey, 'seal every stored credential with the primary key',
             'It may be run at any time, and again after an interruption. Every conductor has to '
             'have the primary key already.')):
        parser = actions.add_parser(
            name, help=text, description=f'{text[0].upper()}{text[1:]}. {more} {_WHERE}')
        parser.set_defaults(run=_reporting(run))


def _reporting(run):
    def reported(conf):
        keys = credentials.Keys(conf.credentials.key_repository)
        try:
            run(conf, keys)
        except FileNotFoundError:
            raise trouble.Trouble(
                f'there are no keys in {conf.credentials.key_repository}; make some by '
                f'"flavorsvc-manage credential setup"') from None
        except (OSError, ValueError) as error:
            raise trouble.Trouble(str(error)) from error
    return reported


def _set_up(conf, keys):
    made = keys.set_up()
    print(f'{"made keys in" if made else "there are keys already in"} '
          f'{conf.credentials.key_repository}')


def _rotate(conf, keys):
    dropped = keys.dropped(conf.credentials.max_active_keys)
    needed = [name for page in _pages(engine.Database(conf)) for _, name, sealed in page
              if keys.needs(sealed, dropped)] if dropped else []
    if needed:
        raise trouble.Trouble(
            f'{len(needed)} stored credentials need a key that would be dropped, such as that '
            f'of {needed[0]}: run "flavorsvc-manage credential rekey" first')
    keys.rotate(conf.credentials.max_active_keys)
    print(f'rotated; dropped {len(dropped)} keys')


def _rekey(conf, keys):
    database = engine.Database(conf)
    count, lost = 0, []
    for page in _pages(database):
        resealed = {pk: (sealed, keys.reseal(sealed)) for pk, _, sealed in page}
        lost += [name for pk, name, _ in page if resealed[pk][1] is None]
        count += database.write(infrastructures.reseal, {
            pk: pair for pk, pair in resealed.items() if pair[1] not in (None, pair[0])})
    print(f'sealed {count} credentials anew')
    if lost:
        raise trouble.Trouble(
            f'no key opens the credential of {", ".join(lost)}: bring the key back, or register '
            f'these infrastructures anew')


def _pages(database):
    last = 0
    while page := database.read(infrastructures.sealed_page, last, _PAGE):
        yield page
        last = page[-1][0]
