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

"""What the plugin has stacked is a flavorsvc that works, and goes without a trace.

The Keystone and the Novas of a sandbox are those of the DevStack; the broker and the database
server are the real ones.
"""

import dataclasses
import importlib.util
import os
import pathlib
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile

from keystoneclient.v3 import client
import psutil
import pytest
import requests
import sqlalchemy as sa
import yaml

from flavorsvc.cloud import registration
from tests.devstack import apache
from tests.devstack import machine
from tests.devstack import test_devstack_phases as phases
from tests.integration import running

# to bring up a sandbox and to stack twice takes its time on a busy machine
pytestmark = pytest.mark.timeout(900)

#: As pyuwsgi's own script does it; that of another Python would not find flavorsvc. What uWSGI sets
#: before it starts Python is set here, for this Python runs already.
_UWSGI = f"""\
#!{sys.executable}
import os
import re
import sys
import pyuwsgi
with open(sys.argv[sys.argv.index('--ini') + 1]) as file:
    os.environ.update(re.findall('^env = (.*?)=(.*)$', file.read(), re.MULTILINE))
sys.argv[0] = {str(machine.SCRIPTS / 'uwsgi')!r}
pyuwsgi.run()
"""

_CATALOG = {'flavors': [{'id': 'devstack-1', 'name': 'devstack-1', 'vcpus': 1, 'ram': 512,
                         'disk': 1, 'extra_specs': {'hw:cpu_policy': 'shared'}}]}


def keystone_of(clouds):
    return client.Client(session=clouds.session('admin'), interface='public')


@pytest.fixture(scope='module')
def clouds(tmp_path_factory):
    """A running.Running: a Keystone and the Novas of two regions, which know no flavorsvc."""
    directory = tmp_path_factory.mktemp('sandbox-devstack-')
    try:
        running.run_sandbox('up', '--dir', directory, '--regions', 2, '--without-flavorsvc')
        found = running.Running(directory)
        keystone = keystone_of(found)
        for _ in registration.Registration(keystone).unregister():
            pass
        for name in ('flavorsvc', 'flavorsvc-api'):
            keystone.users.delete(keystone.users.find(name=name))
        yield found
    finally:
        running.run_sandbox('reset', '--dir', directory)


@pytest.fixture(scope='module')
def database(mysql_url):
    """What local.conf says of the database server: an account that has one database, or none."""
    url = sa.make_url(mysql_url)
    if (url.port or 3306) != 3306:
        pytest.skip(f'DevStack knows only the usual port, and MariaDB is at {url.port}')
    name, password = f'flavorsvc_{secrets.token_hex(4)}', secrets.token_hex(8)
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level='AUTOCOMMIT')
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'"))
        connection.execute(sa.text(f"GRANT ALL PRIVILEGES ON `{name}`.* TO '{name}'@'%'"))
    try:
        yield {'FLAVORSVC_DATABASE': name, 'DATABASE_USER': name, 'DATABASE_PASSWORD': password,
               'MYSQL_HOST': url.host}
    finally:
        with engine.connect() as connection:
            connection.execute(sa.text(f'DROP DATABASE IF EXISTS {name}'))
            connection.execute(sa.text(f"DROP USER '{name}'@'%'"))


def rabbitmqctl(*arguments):
    path = f'{os.environ["PATH"]}{os.pathsep}/usr/sbin'
    return subprocess.run(
        [shutil.which('rabbitmqctl', path=path) or 'false', *arguments],
        capture_output=True, text=True, timeout=60)


@pytest.fixture(scope='module')
def broker(rabbit_url):
    """What local.conf says of RabbitMQ: a virtual host of its own."""
    url = sa.make_url(rabbit_url)
    if (url.port or 5672) != 5672 or rabbitmqctl('list_vhosts').returncode:
        pytest.skip('rabbitmqctl does not manage a RabbitMQ at the usual port')
    name = f'flavorsvc-{secrets.token_hex(4)}'
    try:
        yield {'FLAVORSVC_RABBIT_VHOST': name, 'RABBIT_USERID': url.username,
               'RABBIT_PASSWORD': url.password, 'RABBIT_HOST': url.host}
    finally:
        if name in rabbitmqctl('list_vhosts').stdout.split():
            rabbitmqctl('delete_vhost', name)


@pytest.fixture(scope='module', params=[
    'stand-ins', pytest.param('checkout', marks=pytest.mark.elsewhere)])
def root_and_devstack(request):
    """A folder in place of /, and what DevStack's functions are: stand-ins, or its own."""
    if importlib.util.find_spec('pyuwsgi') is None:
        pytest.skip('pyuwsgi is not installed')
    devstack = request.getfixturevalue('checkout') if request.param == 'checkout' else None
    with tempfile.TemporaryDirectory(prefix='devstack-') as folder:
        yield pathlib.Path(folder), devstack


@dataclasses.dataclass
class DevStack:
    """A machine with real services.

    :ivar url: str, where Apache serves flavorsvc
    """

    stacking: machine.Machine
    clouds: running.Running
    url: str


def _delete_flavors(clouds):
    """Empty the Novas, where the flavors stay; the next DevStack is another."""
    for nova in map(clouds.nova, clouds.regions):
        for flavor in nova.get('/flavors').json()['flavors']:
            nova.delete(f'/flavors/{flavor["id"]}')


@pytest.fixture(scope='module')
def devstack(root_and_devstack, clouds, database, broker):
    """A DevStack, stacked twice."""
    root, checkout = root_and_devstack
    (root / 'catalog.yaml').write_text(yaml.safe_dump(_CATALOG))
    actors = yaml.safe_load((clouds.directory / 'clouds.yaml').read_text())['clouds']
    (root / 'clouds.yaml').write_text(yaml.safe_dump({'clouds': {
        name: actors['admin'] for name in ('devstack-admin', 'devstack-system-admin')}}))
    sites = root / 'etc/apache2/sites-available'
    with apache.Apache(sites) as proxy:
        stacking = machine.Machine(
            root, devstack=checkout, services=True, **database, **broker,
            DEVSTACK_VENV=sys.prefix, SERVICE_HOST=proxy.host, FLAVORSVC_API_WORKERS=1,
            FLAVORSVC_CATALOG=root / 'catalog.yaml', FLAVORSVC_REGIONS='RegionOne,RegionTwo',
            KEYSTONE_URL=clouds.document['keystone_url'], SERVICE_PASSWORD=secrets.token_hex(8),
            MEMCACHE_SERVERS='')  # nor is there the client of memcached that DevStack installs
        stacking.command('uwsgi', _UWSGI)
        try:
            # it is installed already
            wanted = [phase for phase in phases.STACK if phase != 'stack install']
            stacking.run(*wanted[:-1])
            stacking.run(*wanted)
            yield DevStack(stacking, clouds, f'http://{proxy.host}/flavorsvc')
        finally:
            stacking.run('unstack', check=False)
            _delete_flavors(clouds)


def test_both_processes_run_from_the_files_that_were_written(devstack):
    answer = requests.get(f'{devstack.url}/healthcheck', timeout=60)
    assert (answer.status_code, answer.text) == (200, 'OK')
    config = devstack.stacking.ini('etc/flavorsvc/flavorsvc.conf')
    assert config['database']['connection'].startswith('mysql+pymysql://flavorsvc_')
    assert re.search(r'@.*:5672/flavorsvc-\w+$', config['DEFAULT']['transport_url'])
    assert devstack.stacking.files('etc/flavorsvc/credential-keys')


def test_the_catalogue_is_in_every_region(devstack):
    for region in ('RegionOne', 'RegionTwo'):
        found = devstack.clouds.nova(region).get('/flavors/devstack-1').json()['flavor']
        assert (found['ram'], found['extra_specs']) == (512, {'hw:cpu_policy': 'shared'})


def test_what_the_readme_says_to_try_works(devstack):
    """The smoke test: a flavor is made, is active in every region, and known to Nova's tools."""
    readme = (machine.REPOSITORY / 'devstack' / 'README.rst').read_text()
    said = {}
    for command in re.findall(r'^   \$ openstack (.*)$', readme, re.MULTILINE):
        done = devstack.clouds.openstack('admin', *shlex.split(command))
        assert done.returncode == 0, done.stderr
        print(f'$ openstack {command}\n{done.stdout}')
        said[command] = done.stdout
    active = re.findall(r'\| example +\| (\w+) +\| active ', said['flavorsvc installation list'])
    assert sorted(active) == ['RegionOne', 'RegionTwo']
    assert '| example ' in said['--os-region-name flavorsvc flavor list']
    for region in active:
        found = devstack.clouds.nova(region).get('/flavors/detail').json()['flavors']
        assert [(each['vcpus'], each['ram'], each['disk']) for each in found
                if each['name'] == 'example'] == [(2, 2048, 20)]


def test_links_lead_back_through_the_proxy(devstack):
    token = devstack.clouds.token('admin')
    for path in ('', '/'):
        versions = requests.get(devstack.url + path, timeout=60).json()['versions']
        links = [link['href'] for version in versions for link in version['links']]
        assert f'{devstack.url}/v1/' in links
        assert all(link.startswith(f'{devstack.url}/v') for link in links)
    where = f'{devstack.url}/v2.1/flavors/devstack-1'
    flavor = requests.get(where, timeout=60, headers={'X-Auth-Token': token}).json()['flavor']
    assert where in [link['href'] for link in flavor['links']]


def test_nothing_goes_wrong_in_the_logs(devstack):
    logs = ''.join((devstack.stacking.root / name).read_text()
                   for name in devstack.stacking.files('var/log'))
    assert 'Traceback' not in logs
    assert not re.search(r'\b(ERROR|CRITICAL)\b', logs)


def test_unstack_and_clean_leave_nothing_behind(devstack, broker):
    """It comes last: there is nothing left to test."""
    database = devstack.stacking.ini('etc/flavorsvc/flavorsvc.conf')['database']['connection']
    for _ in range(2):
        devstack.stacking.run('unstack', 'clean')
    root = devstack.stacking.root
    assert [name for name in devstack.stacking.files('etc', 'run', 'var/run')
            if not name.startswith(('etc/systemd/system/devstack@', 'etc/tmpfiles.d/'))] == []
    assert not [each for each in psutil.process_iter(['cmdline'])
                if str(root) in ' '.join(each.info['cmdline'] or [])]
    with pytest.raises(sa.exc.OperationalError, match='Unknown database'):
        sa.create_engine(database.split('?')[0], poolclass=sa.NullPool).connect()
    assert broker['FLAVORSVC_RABBIT_VHOST'] not in rabbitmqctl('list_vhosts').stdout.split()
    keystone = keystone_of(devstack.clouds)
    assert not keystone.services.list(type='flavorsvc')
    assert not keystone.users.list(name='flavorsvc')
    assert not [each for each in keystone.endpoints.list() if '/flavorsvc' in each.url]
    assert {each.id for each in keystone.regions.list()} == {'RegionOne', 'RegionTwo'}
