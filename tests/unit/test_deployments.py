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

"""Which deployments of flavorsvc the integration tests run against."""

import pytest

from tests import services


@pytest.mark.parametrize(
    ('transport', 'database', 'expected'),
    [
        (None, None, ['memory-sqlite', 'rabbit-mysql', 'rabbit-postgresql']),
        ('memory', None, ['memory-sqlite']),
        ('rabbit', None, ['rabbit-mysql', 'rabbit-postgresql']),
        (None, 'postgresql', ['rabbit-postgresql']),
        ('rabbit', 'mysql', ['rabbit-mysql']),
        ('rabbit', 'sqlite', ['rabbit-sqlite']),
    ],
)
def test_deployments(transport, database, expected):
    assert [str(each) for each in services.deployments(transport, database)] == expected
