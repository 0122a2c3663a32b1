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

"""Waiting for regions: what was wished is done by a conductor, while the caller may wait for it.

At 1.0 the caller waits unless it prefers otherwise, and what is not done then is an error; at 1.1
it does not, and what is not done is accepted. ``Prefer`` (RFC 7240) chooses on either: ``wait=N``
in seconds, ``respond-async``.
"""

import dataclasses
import re

import pecan
import tenacity

from flavorsvc.api import microversion
from flavorsvc.domain import errors
from flavorsvc.domain import installation

#: Most seconds that a request waits.
LONGEST_S = 60
#: Seconds that a request of the seeds' contract waits when it does not say.
_CONTRACT_S = 30
_FIRST_LOOK_S, _LONGEST_PAUSE_S = 0.05, 0.5
_WAIT = re.compile(r'wait\s*=\s*"?([0-9]{1,9})"?')

_IN_FLIGHT = frozenset([installation.State.PENDING, installation.State.INSTALLING,
                        installation.State.UNINSTALLING, installation.State.RETRYING])


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long a caller waits, and for what.

    :ivar seconds: int
    :ivar insists: bool, whether what is not done by then has failed to this caller
    """

    seconds: int
    insists: bool


def patience():
    """Read how long the caller of the request that is being answered waits.

    Preferences that are unknown or make no sense are passed over, as RFC 7240 asks.

    :returns: Patience
    """
    contract = microversion.is_contract()
    words = [word.strip().lower()
             for word in pecan.request.headers.get('Prefer', '').split(',')]
    seconds = next((min(int(found[1]), LONGEST_S) for word in words
                    if (found := _WAIT.fullmatch(word))), None)
    applied = [] if seconds is None else [f'wait={seconds}']
    if 'respond-async' in words:
        applied.append('respond-async')
        seconds = seconds or 0
    if applied:
        pecan.response.headers['Preference-Applied'] = ', '.join(applied)
    if seconds is None:
        seconds = _CONTRACT_S if contract else 0
    return Patience(seconds, contract and 'respond-async' not in words)


def settle(conductor, ctxt, wished, max_limit):
    """Wait for installations as long as the caller does.

    A caller who insists does not wait for a region that did not do it at the
    first try: it is told why.

    :param wished: list of dict, the installations as they were wished
    :param max_limit: int, most installations to ask for at a time
    :returns: (list of dict, the installations that are left, as they stand now; Patience)
    """
    patient = patience()
    left = wished
    if wished and patient.seconds:
        left = watch(patient.seconds, lambda: _look(conductor, ctxt, wished, max_limit),
                     lambda rows: _goes_on(rows, patient))
    return left, patient


def watch(seconds, look, goes_on):
    """Look at something again and again, until nothing goes on or the time is up.

    :param seconds: int
    :param look: function that gives how it stands
    :param goes_on: function of that to bool
    :returns: how it stood at the last look
    """
    looks = tenacity.Retrying(
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_exponential(_FIRST_LOOK_S, max=_LONGEST_PAUSE_S),
        retry=tenacity.retry_if_result(goes_on),
        retry_error_callback=lambda state: state.outcome.result())
    return looks(look)


def is_done(left):
    """Tell whether nothing of what was wished is still under way.

    :param left: list of dict
    :returns: bool
    """
    return not any(row['status'] in _IN_FLIGHT and not _waits_for_servers(row) for row in left)


def insist(left):
    """Refuse to call something done that is not.

    :param left: list of dict, the installations that are left
    :raises errors.FlavorsvcError: what keeps one of them from being done, rather than that it waits
    """
    for row in sorted(left, key=_is_held_up, reverse=True):
        if row['status'] != installation.State.ACTIVE:
            raise _not_done(row)


def _look(conductor, ctxt, wished, max_limit):
    page = {'limit': max_limit, 'marker': None, 'sort_key': 'created_at', 'sort_dir': 'asc'}
    ids = {row['id'] for row in wished}
    flavor_ids = dict.fromkeys(row['flavor_id'] for row in wished)
    return [row for flavor_id in flavor_ids
            for row in conductor.installations_list(ctxt, {'flavor': flavor_id}, page)
            if row['id'] in ids]


def _goes_on(rows, patient):
    if patient.insists and any(map(_is_held_up, rows)):
        return False
    return not is_done(rows)


def _is_held_up(row):
    return (row['status'] in (installation.State.RETRYING, installation.State.ERROR)
            or (row['status'] == installation.State.PENDING
                and (row['region_state'] == 'down' or row['reason'] == 'maintenance')))


def _waits_for_servers(row):
    # for hours rather than seconds
    return row['status'] == installation.State.RETRYING and row['reason'] == 'in_use'


#: Reason of a refusal → the error that says so; whatever else keeps a region from it is a 502.
_REFUSALS = {
    'name_taken': errors.Conflict, 'sizes_differ': errors.Conflict, 'conflict': errors.Conflict,
    'forbidden': errors.Denied,
    'rejected': lambda text: errors.Invalid('flavor', text),
    'invalid': lambda text: errors.Invalid('flavor', text),
}


def _not_done(row):
    text = row['error'] or row['region_reason'] or 'it has not been done yet.'
    text = text if text.endswith(('.', '!', '?')) else f'{text}.'
    if _waits_for_servers(row):
        return errors.Conflict(f'Region {row["region"]}: {text}')
    if row['status'] == installation.State.ERROR:
        refusal = _REFUSALS.get(row['reason'])
        if refusal is not None:
            return refusal(f'Region {row["region"]}: {text}')
        return errors.RegionUnreachable(row['region'], text)
    return errors.RegionUnreachable(
        row['region'], f'{text} The request is recorded and is tried again until it is done; see '
                       f'installation {row["id"]}.')
