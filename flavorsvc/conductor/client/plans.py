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

"""What the API may ask about plans. Payloads: :func:`flavorsvc.db.plans.as_dict`."""


class Plans:
    """The calls about plans, for :class:`flavorsvc.conductor.client.Conductor`."""

    def plans_list(self, ctxt, page):
        """List plans, without their actions.

        :param page: dict with limit, marker, sort_key, sort_dir
        :returns: list of dict
        """
        return self._call(ctxt, 'plans', 'list', page=page)

    def plan_get(self, ctxt, plan_id):
        """Show a plan, with what became of each action where it was applied.

        :returns: dict
        """
        return self._call(ctxt, 'plans', 'get', plan_id=plan_id)

    def plan_create(self, ctxt, asked):
        """Find out what would bring regions to a catalogue. Nothing is changed.

        :param asked: dict with regions (list of str, or 'all'), prune (bool), on_immutable (str)
            and flavors (list of dict, a whole catalogue; None for the stored one)
        :returns: dict
        """
        return self._call(ctxt, 'plans', 'create', asked=asked)

    def plan_apply(self, ctxt, plan_id):
        """Do what a plan says, unless something moved since it was made.

        :returns: dict
        """
        return self._call(ctxt, 'plans', 'apply', plan_id=plan_id)
