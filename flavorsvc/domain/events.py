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

"""What is announced when it has happened: one table, which notifications are made from.

An event is a row of :data:`EVENTS` and one call of :func:`flavorsvc.db.outbox.note` in the
transaction that makes it true.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Payload:
    """What a notification says of a resource.

    The minor version grows with a field that is added, the major one with a field that goes or
    changes its meaning.

    :ivar version: str, 'major.minor'
    :ivar fields: dict of name to meaning
    """

    version: str
    fields: dict


@dataclasses.dataclass(frozen=True)
class Event:
    """A row of the table.

    :ivar payload: str, a key of :data:`PAYLOADS`
    :ivar priority: str, 'info' or 'error'
    :ivar meaning: str, a sentence
    """

    payload: str
    priority: str
    meaning: str


PAYLOADS = {
    'flavor': Payload('1.0', {
        'id': 'Its id in every region.',
        'name': 'Its name.',
        'vcpus': 'Virtual CPUs.',
        'ram_mib': 'Memory in MiB.',
        'disk_gib': 'Root disk in GiB.',
        'ephemeral_gib': 'Ephemeral disk in GiB.',
        'swap_mib': 'Swap in MiB.',
        'rxtx_factor': 'Share of the network, a factor.',
        'description': 'Free text, or null.',
        'is_public': 'Whether every project may use it in Nova.',
        'projects': 'Ids of the projects that may use it where it is not public in Nova.',
        'extra_specs': 'Its extra specs as the catalogue has them.',
        'properties': 'Its properties, from which more extra specs are made.',
        'public': 'Whether everybody sees it in the catalogue.',
        'promoted': 'Whether it is one of the federation.',
        'project_id': 'The project that owns it, or null.',
        'status': 'Its status in the catalogue.',
        'deprecated_on': 'Since when it should not be used any more, a date, or null.',
        'successor': 'The id of the flavor to use in its place, or null.',
        'deprecation_reason': 'Why, or null.',
        'generation': 'Grows with each change.',
        'changed': 'Names of the fields that an update changed; empty for other events.',
    }),
    'installation': Payload('1.0', {
        'id': 'Its id.',
        'flavor_id': 'The flavor.',
        'flavor_name': 'The name of the flavor.',
        'region': 'The region.',
        'desired': '``present`` or ``absent``.',
        'status': 'Where it stands now.',
        'reason': 'Code of the failure, or null.',
        'error': 'The failure in the words of the region, or null.',
        'attempts': 'Tries that failed since it was asked for.',
        'generation': 'The generation of the flavor that this is about.',
        'request_id': 'The request that asked for it.',
    }),
    'drift': Payload('1.0', {
        'id': 'The id of the finding.',
        'region': 'The region.',
        'flavor_id': 'The flavor.',
        'flavor_name': 'Its name in the catalogue, or else in the region.',
        'kind': '``missing``, ``different`` or ``unmanaged``.',
        'differences': 'What differs: a list of field, key, wanted and found.',
        'state': 'Where it stands now.',
        'opened_at': 'When it was found, in UTC.',
        'resolved_at': 'When region and catalogue agreed again, in UTC, or null.',
        'accepted_by': 'The id of the user who accepted it, or null.',
        'accepted_reason': 'Why it was accepted, or null.',
        'repairs': 'How often a policy had it repaired.',
    }),
    'plan': Payload('1.0', {
        'id': 'Its id.',
        'regions': 'The regions that it is about.',
        'prune': 'Whether what the catalogue does not have was to go.',
        'on_immutable': 'What was to be done where Nova could only delete and create a flavor.',
        'of_stored': 'Whether it was made of the catalogue that is stored, not of one given.',
        'silent': 'The regions that could not be read, with the reason.',
        'summary': 'How many actions of which kind it has.',
        'created_by': 'The id of the user who had it made.',
        'created_at': 'When, in UTC.',
        'applied_by': 'The id of the user who applied it.',
        'applied_at': 'When, in UTC.',
    }),
    'region': Payload('1.0', {
        'name': 'Its name.',
        'kind': '``discovered`` or ``registered``.',
        'project_id': 'The project that owns it, or null.',
        'state': 'How it answers now.',
        'reason': 'Why, or null.',
        'since': 'Since when, in UTC.',
        'microversion': 'The highest microversion of its Nova that is used, or null.',
        'maintenance': 'Whether the service leaves it alone.',
        'maintenance_reason': 'Why, or null.',
    }),
}

#: Name without the prefix → what it is.
EVENTS = {
    'flavor.create': Event(
        'flavor', 'info', 'A flavor was added to the catalogue.'),
    'flavor.update': Event(
        'flavor', 'info', 'A flavor was changed. One that is to be deleted gets the status '
        '``deleting`` first.'),
    'flavor.delete': Event(
        'flavor', 'info', 'A flavor is out of the catalogue: the last region has lost it.'),
    'installation.active': Event(
        'installation', 'info', 'A region has the flavor exactly as the catalogue says, after it '
        'was asked for or changed.'),
    'installation.error': Event(
        'installation', 'error', 'A region refuses; somebody has to decide something.'),
    'installation.gone': Event(
        'installation', 'info', 'A region has lost the flavor, as it was asked to.'),
    'drift.open': Event(
        'drift', 'info', 'An audit found that a region and the catalogue do not agree about a '
        'flavor, or what had been accepted is to be repaired after all.'),
    'drift.accepted': Event(
        'drift', 'info', 'Somebody said that a difference may stay.'),
    'drift.resolved': Event(
        'drift', 'info', 'Region and catalogue agree again, or the catalogue took over what the '
        'region has.'),
    'plan.applied': Event(
        'plan', 'info', 'What a plan says was asked for. What becomes of it in regions is told of '
        'each installation.'),
    'region.unknown': Event(
        'region', 'info', 'A region was discovered, or has moved; it has not answered yet.'),
    'region.up': Event(
        'region', 'info', 'A region answers, which it did not before, or not as fast.'),
    'region.slow': Event(
        'region', 'info', 'A region has become slow: it gets less work at a time.'),
    'region.down': Event(
        'region', 'error', 'A region does not answer any more.'),
    'region.gone': Event(
        'region', 'error', 'The service catalogue no longer lists a region.'),
    'region.maintenance.start': Event(
        'region', 'info', 'An operator has a region left alone.'),
    'region.maintenance.end': Event(
        'region', 'info', 'A region is no longer left alone.'),
    'region.delete': Event(
        'region', 'info', 'A region was forgotten or unregistered, and with it all that was '
        'installed there.'),
}


def payload(name, values):
    """Make what is announced of an event.

    :param name: str, a key of :data:`EVENTS`
    :param values: dict of at least the fields of its payload; nothing else of it is announced
    :returns: dict with name, version, and data: dict of field to JSON value
    """
    kind = EVENTS[name].payload
    row = PAYLOADS[kind]
    return {'name': kind, 'version': row.version,
            'data': {field: values[field] for field in row.fields}}
