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

"""What is refused at 1.0 leaves nothing behind, and takes nothing away."""

import json

import pytest
import sqlalchemy as sa
import webob

from flavorsvc import context
from flavorsvc.conductor import engine
from flavorsvc.db import tables
from flavorsvc.domain import capabilities
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from tests.functional import site as sites
from tests.functional import test_claims
from tests.functional import test_engine
from tests.unit import nova_model

SMALL = flavor.Spec('small', 'small', 1, 512, 1)
BODY = {'flavor': {'id': 'small', 'name': 'small', 'vcpus': 1, 'ram': 512, 'disk': 1, 'swap': 0}}
#: Of region two, which so refuses BODY.
TAKEN = flavor.Spec('other', 'small', 1, 512, 1)


class Cloud(test_engine.Cloud):
    """The regions of a site."""

    def __init__(self):
        self.regions = {f'http://{name.lower()}.test/v2.1': nova_model.Region()
                        for name in sites.OWNERS}

    def __getitem__(self, name):
        return self.regions[f'http://{name.lower()}.test/v2.1']


@pytest.fixture
def site(embedded):
    def own(session):
        session.execute(sa.update(tables.Region).values(project_id='project-one').where(
            tables.Region.name != 'RegionThree'))
    embedded.reset()
    embedded.database.write(own)
    return embedded


@pytest.fixture
def cloud(site):
    cloud = Cloud()
    working = engine.Engine(site.database, cloud, site.conf, capabilities.TABLE, 'c')
    working.start()
    yield cloud
    working.stop()


def answer(site, method, path, body, token='operator-one'):
    request = webob.Request.blank(path, method=method, headers={'X-Auth-Token': token})
    if body is not None:
        request.body, request.content_type = json.dumps(body).encode(), 'application/json'
    return request.get_response(site.app)


def status(site, method, path, body=None, token='operator-one'):
    return answer(site, method, path, body, token).status_int


def test_a_flavor_that_one_region_refuses_leaves_the_others(site, cloud):
    cloud['RegionTwo'].flavors['other'] = TAKEN
    assert status(site, 'POST', '/v1/flavors', BODY) == 409
    assert status(site, 'GET', '/v1/flavors/small') == 404
    assert cloud['RegionOne'].flavors == {}
    assert cloud['RegionTwo'].flavors == {'other': TAKEN}


def test_a_flavor_that_a_region_had_before_stays_there(site, cloud):
    cloud['RegionOne'].flavors['small'] = SMALL
    cloud['RegionTwo'].flavors['other'] = TAKEN
    assert status(site, 'POST', '/v1/flavors', BODY) == 409
    assert status(site, 'GET', '/v1/flavors/small') == 404
    assert cloud['RegionOne'].flavors == {'small': SMALL}


def test_a_flavor_that_a_region_does_not_let_change_stays_there(site, cloud):
    def refuse(step):
        if isinstance(step, compare.SetDescription):
            return failures.Refused('forbidden', 'no')
        return None
    cloud['RegionOne'].refuse = refuse
    described = flavor.Spec('small', 'small', 1, 512, 1, description='by hand')
    cloud['RegionOne'].flavors['small'] = described
    assert status(site, 'POST', '/v1/flavors', BODY) == 403
    assert cloud['RegionOne'].flavors == {'small': described}


@pytest.mark.parametrize('act', [
    lambda site: site.conductor.flavor_update(context.RequestContext(), 'small', {'public': True}),
    lambda site: site.conductor.install(context.RequestContext(), 'small', ['RegionThree'])],
    ids=['published', 'installed elsewhere'])
def test_a_flavor_that_others_rely_on_meanwhile_stays(site, cloud, act):
    def refuse(step):
        act(site)
        return failures.Refused('rejected', 'no')
    cloud['RegionTwo'].refuse = refuse
    assert status(site, 'POST', '/v1/flavors', BODY) == 400
    assert status(site, 'GET', '/v1/flavors/small') == 200


def test_what_one_service_type_was_refused_is_mapped_to_none(site, cloud):
    cloud['RegionOne'].flavors['other'] = TAKEN
    body = {'flavor': {'name': 'small', 'vcpu': 1, 'ram': 512, 'disk': 1}}
    assert status(site, 'POST', '/v1/service_flavors/redis', body, 'manager') == 409
    assert answer(site, 'GET', '/v1/service_types', None, 'manager').json['service_types'] == []
    assert answer(site, 'GET', '/v1/flavors', None, 'manager').json['flavors'] == []


def test_a_flavor_is_not_published_along_with_an_installation_that_cannot_be(site):
    site.conductor.flavor_create(context.RequestContext(), {
        **test_claims.VALUES, 'id': 'tiny', 'name': 'tiny'})
    wanted = {'flavor': {'public': True, 'nodes': ['Nowhere']}}
    assert status(site, 'PUT', '/v1/flavors/tiny', wanted, 'manager') == 409
    found = answer(site, 'GET', '/v1/flavors/tiny', None, 'manager').json['flavor']
    assert found['public'] is False
