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

"""Flavors that only the default region has, beside those of the catalogue.

What there is of them is what that region's Nova shows to the caller, who is asked for in his own
name. Nothing here changes any.
"""

from flavorsvc.conductor.operations import private_flavors
from flavorsvc.db import compute_flavors
from flavorsvc.domain import errors
from flavorsvc.domain import flavor
from flavorsvc.domain import lifecycle
from flavorsvc.domain import unmanaged


class UnmanagedFlavors:
    """What the default region has besides the catalogue."""

    def __init__(self, database, callers, table):
        """Remember where to look.

        :param database: flavorsvc.db.engine.Database
        :param callers: flavorsvc.conductor.callers.Callers
        :param table: capability table
        """
        self._db, self._callers, self._table = database, callers, table

    def read_page(self, filters, page, project_id, everything, in_full, tokens, request_id):
        """Read a page of the flavors of both.

        :param filters: see :func:`flavorsvc.db.compute_flavors.list_page`, as are ``page``,
            ``project_id`` and ``everything``
        :param in_full: bool, whether the extra specs are to be told
        :param tokens: dict, see :meth:`flavorsvc.conductor.callers.Callers.asked`
        :param request_id: str that Nova is to log
        :returns: list of dict, see :func:`as_dict`
        :raises errors.Invalid: for a marker that the caller cannot see
        :raises errors.FlavorsvcError: as :meth:`flavorsvc.conductor.callers.Callers.by_default`
        """
        # the catalogue first: what it deletes meanwhile has then left the region, and is not taken
        # for one that only the region has
        managed, ids = self._db.read(compute_flavors.list_all, project_id, everything)
        with self._callers.by_default(tokens, request_id) as (region, nova):
            found = {spec.id: spec for spec in nova.list(filters['is_public'], in_full=False)}
            told = unmanaged.page_of(
                managed, ids, [as_dict(spec, region) for spec in found.values()], project_id,
                filters, page)
            return [self._told(values) if values['managed']
                    else as_dict(nova.completed(found[values['id']]), region) if in_full
                    else values for values in told]

    def _told(self, values):
        return {**values, 'nova_extra_specs': flavor.known_extra_specs(values, self._table)}

    def read(self, flavor_id, with_access, tokens, request_id):
        """Read a flavor of which the catalogue has been found to know nothing.

        :param with_access: bool, whether to read who may use it, where it is not for everybody
        :returns: dict, see :func:`as_dict`
        :raises errors.NotFound: when the region shows none of this id
        :raises errors.FlavorsvcError: as :meth:`flavorsvc.conductor.callers.Callers.by_default`
        """
        if not flavor.is_id(flavor_id):
            raise errors.NotFound('flavor', flavor_id)
        with self._callers.by_default(tokens, request_id) as (region, nova):
            found = nova.show(flavor_id)
            if found is None:
                raise errors.NotFound('flavor', flavor_id)
            has_list = with_access and not found.is_public
            return as_dict(found, region, nova.projects(flavor_id) if has_list else None)


def as_dict(spec, region, projects=None):
    """Give a flavor that only a region has as it crosses RPC.

    :param spec: flavor.Spec
    :param projects: list of str, who may use it; None where that is not told
    :returns: dict, in which nova_extra_specs is None where the caller may not read them
    """
    return {**private_flavors.as_dict(spec, region), 'projects': projects, 'managed': False,
            'status': lifecycle.Status.ACTIVE,
            'nova_extra_specs': None if spec.extra_specs is None else dict(spec.extra_specs)}
