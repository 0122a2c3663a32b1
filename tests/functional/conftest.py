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

"""The service that functional tests talk to."""

# before any library can import eventlet
import flavorsvc.cmd  # noqa: F401, I001

import pytest

from flavorsvc import context
from flavorsvc.db import engine
from flavorsvc.db import schema
from tests.functional import foreign
from tests.functional import generated
from tests.functional import site as sites

#: Transport and database.
DEPLOYMENTS = [('fake', 'sqlite'), ('rabbit', 'mysql'), ('rabbit', 'postgresql')]


@pytest.fixture(scope='module', params=DEPLOYMENTS, ids='-'.join)
def deployed(request, new_database, tmp_path_factory):
    """A running service on each transport and database in turn, started once a module."""
    transport, database = request.param
    transport_url = ('fake:///' if transport == 'fake'
                     else request.getfixturevalue('rabbit_url'))
    with new_database(database) as database_url:
        conf = sites.configuration(tmp_path_factory.mktemp('site'), transport_url, database_url)
        with sites.running(conf) as site:
            yield site


@pytest.fixture(scope='module', params=['sqlite', 'mysql', 'postgresql'])
def migrated_url(request, new_database, tmp_path_factory):
    """URL of a database that has the schema, on each kind in turn, made once a module.

    To make one takes as long as many tests: whoever uses it empties it with sites.empty first.
    """
    with new_database(request.param) as database_url:
        database = engine.Database(sites.configuration(
            tmp_path_factory.mktemp('migrated'), 'fake:///', database_url))
        schema.upgrade(database)
        database.dispose()
        yield database_url


@pytest.fixture
def cloud():
    """A foreign cloud: see foreign.Cloud."""
    with foreign.running() as running:
        yield running


@pytest.fixture
def ctxt():
    """The context of a call that nobody in particular makes."""
    return context.RequestContext()


@pytest.fixture(scope='module')
def embedded(new_database, tmp_path_factory):
    """A running service as it is embedded, for what does not depend on broker or database."""
    with new_database('sqlite') as database_url:
        conf = sites.configuration(tmp_path_factory.mktemp('site'), 'fake:///',
                                   database_url)
        with sites.running(conf) as site:
            yield site


@pytest.fixture(scope='module')
def furnished(new_database, tmp_path_factory):
    """A service with something to hit on, for requests that a program makes up."""
    with new_database('sqlite') as database_url, generated.Nova().mocker:
        conf = generated.configuration(tmp_path_factory.mktemp('site'), database_url)
        with sites.running(conf) as site:
            yield generated.Furnished(site)
