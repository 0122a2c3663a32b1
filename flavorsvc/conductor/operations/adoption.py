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


"""Taking what a region has under management.

Nova is asked before any transaction, and nothing is changed there.
"""

import fnmatch

from flavorsvc.conductor.operations import flavors as catalogue
from flavorsvc.db import drift as findings
from flavorsvc.db import flavors
from flavorsvc.db import installations
from flavorsvc.db import regions
from flavorsvc.domain import adoption
from flavorsvc.domain import drift
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle

#: Flavors that are adopted in one transaction.
_AT_A_TIME = 100


class Adoption:
    """Adopts from one region, with an eye on all others."""

    def __init__(self, database, novas, described, most):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param described: function of a flavor (dict) to the flavor.Spec that regions have of it
        :param most: int, flavors of a region that is read at all
        """
        self._db, self._novas, self._described, self._most = database, novas, described, most

    def adopt(self, region, selection, terms, request_id, now):
        """Adopt flavors of a region.

        :param region: str
        :param selection: dict with ids (list of str), name (a pattern of the shell) or all (True)
        :param terms: dict with choices (dict of flavor id to adoption.Choice), dry_run (bool),
            reason (str or None) of exceptions, user_id (str), who makes these, and project_id
            (str), who is to own flavors that are new to the catalogue
        :returns: dict with region, dry_run, flavors (list of dict with flavor_id, flavor_name,
            result and conflicts) and unreachable_regions (dict of region to str)
        :raises errors.NotFound: for an unknown region, or for ids that it does not have
        :raises errors.Invalid: for a choice about a flavor that is not selected
        :raises errors.RegionUnreachable: when it does not answer
        """
        name = self._novas.place(region)['name']
        found = self._selected(name, selection, request_id)
        strangers = sorted(terms['choices'].keys() - {spec.id for spec in found})
        if strangers:
            raise errors.Invalid('choices', f'nothing is adopted of {", ".join(strangers)}')
        others = [each for each in self._db.read(regions.known) if each != name]
        elsewhere, silent = self._novas.each(others, request_id, self._rivals(found))
        work = self._db.read if terms['dry_run'] else self._db.write
        told = []
        for first in range(0, len(found), _AT_A_TIME):
            told += work(self._adopt_some, found[first:first + _AT_A_TIME], elsewhere, name, terms,
                         request_id, now)
        return {'region': name, 'dry_run': terms['dry_run'], 'flavors': told,
                'unreachable_regions': silent}

    def _selected(self, region, selection, request_id):
        ids, pattern = set(selection.get('ids') or ()), selection.get('name')

        def is_meant(flavor_id, name):
            if pattern is not None:
                return fnmatch.fnmatchcase(name, pattern)
            return flavor_id in ids or bool(selection.get('all'))
        with self._novas.asked(region, request_id) as nova:
            found = {spec.id: spec for spec in nova.everything(is_meant, self._most)
                     if is_meant(spec.id, spec.name)}
        missing = sorted(ids - found.keys())
        if missing:
            raise errors.NotFound(f'flavor of region {region}', ', '.join(missing))
        return sorted(found.values(), key=lambda spec: (spec.name, spec.id))

    def _rivals(self, found):
        """Give a function that tells what of a Nova has the id or the name of what was found."""
        ids, names = {spec.id for spec in found}, {spec.name for spec in found}

        def ask(region, nova):
            by_id, by_name = {}, {}
            for spec in nova.everything(lambda flavor_id, name: False, self._most):
                if spec.id in ids:
                    by_id[spec.id] = spec
                if spec.name in names:
                    by_name[spec.name] = spec
            return by_id, by_name
        return ask

    def _adopt_some(self, session, found, elsewhere, region_name, terms, request_id, now):
        [region] = installations.regions_named(session, [region_name],
                                               installation.Desired.PRESENT)
        managed = installations.wanted_in(session, region.pk)
        known = flavors.living(session, [spec.id for spec in found])
        holders = flavors.holders(session, [spec.name for spec in found])
        told = []
        for spec in found:
            conflicts = adoption.conflicts(
                spec, self._known(known.get(spec.id)), holders.get(spec.name),
                _elsewhere(spec, elsewhere))
            choice = terms['choices'].get(spec.id)
            result = adoption.decide(spec.id in managed, conflicts, choice)
            if result == adoption.Result.ADOPTED and spec.id not in known:
                holders[spec.name] = spec.id  # what answers may be no Nova, and have two of it
            if not terms['dry_run'] and result == adoption.Result.ADOPTED:
                take(session, spec, region, terms['project_id'], request_id, self._described,
                     as_it_is=True, now=now)
            elif not terms['dry_run'] and result == adoption.Result.EXCEPTED:
                finding = findings.record(session, region.pk, drift.compare(None, spec), now)
                findings.accept(session, finding, terms['user_id'], terms['reason'], now)
            told.append({'flavor_id': spec.id, 'flavor_name': spec.name, 'result': result,
                         'conflicts': [] if result == adoption.Result.MANAGED else [
                             {'region': each.region, 'reason': each.reason,
                              'flavor_id': each.flavor_id,
                              'differences': list(each.differences)} for each in conflicts]})
        return told

    def _known(self, values):
        return values and (self._described(values), values['status'])


def _elsewhere(spec, elsewhere):
    """Give by region what has the id or the name of a flavor."""
    return {region: list({rival.id: rival for rival in (by_id.get(spec.id), by_name.get(spec.name))
                          if rival is not None}.values())
            for region, (by_id, by_name) in elsewhere.items()}


def take(session, found, region, project_id, request_id, described, as_it_is=False, now=None):
    """Have the catalogue want a flavor in a region that has it.

    :param found: flavor.Spec, with its access list
    :param region: tables.Region of this session
    :param project_id: str, who is to own a flavor that is new to the catalogue, or None
    :param described: function of a flavor (dict) to the flavor.Spec that regions have of it
    :param as_it_is: bool, whether the catalogue may have another of this id: then the region
        differs from it, which is recorded
    :param now: naive UTC datetime, of that record
    :raises errors.AlreadyExists: when the catalogue has another of this id or name
    :raises errors.Conflict: when that is being deleted, or wanted in the region, or out of it
    """
    known = flavors.living(session, [found.id]).get(found.id)
    if known is None:
        create(session, found, project_id)
    row = flavors.lock(session, found.id)
    if row.status not in lifecycle.USABLE:
        raise errors.Conflict(f'The flavor {row.id!r} of the catalogue is {row.status}.')
    if installations.desired(session, row.pk, region.pk) is not None:
        raise errors.Conflict(f'The flavor {row.id!r} is under management in region '
                              f'{region.name!r} already.')
    finding = known and drift.compare(described(known), found)
    if finding and not as_it_is:
        raise errors.AlreadyExists('flavor', 'id', found.id)
    installations.adopt(session, row, region, request_id)
    if finding:
        installations.recognise(session, row.pk, region.pk, flavor.fixed(vars(found)))
        findings.record(session, region.pk, finding, now)
    elif as_it_is:
        findings.resolve(session, region.pk, found.id, now)


def create(session, found, project_id):
    """Add a flavor to the catalogue as a region has it.

    :param found: flavor.Spec, with its access list
    :param project_id: str, who is to own it, or None
    :raises errors.AlreadyExists: when the catalogue has one of its id or name
    """
    values = {**flavor.fixed(vars(found)), 'id': found.id, 'description': found.description,
              'extra_specs': dict(found.extra_specs), 'projects': sorted(found.projects),
              'properties': {}, 'public': False, 'promoted': False, 'project_id': project_id}
    catalogue.create(session, values, {})
