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

"""flavorsvc-manage catalog: flavorsvc in Keystone's catalogue."""

import argparse
import re
from urllib import parse

from flavorsvc.cloud import registration
from flavorsvc.cmd import trouble
from flavorsvc.domain import errors
from flavorsvc.domain import failures

_AS_WHOM = ('Keystone is asked with the credential in the configuration\'s group [cloud], which '
            'needs the role admin for this.')


def add_parsers(commands):
    """Add the command and its actions.

    :param commands: what argparse's add_subparsers gives
    """
    text = 'flavorsvc in Keystone\'s catalogue'
    actions = commands.add_parser(
        'catalog', help=text, description=f'{text[0].upper()}{text[1:]}. {_AS_WHOM}'
    ).add_subparsers(dest='action', required=True, metavar='ACTION')
    dry = argparse.ArgumentParser(add_help=False)
    dry.add_argument('--dry-run', action='store_true',
                     help='tell what would be done, and do nothing')

    register = actions.add_parser(
        'register', parents=[dry], help='enter it, or correct what is entered',
        description='Enters flavorsvc as a service of its own type, with an endpoint for each '
                    'interface in each region that is named, and corrects those that are there. '
                    f'Run again, it changes nothing. {_AS_WHOM}')
    register.add_argument('--url', type=_root, required=True,
                          help='where clients reach flavorsvc, without a version: '
                               'http://controller:9890')
    register.add_argument('--internal-url', type=_root, metavar='URL',
                          help='the same for the interface internal (default: --url)')
    register.add_argument('--admin-url', type=_root, metavar='URL',
                          help='the same for the interface admin (default: --url)')
    register.add_argument('--region', action='append', required=True, dest='regions',
                          metavar='NAME',
                          help='region of the cloud that is to list it; may be given again')
    register.add_argument('--compute-region', metavar='NAME',
                          help='make flavorsvc the compute service of a region of this name too, '
                               'so that the tools of Nova that are told this region manage the '
                               'flavors of all; "flavorsvc" is a good one. The region is made '
                               'where there is none, and gets the endpoints for identity and '
                               'image of [cloud] default_region, since those tools look for them '
                               'there')
    register.set_defaults(run=_register)

    text = 'take out what register has entered'
    actions.add_parser(
        'unregister', parents=[dry], help=text,
        description=f'{text[0].upper()}{text[1:]}: the service, its endpoints in all regions, and '
                    f'the region whose compute service it is. {_AS_WHOM}'
    ).set_defaults(run=_unregister)


def _root(text):
    """Read the URL of flavorsvc, which may end in the version of either of its APIs."""
    try:
        parts = parse.urlsplit(text)
        is_one = parts.scheme in ('http', 'https') and parts.hostname and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or parts.query or parts.fragment or parts.username is not None:
        raise argparse.ArgumentTypeError(f'{text!r} is not a URL such as http://controller:9890')
    return re.sub(r'/v(1|2\.1)$', '', text.rstrip('/'))


def _register(conf):
    given = conf.command
    wanted = registration.Wanted(
        urls={'public': given.url, 'internal': given.internal_url or given.url,
              'admin': given.admin_url or given.url},
        regions=list(dict.fromkeys(given.regions)), compute_region=given.compute_region,
        model_region=conf.cloud.default_region)
    _apply(conf, lambda catalog: catalog.register(wanted))


def _unregister(conf):
    _apply(conf, lambda catalog: catalog.unregister())


def _apply(conf, changes):
    """Print each change as soon as it is done, so that what fails later hides none."""
    if not conf.cloud.auth_type:
        raise trouble.Trouble('no configuration file sets auth_type in its group [cloud], the '
                              'credential to ask Keystone with')
    is_dry, is_changed = conf.command.dry_run, False
    try:
        for change in changes(registration.of_cloud(conf, is_dry)):
            is_changed = True
            print(f'would {change.verb} {change.what}' if is_dry
                  else f'{change.verb}d {change.what}', flush=True)
    except errors.Invalid as error:
        raise trouble.Trouble(error.reason) from error
    except failures.Refused as failure:
        raise trouble.Trouble(f'{failure.text} {_AS_WHOM}') from failure
    except failures.Failure as failure:
        raise trouble.Trouble(failure.text) from failure
    if not is_changed:
        print('nothing to do: the catalogue is as it should be')
