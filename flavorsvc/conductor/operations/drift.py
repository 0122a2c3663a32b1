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


"""What an audit comes to, and what can be done about a finding."""

import dataclasses
import datetime
import functools

from flavorsvc.conductor.operations import adoption
from flavorsvc.db import audits
from flavorsvc.db import compute_flavors
from flavorsvc.db import drift as findings
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain.installation import OnImmutable

#: Seconds between the first two repairs, where no interval of audits says it.
_FIRST_PAUSE_S = 3600

#: How far apart the clocks of two conductors may be.
_SKEW = datetime.timedelta(minutes=1)


@dataclasses.dataclass(frozen=True)
class Terms:
    """How long things last.

    :ivar pause_s: float seconds between two repairs of what is undone, at first
    :ivar kept: datetime.timedelta for which resolved findings are kept
    """

    pause_s: float
    kept: datetime.timedelta


def first_pause_s(conf):
    """Tell how long a policy waits at first before it repairs what was undone.

    :param conf: the group ``audit``
    :returns: float seconds
    """
    return conf.interval or _FIRST_PAUSE_S


def conclude(session, audit, before, found, now, next_at, terms):
    """Record what an audit found.

    Nothing is said of flavors that moved while the region was read.

    :param audit: flavorsvc.db.audits.Audit
    :param before: dict, what :func:`flavorsvc.db.drift.expected` told before
    :param found: dict of flavor id to drift.Finding
    :param next_at: naive UTC datetime of the next audit, or None
    :param terms: Terms
    :returns: list of ids of the findings that the region's policy has repaired; None where the
        lease was lost, and nothing is recorded
    """
    if not audits.finish(session, audit, now, next_at):
        return None
    after = findings.expected(session, audit.region_pk)
    moved = findings.deleted_since(session, audit.started_at - _SKEW)
    for flavor_id in before.keys() | after.keys():
        mark, values = after.get(flavor_id, (None, None))
        if mark != before.get(flavor_id, (None, None))[0] or (mark and values is None):
            moved.add(flavor_id)
    verdict = drift.judge(findings.recorded(session, audit.region_pk), found, moved)
    findings.settle(session, audit.region_pk, verdict, now, terms.pause_s)
    findings.purge(session, audit.region_pk, now - terms.kept)
    return findings.to_repair(session, audit.region_pk, audit.policy, now, terms.pause_s)


def repair_by_policy(session, finding_id, default_policy, request_id, now):
    """Repair what the region's policy of now has repaired, unless it moved meanwhile.

    :param default_policy: str, of a region that sets none of its own
    """
    try:
        row, finding = _to_repair(session, finding_id)
    except (errors.NotFound, errors.Conflict):
        return  # whoever was faster decided
    policy = finding.region.drift_policy or default_policy
    if finding.state == drift.State.OPEN and drift.is_repaired(
            policy, finding.kind, finding.differences):
        _repair(session, row, finding, OnImmutable.REPLACE, request_id, now, by_policy=True)


def repair(session, finding_id, on_immutable, request_id, now):
    """Have a region agree with the catalogue again.

    :param on_immutable: OnImmutable or its text, what to do where only deleting and creating the
        flavor would help
    :returns: list of dict, the installations that are looked after once more
    :raises errors.NotFound: when there is no such finding
    :raises errors.Conflict: when it is resolved, or not about a flavor of ours, or that is refused
    """
    row, finding = _to_repair(session, finding_id)
    return _repair(session, row, finding, on_immutable, request_id, now, by_policy=False)


def _to_repair(session, finding_id):
    if findings.by_id(session, finding_id).kind == drift.Kind.UNMANAGED:
        raise errors.Conflict('The flavor is not one of the service, which does not touch it: '
                              'adopt it, accept it, or delete it in the region.')
    row, finding = _locked(session, finding_id)
    _refuse_unless_wanted(session, row, finding)
    return row, finding


def _repair(session, row, finding, on_immutable, request_id, now, by_policy):
    fixed = drift.fixed_fields(finding.differences)
    if fixed and on_immutable == OnImmutable.REFUSE:
        raise errors.Conflict(
            f'Nova cannot change {flavor.in_words(fixed)} of a flavor that exists: say by '
            f'on_immutable that it may be deleted and created there.')
    if fixed:
        # exactly what was found: something else that comes to be there is not ours
        installations.recognise(session, row.pk, finding.region_pk, {
            **flavors.fixed(row), **{each['field']: each['found'] for each in finding.differences
                                     if each['field'] in fixed}})
    findings.repaired(session, finding, now, by_policy)
    return installations.want(
        session, row, [finding.region], installation.Desired.PRESENT, request_id, now, anew=True,
        on_immutable=on_immutable if fixed else None)


class Acceptance:
    """Takes what a region has for right."""

    def __init__(self, database, novas, table, tells_deprecation=False):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param table: capability table
        :param tells_deprecation: see :func:`flavorsvc.domain.flavor.wanted`
        """
        self._db, self._novas, self._table = database, novas, table
        self._described = functools.partial(flavor.known, table=table,
                                            tells_deprecation=tells_deprecation)

    def as_exception(self, finding_id, by, reason, now):
        """Have a finding stay as it is.

        :param by: str, id of the user
        :param reason: str, or None
        :raises errors.Conflict: when it is resolved
        """
        self._db.write(_accept, finding_id, by, reason, now)

    def as_catalogue(self, finding_id, by, reason, project_id, request_id, now):
        """Have the catalogue say what the region has now, which must be what was found.

        :param project_id: str, who is to own a flavor that is new to the catalogue
        :raises errors.Conflict: when the region moved since, the finding is resolved, or the
            catalogue cannot say that
        :raises errors.RegionUnreachable: when the region does not answer
        """
        region, flavor_id = self._db.read(_place, finding_id)
        with self._novas.asked(region, request_id) as nova:
            found, microversion = nova.find(flavor_id), nova.microversion
        self._db.write(self._take_over, finding_id, found, microversion, by, reason, project_id,
                       request_id, now)

    def _take_over(self, session, finding_id, found, microversion, by, reason, project_id,
                   request_id, now):
        finding = findings.by_id(session, finding_id)
        if (found is None) != (finding.kind == drift.Kind.MISSING):
            raise _moved(finding)
        if found is not None and not flavor.is_storable(found):
            raise errors.Conflict(f'The catalogue cannot have a flavor such as {found.id!r} of '
                                  f'region {finding.region.name!r}: its id, a key of its extra '
                                  f'specs or a project of its access list is none.')
        if finding.kind == drift.Kind.UNMANAGED:
            adoption.take(session, found, finding.region, project_id, request_id,
                          self._described)
            finding = findings.by_id(session, finding_id, locked=True)
        else:
            row, finding = _locked(session, finding_id)
            _refuse_unless_wanted(session, row, finding)
            if finding.kind == drift.Kind.MISSING:
                self._forget(session, row, finding, now)
            else:
                self._change(session, row, finding, found, microversion, request_id, now)
        _refuse_if_resolved(finding)
        findings.close(session, finding, by, reason, now)

    @staticmethod
    def _forget(session, row, finding, now):
        compute_flavors.left(session, row.id, finding.region.name)
        if installations.desired(session, row.pk, finding.region_pk) is not None:
            raise errors.Conflict(f'The service is at work on the flavor {row.id!r} in region '
                                  f'{finding.region.name!r}.')
        flavors.bury_if_left(session, row, now)

    def _change(self, session, row, finding, found, microversion, request_id, now):
        values = flavors.described(row)
        wanted = flavor.fit(self._described(values), microversion)
        if list(drift.differences(wanted, found)) != finding.differences:
            raise _moved(finding)
        changes = drift.taken_over(values, wanted, found, self._table)
        fixed = changes.keys() & set(flavor.IMMUTABLE)
        elsewhere = set(installations.wanted_anywhere(session, row.pk)) - {finding.region.name}
        if fixed and elsewhere:
            raise errors.Conflict(
                f'Nova cannot change {flavor.in_words(fixed)} of a flavor that exists, and this '
                f'one is wanted in {", ".join(sorted(elsewhere))} too.')
        after = {**values, **changes}
        flavor.check(after, values)
        flavor.extra_specs(after, self._table)
        flavors.change(session, row, changes)
        flavors.note(session, 'flavor.update', row, changes)
        installations.want_again(session, row, request_id, now)


def _accept(session, finding_id, by, reason, now):
    finding = findings.by_id(session, finding_id, locked=True)
    _refuse_if_resolved(finding)
    findings.accept(session, finding, by, reason, now)


def _place(session, finding_id):
    finding = findings.by_id(session, finding_id)
    _refuse_if_resolved(finding)
    return finding.region.name, finding.flavor_id


def _locked(session, finding_id):
    """Lock the flavor that a finding is about, as by every other wish first, and the finding.

    :returns: tables.Flavor and tables.Drift of this session
    """
    flavor_id = findings.by_id(session, finding_id).flavor_id
    try:
        row = flavors.lock(session, flavor_id)
    except errors.NotFound as error:
        raise errors.Conflict(f'The catalogue has no flavor {flavor_id!r} any more.') from error
    finding = findings.by_id(session, finding_id, locked=True)
    _refuse_if_resolved(finding)
    return row, finding


def _refuse_unless_wanted(session, row, finding):
    wanted = installations.desired(session, row.pk, finding.region_pk)
    if wanted != installation.Desired.PRESENT:
        raise errors.Conflict(f'The flavor {row.id!r} is no longer wanted in region '
                              f'{finding.region.name!r}.')


def _refuse_if_resolved(finding):
    if finding.state == drift.State.RESOLVED:
        raise errors.Conflict('The finding is resolved.')


def _moved(finding):
    return errors.Conflict(f'Region {finding.region.name!r} has something else now than was '
                           f'found: audit it again.')
