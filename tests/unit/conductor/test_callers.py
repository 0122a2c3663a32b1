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


"""Whose token goes to which Nova, what its answers become, and who never sees the token."""

import logging
import pickle

import pytest

from flavorsvc.conductor import callers
from flavorsvc.conductor import novas
from flavorsvc.domain import errors
from flavorsvc.domain import failures

TOKENS = {'own': 'own-token-0123', 'region': None}
FOREIGN_TOKENS = {'own': 'own-token-0123', 'region': 'foreign-token-4567'}


class Cloud:
    """A cloud that remembers what it was asked."""

    def __init__(self, token, foreign):
        self.token, self.foreign, self.negotiated = token, foreign, []

    def negotiate(self, endpoint, region):
        self.negotiated.append(endpoint)
        return '2.90'

    def nova(self, endpoint, microversion, request_id, region):
        self.nova_of = endpoint, microversion, request_id
        return self


class Clouds:
    as_caller = staticmethod(Cloud)


class Novas(novas.Novas):
    """Knows one region."""

    def __init__(self, access=None, microversion='2.96', default='RegionOne'):
        super().__init__(None, Clouds, default)
        self._access, self._microversion = access, microversion

    def place(self, name):
        if name != 'RegionOne':
            raise errors.NotFound('region', name)
        return {'name': name, 'state': 'up', 'reason': None, 'endpoint': 'http://nova.test',
                'microversion': self._microversion, 'access': self._access}


def asked(tokens=TOKENS, region='RegionOne', **known):
    return callers.Callers(Clouds, Novas(**known)).asked(region, tokens, 'req-1')


ACCESS = {'keystone_url': 'http://keystone.test', 'region_name': None, 'sealed': '…'}


@pytest.mark.parametrize(('access', 'tokens', 'token'), [
    (None, TOKENS, 'own-token-0123'),
    (None, {'own': None, 'region': 'foreign-token-4567'}, 'foreign-token-4567'),
    (None, FOREIGN_TOKENS, 'foreign-token-4567'),
    (ACCESS, FOREIGN_TOKENS, 'foreign-token-4567')])
def test_the_token_for_the_region_goes_first(access, tokens, token):
    with asked(tokens, access=access) as cloud:
        assert cloud.token == token
        assert cloud.foreign is (access is not None)
        assert cloud.nova_of == ('http://nova.test', '2.96', 'req-1')


@pytest.mark.parametrize(('access', 'tokens', 'reason'), [
    (ACCESS, TOKENS, 'X-Auth-Token-KeyStone'),
    (ACCESS, {'own': 'x', 'region': ''}, 'X-Auth-Token-KeyStone'),
    (ACCESS, {'own': 'own-token-0123', 'region': 'own-token-0123'}, 'X-Auth-Token-KeyStone'),
    (None, {'own': None, 'region': None}, 'needs a token'),
    (None, {'own': 'a b', 'region': None}, 'not a token'),
    (None, {'own': ' a', 'region': None}, 'not a token'),
    (None, {'own': 'a\nb', 'region': None}, 'not a token'),
    (None, {'own': 'ä', 'region': None}, 'not a token')])
def test_without_a_token_that_it_could_take_no_region_is_asked(access, tokens, reason):
    with pytest.raises(errors.Unauthorized) as refused, asked(tokens, access=access):
        raise AssertionError('it was asked')
    assert reason in refused.value.reason


def test_a_region_that_nobody_knows_is_not_found():
    with pytest.raises(errors.NotFound) as missing, asked(region='Nowhere'):
        raise AssertionError('it was asked')
    assert missing.value.args == ('region', 'Nowhere')


def test_the_default_region_is_asked_in_the_same_way():
    ways = callers.Callers(Clouds, Novas())
    with ways.by_default(TOKENS, 'req-1') as (region, cloud):
        assert (region, cloud.token, cloud.foreign) == ('RegionOne', 'own-token-0123', False)
        assert cloud.nova_of == ('http://nova.test', '2.96', 'req-1')
    with pytest.raises(errors.Denied, match='^[*]{3} may not'), \
            ways.by_default(TOKENS, 'req-1'):
        raise failures.Refused('forbidden', 'own-token-0123 may not')


def test_a_default_region_that_nobody_knows_does_not_answer():
    ways = callers.Callers(Clouds, Novas(default='Nowhere'))
    with pytest.raises(errors.RegionUnreachable, match='has not been discovered'), \
            ways.by_default(TOKENS, 'req-1'):
        raise AssertionError('it was asked')


def test_a_microversion_that_is_not_known_is_negotiated_with_the_same_token():
    with asked(microversion=None) as cloud:
        assert cloud.negotiated == ['http://nova.test']
        assert cloud.nova_of[1] == '2.90'


@pytest.mark.parametrize(('failure', 'error'), [
    (failures.Refused('rejected', 'words'), errors.Invalid('flavor', 'words')),
    (failures.Refused('forbidden', 'words'), errors.Denied('words')),
    (failures.Passing('conflict', 'words'), errors.Conflict('words')),
    (failures.Taken('name_taken', 'words'), errors.Conflict('words')),
    (failures.Unreachable('unauthorized', 'words'), errors.Unauthorized(
        "The Nova of region 'RegionOne' refuses the token: words")),
    (failures.Unreachable('unreachable', 'words'), errors.RegionUnreachable('RegionOne', 'words')),
    (failures.Unreachable('unintelligible', 'words'),
     errors.RegionUnreachable('RegionOne', 'words')),
    (failures.Passing('server_error', 'words'), errors.RegionUnreachable('RegionOne', 'words')),
    (failures.Refused('unsupported', 'words'), errors.RegionUnreachable('RegionOne', 'words')),
])
def test_what_nova_answers_comes_through_in_its_words(failure, error):
    with pytest.raises(type(error)) as told, asked():
        raise failure
    assert told.value.args == error.args


def test_an_error_of_ours_comes_through_as_it_is():
    with pytest.raises(errors.NotFound) as told, asked():
        raise errors.NotFound('flavor', 'f1')
    assert told.value.args == ('flavor', 'f1')


@pytest.mark.parametrize('raised', [
    failures.Refused('rejected', 'you sent own-token-0123 and foreign-token-4567'),
    failures.Unreachable('unauthorized', 'own-token-0123'),
    errors.NotFound('flavor', 'foreign-token-4567'),
    ValueError('a header foreign-token-4567, or own-token-0123')])
def test_no_token_is_in_what_is_raised_or_logged(raised, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Exception) as told, asked(FOREIGN_TOKENS):
        raise raised
    shown = f'{told.value.args} {told.value.__cause__} {caplog.text} {pickle.dumps(told.value)}'
    assert 'token-0123' not in shown
    assert 'token-4567' not in shown
    assert told.value.__suppress_context__


def test_the_log_says_what_nobody_expected(caplog):
    with pytest.raises(RuntimeError, match='ZeroDivisionError; the conductor'), asked():
        1 / 0  # noqa: B018
    assert 'ZeroDivisionError: division by zero' in caplog.text
    assert 'test_callers.py' in caplog.text


def test_a_text_too_short_to_be_a_token_leaves_words_as_they_are():
    with pytest.raises(errors.Conflict) as told, asked({'own': 'a', 'region': None}):
        raise errors.Conflict('a name is taken')
    assert told.value.reason == 'a name is taken'
