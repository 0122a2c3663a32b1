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

"""Requests that are sent to flavorsvc and to a real Nova alike, at many microversions.

``{v}`` in a path or body is the prefix of all ids and names of one round, ``{project}`` the project
of the user.
"""

import dataclasses
import json

VERSIONS = ('2.1', '2.46', '2.47', '2.54', '2.55', '2.60', '2.61', '2.74', '2.75', '2.85', '2.86',
            '2.101', '2.102', '2.104')

_JSON = 'application/json'


@dataclasses.dataclass(frozen=True)
class Step:
    """A request.

    :ivar name: str, unique
    :ivar content: str, or None
    """

    name: str
    actor: str
    method: str
    path: str
    content: str | None = None
    content_type: str = _JSON


def step(name, method, path, body=None, actor='admin'):
    return Step(name, actor, method, path, None if body is None else json.dumps(body))


def _created(name, body, actor='admin'):
    return step(f'create {name}', 'POST', '/flavors', body, actor)


def _flavor(suffix, **more):
    return {'flavor': {'id': f'{{v}}{suffix}', 'name': f'{{v}}{suffix}', 'ram': 64, 'vcpus': 1,
                       'disk': 1} | more}


def _without(suffix, *names):
    [flavor] = _flavor(suffix).values()
    return {'flavor': {name: value for name, value in flavor.items() if name not in names}}


_PUBLIC, _FACTOR, _EPHEMERAL = ('os-flavor-access:is_public', 'rxtx_factor',
                                'OS-FLV-EXT-DATA:ephemeral')

_CREATES = [
    _created('the least', _flavor('a')),
    _created('the same again', _flavor('a')),
    _created('another of that name', {'flavor': {**_flavor('a')['flavor'], 'id': '{v}other'}}),
    _created('another of that id', {'flavor': {**_flavor('a')['flavor'], 'name': '{v}other'}}),
    _created('without the right to', _flavor('x'), 'user'),
    _created('wrongly without the right to', {'flavor': {}}, 'user'),
    _created('a private one of texts', _flavor('b', ram='128', vcpus='2', disk='0', swap='5',
                                               **{_PUBLIC: 'False', _EPHEMERAL: '3'})),
    _created('with a factor', _flavor('c', rxtx_factor=2.5)),
    _created('with a factor as text', _flavor('d', rxtx_factor='1.5')),
    _created('with a description', _flavor('e', description='what it is for')),
    _created('with a description that is null', _flavor('f', description=None)),
    _created('with the longest description', _flavor('g', description='d' * 65535)),
    _created('with too long a description', _flavor('x', description='d' * 65536)),
    _created('with a number as description', _flavor('x', description=5)),
    _created('with control characters', _flavor('x', description='a\x07b')),
    _created('with an id that is null', _flavor('h', id=None)),
    _created('without an id', _without('i', 'id')),
    _created('with blanks in the id', _flavor('j', id='{v} j')),
    _created('with a name of blanks inside', _flavor('k', name='{v} k Ä')),
    *(_created(f'with {name} = {value!r}', _flavor('x', **{name: value})) for name, value in [
        ('foo', 1), ('ram', 0), ('ram', 'x'), ('ram', True), ('ram', 1.5), ('ram', None),
        ('ram', 2 ** 31), ('ram', '-1'), ('ram', ''), ('vcpus', 0), ('disk', -1),
        ('swap', '2147483648'), (_EPHEMERAL, 'a'), (_FACTOR, 0), (_FACTOR, '0'), (_FACTOR, 'x'),
        (_FACTOR, 1e39), (_PUBLIC, 'maybe'), (_PUBLIC, None), (_PUBLIC, 1), ('name', ''),
        ('name', ' x'), ('name', 5), ('name', 'n' * 256), ('id', 'a/b'), ('id', ''), ('id', ' x'),
        ('id', True), ('id', 'i' * 256), ('extra_specs', {})]),
    *(_created(f'without {name}', _without('x', name))
      for name in ('name', 'ram', 'vcpus', 'disk')),
    _created('nothing', {}), _created('a list', []), _created('null', {'flavor': None}),
    _created('what has more around it', {**_flavor('x'), 'more': 1}),
    Step('create without a body', 'admin', 'POST', '/flavors'),
    Step('create malformed', 'admin', 'POST', '/flavors', '{'),
    Step('create from XML', 'admin', 'POST', '/flavors', '<flavor/>', 'application/xml'),
    Step('create from plain text', 'admin', 'POST', '/flavors', json.dumps(_flavor('l')),
         'text/plain'),
]

_READS = [
    *(step(f'show {each} to {actor}', 'GET', f'/flavors/{{v}}{each}', actor=actor)
      for each in 'abcefg' for actor in ('admin', 'user')),
    step('show what is not there', 'GET', '/flavors/{v}nothing'),
    step('show with a parameter', 'GET', '/flavors/{v}a?foo=1'),
    *(step(f'list {actor} {query}', 'GET', f'/flavors{detail}{query}', actor=actor)
      for detail, actor, query in [
          ('', 'admin', ''), ('', 'user', ''), ('/detail', 'admin', ''), ('/detail', 'user', ''),
          *(('', actor, f'?is_public={value}') for actor in ('admin', 'user')
            for value in ('None', 'none', 'true', 'False', '0', 'maybe', '')),
          *(('', 'admin', f'?{query}') for query in (
              'limit=0', 'limit=-1', 'limit=x', 'limit=', 'limit=1&limit=x', 'sort_key=zz',
              'sort_key=', 'sort_dir=up', 'minRam=x', 'minDisk=x', 'minRam=100', 'minDisk=1',
              'minRam=-1', 'minRam=99999999999', 'marker={v}nothing', 'foo=1', 'minRam=',
              'marker={v}a&limit=1', 'marker={v}b&limit=2', 'name={v}', 'name={v}.*a%24',
              'name=nothing', 'marker={v}b&is_public=true&limit=1',
              'limit=2147483648&sort_key=name',
              *(f'sort_key={key}&sort_dir={direction}' for direction in ('asc', 'desc')
                for key in ('flavorid', 'name', 'memory_mb', 'vcpus', 'root_gb', 'swap',
                            'ephemeral_gb', 'rxtx_factor', 'disabled', 'vcpu_weight', 'id',
                            'created_at', 'is_public')))),
          ('', 'user', '?sort_key=description'), ('', 'user', '?sort_key=updated_at'),
          ('/detail', 'user', '?marker={v}a&limit=1')]),
    step('list to a user from a marker it cannot see', 'GET', '/flavors?marker={v}b',
         actor='user'),
]

_DESCRIBES = [
    step(f'describe {name}', 'PUT', f'/flavors/{{v}}{flavor}', body, actor)
    for name, flavor, body, actor in [
        ('it', 'a', {'flavor': {'description': 'changed'}}, 'admin'),
        ('it no more', 'e', {'flavor': {'description': None}}, 'admin'),
        ('it as nothing', 'f', {'flavor': {'description': ''}}, 'admin'),
        ('without a description', 'a', {'flavor': {}}, 'admin'),
        ('with too long a description', 'a', {'flavor': {'description': 'd' * 65536}}, 'admin'),
        ('with a name', 'a', {'flavor': {'description': 'd', 'name': 'n'}}, 'admin'),
        ('without the right to', 'a', {'flavor': {'description': 'd'}}, 'user'),
        ('what is not there', 'nothing', {'flavor': {'description': 'd'}}, 'admin'),
        ('with nothing', 'a', {}, 'admin')]
] + [step('show what was described', 'GET', '/flavors/{v}a'),
     step('show what is described no more', 'GET', '/flavors/{v}e')]

_SPECS = '/flavors/{v}a/os-extra_specs'
_EXTRA_SPECS = [
    step(f'extra specs: {name}', method, path, body, actor)
    for name, method, path, body, actor in [
        ('set', 'POST', _SPECS, {'extra_specs': {'a': 1, 'b': 'x', 'c': 1.5,
                                                 'hw:cpu_policy': 'shared'}}, 'admin'),
        ('none', 'POST', _SPECS, {'extra_specs': {}}, 'admin'),
        ('list', 'GET', _SPECS, None, 'admin'), ('list to a user', 'GET', _SPECS, None, 'user'),
        ('list with a parameter', 'GET', f'{_SPECS}?foo=1', None, 'admin'),
        ('show', 'GET', f'{_SPECS}/a', None, 'user'),
        ('show what is not there', 'GET', f'{_SPECS}/zz', None, 'admin'),
        ('change', 'PUT', f'{_SPECS}/b', {'b': 'y'}, 'admin'),
        ('change to a number', 'PUT', f'{_SPECS}/b', {'b': 7}, 'admin'),
        ('change another', 'PUT', f'{_SPECS}/b', {'a': 'y'}, 'admin'),
        ('change two', 'PUT', f'{_SPECS}/b', {'a': 'y', 'b': 'y'}, 'admin'),
        ('change nothing', 'PUT', f'{_SPECS}/b', {}, 'admin'),
        ('change without the right to', 'PUT', f'{_SPECS}/b', {'b': 'y'}, 'user'),
        ('remove', 'DELETE', f'{_SPECS}/b', None, 'admin'),
        ('remove again', 'DELETE', f'{_SPECS}/b', None, 'admin'),
        ('remove without the right to', 'DELETE', f'{_SPECS}/a', None, 'user'),
        ('set without the right to', 'POST', _SPECS, {'extra_specs': {'a': '1'}}, 'user'),
        ('set on what is not there', 'POST', '/flavors/{v}nothing/os-extra_specs',
         {'extra_specs': {'a': '1'}}, 'admin'),
        ('list of what is not there', 'GET', '/flavors/{v}nothing/os-extra_specs', None, 'admin'),
        *((f'set {specs!r:.50}', 'POST', _SPECS, {'extra_specs': specs}, 'admin') for specs in [
            {'a$': '1'}, {'': '1'}, {'k' * 256: '1'}, {'a': True}, {'a': None}, {'a': 'v' * 256},
            {'a': {}}, [], {'hw:nonsense': '1'}, {'hw:cpu_policy': 'nonsense'},
            {'hw:numa_nodes': '0'}, {'own:thing': 'anything'}]),
        ('set with more around it', 'POST', _SPECS, {'extra_specs': {}, 'more': 1}, 'admin'),
        ('list in the end', 'GET', _SPECS, None, 'admin')]
] + [step(f'extra specs in a flavor to {actor}', 'GET', '/flavors/{v}a', actor=actor)
     for actor in ('admin', 'user')]

_ACTION = '/flavors/{v}b/action'
_ADD, _REMOVE = ({name: {'tenant': '{project}'}}
                 for name in ('addTenantAccess', 'removeTenantAccess'))
_ACCESS = [
    step(f'access: {name}', 'POST' if body is not None else 'GET', path, body, actor)
    for name, path, body, actor in [
        ('list of a public one', '/flavors/{v}c/os-flavor-access', None, 'admin'),
        ('list', '/flavors/{v}b/os-flavor-access', None, 'admin'),
        ('list without the right to', '/flavors/{v}b/os-flavor-access', None, 'user'),
        ('list of what is not there', '/flavors/{v}nothing/os-flavor-access', None, 'admin'),
        ('list with a parameter', '/flavors/{v}b/os-flavor-access?foo=1', None, 'admin'),
        ('add', _ACTION, _ADD, 'admin'), ('add again', _ACTION, _ADD, 'admin'),
        ('list then', '/flavors/{v}b/os-flavor-access', None, 'admin'),
        ('show to who has it', '/flavors/{v}b', None, 'user'),
        ('list to who has it', '/flavors', None, 'user'),
        ('add to a public one', '/flavors/{v}c/action', _ADD, 'admin'),
        ('remove from a public one', '/flavors/{v}d/action', _REMOVE, 'admin'),
        ('add a project that is not', _ACTION, {'addTenantAccess': {'tenant': 'ghost'}}, 'admin'),
        ('add without the right to', _ACTION, _ADD, 'user'),
        ('add to what is not there', '/flavors/{v}nothing/action', _ADD, 'admin'),
        ('remove', _ACTION, _REMOVE, 'admin'), ('remove again', _ACTION, _REMOVE, 'admin'),
        ('remove a project that is not', _ACTION, {'removeTenantAccess': {'tenant': 'ghost'}},
         'admin'),
        ('do what is not known', _ACTION, {'paint': {}}, 'admin'),
        ('do two things', _ACTION, {**_ADD, **_REMOVE}, 'admin'),
        ('do nothing', _ACTION, {}, 'admin'),
        ('add nobody', _ACTION, {'addTenantAccess': {}}, 'admin'),
        ('add an empty name', _ACTION, {'addTenantAccess': {'tenant': ''}}, 'admin'),
        ('add a number', _ACTION, {'addTenantAccess': {'tenant': 5}}, 'admin'),
        ('add with more', _ACTION, {'addTenantAccess': {'tenant': '{project}', 'a': 1}}, 'admin'),
        ('show to who has it no more', '/flavors/{v}b', None, 'user')]
]

_DELETES = [
    step('delete without the right to', 'DELETE', '/flavors/{v}a', actor='user'),
    step('delete what is not there', 'DELETE', '/flavors/{v}nothing'),
    step('delete', 'DELETE', '/flavors/{v}a'), step('delete again', 'DELETE', '/flavors/{v}a'),
    step('show what was deleted', 'GET', '/flavors/{v}a'),
    step('create what was deleted', 'POST', '/flavors', _flavor('a')),
]

_NOWHERE = [step(f'{method} {path}', method, path) for method, path in [
    ('PATCH', '/flavors/{v}a'), ('PUT', '/flavors'), ('DELETE', '/flavors'), ('GET', '/nothing'),
    ('POST', '/flavors/{v}a'), ('GET', '/flavors/{v}a/action')]] + [
    step('discover', 'GET', '', actor=None), step('discover with a slash', 'GET', '/', actor=None),
    step('list without a token', 'GET', '/flavors', actor=None)]

STEPS = [*_CREATES, *_READS, *_DESCRIBES, *_EXTRA_SPECS, *_ACCESS, *_DELETES, *_NOWHERE]
