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

from flavorsvc.client import catalog_file
from flavorsvc.domain import capabilities
from flavorsvc.domain import installation


def states():
    """Rows of the states of an installation."""
    yield 'Status', 'Meaning', 'Then'
    for state, meaning in installation.MEANING.items():
        following = sorted(
            {str(after) for (before, _), after in installation.TRANSITIONS.items()
             if before == state and after != state})
        yield f'``{state}``', meaning, ', '.join(f'``{each}``' for each in following) or '(end)'


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


class Table(rst.Directive):
    """``.. table-of:: states|properties|catalog_fields``"""

    required_arguments = 1

    def run(self):
        rows = {'states': states, 'properties': properties, 'catalog_fields': catalog_fields}
        lines = ['.. list-table::', '   :header-rows: 1', '']
        for row in rows[self.arguments[0]]():
            for position, cell in enumerate(row):
                lines.append(f'   {"* -" if position == 0 else "  -"} {cell}')
        content = statemachine.StringList(lines, source=f'table-of {self.arguments[0]}')
        parent = nodes.container()
        self.state.nested_parse(content, self.content_offset, parent)
        return parent.children


def setup(app):
    """Register the directive with Sphinx."""
    app.add_directive('table-of', Table)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
