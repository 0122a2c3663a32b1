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

"""Directives that show tables of the code, so that the documentation cannot drift from them."""

from docutils import nodes
from docutils import statemachine
from docutils.parsers import rst

from flavorsvc import metrics
from flavorsvc.client import catalog_file
from flavorsvc.domain import adoption
from flavorsvc.domain import capabilities
from flavorsvc.domain import comparison
from flavorsvc.domain import drift
from flavorsvc.domain import events
from flavorsvc.domain import installation
from flavorsvc.domain import lifecycle
from flavorsvc.domain import plan


def states():
    """Rows of the states of an installation."""
    yield 'Status', 'Meaning', 'Then'
    for state, meaning in installation.MEANING.items():
        following = sorted(
            {str(after) for (before, _), after in installation.TRANSITIONS.items()
             if before == state and after != state})
        yield f'``{state}``', meaning, ', '.join(f'``{each}``' for each in following) or '(end)'


def lifecycle_statuses():
    """Rows of the statuses of a flavor."""
    yield 'Status', 'Meaning', 'Then'
    for status, meaning in lifecycle.MEANING.items():
        following = [f'``{after}``' for after in lifecycle.Status
                     if (status, after) in lifecycle.CHANGES]
        yield f'``{status}``', meaning, ', '.join(following) or '(end)'


def properties():
    """Rows of the built-in table of properties."""
    yield 'Property', 'Kind', 'Extra spec', 'Meaning'
    for name, row in capabilities.TABLE.items():
        yield f'``{name}``', row.kind, f'``{row.extra_spec}`` = ``{row.value}``', row.meaning


def catalog_fields():
    """Rows of the fields of a flavor in a catalogue file."""
    yield 'Field', 'Value'
    for name, schema in catalog_file.FIELDS.items():
        yield f'``{name}``', schema['description']


def words(heading, meanings, *kinds):
    """Give a function for the rows of words that have a meaning."""
    def rows():
        yield heading, 'Meaning'
        for kind in kinds:
            for word in kind:
                yield f'``{word}``', meanings[word]
    return rows


def measured():
    """Rows of the metrics."""
    yield 'Metric', 'Kind', 'Labels', 'Of', 'Meaning'
    for name, row in metrics.TABLE.items():
        labels = ', '.join(f'``{label}``' for label in row.labels)
        yield f'``{metrics.full_name(name)}``', row.kind, labels, row.told_by, row.meaning


def announced():
    """Rows of the notifications."""
    yield 'Event', 'Priority', 'Payload', 'Meaning'
    for name, event in events.EVENTS.items():
        version = events.PAYLOADS[event.payload].version
        yield (f'``flavorsvc.{name}``', event.priority, f'``{event.payload}`` {version}',
               event.meaning)


#: Where the names are longer than what is said of them.
_WIDTHS = {'metrics': (48, 10, 12, 10, 40)}


def _fields(kind):
    """Rows of the fields of a payload."""
    yield 'Field', 'Meaning'
    for name, meaning in events.PAYLOADS[kind].fields.items():
        yield f'``{name}``', meaning


def _table(rows, widths=()):
    lines = ['.. list-table::', '   :header-rows: 1',
             *([f'   :widths: {" ".join(map(str, widths))}'] if widths else []), '']
    for row in rows:
        for position, cell in enumerate(row):
            lines.append(f'   {"* -" if position == 0 else "  -"} {cell}'.rstrip())
    return [*lines, '']


def _parsed(directive, lines):
    content = statemachine.StringList(lines, source=directive.name)
    parent = nodes.container()
    directive.state.nested_parse(content, directive.content_offset, parent)
    return parent.children


class Table(rst.Directive):
    """``.. table-of:: states|lifecycle|properties|catalog_fields|findings|policies|metrics|…``"""

    required_arguments = 1

    def run(self):
        rows = {'states': states, 'lifecycle': lifecycle_statuses, 'properties': properties,
                'catalog_fields': catalog_fields,
                'findings': words('Kind or state', drift.MEANING, drift.Kind, drift.State),
                'policies': words('Policy', drift.MEANING, drift.Policy),
                'adoptions': words('Result or reason', adoption.MEANING, adoption.Result,
                                   adoption.Reason),
                'actions': words('Action', plan.MEANING, plan.Act),
                'refusals': words('Reason', plan.MEANING, plan.Refusal),
                'outcomes': words('Status', plan.MEANING, plan.Outcome),
                'verdicts': words('Verdict', comparison.MEANING, comparison.Verdict),
                'metrics': measured, 'notifications': announced}
        name = self.arguments[0]
        return _parsed(self, _table(rows[name](), _WIDTHS.get(name, ())))


class Payload(rst.Directive):
    """``.. payload:: flavor``: its fields, and a sample of each notification that has it."""

    required_arguments = 1

    def run(self):
        kind = self.arguments[0]
        lines = _table(_fields(kind))
        for name, event in events.EVENTS.items():
            if event.payload == kind:
                lines += [f'``flavorsvc.{name}``:', '',
                          f'.. literalinclude:: notifications/{name.replace(".", "-")}.json',
                          '   :language: json', '']
        return _parsed(self, lines)


def setup(app):
    """Register the directives with Sphinx."""
    app.add_directive('table-of', Table)
    app.add_directive('payload', Payload)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
