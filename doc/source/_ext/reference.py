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

"""Directives of the API reference, besides those of os-api-ref.

``.. sample:: NAME`` shows a request of samples/story.yaml and its answer, as they go over the wire.
``.. routes::`` lists every rest_method of the pages.
"""

import http
import json
import pathlib
import re

from docutils import nodes
from docutils import statemachine
from docutils.parsers import rst
import os_api_ref
from os_api_ref import http_codes

from tests.functional import samples

PAGES = pathlib.Path(__file__).parents[1] / 'api'

_SECTION = re.compile(r'^(.+)\n[=-]+\n\n\.\. rest_method:: (\w+) (\S+)$', re.MULTILINE)


def routes():
    """Give what the pages describe.

    :returns: iterator of (method, path, title, name of the page), in the order of the index
    """
    index = (PAGES / 'index.rst').read_text()
    for page in re.findall(r'^   ([\w-]+)$', index, re.MULTILINE):
        for title, method, path in _SECTION.findall((PAGES / f'{page}.rst').read_text()):
            yield method, path, title, page


class Routes(rst.Directive):
    """``.. routes::``"""

    def run(self):
        lines = ['.. list-table::', '   :header-rows: 1', '   :widths: 10 50 40', '',
                 '   * - Method', '     - Path', '     - Does']
        for method, path, title, page in routes():
            lines += [f'   * - {method}', f'     - ``{path}``', f'     - :doc:`{title} <{page}>`']
        return _parsed(self, lines)


class Sample(rst.Directive):
    """``.. sample:: NAME``"""

    required_arguments = 1

    def run(self):
        steps = {step.name: step for step in samples.story()}
        step = steps[self.arguments[0]]
        note = self.state.document.settings.env.note_dependency
        note(str(samples.FOLDER / 'story.yaml'))
        for file in (step.file('req'), step.file('resp')):
            if file is not None:
                note(str(file))
        return _parsed(self, [*_block(_request(step, steps)), *_block(_answer(step))])


def _parsed(directive, lines):
    content = statemachine.StringList(lines, source=directive.name)
    parent = nodes.container()
    directive.state.nested_parse(content, directive.content_offset, parent)
    return parent.children


def _block(lines):
    return ['.. code-block:: http', '', *(f'   {line}'.rstrip() for line in lines), '']


def _request(step, steps):
    path = re.sub(r'{([\w.-]+):([\w.]+)}', lambda found: _of_earlier(steps[found[1]], found[2]),
                  step.path)
    token = {} if step.actor == 'nobody' else {'X-Auth-Token': '$TOKEN'}
    return [f'{step.method} {path} HTTP/1.1', 'Host: controller:9890',
            *(f'{name}: {value}' for name, value in {**token, **step.headers}.items()),
            *_content(step.file('req'))]


def _of_earlier(step, path):
    file = step.file('resp')
    media_type = next(kind for kind, ending in samples.ENDINGS.items()
                      if file.suffix == f'.{ending}')
    return samples.at(samples.Answer(step.status, media_type, file.read_text()).content, path)


def _answer(step):
    return [f'HTTP/1.1 {step.status} {http.HTTPStatus(step.status).phrase}',
            *_content(step.file('resp'))]


def _content(file):
    if file is None:
        return []
    media_type = next(kind for kind, ending in samples.ENDINGS.items()
                      if file.suffix == f'.{ending}')
    text = file.read_text()
    if file.suffix == '.json':
        text = json.dumps(json.loads(text), indent=2)
    return [f'Content-Type: {media_type}', '', *text.splitlines()]


def _method_as_text(self, node):
    """Write what os-api-ref leaves out of text: the route, under its title."""
    self.new_state(0)
    self.add_text(f'{node["desc"].astext()}: {node["method"]} {node["url"]}')
    self.end_state()
    raise nodes.SkipNode


def _code_as_text(self, node):
    self.new_state(0)
    self.add_text(f'{node["code"]} {node["title"]}')
    self.end_state()
    raise nodes.SkipNode


def setup(app):
    """Register the directives with Sphinx, and what text has of those of os-api-ref."""
    app.setup_extension('os_api_ref')
    app.add_node(os_api_ref.rest_method, override=True,
                 html=(os_api_ref.rest_method_html, None), text=(_method_as_text, None))
    app.add_node(http_codes.http_code, override=True,
                 html=(http_codes.http_code_html, None), text=(_code_as_text, None))
    app.add_directive('routes', Routes)
    app.add_directive('sample', Sample)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
