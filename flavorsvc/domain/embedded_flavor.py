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

"""The flavor that a server shows as its own, as it was when the server was made.

Since microversion 2.47 Nova shows this copy in place of the flavor's id. Its keys are those of
Nova: neither the id nor links nor a description.
"""

import datetime

SINCE = (2, 47)

EXTRA_SPECS = 'extra_specs'

#: Key in a server → field of a flavor of the catalogue.
_FIELDS = {'vcpus': 'vcpus', 'ram': 'ram_mib', 'disk': 'disk_gib', 'ephemeral': 'ephemeral_gib',
           'swap': 'swap_mib', 'original_name': 'name', EXTRA_SPECS: 'nova_extra_specs'}

#: Key in a server → key of a flavor as Nova shows it.
_OF_NOVA = {'vcpus': 'vcpus', 'ram': 'ram', 'disk': 'disk',
            'ephemeral': 'OS-FLV-EXT-DATA:ephemeral', 'original_name': 'name'}

#: Nova tells whole seconds.
_GRAIN = datetime.timedelta(seconds=1)


def of_record(record):
    """Show a flavor of the catalogue as a server does.

    :param record: dict with name, vcpus, ram_mib, disk_gib, ephemeral_gib, swap_mib and
        nova_extra_specs
    :returns: dict
    """
    return {key: record[field] for key, field in _FIELDS.items()}


def of_nova(flavor, extra_specs):
    """Show a flavor of an older Nova as a server does.

    :param flavor: dict, the flavor as Nova shows it
    :param extra_specs: dict of str to str; None where the caller may not see them
    :returns: dict
    :raises KeyError: when it lacks something that every Nova tells
    """
    shown = {key: flavor[name] for key, name in _OF_NOVA.items()}
    shown['swap'] = flavor['swap'] or 0  # '' before 2.75
    return shown if extra_specs is None else {**shown, EXTRA_SPECS: extra_specs}


def cut(flavor, with_extra_specs):
    """Leave of an embedded flavor what the caller may see.

    :param flavor: dict, from a Nova, this catalogue or anywhere
    :param with_extra_specs: bool
    :returns: dict
    """
    return {key: value for key, value in flavor.items()
            if key in _FIELDS and (with_extra_specs or key != EXTRA_SPECS)}


def chosen(records, created):
    """Choose what a server was made from, among the flavors that had its id one after the other.

    :param records: list of dict with created_at and deleted_at (naive UTC datetimes, None for what
        lives)
    :param created: naive UTC datetime when the server was made; None where it is not known
    :returns: one of them: of those that lived then, or else of all, the newest; None without any
    """
    lived = [each for each in records if created is not None
             and each['created_at'] - _GRAIN < created
             and (each['deleted_at'] is None or each['deleted_at'] >= created)]
    return max(lived or records, key=lambda each: each['created_at'], default=None)
