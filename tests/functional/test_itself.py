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

"""flavorsvc never takes itself for a region to install into, whatever the catalogue says."""

import contextlib
import datetime

import pytest
import sqlalchemy as sa
import webob

from flavorsvc import conf as options
from flavorsvc import context
from flavorsvc.cloud import credentials
from flavorsvc.cloud import sessions
from flavorsvc.conductor import discovery
from flavorsvc.db import probing
from flavorsvc.db import regions
from flavorsvc.db import tables
from flavorsvc.domain import errors
from flavorsvc.domain import itself
from tests.functional import foreign
from tests.functional import site as sites

FLAVOR = {'id': 'f', 'name': 'f', 'vcpus': 1, 'ram_mib': 1, 'disk_gib': 1, 'ephemeral_gib': 0,
          'swap_mib': 0, 'rxtx_factor': 1.0, 'description': None, 'is_public': True,
          'extra_specs': {}, 'properties': {}, 'public': False, 'promoted': False, 'projects': [],
          'project_id': 'project-zero'}


@pytest.fixture
def cloud():
    """Our own cloud, which lists a Nova under RegionOne."""
    with foreign.running() as running:
        running.novas = {'RegionOne': running.nova}
        running.services = {'identity': f'{running.url}/v3'}
        yield running


@pytest.fixture
def make(cloud, database_url, tmp_path):
    """A function that makes a site whose own cloud that is, with more options in [cloud]."""
    with contextlib.ExitStack() as stack:
        def made(**more):
            (tmp_path / 'keys').mkdir(exist_ok=True)
            credentials.Keys(tmp_path / 'keys').set_up()
            conf = sites.configuration(
                tmp_path, 'fake:///', database_url,
                cloud={'auth_type': 'password', 'auth_url': f'{cloud.url}/v3', 'username': 'u',
                       'password': foreign.PASSWORD, 'project_name': 'p',
                       'user_domain_name': 'Default', 'project_domain_name': 'Default', **more},
                infrastructures={'allowed_networks': '127.0.0.0/8', 'timeout': 5},
                credentials={'key_repository': tmp_path / 'keys'})
            return World(stack.enter_context(sites.running(conf)))
        yield made


class World:
    """A site, and what looks at its cloud."""

    def __init__(self, site):
        self.site, self.ctxt = site, context.RequestContext(request_id='req-itself')
        clouds = sessions.Clouds(site.conf, credentials.Keys(
            site.conf.credentials.key_repository))
        self.discovery = discovery.Discovery(site.database, clouds, site.conf,
                                             lambda count, asked_s: 60, contextlib.nullcontext)

    def discover(self):
        """Look an interval later, and return state and reason by region."""
        self.site.database.write(lambda session: session.execute(
            sa.update(tables.Region).values(probed_at=None)))
        self.discovery.discover()
        return {each['name']: (each['state'], each['reason'])
                for each in self.site.database.read(regions.list_page, {}, {
                    'limit': 100, 'marker': None, 'sort_key': 'name', 'sort_dir': 'asc'}, 4)}

    def record(self, name, url):
        """Have a region be known that was discovered by an older release."""
        self.site.database.write(probing.announce, {name: url}, datetime.datetime(2026, 1, 1))


UP = {'RegionOne': ('up', None)}


def test_what_the_catalogue_lists_as_flavorsvc_is_never_asked(cloud, make):
    """Nobody listens there: our own API is down."""
    cloud.services['flavorsvc'] = 'http://127.0.0.1:1/v1'
    cloud.novas['all-regions'] = 'http://127.0.0.1:1/v2.1'
    assert make().discover() == UP


def test_a_region_of_the_name_that_is_left_out_is_never_asked(cloud, make):
    cloud.novas['flavorsvc'] = 'http://127.0.0.1:1/v2.1'
    assert make().discover() == UP


def test_what_is_left_out_is_for_the_deployer_to_say(cloud, make):
    cloud.novas |= {'Attic': cloud.nova, 'flavorsvc': cloud.nova}
    assert make(ignored_regions='Attic').discover() == {**UP, 'flavorsvc': ('up', None)}


def test_what_answers_as_flavorsvc_is_gone(cloud, make):
    """Under a name and a URL that nobody could know of."""
    cloud.novas['all-regions'] = cloud.nova
    cloud.version[itself.MARK] = 'flavorsvc'
    world = make()
    gone = {name: ('gone', itself.WHY) for name in ('RegionOne', 'all-regions')}
    assert world.discover() == gone
    # and stays so
    assert world.discover() == gone
    cloud.version.clear()
    assert world.discover() == {**UP, 'all-regions': ('up', None)}


@pytest.mark.parametrize('known_by', ['catalogue', 'name', 'answer'])
def test_a_region_that_was_recorded_before_is_gone_with_a_reason(cloud, make, known_by):
    name = 'flavorsvc' if known_by == 'name' else 'all-regions'
    cloud.novas = {name: cloud.nova}
    world = make()
    world.record(name, cloud.nova)
    if known_by == 'catalogue':
        cloud.services['flavorsvc'] = f'{cloud.url}/compute/v1'
    elif known_by == 'answer':
        cloud.version[itself.MARK] = 'flavorsvc'
    [(state, reason)] = world.discover().values()
    assert state == 'gone'
    assert reason == (itself.WHY if known_by != 'name' else
                      '[cloud] ignored_regions of the conductor leaves it out.')
    asked = len(cloud.asked)
    world.site.conductor.region_forget(world.ctxt, name)
    assert len(cloud.asked) == asked


def test_what_was_wished_there_is_not_called_for(cloud, make):
    cloud.novas['all-regions'] = cloud.nova
    world = make()
    world.discover()
    world.site.conductor.flavor_create(world.ctxt, FLAVOR)
    world.site.conductor.install(world.ctxt, 'f', 'all')
    cloud.services['flavorsvc'] = f'{cloud.url}/compute/v1'
    cloud.novas['RegionOne'] = f'{cloud.url}/elsewhere/v2.1'
    world.discover()
    rows = {row['region']: row for row in world.site.conductor.installations_list(
        world.ctxt, {}, {'limit': 9, 'marker': None, 'sort_key': 'created_at',
                         'sort_dir': 'asc'})}
    assert (rows['all-regions']['reason'], rows['all-regions']['error']) == (
        'region_gone', itself.WHY)


def test_nothing_can_be_wished_there(cloud, make):
    cloud.services['flavorsvc'] = f'{cloud.url}/flavors/v1'
    cloud.novas['flavorsvc'] = f'{cloud.url}/flavors/v2.1'
    world = make()
    world.discover()
    world.site.conductor.flavor_create(world.ctxt, FLAVOR)
    with pytest.raises(errors.UnknownRegion):
        world.site.conductor.install(world.ctxt, 'f', ['flavorsvc'])
    assert [row['region'] for row in world.site.conductor.install(
        world.ctxt, 'f', 'all')] == ['RegionOne']
    for call in (world.site.conductor.region_get, world.site.conductor.region_forget):
        with pytest.raises(errors.NotFound):
            call(world.ctxt, 'flavorsvc')
    with pytest.raises(errors.NotFound):
        world.site.conductor.region_update(world.ctxt, 'flavorsvc', {'max_concurrency': 1})


def test_a_flavorsvc_cannot_be_registered_as_a_nova(cloud, make):
    """Neither ours nor another: they would follow each other."""
    cloud.version[itself.MARK] = 'flavorsvc'
    world = make()
    with pytest.raises(errors.Invalid, match='is no Nova but flavorsvc'):
        world.site.conductor.infrastructure_create(world.ctxt, cloud.wanted())


def test_a_flavorsvc_in_the_catalogue_of_another_cloud_is_no_choice(cloud, make):
    world = make()
    cloud.services['flavorsvc'] = f'{cloud.url}/flavors/v1'
    cloud.novas = {'RegionOne': cloud.nova, 'flavorsvc': f'{cloud.url}/flavors/v2.1'}
    world.site.conductor.infrastructure_create(world.ctxt, cloud.wanted())
    assert world.site.conductor.region_get(world.ctxt, 'Mordor')['endpoint'] == cloud.nova
    with pytest.raises(errors.Invalid, match="has Novas in 'RegionOne'"):
        world.site.conductor.infrastructure_create(
            world.ctxt, cloud.wanted(name='Other', region_name='flavorsvc'))


def test_a_registered_one_that_turns_into_flavorsvc_is_down(cloud, make):
    world = make()
    world.site.conductor.infrastructure_create(world.ctxt, cloud.wanted())
    cloud.version[itself.MARK] = 'flavorsvc'
    world.discovery.ask_registered()
    region = world.site.conductor.region_get(world.ctxt, 'Mordor')
    assert (region['state'], region['reason']) == ('down', itself.WHY)


def test_our_own_api_says_what_it_is(embedded):
    answer = webob.Request.blank('/v2.1').get_response(embedded.app)
    assert itself.is_told(answer.json['version'])


def test_the_default_region_cannot_be_left_out(tmp_path):
    path = tmp_path / 'flavorsvc.conf'
    path.write_text('[database]\nconnection = sqlite://\n[cloud]\nauth_type = none\n'
                    'default_region = flavorsvc\n')
    with pytest.raises(ValueError, match='default_region is flavorsvc'):
        options.check_conductor(options.load_conductor(['--config-file', str(path)]))
