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

"""The same requests to flavorsvc and to a real Nova: the answers are the same, key by key.

Where they are not, DIFFERENCES says why. What differs without a reason, or has a reason without a
difference, fails.
"""

from concurrent import futures
import fnmatch
import json
import re

import pytest
import requests

from tests.integration import compute_story
from tests.integration import running

_ALWAYS = compute_story.VERSIONS
_UNCHECKED = tuple(version for version in _ALWAYS if int(version[2:]) < 86)
_EMBEDDED = tuple(version for version in _UNCHECKED if int(version[2:]) >= 61)

#: (pattern of the names of steps, microversions) → why the answers differ. Blanks of an id are
#: also %20 in our links, as a URL has them; that is left out of the comparison.
DIFFERENCES = {
    **dict.fromkeys(
        [("extra specs: set {'hw:*", _UNCHECKED), ('extra specs: list in the end', _UNCHECKED),
         ('extra specs in a flavor to *', _EMBEDDED)],
        'Nova checks extra specs since 2.86. Ours go to all regions by the newest microversion '
        'that each has, so they are checked whatever the caller speaks.'),
    ('access: add to a public one', ('2.1',)):
        'Nova refuses it since 2.7. The catalogue knows no access list of a public flavor.',
    ("create with rxtx_factor = '0'", tuple(v for v in _ALWAYS if int(v[2:]) < 102)):
        'Nova stumbles (500) over a number that is refused (400) when it is no text.',
    **dict.fromkeys(
        [(name, _ALWAYS) for name in ('PATCH *', 'PUT /flavors', 'DELETE /flavors', 'GET /nothing',
                                      'POST /flavors/{v}a', 'GET /flavors/{v}a/action')],
        'Both say 404: Nova as a page for people, ours as all other errors.'),
    ('list without a token', _ALWAYS):
        'Both say 401: keystonemiddleware in its own shape, ours as all other errors.',
    ('discover*', _ALWAYS):
        'What tells the versions depends on none here, so it names none in its headers.',
}

#: Headers that tell how the answer was made.
HEADERS = ('OpenStack-API-Version', 'X-OpenStack-Nova-API-Version', 'Vary')
_UUID = re.compile(r'\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b')


class Side:
    """One of the two: how it is asked, and what its answers are brought into.

    :ivar tokens: dict of actor to token
    """

    def __init__(self, url, tokens, project_id):
        self.url, self.tokens, self.project_id = url, tokens, project_id

    def ask(self, step, version, prefix):
        """Send a step; return (status, headers, body) as they are compared."""
        def filled(text):
            return text.replace('{v}', prefix).replace('{project}', self.project_id)
        headers = {'OpenStack-API-Version': f'compute {version}'}
        if step.actor is not None:
            headers['X-Auth-Token'] = self.tokens[step.actor]
        content = None
        if step.content is not None:
            headers['Content-Type'] = step.content_type
            content = filled(step.content).encode()
        answer = requests.request(step.method, f'{self.url}{filled(step.path)}', headers=headers,
                                  data=content, timeout=running.DEADLINE)
        return (answer.status_code, {name: answer.headers.get(name) for name in HEADERS},
                self._body(answer, prefix))

    def _body(self, answer, prefix):
        text = answer.text.replace(self.url.removesuffix('/v2.1'), 'URL').replace('%20', ' ')
        text = _UUID.sub('UUID', text.replace(self.project_id, 'PROJECT'))
        if not answer.headers.get('Content-Type', '').startswith('application/json') or not text:
            return text
        return _compared(json.loads(text), prefix)


def _compared(document, prefix):
    """Leave out the words of a failure, and of a list what others put into it or has no order."""
    for name, value in document.items():
        if isinstance(value, dict) and set(value) == {'code', 'message'}:
            assert value.pop('message'), name
    if 'flavors' in document:
        document['flavors'] = [each for each in document['flavors']
                               if each['name'].startswith(prefix) and each['id'] != 'UUID']
    return document


@pytest.fixture(scope='module')
def sides(sandbox):
    """flavorsvc, and the Nova of a cloud that it has nothing to do with."""
    ours = Side(f'{sandbox.document["api_url"]}/v2.1',
                {actor: sandbox.token(actor) for actor in ('admin', 'user')},
                sandbox.project_id('user'))
    [foreign] = sandbox.document['foreign']
    project_id, token = sandbox.foreign_user('mordor')
    theirs = Side(foreign['nova_url'], {'admin': sandbox.token('mordor'), 'user': token},
                  project_id)
    return ours, theirs


def test_the_answers_are_those_of_nova(sides, deployment):
    """All microversions on one database; where only the database is another, the two ends."""
    versions = compute_story.VERSIONS
    if deployment.database != 'sqlite':
        versions = versions[0], versions[-1]
    wrong = [line for version in versions for line in compared(sides, version)]
    if wrong:
        pytest.fail('\n'.join(wrong), pytrace=False)


def compared(sides, version):
    """Tell what differs without a reason at a microversion, or has a reason that is none."""
    prefix = f'zz-{version}-'
    try:
        with futures.ThreadPoolExecutor(len(sides)) as both:
            answers = list(both.map(lambda side: [side.ask(step, version, prefix)
                                                  for step in compute_story.STEPS], sides))
    finally:
        for side in sides:
            clean(side, prefix)
    for step, ours, theirs in zip(compute_story.STEPS, *answers, strict=True):
        name = step.name
        explained = any(version in versions and fnmatch.fnmatchcase(name, pattern)
                        for pattern, versions in DIFFERENCES)
        if explained != (ours != theirs):
            yield (f'{version} {name}: {"they are equal" if explained else "they differ"}\n'
                   f'  ours: {str(ours)[:600]}\n  Nova: {str(theirs)[:600]}')


def clean(side, prefix):
    """Delete what a round has left."""
    token = {'X-Auth-Token': side.tokens['admin']}
    listed = requests.get(f'{side.url}/flavors?is_public=None', headers=token,
                          timeout=running.DEADLINE).json()['flavors']
    for flavor in listed:
        if flavor['name'].startswith(prefix):
            requests.delete(f'{side.url}/flavors/{flavor["id"]}', headers=token,
                            timeout=running.DEADLINE)
