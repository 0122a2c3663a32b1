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

"""The documentation's samples are what the service answers.

Here go those that need no region; tests/integration/test_api_samples.py sends all of them.
"""

from xml.etree import ElementTree

import pytest
import webob

from flavorsvc.api import root
from tests.functional import samples


def test_samples(embedded):
    """Every request of the story gets the status, the keys and the types of its sample."""
    embedded.reset()

    def send(actor, method, path, headers, content):
        token = {} if actor == 'nobody' else {'X-Auth-Token': actor}
        request = webob.Request.blank(path, method=method, headers={**token, **headers})
        if content is not None:
            request.body = content.encode()
        response = request.get_response(embedded.app)
        return samples.Answer(response.status_int,
                              response.content_type if response.body else '', response.text)

    wrong = {step.name: found for step, answer in samples.replay(send)
             if (found := samples.faults(step, answer))}
    assert wrong == {}


def test_every_sample_is_shown():
    pages = '\n'.join(page.read_text() for page in samples.FOLDER.parent.glob('*.rst'))
    shown = [line.removeprefix('.. sample:: ') for line in pages.splitlines()
             if line.startswith('.. sample:: ')]
    steps = [step.name for step in samples.story() if step.shown]
    assert sorted(set(shown)) == sorted(steps)


def test_every_file_is_of_a_sample():
    files = {file for step in samples.story() for file in (step.file('req'), step.file('resp'))}
    assert [path.name for path in samples.FOLDER.iterdir()
            if path not in files and path.name != 'story.yaml'] == []


def test_every_route_has_a_sample():
    """A route that is another name of one, being the same controller, has its sample."""
    tree = root.own(root.routes(None, None, 1))
    sampled = {controller_of(step, tree).__func__ for step in samples.story()
               if step.path != '/healthcheck'}
    without = [f'{method} {path}' for path, methods in tree.items()
               for method, controller in methods.items() if controller.__func__ not in sampled]
    assert without == []


def controller_of(step, tree):
    segments = step.path.split('?')[0].strip('/').split('/')
    [methods] = [methods for path, methods in tree.items()
                 if len(path.split('/')) == len(segments)
                 and all(one in ('*', two)
                         for one, two in zip(path.split('/'), segments, strict=True))]
    return methods[step.method]


@pytest.mark.parametrize(
    ('sample', 'answer', 'count'),
    [
        ({'a': 1}, {'a': 2}, 0),
        ({'a': None}, {'a': 'text'}, 0),
        ({'a': [1]}, {'a': []}, 0),
        ({'a': 1}, {'a': '1'}, 1),
        ({'a': 1}, {'b': 1}, 2),
        ([{'a': 1}], [{'a': 1}, {'a': '2'}], 1),
        ({'extra_specs': {'a': '1'}}, {'extra_specs': {'b': '2'}}, 0),
        ({'extra_specs': {'a': '1'}}, {'extra_specs': 'b'}, 1),
        ([{'wanted': 1}], [{'wanted': 'a'}], 0),
    ],
)
def test_differences(sample, answer, count):
    assert len(samples.differences(sample, answer)) == count


@pytest.mark.parametrize(
    ('sample', 'answer', 'count'),
    [
        ('<a id="1"><b>1</b></a>', '<a id="2"><b>2</b></a>', 0),
        ('<a><b>1</b></a>', '<c><b>1</b></c>', 1),
        ('<a id="1"/>', '<a/>', 1),
        ('<a><b/></a>', '<a><c/></a>', 2),
        ('<a><node>1</node></a>', '<a/>', 0),
        ('<a/>', '<a><node>1</node><node>2</node></a>', 0),
        ('<l><a><b/></a></l>', '<l><a><b/></a><a><b/><c/></a></l>', 1),
        ('<a><extra_specs><item key="a">1</item></extra_specs></a>', '<a><extra_specs/></a>', 0),
    ],
)
def test_differences_of_elements(sample, answer, count):
    found = samples.differences_of_elements(ElementTree.fromstring(sample),
                                            ElementTree.fromstring(answer))
    assert len(found) == count
