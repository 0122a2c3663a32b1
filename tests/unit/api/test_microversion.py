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

"""Which microversion a request asks for."""

import pytest

from flavorsvc.api import microversion
from flavorsvc.domain import errors

HEADER = 'OpenStack-API-Version'


@pytest.mark.parametrize(('value', 'expected'), [
    ('flavorsvc 1.0', (1, 0)),
    ('flavorsvc 1.1', (1, 1)),
    ('FlavorSvc 1.1', (1, 1)),
    ('flavorsvc 1.2', (1, 2)),
    ('flavorsvc latest', microversion.MAX),
    ('compute 2.96, flavorsvc 1.1', (1, 1)),
    ('flavorsvc 1.1, compute 2.96', (1, 1)),
    ('compute 2.96', microversion.MIN),
    ('', microversion.MIN),
    ('nonsense', microversion.MIN)])
def test_what_is_asked(value, expected):
    assert microversion.asked({HEADER: value}) == expected


@pytest.mark.parametrize(('version_cap', 'expected'), [
    ('1.0', (1, 1)), ('1.2', (1, 1)), ('1.3', (1, 2)), ('1.10', (1, 2)), (None, (1, 2))])
def test_what_old_conductors_cannot_do_is_not_offered(version_cap, expected):
    environ = {'PATH_INFO': '/v1/flavors', 'HTTP_OPENSTACK_API_VERSION': 'flavorsvc latest'}
    microversion.Limited(lambda environ, start_response: [], version_cap)(environ, None)
    assert microversion.newest(environ) == expected
    microversion.negotiate(environ)
    assert microversion.of(environ) == expected


def test_nothing_is_asked():
    assert microversion.asked({}) == microversion.MIN


@pytest.mark.parametrize('value', ['1', '1.', '.1', 'x', '1.x', '1.1.1', '-1.1', '1.+1', '1 .1',
                                   '1.1_0', '１.１', '1e1', 'LATEST', '9999.1', '1.9999999'])
def test_what_is_no_version(value):
    with pytest.raises(errors.Invalid) as raised:
        microversion.asked({HEADER: f'flavorsvc {value}'})
    assert raised.value.field == HEADER


@pytest.mark.parametrize('value', ['0.9', '2.0', '1.3', '1.999999'])
def test_what_is_out_of_range(value):
    with pytest.raises(microversion.NotSupported) as raised:
        microversion.asked({HEADER: f'flavorsvc {value}'})
    assert raised.value.code == 406
    assert value in raised.value.detail
