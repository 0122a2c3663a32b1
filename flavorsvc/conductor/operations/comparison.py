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


"""Comparing what regions have now; nothing is recorded of it."""

from flavorsvc.db import regions
from flavorsvc.domain import comparison
from flavorsvc.domain import errors
from flavorsvc.domain import failures
from flavorsvc.domain import flavor


class Comparison:
    """Asks regions side by side."""

    def __init__(self, database, novas, most):
        """Remember whom to ask.

        :param database: flavorsvc.db.engine.Database
        :param novas: flavorsvc.conductor.novas.Novas
        :param most: int, flavors of a region that is read at all
        """
        self._db, self._novas, self._most = database, novas, most

    def compare(self, names, everything, request_id):
        """Compare the flavors of regions.

        :param names: list of str
        :param everything: bool, whether to compare those too that are not public
        :returns: dict with regions (list of dict with name, reason (None where it answered) and
            flavors (int, or None)), flavors (list of dict, see
            :class:`flavorsvc.domain.comparison.Row`) and names (dict of name to dict of region to
            id)
        :raises errors.UnknownRegion: naming those that do not exist
        """
        unknown = sorted(set(names) - set(self._db.read(regions.known, names)))
        if unknown:
            raise errors.UnknownRegion(', '.join(unknown))
        answers, silent = self._novas.each(names, request_id, lambda region, nova: (
            self._flavors(nova, everything), nova.microversion < flavor.DESCRIPTION_SINCE))
        flavors_of = {name: found for name, (found, _) in answers.items()}
        undescribed = {name for name, (_, is_old) in answers.items() if is_old}
        return {
            'regions': [{'name': name, 'reason': silent.get(name),
                         'flavors': len(flavors_of[name]) if name in flavors_of else None}
                        for name in names],
            'flavors': [vars(row) for row in comparison.rows(flavors_of, undescribed)],
            'names': comparison.names(flavors_of)}

    def _flavors(self, nova, everything):
        found = {}
        for spec in nova.list(is_public=None if everything else True):
            if len(found) >= self._most:
                raise failures.too_many(self._most)
            found[spec.id] = spec
        return found
