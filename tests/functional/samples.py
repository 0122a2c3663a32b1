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

``python -m tests.functional.samples DIR`` writes the answers of the sandbox in DIR, which must be
fresh and have a foreign cloud.
"""

import dataclasses
import json
import pathlib
import re
import sys
import time
import uuid
from xml.etree import ElementTree

import yaml

FOLDER = pathlib.Path(__file__).parents[2] / 'doc/source/api/samples'

#: Seconds that an answer may take to be as the story wants it.
DEADLINE = 60

#: Seconds between two looks.
PAUSE = 0.1

#: Media type → how the names of its files end.
ENDINGS = {'application/json': 'json', 'application/xml': 'xml', 'text/plain': 'txt'}

#: Elements that are items of a list, of which there may be none.
_ITEMS = frozenset(['node', 'region', 'project', 'item'])

#: Objects with keys of the caller's choice.
_MAPS = frozenset(['extra_specs', 'properties', 'required_extra_specs'])

#: Values of any field of a flavor, and so of any type.
_VALUES = frozenset(['wanted', 'found', 'value'])


@dataclasses.dataclass(frozen=True)
class Step:
    """A request of the story.

    :ivar name: str, with which its files begin
    :ivar request: str, the method and the path
    :ivar status: int, that of the answer
    :ivar actor: str, who asks; 'nobody' sends no token
    :ivar headers: dict of str to str
    :ivar until: dict of places in the answer to the values that are waited for
    :ivar sandbox: whether it takes regions and clouds that do what they are told
    :ivar shown: whether the documentation shows it; else only the status is compared
    """

    name: str
    request: str
    status: int = 200
    actor: str = 'manager'
    headers: dict = dataclasses.field(default_factory=dict)
    until: dict = dataclasses.field(default_factory=dict)
    sandbox: bool = False
    shown: bool = True

    @property
    def method(self):
        return self.request.split(' ', 1)[0]

    @property
    def path(self):
        return self.request.split(' ', 1)[1]

    def file(self, kind):
        """Return the path of its 'req' or 'resp' file, None where it has none."""
        return next((path for ending in ENDINGS.values()
                     if (path := FOLDER / f'{self.name}-{kind}.{ending}').exists()), None)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What was answered.

    :ivar status: int
    :ivar media_type: str, without parameters; '' without content
    :ivar text: str
    """

    status: int
    media_type: str
    text: str

    @property
    def content(self):
        """What a path of the story goes through: of JSON the document, of XML the element."""
        if self.media_type == 'application/json':
            return json.loads(self.text)
        return ElementTree.fromstring(self.text) if self.media_type else None


def story():
    """Return the Steps, in their order."""
    return [Step(**each) for each in yaml.safe_load((FOLDER / 'story.yaml').read_text())['steps']]


def at(content, path):
    """Find something in the content of an Answer, by names and numbers with dots between."""
    for step in path.split('.'):
        if isinstance(content, ElementTree.Element):
            content = content.get(step)
        else:
            content = content[int(step) if step.isdigit() else step]
    return content


def _has(answer, values):
    try:
        return all(at(answer.content, path) == value for path, value in values.items())
    except (KeyError, IndexError):
        return False


def replay(send, real=None):
    """Send the requests of the story in order; yield each step with what was answered.

    :param send: function of (actor, method, path, headers, content) that returns an Answer
    :param real: dict of a text in the samples to what it is in the sandbox; None where there is
        no sandbox, and steps that need one are left out
    """
    answers = {}
    for step in story():
        if step.sandbox and real is None:
            continue
        path = re.sub(r'{([\w.-]+):([\w.]+)}',
                      lambda found: at(answers[found[1]].content, found[2]), step.path)
        headers, content = dict(step.headers), None
        if (file := step.file('req')) is not None:
            headers['Content-Type'] = next(
                kind for kind, ending in ENDINGS.items() if file.suffix == f'.{ending}')
            content = _replaced(file.read_text(), real or {})
        arguments = (step.actor, step.method, path, headers, content)
        answer = send(*arguments)
        deadline = time.monotonic() + DEADLINE
        until = {} if real is None else step.until
        while not _has(answer, until) and time.monotonic() < deadline:
            time.sleep(PAUSE)
            answer = send(*arguments)
        answers[step.name] = answer
        yield step, answer


def _replaced(text, words):
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def faults(step, answer):
    """List where an answer is not what its step and its sample say.

    :returns: list of str
    """
    if answer.status != step.status:
        return [f'{answer.status}, not {step.status}: {answer.text[:1000]}']
    if not step.shown:
        return []
    file = step.file('resp')
    if file is None:
        return [f'an answer without a sample: {answer.text}'] if answer.text else []
    if ENDINGS.get(answer.media_type) != file.suffix[1:]:
        return [f'{answer.media_type!r} is not the type of {file.name}']
    return {'.json': _of_json, '.xml': _of_xml, '.txt': _of_text}[file.suffix](
        file.read_text(), answer.text)


def _of_json(sample, text):
    return differences(json.loads(sample), json.loads(text))


def _of_xml(sample, text):
    return differences_of_elements(ElementTree.fromstring(sample), ElementTree.fromstring(text))


def _of_text(sample, text):
    return [] if sample.strip() == text.strip() else [f'{text!r} is not {sample!r}']


def differences(sample, answer, path='$'):
    """List where an answer has other keys or types than its sample; null fits everything.

    A list is compared item by item with the first item of the sample's list. Of an object with
    keys of the caller's choice only that it is one is compared.
    """
    if sample is None or answer is None or path.rpartition('.')[2] in _VALUES:
        return []
    if isinstance(sample, dict) and isinstance(answer, dict):
        if path.rpartition('.')[2] in _MAPS:
            return []
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


def differences_of_elements(sample, answer, path=''):
    """List where XML has other elements or attributes than its sample, whatever is in them.

    An element that is there several times is compared with the first of its name in the sample.
    """
    path = f'{path}/{answer.tag}'
    if sample.tag != answer.tag:
        return [f'{path}: not {sample.tag}']
    found = [f'{path}: the attribute {name} is only in one'
             for name in sorted(sample.keys() ^ answer.attrib.keys())]
    names = {child.tag for child in sample} ^ {child.tag for child in answer}
    found += [f'{path}: {name} is only in one' for name in sorted(names - _ITEMS)]
    for child in answer:
        if child.tag != 'item' and (first := sample.find(child.tag)) is not None:
            found += differences_of_elements(first, child, path)
    return found


def of_sandbox(running):
    """Give what :func:`replay` needs of a sandbox.

    :param running: tests.integration.running.Running
    :returns: (send, real)
    """
    [foreign] = running.document['foreign']
    real = {'http://edge-one:5000/v3': foreign['keystone_url'],
            'http://edge-one:8774/v2.1': foreign['nova_url'],
            'edge-one-password': foreign['password']}

    def send(actor, method, path, headers, content):
        response = running.send(actor, method, path, headers, content)
        media_type = response.headers.get('Content-Type', '').split(';')[0]
        return Answer(response.status_code, media_type if response.text else '', response.text)

    return send, real


_UUID = re.compile(r'\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\b')
_TIME = re.compile(r'\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}')


def _normal(texts):
    """Take out of answers what is another one each time: ids, and times but for their order.

    :param texts: dict of name to str
    :returns: the same, with the texts that are to be written
    """
    ids = {}

    def same_id(found):
        made = ids.setdefault(found[0], uuid.uuid5(uuid.NAMESPACE_OID, str(len(ids))))
        return str(made) if '-' in found[0] else made.hex

    return {name: _UUID.sub(same_id, _normal_times(text)) for name, text in texts.items()}


def _normal_times(text):
    times = sorted(set(_TIME.findall(text)))
    return _TIME.sub(lambda found: f'2026-11-21T10:00:{times.index(found[0]):02}.000000', text)


def _laid_out(answer):
    if answer.media_type == 'application/json':
        return json.dumps(json.loads(answer.text), indent=2)
    if answer.media_type == 'application/xml':
        element = answer.content
        ElementTree.indent(element)
        return ElementTree.tostring(element, encoding='unicode')
    return answer.text


def _write(directory):
    from tests.integration import running as sandboxes

    running = sandboxes.Running(directory)
    send, real = of_sandbox(running)
    told = {own: word for word, own in real.items()}
    told[running.document['api_url']] = 'http://controller:9890'
    texts = {}
    for step, answer in replay(send, real):
        if answer.status != step.status:
            raise SystemExit(f'{step.name}: {answer.status} {answer.text}')
        if step.shown and answer.text:
            text = _replaced(_laid_out(answer), told)
            text = re.sub(r'http://127\.0\.0\.1:\d+/', 'http://controller:8774/', text)
            texts[f'{step.name}-resp.{ENDINGS[answer.media_type]}'] = text
    for old in FOLDER.glob('*-resp.*'):
        old.unlink()
    for name, text in _normal(texts).items():
        (FOLDER / name).write_text(text.rstrip('\n') + '\n')


if __name__ == '__main__':
    _write(pathlib.Path(sys.argv[1]))
