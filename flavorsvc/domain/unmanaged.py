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

"""Lists of flavors of which some are the catalogue's, and some a region's alone."""

import itertools
import operator
import re

from flavorsvc.domain import errors


def page_of(managed, ids, found, project_id, filters, page):
    """Cut a page out of the flavors of the catalogue and those that only a region has.

    They are sorted as by code points, so that the order is that of no database. What a flavor has
    nothing of to sort by, for no region tells when it got a flavor, comes last; what is equal is
    in the order of the catalogue, and then by id.

    :param managed: list of dict, each flavor of the catalogue that the caller may see, in the
        order in which they came
    :param ids: set of str, the ids of all that is in the catalogue, seen or not
    :param found: list of dict, what the region shows to the caller, of the kinds that
        ``filters['is_public']`` chooses; ``projects`` is None where it does not tell them
    :param project_id: str of the caller, empty where it has none
    :param filters: dict with is_public, min_ram_mib, min_disk_gib, name_pattern, as
        :func:`flavorsvc.db.compute_flavors.list_page` has them
    :param page: dict with limit, marker (a flavor id), sort_key, sort_dir
    :returns: list of dict
    :raises errors.Invalid: for a marker that the caller cannot see
    """
    alone = {each['id']: each for each in found if each['id'] not in ids}
    flavors = _sorted(managed, alone.values(), page)
    if page['marker'] is not None:
        flavors = _after(flavors, page['marker'])
    fitting = (each for each in flavors if _fits(each, filters, project_id))
    return list(itertools.islice(fitting, page['limit']))


def _sorted(managed, alone, page):
    """Sort by what is asked for, then by what is never equal."""
    keyed = [(_order(each, page['sort_key']), 0, number, each)
             for number, each in enumerate(managed)]
    keyed += [(_order(each, page['sort_key']), 1, each['id'], each) for each in alone]
    keyed.sort(key=operator.itemgetter(0, 1, 2), reverse=page['sort_dir'] == 'desc')
    return [each for *_, each in keyed]


def _order(flavor, sort_key):
    value = flavor.get(sort_key)
    if sort_key == 'description':
        value = value or ''
    return (True,) if value is None else (False, value)


def _after(flavors, marker):
    for number, each in enumerate(flavors, 1):
        if each['id'] == marker:
            return flavors[number:]
    raise errors.Invalid('flavor', f'marker [{marker[:255]}] not found')


def _fits(flavor, filters, project_id):
    if filters.get('is_public') is not None:
        usable = flavor['is_public'] or (
            # a region shows nothing else to one who asks for what may be used
            flavor['projects'] is None or project_id in flavor['projects'])
        if not (usable if filters['is_public'] else not flavor['is_public']):
            return False
    if flavor['ram_mib'] < (filters.get('min_ram_mib') or 0):
        return False
    if flavor['disk_gib'] < (filters.get('min_disk_gib') or 0):
        return False
    pattern = filters.get('name_pattern')
    return pattern is None or re.search(pattern, flavor['name']) is not None
