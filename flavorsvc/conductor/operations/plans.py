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

"""Plans: looking at regions and the catalogue, and doing just what was seen.

Regions are read outside of any transaction. Whoever applies a plan reads them again: only where
nothing moved is it applied, in one transaction.
"""

from concurrent import futures
import dataclasses
import datetime
import hashlib
import json
import uuid

from flavorsvc.conductor.operations import flavors as operations
from flavorsvc.db import plans
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import plan
from flavorsvc.domain import wish as wishes

#: Flavors of a region whose servers are counted at the same time.
_COUNTS_AT_A_TIME = 4


class Plans:
    """Makes plans, and applies them."""

    def __init__(self, database, novas, table, conf):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param table: capability table
        :param conf: oslo_config.cfg.ConfigOpts with the groups ``audit``, ``lifecycle``, ``plans``
        """
        self._db, self._novas, self._table = database, novas, table
        self._most = conf.audit.max_flavors
        self._tells_deprecation = conf.lifecycle.describe_deprecation
        self._most_actions = conf.plans.max_actions
        self._kept = datetime.timedelta(days=conf.plans.keep)

    def make(self, asked, by, request_id, now):
        """Find out what would bring regions to a catalogue. Nothing is changed.

        :param asked: dict with regions (list of str, or 'all'), prune (bool), on_immutable (str),
            flavors (list of dict, a whole catalogue; None for the stored one) and project_id, who
            is to own those that are new
        :param by: str, the user's id
        :returns: dict, see :func:`flavorsvc.db.plans.as_dict`
        :raises errors.UnknownRegion: naming the regions that there are not
        :raises errors.Invalid: when a flavor contradicts itself, or is given twice, when it is to
            be pruned by no catalogue, or there are too many actions
        """
        if asked['prune'] and asked['flavors'] is None:
            raise errors.Invalid('plan.prune', 'needs flavors: of the stored catalogue nothing is '
                                               'left out')
        recorded = self._db.read(plans.recorded)
        if asked['flavors'] is not None:
            asked = {**asked, 'flavors': wishes.completed(
                asked['flavors'], recorded['flavors'], asked['project_id'],
                lambda: str(uuid.uuid4()), self._table, now.date().isoformat())}
        wish = self._wish(asked, recorded)
        seen, silent = self._novas.each(sorted(wish.touched), request_id,
                                        lambda region, nova: self._planned(wish, region, nova))
        actions = [*wish.in_catalogue(silent), *wish.unseen(silent)]
        for _, (_, found) in sorted(seen.items()):
            actions += found
        if len(actions) > self._most_actions:
            raise errors.Invalid('plan', f'would have {len(actions)} actions, and the most is '
                                         f'{self._most_actions}: name fewer regions at a time')
        return self._db.write(plans.create, {
            'id': str(uuid.uuid4()), **asked, 'regions': sorted(wish.named),
            'catalogue': _fingerprint(wish.facts()),
            'observed': {name: had for name, (had, _) in seen.items()}, 'silent': silent,
            'actions': [_told(action) for action in actions], 'summary': plan.summary(actions),
            'created_by': by, 'request_id': request_id, 'expires_at': now + self._kept}, now)

    def _planned(self, wish, region, nova):
        """Find out what a region has, and what is to be done there.

        :returns: (fingerprint of what it has, list of plan.Action)
        """
        found = self._found(wish, region, nova)
        with futures.ThreadPoolExecutor(_COUNTS_AT_A_TIME, thread_name_prefix='count') as pool:
            actions = list(pool.map(lambda action: self._counted(wish, nova, action),
                                    wish.in_region(region, found, nova.microversion)))
        return _fingerprint(plan.facts(found)), plan.without_taken_names(actions, found)

    def _found(self, wish, region, nova):
        wanted = wish.wanted_ids(region)
        return {spec.id: spec for spec in nova.everything(
            lambda flavor_id, name: flavor_id in wanted, self._most)}

    def _counted(self, wish, nova, action):
        if not plan.counts_servers(action):
            return action
        try:
            servers = nova.count_servers(action.flavor_id)
        except failures.Refused as failure:
            return plan.uncounted(action, failure.text)
        return plan.counted(action, servers, wish.on_immutable)

    def apply(self, plan_id, by, request_id, now):
        """Do what a plan says, and nothing else.

        :param by: str, the user's id
        :returns: dict, the plan
        :raises errors.NotFound: when there is no such plan, or no more
        :raises errors.Conflict: when it was applied, or the catalogue or a region moved since it
            was made
        """
        made = self._db.read(plans.made, plan_id, now)
        wish = self._unmoved(made, self._db.read(plans.recorded))
        seen, silent = self._novas.each(
            sorted(made['observed']), request_id,
            lambda region, nova: _fingerprint(plan.facts(self._found(wish, region, nova))))
        for region, had in sorted(made['observed'].items()):
            if region in silent:
                raise errors.Conflict(f'The region {region!r} cannot be read now, so nobody knows '
                                      f'whether the plan still holds: {silent[region]}')
            if seen[region] != had:
                raise errors.Conflict(f'The region {region!r} has moved since the plan was made: '
                                      f'make another one.')
        return self._db.write(self._apply, plan_id, by, request_id, now)

    def _apply(self, session, plan_id, by, request_id, now):
        made = plans.made(session, plan_id, now, locked=True)
        wish = self._unmoved(made, plans.recorded(session, locked=True))
        application = Application(session, wish, self._table, request_id, now)
        wished = application.run(made['actions'])
        return plans.applied(session, plan_id, wished, by, request_id, now, now + self._kept)

    def _unmoved(self, made, recorded):
        if made['applied_at'] is not None:
            raise errors.Conflict(f'The plan {made["id"]!r} was applied already.')
        try:
            wish = self._wish(made, recorded)
        except errors.UnknownRegion as error:
            raise errors.Conflict(f'A region of the plan is gone: {error.reason}') from error
        if _fingerprint(wish.facts()) != made['catalogue']:
            raise errors.Conflict('The catalogue has moved since the plan was made: make another '
                                  'one.')
        return wish

    def _wish(self, asked, recorded):
        return wishes.Wish(asked, recorded, self._table, self._tells_deprecation)


class Application:
    """One transaction that asks for what a plan says."""

    def __init__(self, session, wish, table, request_id, now):
        """Prepare.

        :param wish: flavorsvc.domain.wish.Wish, of which every flavor is locked
        :param table: capability table
        """
        self._session, self._wish, self._table = session, wish, table
        self._request_id, self._now = request_id, now
        self._holders = {values['name']: flavor_id for flavor_id, values in wish.stored.items()}

    def run(self, actions):
        """Change the catalogue, and wish what is to be in regions.

        :param actions: list of dict, of the plan
        :returns: dict of (region, flavor id) to the id of an installation
        """
        taken = [action for action in actions if not action['refused']]
        of_catalogue = [action for action in taken if action['region'] is None]
        for action in of_catalogue:
            self._change(action)
        for action in of_catalogue:
            self._succeed(action)
        # what the plan refuses, or did not see, is not to be replaced for the catalogue changed
        for action in of_catalogue:
            if action['act'] == plan.Act.CHANGE:
                operations.hold_back(self._session, action['flavor_id'], self._request_id,
                                     self._now)
        wished = {}
        for (flavor_id, goes), grouped in _by_flavor(taken).items():
            rows = self._remove(flavor_id, grouped) if goes else self._want(flavor_id, grouped)
            wished |= {(row['region'], flavor_id): row['id'] for row in rows}
        return wished

    def _change(self, action):
        flavor_id = action['flavor_id']
        if action['act'] != plan.Act.REMOVE:
            self._name(flavor_id, action['name'])
        match action['act']:
            case plan.Act.CREATE:
                operations.create(self._session, self._wish.given[flavor_id], self._table)
            case plan.Act.REMOVE:
                operations.delete(self._session, flavor_id, None, self._request_id, self._now)
            case _:
                values = self._wish.given[flavor_id]
                self._update(flavor_id, {name: value for name, value in values.items()
                                         if name != 'successor'})

    def _name(self, flavor_id, name):
        """See to it that nobody has a name that a flavor gets: who does is to lose it soon."""
        holder = self._holders.get(name)
        if holder not in (None, flavor_id):
            operations.lay_name_down(self._session, holder)
        before = self._wish.stored.get(flavor_id)
        if before is not None and self._holders.get(before['name']) == flavor_id:
            del self._holders[before['name']]
        self._holders[name] = flavor_id

    def _succeed(self, action):
        # last, for what is to be used instead may be new
        if any(each['field'] == 'successor' for each in action['differences']):
            flavor_id = action['flavor_id']
            self._update(flavor_id, {'successor': self._wish.given[flavor_id]['successor']})

    def _update(self, flavor_id, changes):
        operations.update(self._session, flavor_id, changes, None, self._table, self._request_id,
                          self._now, self._wish.on_immutable)

    def _remove(self, flavor_id, actions):
        return operations.uninstall(
            self._session, flavor_id, [action['region'] for action in actions], self._request_id,
            self._now, unless_used=self._wish.retires(flavor_id))

    def _want(self, flavor_id, actions):
        for action in actions:
            if action['act'] == plan.Act.REPLACE:
                # exactly what was found: something else that comes to be there is not ours
                operations.recognise(self._session, flavor_id, action['region'],
                                     self._wish.fixed(flavor_id, action['differences']))
        return operations.install(
            self._session, flavor_id, [action['region'] for action in actions], self._request_id,
            self._now, anew=True, on_immutable=self._wish.on_immutable)


def _by_flavor(actions):
    """Group what is done in regions.

    :returns: dict of (flavor id, whether it goes) to list of dict
    """
    grouped = {}
    for action in actions:
        if action['region'] is not None:
            goes = action['act'] == plan.Act.REMOVE
            grouped.setdefault((action['flavor_id'], goes), []).append(action)
    return grouped


def _told(action):
    return {**dataclasses.asdict(action), 'differences': list(action.differences),
            'destructive': action.destructive}


def _fingerprint(facts):
    """Give a short text that is another one as soon as any of the facts is.

    :param facts: anything that JSON can tell
    :returns: str
    """
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
