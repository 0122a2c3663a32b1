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

"""What the plugin does on one machine, and on several that share a Keystone; the samples."""

from tests.devstack import machine
from tests.devstack.test_devstack_phases import ADMIN
from tests.devstack.test_devstack_phases import CONF
from tests.devstack.test_devstack_phases import STACK


def of_the_sample(root, name):
    return machine.Machine(root, LOCAL_CONF=machine.REPOSITORY / f'devstack/samples/{name}.conf')


def test_the_sample_of_one_node(root):
    stacking = of_the_sample(root, 'one-node')
    folder = root / 'opt/stack/flavorsvc/etc/flavorsvc/catalogs'
    folder.mkdir(parents=True)
    (folder / 'scs-mandatory.yaml').touch()
    calls = stacking.calls(*STACK)
    assert [call for call in calls if 'catalog import' in call] == [
        'openstack --os-cloud devstack-admin flavorsvc catalog import '
        '/opt/stack/flavorsvc/etc/flavorsvc/catalogs/scs-mandatory.yaml --install all --wait']
    assert stacking.ini(CONF[1:])['audit']['default_policy'] == 'repair-safe'


def test_the_sample_of_two_regions_runs_it_beside_keystone_and_lists_it_in_both(root):
    first, second = root / 'one', root / 'two'
    first.mkdir()
    second.mkdir()
    calls = of_the_sample(first, 'two-regions-one').calls(*STACK)
    assert [call for call in calls
            if '--url http://192.0.2.1/flavorsvc --region RegionOne' in call]
    assert [call for call in calls if call.startswith('run_process')]

    other = of_the_sample(second, 'two-regions-two')
    other.answer('openstack', '[[ "$*" == *"endpoint list"* ]] && printf "11\\n22\\n"; true')
    url = 'http://192.0.2.1/flavorsvc/v1'
    assert other.calls(*STACK) == [
        'setup_develop /opt/stack/flavorsvc client',
        'get_or_create_service flavorsvc flavorsvc One catalogue of flavors for all regions',
        f'{ADMIN} service show flavorsvc -f value -c id',
        f'get_or_create_endpoint flavorsvc RegionTwo {url} {url} {url}',
        *(f'{ADMIN} endpoint create --region RegionTwo flavorsvc {interface} {url}'
          for interface in ('public', 'admin', 'internal')),
    ]
    assert other.files('etc') == []
    assert other.calls('unstack') == [
        'stop_process flavorsvc-api',
        'stop_process flavorsvc-cond',
        f'{ADMIN} endpoint list --service flavorsvc --region RegionTwo -f value -c ID',
        f'{ADMIN} endpoint delete 11 22',
    ]
    other.run('clean')


def test_a_machine_may_run_one_more_conductor(root):
    stacking = machine.Machine(
        root, ENABLED_SERVICES='mysql', DISABLED_SERVICES='flavorsvc-api',
        RABBIT_HOST='192.0.2.1', KEYSTONE_SERVICE_HOST='192.0.2.1')
    calls = stacking.calls(*STACK)
    assert [call for call in calls if call.startswith('systemctl start')] == [
        'systemctl start devstack@flavorsvc-cond.service']
    shared = ('recreate_database', 'create_service_user', 'rpc_backend_add_vhost',
              'write_uwsgi_config', 'flavorsvc-manage')
    assert not [call for call in calls if call.startswith(shared)]
    assert stacking.ini(CONF[1:])['DEFAULT']['transport_url'].endswith('@192.0.2.1:5672/flavorsvc')
    assert not [call for call in stacking.calls('unstack')
                if call.startswith(('openstack', 'mysql', 'rabbitmqctl', 'flavorsvc-manage'))]


def test_disabled_services_are_left_alone(root):
    stacking = machine.Machine(root, DISABLED_SERVICES='flavorsvc-api,flavorsvc-cond',
                               KEYSTONE_SERVICE_HOST='192.0.2.9')
    assert not [call for call in stacking.calls(*STACK) if call.startswith('systemctl')]
