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

"""The documentation's samples are what the service answers."""

import json

import pytest
import webob

from flavorsvc.api import root
from tests.functional import samples


def test_samples(embedded):
    """Every request of the story gets the status, the keys and the types of its sample."""
    embedded.reset()

    def send(method, path, headers, body):
        request = webob.Request.blank(
            path, method=method, headers={'X-Auth-Token': 'manager', **headers}
        )
        if body is not None:
            request.content_type = 'application/json'
            request.body = json.dumps(body).encode()
        response = request.get_response(embedded.app)
        return response.status_int, response.json

    wrong = {}
    for step, status, answer in samples.replay(send, wait=False):
        sample = json.loads(samples.answer_file(step['name']).read_text())
        found = samples.differences(sample, answer)
        if status != step['status']:
            found.insert(0, f'{status}, not {step["status"]}: {answer}')
        if found:
            wrong[step['name']] = found
    assert wrong == {}


def test_every_sample_is_shown():
    pages = '\n'.join(page.read_text() for page in samples.FOLDER.parent.glob('*.rst'))
    for path in samples.FOLDER.glob('*.json'):
        assert f'samples/{path.name}' in pages


def test_every_route_is_documented():
    index = (samples.FOLDER.parent / 'index.rst').read_text()
    rows = {tuple(row.split('\n')[:2]) for row in index.split('* - ')}
    documented = {(method, path.strip(' -`')) for method, path in (row for row in rows if row[1:])}
    for path, methods in root.routes(None, None, 1).items():
        generic = [segment if segment != '*' else '{' for segment in f'/{path}'.split('/')]
        for method in methods:
            assert any(
                method == other
                and len(place.split('/')) == len(generic)
                and all(
                    one == two or (one == '{' and two.startswith('{'))
                    for one, two in zip(generic, place.split('/'), strict=True)
                )
                for other, place in documented
            ), f'{method} {path}'


@pytest.mark.parametrize(
    ('sample', 'answer', 'count'),
    [
        ({'a': 1}, {'a': 2}, 0),
        ({'a': None}, {'a': 'text'}, 0),
        ({'a': [1]}, {'a': []}, 0),
        ({'a': 1}, {'a': '1'}, 1),
        ({'a': 1}, {'b': 1}, 2),
        ([{'a': 1}], [{'a': 1}, {'a': '2'}], 1),
    ],
)
def test_differences(sample, answer, count):
    assert len(samples.differences(sample, answer)) == count
