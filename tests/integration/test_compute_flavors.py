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

import novaclient.client
import novaclient.exceptions
import pytest
import requests

from tests import services
from tests.integration import compute_story
from tests.integration import running

pytestmark = pytest.mark.parametrize(
    'deployment', services.wanted_deployments(2), ids=str, indirect=True, scope='session')

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
        'What tells the versions depends on none here, so it names none in its headers. It tells '
        'who serves it, so that no conductor takes it for a Nova.',
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


@pytest.mark.timeout(900)  # some 7,000 requests
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


@pytest.fixture
def nova(sandbox):
    """A novaclient that takes flavorsvc for Nova, at the newest microversion that both speak."""
    made = novaclient.client.Client(
        '2.1', session=sandbox.session('admin'),
        endpoint_override=f'{sandbox.document["api_url"]}/v2.1')
    assert made.versions.get_current().version == compute_story.VERSIONS[-1]
    return novaclient.client.Client(
        '2.96', session=sandbox.session('admin'),
        endpoint_override=f'{sandbox.document["api_url"]}/v2.1')


def shown(sandbox, region, flavor_id):
    """What a region's own Nova has under an id, or None."""
    answer = sandbox.nova(region).get(f'/flavors/{flavor_id}')
    return answer.json()['flavor'] if answer.status_code == 200 else None


def has_access(sandbox, region, flavor_id):
    """The ids of the projects that may use a flavor in a region."""
    answer = sandbox.nova(region).get(f'/flavors/{flavor_id}/os-flavor-access')
    return [each['tenant_id'] for each in answer.json()['flavor_access']]


def test_what_novaclient_makes_is_in_every_region(sandbox, nova):
    flavor = nova.flavors.create('by-novaclient', 64, 1, 1, description='d', is_public=False)
    assert shown(sandbox, 'RegionOne', flavor.id)['description'] == 'd'
    flavor.set_keys({'hw:cpu_policy': 'shared', 'a': 'b'})
    flavor.unset_keys(['a'])
    nova.flavors.update(flavor, 'changed')
    nova.flavor_access.add_tenant_access(flavor, sandbox.project_id('user'))
    expected = {'name': 'by-novaclient', 'description': 'changed',
                'extra_specs': {'hw:cpu_policy': 'shared'}}
    for region in sandbox.regions:
        running.wait_for(lambda region=region: expected.items() <= (
            shown(sandbox, region, flavor.id) or {}).items(), f'the flavor in {region}')
        running.wait_for(lambda region=region: has_access(sandbox, region, flavor.id) == [
            sandbox.project_id('user')], f'access in {region}')
    assert flavor.id in [each.id for each in nova.flavors.list(is_public=False)]
    nova.flavors.delete(flavor)
    assert shown(sandbox, 'RegionOne', flavor.id) is None
    for region in sandbox.regions:
        running.wait_for(lambda region=region: shown(sandbox, region, flavor.id) is None,
                         f'end of the flavor in {region}')


def test_the_refusal_of_the_default_region_leaves_nothing_behind(sandbox, nova):
    sandbox.nova('RegionOne').post('/flavors', json={'flavor': {
        'id': 'held', 'name': 'held', 'ram': 64, 'vcpus': 1, 'disk': 1}})
    try:
        for flavor_id in ('held', 'another'):
            with pytest.raises(novaclient.exceptions.Conflict, match='already exists'):
                nova.flavors.create('held', 64, 1, 1, flavorid=flavor_id)
    finally:
        sandbox.nova('RegionOne').delete('/flavors/held')
    assert sandbox.flavorsvc('manager').get('/flavors/another').status_code == 404
    assert {shown(sandbox, region, 'another') for region in sandbox.regions} == {None}


def test_while_the_default_region_is_down_nothing_is_made(sandbox, nova):
    sandbox.supervisor.stop('nova-RegionOne')
    try:
        with pytest.raises(novaclient.exceptions.ClientException) as refused:
            nova.flavors.create('meanwhile', 64, 1, 1, flavorid='meanwhile')
        assert refused.value.code == 503
        assert sandbox.flavorsvc('manager').get('/flavors/meanwhile').status_code == 404
    finally:
        sandbox.supervisor.start(['nova-RegionOne'])
    made = running.wait_for(lambda: tried(nova), 'RegionOne that is back')
    nova.flavors.delete(made)


def tried(nova):
    """Make the flavor, unless the region is not back yet."""
    try:
        return nova.flavors.create('meanwhile', 64, 1, 1, flavorid='meanwhile')
    except novaclient.exceptions.ClientException as error:
        assert error.code == 503, error
        return None


def clean(side, prefix):
    """Delete what a round has left."""
    token = {'X-Auth-Token': side.tokens['admin']}
    listed = requests.get(f'{side.url}/flavors?is_public=None', headers=token,
                          timeout=running.DEADLINE).json()['flavors']
    for flavor in listed:
        if flavor['name'].startswith(prefix):
            requests.delete(f'{side.url}/flavors/{flavor["id"]}', headers=token,
                            timeout=running.DEADLINE)
