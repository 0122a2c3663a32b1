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

"""What a plan is to bring about: a catalogue, in some regions."""

import contextlib
import dataclasses

from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle
from flavorsvc.domain import plan

#: In place of a flavor that there is not.
_NONE = {'status': lifecycle.Status.DELETING}


def completed(given, stored, project_id, new_id, table, today):
    """Find out which flavors of the catalogue are meant, and complete what was given.

    One without an id is that of its name. What is said then can be done without a further look
    at the rules, but for changes of what is stored.

    :param given: list of dict of field to value
    :param stored: dict of id to dict, flavors as they cross RPC
    :param project_id: str, who is to own those that are new
    :param new_id: function that makes an id up
    :param table: capability table
    :param today: str, a date in ISO 8601
    :returns: list of dict, each with an id
    :raises errors.Invalid: when a flavor lacks something, contradicts itself or is given twice
    """
    ids = {values['name']: flavor_id for flavor_id, values in stored.items()}
    listed, names = {}, set()
    for values in given:
        name = values.get('name')
        with _blaming(name or values.get('id')):
            flavor.check_complete(values)
        flavor_id = values.get('id') or ids.get(name) or new_id()
        if flavor_id in listed or name in names:
            raise errors.Invalid('plan.flavors', f'{name!r} is given twice')
        names.add(name)
        before = stored.get(flavor_id)
        with _blaming(name):
            listed[flavor_id] = _completed({**values, 'id': flavor_id}, before, project_id, today)
            _check({**(before or {}), **listed[flavor_id]}, before, table)
    _check_successors(listed, stored)
    return list(listed.values())


def _completed(values, before, project_id, today):
    if before is None:
        return {'project_id': project_id, 'status': lifecycle.Status.ACTIVE,
                **dict.fromkeys(lifecycle.DEPRECATION), **flavor.DEFAULTS, **values}
    return lifecycle.completed(before, values, today)


def _check(values, before, table):
    flavor.extra_specs(values, table)
    try:
        flavor.check(values, before)
    except errors.Conflict:
        pass  # the plan says so of the flavor


def _check_successors(listed, stored):
    there = {flavor_id: {**stored.get(flavor_id, {}), **listed.get(flavor_id, {})}
             for flavor_id in listed.keys() | stored.keys()}
    for flavor_id, values in listed.items():
        successor = values.get('successor')
        if successor in (None, stored.get(flavor_id, {}).get('successor')):
            continue
        with _blaming(values['name']):
            if there.get(successor, _NONE)['status'] == lifecycle.Status.DELETING:
                raise errors.Invalid('flavor.successor', f'there is no flavor {successor!r}')
            chain = []
            while successor in there and successor not in chain:
                chain.append(successor)
                successor = there[successor]['successor']
            lifecycle.check_successor(flavor_id, chain)


@contextlib.contextmanager
def _blaming(name):
    """Say of which flavor of the request something is wrong."""
    try:
        yield
    except (errors.Incomplete, errors.Invalid) as error:
        reason = error.reason.removeprefix('flavor.')
        raise errors.Invalid('plan.flavors', f'{name!r}: {reason}') from error


class Wish:
    """A catalogue that some regions are to have.

    :ivar given: dict of flavor id to dict, the whole catalogue that was given; None where the
        stored one is meant
    :ivar stored: dict of flavor id to dict, the catalogue as it is
    :ivar named: set of regions that are to have it
    :ivar touched: set of regions that it concerns: also those that have what changes
    :ivar on_immutable: installation.OnImmutable
    """

    def __init__(self, asked, recorded, table, tells_deprecation):
        """Compute what is to be in the catalogue.

        :param asked: dict with regions (list of str, or 'all'), prune (bool), on_immutable (str)
            and flavors (list of dict from :func:`completed`, or None)
        :param recorded: dict with flavors (dict of id to dict, as they cross RPC) and regions (dict
            of name to dict with state and installations: dict of flavor id to dict with desired,
            revision, status and installed, see :class:`flavorsvc.domain.plan.Ours`)
        :param table: capability table
        :param tells_deprecation: see :func:`flavorsvc.domain.flavor.wanted`
        :raises errors.UnknownRegion: naming the regions that there are not
        """
        self._table, self._tells_deprecation = table, tells_deprecation
        self._records = recorded['regions']
        self.stored = recorded['flavors']
        self.given = None if asked['flavors'] is None else {
            values['id']: values for values in asked['flavors']}
        self.on_immutable = installation.OnImmutable(asked['on_immutable'])
        self._prune = asked['prune'] and self.given is not None
        self.named = self._known(asked['regions'])
        self._is_everywhere = self.named == self._known('all')
        self._in_catalogue = [] if self.given is None else plan.in_catalogue(
            self.given, self.stored, self._placed(), self.on_immutable,
            self._prune and self._is_everywhere)
        self._changing = {action.flavor_id: action for action in self._in_catalogue}
        self.touched = self.named | {
            name for name, record in self._records.items()
            if record['state'] != 'gone' and self._changing.keys() & record['installations'].keys()}
        self._future = {**self.stored, **{
            flavor_id: {**self.stored.get(flavor_id, {}), **values}
            for flavor_id, values in (self.given or {}).items()}}

    def _known(self, names):
        there = {name for name, record in self._records.items() if record['state'] != 'gone'}
        if names == 'all':
            return there
        missing = sorted(set(names) - there)
        if missing:
            raise errors.UnknownRegion(', '.join(missing))
        return set(names)

    def _placed(self):
        return {flavor_id for record in self._records.values()
                for flavor_id in record['installations']}

    def facts(self):
        """Tell what of the catalogue the wish was computed from.

        What leaves anyway, and how far a conductor is with what was asked for, is no part of it:
        that may go on while somebody reads a plan. But of what is given it matters that it is not
        there any more.

        :returns: plain values
        """
        return {
            'everywhere': self._is_everywhere,
            'flavors': {flavor_id: values['generation']
                        for flavor_id, values in self.stored.items()
                        if values['status'] != lifecycle.Status.DELETING
                        or flavor_id in (self.given or ())},
            'regions': {name: {flavor_id: row['revision'] for flavor_id, row
                               in self._records[name]['installations'].items()
                               if row['desired'] == installation.Desired.PRESENT}
                        for name in sorted(self.touched)}}

    def in_catalogue(self, silent):
        """List what is done to the catalogue itself.

        A flavor is not removed while it is in a region of which nobody knows who uses it there.

        :param silent: collection of the regions that were not read
        :returns: list of plan.Action
        """
        return [self._not_from(silent, action) for action in self._in_catalogue]

    def _not_from(self, silent, action):
        having = [name for name, record in sorted(self._records.items())
                  if (name in silent or record['state'] == 'gone')
                  and action.flavor_id in record['installations']]
        if action.act != plan.Act.REMOVE or not having:
            return action
        return action.refuse(plan.Refusal.REGION, f'It is in {", ".join(having)}.')

    def retires(self, flavor_id):
        """Tell whether a flavor leaves regions only where no server uses it."""
        return self._future[flavor_id]['status'] == lifecycle.Status.RETIRED

    def fixed(self, flavor_id, differences):
        """Give the fixed fields that a region has of a flavor, from how they differ.

        :param differences: list of dict, see :func:`flavorsvc.domain.drift.differences`
        :returns: dict, see :func:`flavorsvc.domain.flavor.fixed`
        """
        return {**flavor.fixed(self._future[flavor_id]),
                **{each['field']: each['found'] for each in differences
                   if each['field'] in flavor.IMMUTABLE}}

    def in_region(self, region, found, microversion):
        """List what would make a region agree.

        :param found: dict of id to flavor.Spec
        :param microversion: (major, minor) of its Nova
        :returns: list of plan.Action, as :func:`flavorsvc.domain.plan.in_region` gives them
        """
        wanted, refused = {}, []
        for flavor_id in sorted(self.wanted_ids(region)):
            try:
                wanted[flavor_id] = flavor.fit(flavor.wanted(
                    self._future[flavor_id], self._table, self._tells_deprecation), microversion)
            except errors.Invalid as error:
                refused.append(plan.Action(
                    region, flavor_id, self._future[flavor_id]['name'], plan.Act.CHANGE).refuse(
                        plan.Refusal.CATALOGUE, error.reason))
        ours = {flavor_id: self._ours(flavor_id, row)
                for flavor_id, row in self._records[region]['installations'].items()
                if region in self.named or flavor_id in self._changing}
        actions = plan.in_region(region, wanted, found, ours, self.on_immutable,
                                 self._goes(region))
        left_out = {each.flavor_id for each in refused}
        return refused + [self._checked(action) for action in actions
                          if action.flavor_id not in left_out]

    def _ours(self, flavor_id, row):
        desired = installation.Desired.ABSENT if self.retires(flavor_id) else row['desired']
        return plan.Ours(desired, row['status'], tuple(row['installed']))

    def unseen(self, silent):
        """List what cannot be planned because regions were not read.

        :param silent: dict of region to str, why not
        :returns: list of plan.Action, all refused
        """
        return [action.refuse(plan.Refusal.REGION, why) for region, why in sorted(silent.items())
                for action in self._unseen(region)]

    def _unseen(self, region):
        rows, wanted = self._records[region]['installations'], self.wanted_ids(region)
        for flavor_id in sorted(wanted | rows.keys()):
            action = plan.Action(region, flavor_id, self._future[flavor_id]['name'],
                                 plan.Act.CHANGE)
            if flavor_id not in rows:
                yield dataclasses.replace(action, act=plan.Act.CREATE)
            elif flavor_id in wanted:
                if flavor_id in self._changing or not self._ours(
                        flavor_id, rows[flavor_id]).is_asked_for:
                    yield action
            elif self._goes(region) or flavor_id in self._changing:
                yield dataclasses.replace(action, act=plan.Act.REMOVE)

    def wanted_ids(self, region):
        """Name the flavors that a region is to have.

        :returns: set of flavor ids
        """
        wished = {flavor_id for flavor_id, row in self._records[region]['installations'].items()
                  if row['desired'] == installation.Desired.PRESENT}
        if region not in self.named:
            wished &= self._changing.keys()
        elif self.given is not None:
            wished = set(self.given) | (set() if self._prune else wished)
        return {flavor_id for flavor_id in wished
                if self._future[flavor_id]['status'] in lifecycle.USABLE}

    def _goes(self, region):
        return self._prune and region in self.named

    def _checked(self, action):
        before = self._changing.get(action.flavor_id)
        if before is None or not before.refused or action.refused:
            return action
        return action.refuse(plan.Refusal.CATALOGUE, before.because)
