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

"""Sealing credentials, and the life of the keys."""

import os
import pathlib
import stat
import tempfile

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
import pytest

from flavorsvc.cloud import credentials
from flavorsvc.domain import errors
from flavorsvc.domain import failures

VALUES = st.dictionaries(st.text(), st.text() | st.none(), max_size=4)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / 'etc' / 'keys'


@pytest.fixture
def keys(folder):
    made = credentials.Keys(folder)
    assert made.set_up()
    return made


def names(folder):
    return sorted(int(path.name) for path in folder.iterdir())


@settings(max_examples=30)
@given(values=VALUES, rotations=st.integers(0, 5))
def test_what_was_sealed_before_rotations_opens_after_them(values, rotations):
    with tempfile.TemporaryDirectory() as folder:
        keys = credentials.Keys(folder)
        keys.set_up()
        sealed = keys.seal(values)
        for _ in range(rotations):
            keys.rotate(10)
        assert keys.unseal(sealed) == values


@settings(max_examples=30)
@given(values=VALUES, most=st.integers(3, 5), rotations=st.integers(1, 12))
def test_what_is_sealed_anew_after_each_rotation_opens_for_ever(values, most, rotations):
    with tempfile.TemporaryDirectory() as folder:
        keys = credentials.Keys(folder)
        keys.set_up()
        sealed = keys.seal(values)
        for _ in range(rotations):
            assert not keys.needs(sealed, keys.dropped(most))
            keys.rotate(most)
            assert len(names(pathlib.Path(folder))) <= most
            sealed = keys.reseal(sealed)
            assert keys.unseal(sealed) == values


def test_nothing_of_the_values_is_in_what_is_sealed(keys):
    assert 'secret' not in keys.seal({'password': 'secret'})


def test_the_same_values_are_never_sealed_alike(keys):
    assert keys.seal({'a': 'b'}) != keys.seal({'a': 'b'})


def test_only_their_owner_may_read_the_keys(folder, keys):
    keys.rotate(3)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_setting_up_again_changes_nothing(folder, keys):
    sealed = keys.seal({'a': 'b'})
    assert not keys.set_up()
    assert keys.unseal(sealed) == {'a': 'b'}


def test_the_staged_key_becomes_primary(folder, keys):
    staged = (folder / '0').read_bytes()
    keys.rotate(3)
    assert names(folder) == [0, 1, 2]
    assert (folder / '2').read_bytes() == staged != (folder / '0').read_bytes()


def test_a_machine_with_the_folder_of_before_opens_what_is_sealed_after_a_rotation(
        folder, keys, tmp_path):
    before = tmp_path / 'copy'
    before.mkdir()
    for path in folder.iterdir():
        (before / path.name).write_bytes(path.read_bytes())
    keys.rotate(3)
    assert credentials.Keys(before).unseal(keys.seal({'a': 'b'})) == {'a': 'b'}


def test_a_key_that_is_needed_is_known_before_it_is_dropped(keys):
    sealed = keys.seal({'a': 'b'})
    keys.rotate(3)
    assert keys.dropped(3) == [1]
    assert keys.needs(sealed, [1])
    assert not keys.needs(keys.reseal(sealed), [1])


def test_what_is_sealed_with_the_primary_key_stays_as_it_is(keys):
    sealed = keys.seal({'a': 'b'})
    assert keys.reseal(sealed) == sealed


def test_a_rotation_needs_no_restart(folder, keys):
    other = credentials.Keys(folder)
    keys.rotate(3)
    assert keys.unseal(other.seal({'a': 'b'})) == {'a': 'b'}


def test_without_keys_the_operator_is_told_what_to_run(folder):
    with pytest.raises(errors.Unavailable) as caught:
        credentials.Keys(folder).seal({'password': 'secret'})
    assert 'flavorsvc-manage credential setup' in caught.value.reason
    assert str(folder) in caught.value.reason
    with pytest.raises(failures.Unreachable, match='credential setup'):
        credentials.Keys(folder).unseal('any')


def test_what_no_key_opens_is_said_to_be_lost(folder, keys):
    sealed = keys.seal({'password': 'secret'})
    for path in folder.iterdir():
        path.unlink()
    keys.set_up()
    with pytest.raises(failures.Unreachable) as caught:
        keys.unseal(sealed)
    assert caught.value.reason == 'credential'
    assert keys.reseal(sealed) is None
    assert not keys.needs(sealed, [1])


def test_a_file_that_is_no_key_is_named_and_not_shown(folder, keys):
    (folder / '7').write_text('hunter2')
    with pytest.raises(errors.Unavailable) as caught:
        keys.seal({})
    assert f'{folder}/7' in caught.value.reason
    assert 'hunter2' not in caught.value.reason


def test_other_files_do_not_matter(folder, keys):
    (folder / 'README').write_text('Keys.')
    (folder / 'new-x').write_text('half')
    assert keys.unseal(keys.seal({'a': 'b'})) == {'a': 'b'}


def test_keys_belong_to_whom_the_folder_belongs(tmp_path):
    """Whoever makes them as root makes them for the user of the conductor."""
    folder = tmp_path / 'keys'
    folder.mkdir(0o700)
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
    credentials.Keys(folder).set_up()
    assert {path.stat().st_uid for path in folder.iterdir()} == {folder.stat().st_uid}
