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

"""The samples of the API's documentation: how they are sent, compared and written.

``python -m tests.functional.samples`` writes the answers of the service that OS_CLOUD names.
"""

import json
import pathlib
import re
import time

import yaml

FOLDER = pathlib.Path(__file__).parents[2] / 'doc/source/api/samples'

#: Seconds that an answer may take to be as the story wants it.
DEADLINE = 60

#: Seconds between two looks.
PAUSE = 0.1


def story():
    """Return the requests: dicts with name, request, status and perhaps headers, until."""
    return yaml.safe_load((FOLDER / 'story.yaml').read_text())


def answer_file(name):
    return FOLDER / f'{name}-resp.json'


def _at(document, path):
    for step in path.split('.'):
        document = document[int(step) if step.isdigit() else step]
    return document


def _has(document, values):
    try:
        return all(_at(document, path) == value for path, value in values.items())
    except (KeyError, IndexError):
        return False


def replay(send, wait):
    """Send the requests of the story in order; yield each step with what was answered.

    :param send: function of (method, path, headers, body or None) that returns (status, body)
    :param wait: whether regions are worked on, so that "until" can come true
    """
    answers = {}
    for step in story():
        method, path = step['request'].split(' ', 1)
        path = re.sub(r'{([\w-]+):([\w.]+)}', lambda found: _at(answers[found[1]], found[2]), path)
        request_file = FOLDER / f'{step["name"]}-req.json'
        body = json.loads(request_file.read_text()) if request_file.exists() else None
        headers = {'OpenStack-API-Version': 'flavorsvc 1.1', **step.get('headers', {})}
        status, answer = send(method, path, headers, body)
        deadline = time.monotonic() + DEADLINE
        until = step.get('until', {}) if wait else {}
        while not _has(answer, until) and time.monotonic() < deadline:
            time.sleep(PAUSE)
            status, answer = send(method, path, headers, body)
        answers[step['name']] = answer
        yield step, status, answer


def differences(sample, answer, path='$'):
    """List where an answer has other keys or types than its sample; null fits everything.

    A list is compared item by item with the first item of the sample's list.
    """
    if sample is None or answer is None:
        return []
    if isinstance(sample, dict) and isinstance(answer, dict):
        found = [f'{path}: {key} is only in one' for key in sorted(sample.keys() ^ answer.keys())]
        for key in sample.keys() & answer.keys():
            found += differences(sample[key], answer[key], f'{path}.{key}')
        return found
    if isinstance(sample, list) and isinstance(answer, list):
        return [
            each
            for position, item in enumerate(answer if sample else [])
            for each in differences(sample[0], item, f'{path}[{position}]')
        ]
    if type(sample) is not type(answer):
        return [f'{path}: {sample!r} has another type than {answer!r}']
    return []


def _write():
    import openstack

    session = openstack.connect().session
    root = session.get_endpoint(service_type='flavorsvc').removesuffix('/v1')

    def send(method, path, headers, body):
        response = session.request(
            root + path, method, headers=headers, json=body, raise_exc=False, redirect=False
        )
        return response.status_code, response.json()

    for step, status, answer in replay(send, wait=True):
        if status != step['status']:
            raise SystemExit(f'{step["name"]}: {status} {answer}')
        text = json.dumps(answer, indent=2).replace(root, 'http://controller:9890')
        text = re.sub(r'http://127\.0\.0\.1:\d+/', 'http://controller:8774/', text)
        answer_file(step['name']).write_text(text + '\n')


if __name__ == '__main__':
    _write()
