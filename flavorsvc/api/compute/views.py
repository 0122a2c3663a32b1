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

"""Flavors as Nova shows them, by microversion."""

import urllib.parse

import pecan

from flavorsvc.api.compute import microversions
from flavorsvc.api.compute import regional
from flavorsvc.api.compute import schemas

EXTRA_SPECS_SINCE = (2, 61)
_SWAP_IS_A_NUMBER_SINCE = (2, 75)


def brief(flavor):
    """Show a flavor as it is in a list.

    :param flavor: dict, from the conductor
    :returns: dict
    """
    return {'id': flavor['id'], 'name': flavor['name'], 'links': _links(flavor['id']),
            **_description(flavor)}


def full(flavor, with_extra_specs):
    """Show all of a flavor.

    :param flavor: dict, from the conductor
    :param with_extra_specs: bool, whether the caller may see them
    :returns: dict
    """
    version = microversions.current()
    no_swap = 0 if version >= _SWAP_IS_A_NUMBER_SINCE else ''
    shown = {
        'id': flavor['id'], 'name': flavor['name'], 'ram': flavor['ram_mib'],
        'disk': flavor['disk_gib'], 'swap': flavor['swap_mib'] or no_swap,
        'OS-FLV-EXT-DATA:ephemeral': flavor['ephemeral_gib'], 'vcpus': flavor['vcpus'],
        'os-flavor-access:is_public': flavor['is_public'], 'links': _links(flavor['id']),
        **_description(flavor)}
    if version <= schemas.RXTX_FACTOR_UNTIL:
        # nothing disables a flavor in Nova any more
        shown.update({'rxtx_factor': flavor['rxtx_factor'], 'OS-FLV-DISABLED:disabled': False})
    if (with_extra_specs and version >= EXTRA_SPECS_SINCE
            and flavor['nova_extra_specs'] is not None):
        shown['extra_specs'] = flavor['nova_extra_specs']
    return shown


def listing(name, flavors, page):
    """Show a page of a list.

    :param name: str, the path of the list below /v2.1
    :param flavors: list of dict, as they are shown
    :param page: dict, from :class:`flavorsvc.api.compute.queries.Listing`
    :returns: dict
    """
    document = {'flavors': flavors}
    if flavors and len(flavors) == page['limit']:
        parameters = {**dict(sorted(pecan.request.GET.items())), 'marker': flavors[-1]['id']}
        query = urllib.parse.urlencode(parameters)
        document['flavors_links'] = [
            {'rel': 'next', 'href': f'{regional.base()}/v2.1/{name}?{query}'}]
    return document


def access(flavor):
    """Show who may use a flavor that is not for everybody.

    :param flavor: dict, from the conductor
    :returns: dict
    """
    return {'flavor_access': [{'flavor_id': flavor['id'], 'tenant_id': project}
                              for project in flavor['projects']]}


def _description(flavor):
    if microversions.current() < schemas.DESCRIPTION_SINCE:
        return {}
    return {'description': flavor['description']}


def _links(flavor_id):
    path = f'flavors/{urllib.parse.quote(flavor_id, safe="")}'
    return [{'rel': 'self', 'href': f'{regional.base()}/v2.1/{path}'},
            {'rel': 'bookmark', 'href': f'{regional.base()}/{path}'}]

