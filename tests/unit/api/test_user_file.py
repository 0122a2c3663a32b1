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


"""The user file of http_basic: what a line may say, and what becomes of a file that changes."""

import logging

import pytest

from flavorsvc.api.authentication import user_file

HASH = '$2y$05$' + 'abcdefghijklmnopqrstu.' + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ01234'


@pytest.mark.parametrize(('line', 'project', 'roles'), [
    (f'one:{HASH}', None, ()),
    (f'one:{HASH}:', None, ()),
    (f'one:{HASH}:project-one', 'project-one', ()),
    (f'one:{HASH}:project-one:member', 'project-one', ('member',)),
    (f'one:{HASH}::admin,Infrastructure.Manager', None, ('admin', 'Infrastructure.Manager')),
    (f'  one:{HASH}::admin \r', None, ('admin',)),
])
def test_a_line_names_a_user_and_may_say_more(line, project, roles):
    users = user_file.parse('f', line.encode())
    assert users == {'one': user_file.User('one', HASH.encode(), project, roles)}


def test_empty_lines_and_comments_say_nothing():
    text = f'# people\n\none:{HASH}\n   \ntwo:{HASH}\n'
    assert list(user_file.parse('f', text.encode())) == ['one', 'two']


@pytest.mark.parametrize(('line', 'reason'), [
    ('one', 'must begin with the name of a user and a colon'),
    (f':{HASH}', 'must begin with the name of a user and a colon'),
    (f'o ne:{HASH}', 'must begin with the name of a user and a colon'),
    ('one:', 'must be a bcrypt hash'),
    ('one:cleartext', 'must be a bcrypt hash'),
    ('one:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/', 'must be a bcrypt hash'),
    ('one:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'must be a bcrypt hash'),
    (f'one:{HASH}x', 'must be a bcrypt hash'),
    (f'one:{HASH.replace("$05", "$31")}', 'must be a bcrypt hash'),
    (f'one:{HASH}:a b', 'the project must be an id'),
    (f'one:{HASH}:{"p" * 65}', 'the project must be an id'),
    (f'one:{HASH}:p:member,,reader', 'the roles must be names'),
    (f'one:{HASH}:p:member:more', 'the roles must be names'),
    (f'önë:{HASH}', 'must be ASCII'),
    (f'first:{HASH}', 'the user is in a line above already'),
])
def test_a_fault_is_told_with_file_and_line_and_without_what_stands_there(line, reason):
    with pytest.raises(ValueError) as wrong:
        user_file.parse('/etc/users', f'first:{HASH}\n{line}\n'.encode())
    assert str(wrong.value).startswith('/etc/users, line 2: ')
    assert reason in str(wrong.value)
    assert not any(secret in str(wrong.value) for secret in ('cleartext', HASH, 'HqJZ', 'W6ph'))


def test_a_user_shows_no_hash():
    assert HASH not in repr(user_file.parse('f', f'one:{HASH}'.encode()))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / 'users'
    path.write_text(f'one:{HASH}\n')
    return path


def test_a_file_that_changed_is_read_again(path):
    file = user_file.UserFile(str(path))
    path.write_text(f'one:{HASH}\ntwo:{HASH}\n')
    assert list(file.users()) == ['one', 'two']


def test_a_file_that_was_replaced_is_read_again(path):
    file = user_file.UserFile(str(path))
    another = path.with_name('another')
    another.write_text(f'two:{HASH}\n')
    another.rename(path)
    assert list(file.users()) == ['two']


def spoil(path):
    path.write_text('nonsense\n')


def remove(path):
    path.unlink()


@pytest.mark.parametrize('harm', [spoil, remove])
def test_a_file_that_cannot_be_used_any_more_changes_nothing_and_is_told_once(path, harm, caplog):
    file = user_file.UserFile(str(path))
    harm(path)
    assert list(file.users()) == ['one']
    assert list(file.users()) == ['one']
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert str(path) in told[0].getMessage()


@pytest.mark.parametrize('harm', [spoil, remove])
def test_a_file_that_was_mended_is_read_again(path, harm):
    file = user_file.UserFile(str(path))
    harm(path)
    file.users()
    path.write_text(f'three:{HASH}\n')
    assert list(file.users()) == ['three']


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ValueError, match='user_file cannot be read: .*No such file') as wrong:
        user_file.UserFile(str(tmp_path / 'nothing'))
    assert 'nothing' in str(wrong.value)
