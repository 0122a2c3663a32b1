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

"""Compares the catalogue with the Novas of a sandbox, as any client could: over HTTP alone.

Nothing of flavorsvc's own comparison is used, so that it cannot hide its own mistakes.
"""

import urllib.parse

#: By the catalogue's name for a field, the one that Nova has for it.
FIELDS = {
    **{name: name for name in ('id', 'name', 'vcpus', 'ram', 'disk', 'swap', 'rxtx_factor',
                               'description', 'extra_specs')},
    'ephemeral': 'OS-FLV-EXT-DATA:ephemeral',
    'is_public': 'os-flavor-access:is_public',
    'projects': 'projects',
}


def differences(sandbox):
    """Compare all that is wished with all that every region has.

    :param sandbox: running.Running in which flavorsvc made every flavor, without properties
    :returns: list of str, each what is not as it should be; empty when nothing is left to do and
        every region has each flavor that is wished there, field by field, and no other
    """
    catalogue = {flavor['id']: _fields(flavor, FIELDS)
                 for flavor in _all(sandbox.flavorsvc('manager'), 'flavors')}
    installations = _all(sandbox.flavorsvc('manager'), 'installations')
    found = [f'{row["flavor_id"]} is {row["status"]} in {row["region"]}: {row["reason"]}, '
             f'{row["error"]}' for row in installations if row['status'] != 'active']
    for region in sandbox.regions:
        wanted = {row['flavor_id'] for row in installations
                  if row['region'] == region and row['desired'] == 'present'}
        found += [f'{region}: {line}' for line in _between(
            {flavor_id: catalogue[flavor_id] for flavor_id in wanted}, nova_flavors(sandbox, region)
        )]
    return found


def nova_flavors(sandbox, region):
    """Read all flavors of a region.

    :returns: dict of id to dict with the keys of FIELDS
    """
    nova = sandbox.nova(region)
    found = {}
    for flavor in _all(nova, 'flavors/detail?is_public=None', 'flavors'):
        if not flavor['os-flavor-access:is_public']:
            answer = nova.get(f'/flavors/{flavor["id"]}/os-flavor-access')
            if answer.status_code == 404:
                # it was deleted since the list was read
                continue
            assert answer.status_code == 200, answer.text
            flavor['projects'] = [each['tenant_id'] for each in answer.json()['flavor_access']]
        found[flavor['id']] = _fields(flavor, FIELDS.values())
    return found


def begin_logs(sandbox):
    """Begin to read what each region is asked.

    :returns: dict of region to running.RequestLog
    """
    return {region: sandbox.nova_log(region) for region in sandbox.regions}


def created(logs):
    """Count the flavors that were created, over all regions.

    :param logs: dict, from :func:`begin_logs`
    """
    return sum(log.created() for log in logs.values())


def not_made_once(logs, number):
    """Tell which regions did not get each of several new flavors by one call.

    A create that Nova refused, because a conductor had died after it, made nothing.

    :param logs: dict, from :func:`begin_logs` before the flavors were installed
    :param number: int, how many flavors every region was to get since, and lost none
    :returns: list of str; empty when each was created once, and none deleted
    """
    found = []
    for region, log in logs.items():
        if log.created() != number:
            found.append(f'{region}: {log.created()} flavors were created, not {number}')
        found += [f'{region}: {request.method} {request.path}' for request in log.requests()
                  if request.method == 'DELETE' and request.path.startswith('/v2.1/flavors/')]
    return found


def _between(wanted, found):
    lines = [f'{flavor_id} is missing' for flavor_id in sorted(wanted.keys() - found.keys())]
    lines += [f'{flavor_id} should not be there'
              for flavor_id in sorted(found.keys() - wanted.keys())]
    for flavor_id in sorted(wanted.keys() & found.keys()):
        lines += [f'{field} of {flavor_id} is {found[flavor_id][field]!r}, not {value!r}'
                  for field, value in wanted[flavor_id].items()
                  if found[flavor_id][field] != value]
    return lines


def _fields(flavor, keys):
    values = {field: flavor.get(key) for field, key in zip(FIELDS, keys, strict=True)}
    return {**values, 'projects': sorted(values['projects'] or [])}


def _all(http, path, collection=None):
    """Read every page of a list.

    :param http: keystoneauth1.adapter.Adapter
    :returns: list of dict
    """
    collection = collection or path
    found, query = [], {}
    while True:
        joined = '&' if '?' in path else '?'
        answer = http.get(f'/{path}{joined}{urllib.parse.urlencode(query)}')
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page[collection]
        if not any(link['rel'] == 'next' for link in page.get(f'{collection}_links', ())):
            return found
        query = {'marker': page[collection][-1]['id']}
