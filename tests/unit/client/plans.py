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

"""Plans, as the service answers them."""

from tests.unit.client import answers

DIFFERS = {'field': 'ram', 'key': None, 'wanted': 2048, 'found': 1024}
_STATUSES = ('planned', 'refused', 'under_way', 'done', 'failed', 'superseded')


def action(name, act='create', **fields):
    """Make an action."""
    return {'region': 'RegionOne', 'flavor_id': f'id-of-{name}', 'flavor_name': name,
            'action': act, 'differences': [], 'destructive': act in ('replace', 'remove'),
            'servers': None, 'refused': None, 'because': None, 'error': None,
            'installation_id': None,
            'status': 'refused' if fields.get('refused') else 'planned', **fields}


class Plans:
    """What would bring regions to a catalogue.

    :ivar planned: list of what the next plan says
    :ivar outcomes: list of the statuses and errors that its actions have, one a look; dict of name
        to (status, error), others are done
    """

    def __init__(self):
        super().__init__()
        self.planned, self.outcomes, self.plans = [], [], {}

    def make_plan(self, asked):
        number = f'plan-{len(self.plans) + 1}'
        refused = [each for each in self.planned if each['refused']]
        self.plans[number] = {
            'id': number, 'state': 'ready', 'catalogue': 'given', 'on_immutable': 'refuse',
            'prune': False, 'regions': ['RegionOne'], 'created_by': 'me', 'created_at': 'then',
            'unread_regions': [{'name': 'RegionTwo', 'reason': 'No route.'}],
            'actions': self.planned, 'summary': {
                'refused': len(refused), 'servers': 3,
                'destructive': sum(each['destructive'] for each in self.planned)}}
        return 201, self._told(number)

    def list_plans(self, asked):
        return 200, {'plans': [{key: value for key, value in plan.items() if key != 'actions'}
                               for plan in self.plans.values()]}

    def show_plan(self, asked):
        plan = self._known(asked)
        if plan['state'] == 'applied' and self.outcomes:
            became = self.outcomes.pop(0)
            if isinstance(became, answers.Refusal):
                raise became
            for each in plan['actions']:
                if not each['refused']:
                    each['status'], each['error'] = became.get(each['flavor_name'], ('done', None))
        return 200, self._told(plan['id'])

    def apply_plan(self, asked):
        plan = self._known(asked)
        plan['state'] = 'applied'
        for each in plan['actions']:
            if not each['refused']:
                each['status'] = 'under_way' if each['region'] else 'done'
        return 202, self._told(plan['id'])

    def _known(self, asked):
        if asked.names[0] not in self.plans:
            raise answers.Refusal(404, f'There is no plan {asked.names[0]!r}.')
        return self.plans[asked.names[0]]

    def _told(self, number):
        plan = self.plans[number]
        return {'plan': {**plan, 'progress': {
            status: sum(each['status'] == status for each in plan['actions'])
            for status in _STATUSES}}}

    PLAN_ROUTES = (
        ('POST', '/plans', make_plan),
        ('GET', '/plans', list_plans),
        ('GET', '/plans/([^/]+)', show_plan),
        ('POST', '/plans/([^/]+)/apply', apply_plan),
    )
