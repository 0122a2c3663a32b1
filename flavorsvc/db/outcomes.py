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

"""What became of a claim: how it is recorded, and the lease given back."""

import sqlalchemy as sa

from flavorsvc.db import claims
from flavorsvc.db import drift
from flavorsvc.db import flavors
from flavorsvc.db import outbox
from flavorsvc.db import tables
from flavorsvc.domain import installation


def finish(session, claim, origin, now):
    """Record that a region agrees with what was claimed.

    The last region that a flavor leaves takes a flavor that is being deleted
    with it.

    :param claim: claims.Claim
    :param origin: 'created', 'adopted', or None to leave what is recorded
    :returns: bool, False when the lease was lost or a newer wish came meanwhile
    """
    state = installation.after(claim.status, installation.Event.FINISH)
    if state == installation.State.GONE:
        return _forget(session, claim, now)
    values = {'observed_generation': claim.generation}
    if origin is not None:
        values['origin'] = origin
    if origin == 'created':
        values['tried'] = True  # whoever disowned it meanwhile could not know
    if _update(session, claim, status=state, reason=None, error=None, attempts=0,
               next_attempt_at=None, wished_at=None, installed=None, on_immutable=None,
               **values):
        drift.resolve(session, claim.region_pk, claim.flavor['id'], now)
        _note(session, 'installation.active', claim, state)
        return True
    _let_go(session, claim, **values)
    return False


def fail(session, claim, event, reason, text, next_attempt_at, attempts, servers=None):
    """Record that a try failed.

    :param event: installation.Event.FAIL, with the time of the next try, or REFUSE
    :param reason: str, code
    :param text: str, in the other side's words
    :param next_attempt_at: naive UTC datetime, or None
    :param attempts: int, tries that failed since the wish
    :param servers: int, how many use the flavor, or None to leave what is recorded
    :returns: bool, False when the lease was lost or a newer wish came meanwhile
    """
    state = installation.after(claim.status, event)
    values = {} if servers is None else {'servers': servers}
    text = text[:tables.LONGEST_TEXT]
    if _update(session, claim, status=state, reason=reason, error=text, attempts=attempts,
               next_attempt_at=next_attempt_at, **values):
        if event == installation.Event.REFUSE:
            _note(session, 'installation.error', claim, state, reason, text, attempts)
        return True
    _let_go(session, claim, **values)
    return False


def _update(session, claim, **values):
    changed = session.execute(
        sa.update(tables.Installation)
        .where(*claims.mine(claim), tables.Installation.revision == claim.revision,
               tables.Installation.wanted_generation <= claim.generation)
        .values(lease_owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False))
    return changed.rowcount == 1


def _let_go(session, claim, **values):
    session.execute(
        sa.update(tables.Installation).where(*claims.mine(claim))
        .values(lease_owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False))


def _forget(session, claim, now):
    row = session.scalars(
        sa.select(tables.Flavor).where(tables.Flavor.id == claim.flavor['id'],
                                       tables.Flavor.deleted == 0).with_for_update()).first()
    if row is None:
        return False  # its region was forgotten meanwhile, and the flavor with it
    gone = session.execute(
        sa.delete(tables.Installation)
        .where(*claims.mine(claim), tables.Installation.revision == claim.revision)
        .execution_options(synchronize_session=False))
    if gone.rowcount != 1:
        _let_go(session, claim, observed_generation=None, origin=None, tried=False)
        return False
    drift.resolve(session, claim.region_pk, claim.flavor['id'], now)
    _note(session, 'installation.gone', claim, installation.State.GONE)
    flavors.bury_if_left(session, row, now)
    return True


def _note(session, event, claim, status, reason=None, error=None, attempts=0):
    outbox.note(session, event, {
        'id': claim.id, 'flavor_id': claim.flavor['id'], 'flavor_name': claim.flavor['name'],
        'region': claim.region, 'desired': claim.desired, 'status': status, 'reason': reason,
        'error': error, 'attempts': attempts, 'generation': claim.generation,
        'request_id': claim.request_id})
