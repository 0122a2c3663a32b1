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

"""Reading files of flavors: what is taken, and what people are told."""

import io

import pytest

from flavorsvc.client import catalog_file

_SMALL = {'name': 'small', 'vcpus': 1, 'ram': 1024, 'disk': 0}


def _read(text):
    return catalog_file.read(io.StringIO(text), 'flavors.yaml')


def _problems(text):
    with pytest.raises(catalog_file.Invalid) as caught:
        _read(text)
    return caught.value.problems


def _flavor(**fields):
    return '\n  '.join(['flavors:\n- name: small', *(
        f'{key}: {value}' for key, value in {'vcpus': 1, 'ram': 1024, 'disk': 0, **fields}.items()
        if value is not None)])


def test_a_flavor_has_the_fields_it_is_given():
    assert _read(_flavor()) == [_SMALL]


def test_json_is_yaml():
    assert _read('{"flavors": [{"name": "small", "vcpus": 1, "ram": 1024, "disk": 0}]}') == [_SMALL]


def test_bytes_are_read_too():
    assert catalog_file.read(io.BytesIO(_flavor().encode()), 'x') == [_SMALL]


def test_text_needs_no_quotes():
    [flavor] = _read(_flavor(
        id='007', description='1.10', projects='[00000000000000000000000000000012, 1e3]',
        extra_specs='{quota:vif: 0100, hw:yes: yes, hw:one: 1.10, 1: 2026-11-21}'))

    assert flavor['id'] == '007'
    assert flavor['description'] == '1.10'
    assert flavor['projects'] == ['00000000000000000000000000000012', '1e3']
    assert flavor['extra_specs'] == {
        'quota:vif': '0100', 'hw:yes': 'yes', 'hw:one': '1.10', '1': '2026-11-21'}


def test_properties_keep_their_types():
    [flavor] = _read(_flavor(properties='{cpu_speed_mhz: 2400, cpu_arch: x86_64}'))

    assert flavor['properties'] == {'cpu_speed_mhz': 2400, 'cpu_arch': 'x86_64'}


def test_flavors_may_share_what_they_have_in_common():
    flavors = _read('''
flavors:
- &common
  name: a
  vcpus: 1
  ram: 1024
  disk: 0
  extra_specs: &specs {hw:cpu_policy: shared, hw:x: 1}
- <<: *common
  name: b
- <<: *common
  name: c
  extra_specs:
    <<: *specs
    hw:x: 2
''')

    assert [flavor['extra_specs']['hw:x'] for flavor in flavors] == ['1', '1', '2']


@pytest.mark.parametrize(('fields', 'problem'), [
    ({'ram': '4G'}, "ram: must be memory in MiB, a whole number from 1 to 2147483647, not '4G'"),
    ({'ram': '1024.0'}, 'ram: must be memory in MiB, a whole number from 1 to 2147483647, '
                        'not 1024.0'),
    ({'vcpus': '0'}, 'vcpus: must be number of virtual CPUs, a whole number from 1 to 2147483647, '
                     'not 0'),
    ({'vcpus': 'true'}, 'vcpus: must be number of virtual CPUs, a whole number from 1 to '
                        '2147483647, not True'),
    ({'disk': None}, 'disk is missing'),
    ({'rxtx_factor': '0'}, 'rxtx_factor: must be a number greater than 0, not 0'),
    ({'public': '"yes"'}, "public: must be true or false: whether it is published in the "
                          "catalogue, not 'yes'"),
    ({'ramm': '1'}, "unknown field 'ramm'; did you mean ram?"),
    ({'colour': 'red'}, "unknown field 'colour'"),
    ({'extra_specs': ''}, 'extra_specs: must be keys with a text each, not empty'),
    ({'extra_specs': '{hw:x: }'}, 'extra_specs: hw:x: must be text of at most 255 characters, '
                                  'not empty'),
    ({'extra_specs': '{hw:x: [1]}'}, 'extra_specs: hw:x: must be text of at most 255 characters, '
                                     'not [1]'),
    ({'extra_specs': '{hw/x: 1}'}, "extra_specs: the key 'hw/x' must be at most 255 letters, "
                                   'digits, blanks and _-:.'),
    ({'properties': '{a: []}'}, 'properties: a: must be a text, a number, true or false, not []'),
    ({'id': 'a/b'}, "id: must be at most 255 letters, digits, blanks and ._- without a blank at "
                    "an end, not 'a/b'"),
    ({'projects': '[a, a]'}, "projects: must be a list of different ids of projects, not "
                             "['a', 'a']"),
    ({'projects': '[{}]'}, 'projects: 0: must be the id of a project of at most 255 characters, '
                           'not {}'),
])
def test_a_wrong_field_is_named(fields, problem):
    assert _problems(_flavor(**fields)) == [f'flavors.yaml: flavor 1 (small): {problem}']


@pytest.mark.parametrize(('text', 'problem'), [
    ('', 'must be a mapping with the key flavors, not empty'),
    ('- name: small', "must be a mapping with the key flavors, not [{'name': 'small'}]"),
    ('flavors: {}', 'flavors: must be a list of at least one flavor, not {}'),
    ('flavors: []', 'flavors: must be a list of at least one flavor, not []'),
    ('flavors: [small]', "flavor 1: must be the fields of a flavor, not 'small'"),
    ('regions: []', 'flavors is missing'),
    ('flavour: []', 'flavors is missing'),
])
def test_a_wrong_file_is_explained(text, problem):
    assert f'flavors.yaml: {problem}' in _problems(text)


def test_what_is_no_yaml_is_shown_by_line():
    [problem] = _problems('flavors:\n- name: a\n vcpus: 1')
    assert problem.startswith('flavors.yaml: not YAML:')
    assert 'line 3' in problem

    [problem] = _problems('flavors:\n- name: a\n  ram: 1\n  ram: 2')
    assert "the key 'ram' is there twice" in problem
    assert 'line 4' in problem

    with pytest.raises(catalog_file.Invalid, match='not YAML'):
        catalog_file.read(io.BytesIO(b'flavors: \xff'), 'flavors.yaml')


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file():
    assert _problems('''
flavors:
- {name: a, vcpus: 1, ram: 0, disk: 0}
- {id: 5, vcpus: 1}
''') == [
        'flavors.yaml: flavor 1 (a): ram: must be memory in MiB, a whole number from 1 to '
        '2147483647, not 0',
        'flavors.yaml: flavor 2 (5): name is missing',
        'flavors.yaml: flavor 2 (5): ram is missing',
        'flavors.yaml: flavor 2 (5): disk is missing',
    ]


def test_no_two_flavors_have_an_id_or_a_name_in_common():
    assert _problems('''
flavors:
- {name: a, id: 1, vcpus: 1, ram: 1, disk: 0}
- {name: b, id: 2, vcpus: 1, ram: 1, disk: 0}
- {name: a, id: 2, vcpus: 1, ram: 1, disk: 0}
''') == [
        "flavors.yaml: flavor 3 (a): id: '2' is already that of flavor 2",
        "flavors.yaml: flavor 3 (a): name: 'a' is already that of flavor 1",
    ]
