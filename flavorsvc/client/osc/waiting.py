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

"""Following installations: a progress bar, or lines, and what became of each."""

import collections

from openstack import exceptions
import tqdm

DEFAULT_TIMEOUT_S = 600


def add_wait_options(parser, what):
    """Add --wait and --timeout.

    :param what: what is waited for, as in 'Wait until …'
    """
    parser.add_argument(
        '--wait', action='store_true',
        help=f'Wait until {what}, and show how it goes on stderr')
    parser.add_argument(
        '--timeout', metavar='<seconds>', type=float, default=DEFAULT_TIMEOUT_S,
        help='With --wait: give up after so many seconds; what the service still tries then counts '
             'as failed (default: %(default)s)')


def follow(command, installations, timeout):
    """Wait for installations, show progress, and report those that fail to the command.

    :param command: FlavorsvcCommand
    :param installations: list of Installation
    :param timeout: seconds
    :returns: list of Installation as last seen, in the order given
    """
    latest = {one.id: one for one in installations}
    progress = shown(command, len(latest))
    try:
        for changed in command.flavorsvc.wait_for_installations(latest.values(), timeout=timeout):
            latest.update({one.id: one for one in changed})
            progress.show(latest.values())
    except exceptions.ResourceTimeout:
        late = True
    else:
        late = False
    finally:
        progress.close()
    for one in latest.values():
        if not one.is_as_desired and (one.is_settled or late):
            command.fail(f'{one.region} {one.flavor_name}', _why(one, timeout))
    return list(latest.values())


def follow_removal(command, left, parsed_args):
    """Wait for what has to be removed first, with --wait; say what is left, without.

    :param left: list of Installation
    """
    if left and parsed_args.wait:
        follow(command, left, parsed_args.timeout)
    elif left:
        command.say(f'{len(left)} installations are being removed first; '
                    f'see: openstack flavorsvc installation list')


def counted(command, results, total, what):
    """Show people at a terminal how far a lengthy step is; what is done leaves nothing there.

    :param results: iterable, one a thing done
    :param total: how many there will be
    :param what: the things, as a heading
    :returns: iterable of the results
    """
    if command.is_quiet or not command.app.stderr.isatty():
        return results
    return tqdm.tqdm(results, total=total, file=command.app.stderr, unit='', desc=what, nrows=24,
                     leave=False)


def _why(installation, timeout):
    """Return why an installation counts as failed."""
    if installation.status == 'gone':
        return 'gone: somebody has uninstalled it meanwhile'
    if installation.status == 'active':
        return 'active: somebody has installed it again meanwhile'
    why = ': '.join(filter(None, [installation.reason, installation.error]))
    if installation.is_settled:
        return why
    late = f'still {installation.status} after {timeout:g} seconds'
    return f'{why} ({late})' if why else late


def _counts(installations):
    """Return how many are as desired, have failed, are left."""
    count = collections.Counter(
        'done' if one.is_as_desired else 'failed' if one.is_settled else 'left'
        for one in installations)
    return count['done'], count['failed'], count['left']


def _held_up(installations):
    """Return what holds up those that are left, such as ``RegionTwo: unreachable``."""
    return ', '.join(sorted({f'{one.region}: {one.reason}' for one in installations
                             if one.reason and not one.is_as_desired and not one.is_settled}))


def shown(command, total):
    """Show people how far something is.

    :param total: how many things there are to do
    :returns: object with the methods show, which takes what has the attributes of Installations,
        and close
    """
    if command.is_quiet:
        return _Silence()
    if command.app.stderr.isatty():
        return _Bar(command.app.stderr, total)
    return _Lines(command, total)


class _Silence:
    """For people who asked for quiet, and get the failures only."""

    def show(self, installations):
        """Say how far the installations are."""

    def close(self):
        """Leave the terminal as it was."""


class _Lines(_Silence):
    """For files and pipes: a line whenever something changes."""

    def __init__(self, command, total):
        self._command = command
        self._total = total
        self._shown = None

    def show(self, installations):
        done, failed, left = _counts(installations)
        text = (f'{done + failed} of {self._total} installations done: {done} as wanted, '
                f'{failed} failed, {left} left')
        if held_up := _held_up(installations):
            text += f' ({held_up})'
        if text != self._shown:
            self._shown = text
            self._command.say(text)


class _Bar(_Silence):
    """For terminals."""

    def __init__(self, stream, total):
        # Some terminals (of containers, say) claim to have no rows; tqdm would show nothing there.
        self._bar = tqdm.tqdm(total=total, file=stream, unit='', desc='Installations', nrows=24)

    def show(self, installations):
        done, failed, left = _counts(installations)
        wanted = 'gone' if all(one.desired == 'absent' for one in installations) else 'active'
        counts = {wanted: done, 'failed': failed, 'left': left}
        if held_up := _held_up(installations):
            counts['left'] = f'{left} ({held_up})'
        self._bar.set_postfix(counts, refresh=False)
        self._bar.update(done + failed - self._bar.n)

    def close(self):
        self._bar.close()
