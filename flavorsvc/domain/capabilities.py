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

"""Properties of composed nodes, and the extra specs that express them to Nova.

The Valence seed wants flavors that tell what the node behind them is: its CPU
speed, memory speed and architecture. Nova knows such things as extra specs.
The table says which; a deployer adds rows for whatever else the nodes have.
"""

import dataclasses

from flavorsvc.domain import errors


@dataclasses.dataclass(frozen=True)
class Row:
    """One property and the extra spec that stands for it.

    :ivar kind: 'integer', 'number', 'string' or 'boolean'
    :ivar extra_spec: str, the key
    :ivar value: str, the value with ``{value}`` where the property's goes
    :ivar meaning: str, a sentence for people, with the unit
    """

    kind: str
    extra_spec: str
    value: str
    meaning: str


#: Property → row. The keys are ones that Nova 2.86 and later accepts: what the
#: hypervisor reports of its CPU is matched by ComputeCapabilitiesFilter, what
#: only the operator knows is matched with the metadata of host aggregates.
TABLE = {
    'cpu_arch': Row('string', 'capabilities:cpu_info:arch', '{value}',
                    'Architecture of the CPU, as the hypervisor reports it, e.g. x86_64.'),
    'cpu_speed_mhz': Row('integer', 'aggregate_instance_extra_specs:cpu_speed_mhz', '>= {value}',
                         'Least clock of the CPU in MHz.'),
    'memory_speed_mhz': Row('integer', 'aggregate_instance_extra_specs:memory_speed_mhz',
                            '>= {value}', 'Least clock of the memory in MHz.'),
}

_KINDS = {
    'integer': lambda value: isinstance(value, int) and not isinstance(value, bool),
    'number': lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    'string': lambda value: isinstance(value, str) and 0 < len(value) <= 200,
    'boolean': lambda value: isinstance(value, bool),
}


def extended(rows):
    """Extend the built-in table by a deployer's rows.

    :param rows: dict of property to dict with kind, extra_spec, value, meaning;
        or None to take a built-in property out
    :returns: dict of str to Row
    :raises ValueError: with the property and what is wrong with its row
    """
    table = dict(TABLE)
    for name, row in rows.items():
        if row is None:
            table.pop(name, None)
            continue
        try:
            table[name] = Row(kind=row['kind'], extra_spec=row['extra_spec'],
                              value=row.get('value', '{value}'), meaning=row.get('meaning', ''))
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f'{name}: a row needs kind and extra_spec, not {row!r}') from None
        if table[name].kind not in _KINDS:
            raise ValueError(f'{name}: kind must be one of {", ".join(sorted(_KINDS))}')
        if '{value}' not in table[name].value:
            raise ValueError(f'{name}: value must contain {{value}}')
    return table


def extra_specs(properties, table):
    """Express properties as extra specs.

    :param properties: dict of property name to value
    :returns: dict of str to str
    :raises errors.Invalid: for a property that the table lacks or a value of another kind
    """
    specs = {}
    for name, value in properties.items():
        row = table.get(name)
        if row is None:
            raise errors.Invalid(f'flavor.properties.{name}',
                                 f'unknown property; known are {", ".join(sorted(table))}')
        if not _KINDS[row.kind](value):
            raise errors.Invalid(f'flavor.properties.{name}', f'must be of the kind {row.kind}')
        text = str(value).lower() if row.kind == 'boolean' else str(value)
        specs[row.extra_spec] = row.value.replace('{value}', text)
    return specs
