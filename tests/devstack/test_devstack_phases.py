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

"""What the plugin calls in each phase, and which files come of it."""

import re
import subprocess

import pytest

from flavorsvc import conf
from tests.devstack import machine

STACK = ('stack pre-install', 'stack install', 'stack post-config', 'stack extra',
         'stack test-config')
CONF = '/etc/flavorsvc/flavorsvc.conf'
MANAGE = f'flavorsvc-manage --config-file {CONF}'
ADMIN = 'openstack --os-cloud devstack-system-admin'


def without_processes(calls):
    """Leave out what is said by what was started, whose order is its own."""
    return [call for call in calls
            if not call.startswith(('flavorsvc-conductor ', 'uwsgi ', 'curl ', 'systemctl '))]


def in_order(calls, *wanted):
    """Tell whether some calls begin so, in this order."""
    rest = iter(calls)
    return all(any(call.startswith(each) for call in rest) for each in wanted)


def test_before_anything_is_installed_it_only_looks(stacking):
    assert stacking.calls('stack pre-install') == []
    assert stacking.files('etc') == []


@pytest.mark.parametrize(('localrc', 'said'), [
    ({'ENABLED_SERVICES': 'key,rabbit'}, 'needs a database server: enable_service mysql'),
    ({'ENABLED_SERVICES': 'key,mysql'}, 'needs RabbitMQ: enable_service rabbit'),
    ({'FLAVORSVC_COMPUTE_REGION': 'RegionOne'}, 'RegionOne, the region that has a Nova'),
    ({'FLAVORSVC_CATALOG': '/no/such.yaml'}, '/no/such.yaml, which cannot be read'),
])
def test_what_is_missing_stops_the_stacking_before_it_takes_an_hour(root, localrc, said):
    done = machine.Machine(root, **localrc).run('stack pre-install', check=False)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.parametrize('database', ['mysql', 'postgresql'])
def test_it_is_installed_with_its_client_and_the_driver_of_the_database(root, database):
    stacking = machine.Machine(root, ENABLED_SERVICES=f'key,rabbit,{database}')
    assert stacking.calls('stack install') == [
        f'setup_develop /opt/stack/flavorsvc client,{database}']


def test_files_and_account_are_made_when_keystone_is_there(stacking):
    assert stacking.calls('stack post-config') == [
        f'iniset_rpc_backend flavorsvc {CONF} DEFAULT flavorsvc',
        'database_connection_url flavorsvc',
        f'configure_keystone_authtoken_middleware {CONF} flavorsvc',
        f'configure_keystoneauth {CONF} flavorsvc keystone_authtoken',
        f'configure_keystoneauth {CONF} flavorsvc cloud',
        'oslopolicy-sample-generator --namespace flavorsvc '
        '--output-file /etc/flavorsvc/policy.yaml',
        'create_service_user flavorsvc admin',
        f'{ADMIN} user create flavorsvc --password service-secret --domain Default --or-show',
        f'{ADMIN} role add service --user flavorsvc --project service '
        '--user-domain Default --project-domain Default',
        f'{ADMIN} role add admin --user flavorsvc --project service '
        '--user-domain Default --project-domain Default',
        'write_uwsgi_config /etc/flavorsvc/flavorsvc-api-uwsgi.ini '
        'flavorsvc.cmd.wsgi:application /flavorsvc  flavorsvc-api',
        'a2ensite flavorsvc-api',
        'systemctl restart apache2',
    ]
    assert stacking.files('etc') == [
        'etc/apache2/sites-available/flavorsvc-api.conf',
        'etc/flavorsvc/flavorsvc-api-uwsgi.ini',
        'etc/flavorsvc/flavorsvc.conf',
        'etc/flavorsvc/policy.yaml',
    ]


def test_tables_and_catalogue_come_before_the_processes(stacking):
    stacking.run('stack post-config')
    assert without_processes(stacking.calls('stack extra')) == [
        'stop_process flavorsvc-api',
        'stop_process flavorsvc-cond',
        'recreate_database flavorsvc',
        'mysql -uroot -pdatabase-secret -h127.0.0.1 -e '
        'DROP DATABASE IF EXISTS flavorsvc; CREATE DATABASE flavorsvc CHARACTER SET utf8;',
        f'{MANAGE} db sync',
        f'{MANAGE} credential setup',
        'rpc_backend_add_vhost flavorsvc',
        'rabbitmqctl list_vhosts',
        'rabbitmqctl add_vhost flavorsvc',
        'rabbitmqctl set_permissions -p flavorsvc stackrabbit .* .* .*',
        f'{MANAGE} catalog register --url http://192.0.2.1/flavorsvc --region RegionOne '
        '--compute-region flavorsvc',
        f'run_process flavorsvc-cond /venv/bin/flavorsvc-conductor --config-file {CONF}',
        'run_process flavorsvc-api /bin/uwsgi --procname-prefix flavorsvc-api '
        '--ini /etc/flavorsvc/flavorsvc-api-uwsgi.ini',
        'wait_for_service 60 http://192.0.2.1/flavorsvc/healthcheck',
    ]


def test_stacking_fails_when_the_api_does_not_get_to_answer(root):
    stacking = machine.Machine(root, SERVICE_TIMEOUT=1)
    stacking.answer('curl', 'printf 503')
    done = stacking.run('stack post-config', 'stack extra', check=False)
    assert done.returncode == 1
    assert 'flavorsvc-api, or the conductor behind it, did not start' in done.stderr


def test_at_the_end_the_regions_are_waited_for_and_filled(root):
    catalog = root / 'catalog.yaml'
    catalog.touch()
    stacking = machine.Machine(root, FLAVORSVC_CATALOG=catalog,
                               FLAVORSVC_REGIONS='RegionOne,RegionTwo')
    asked = 'openstack --os-cloud devstack-admin flavorsvc'
    calls = [call for call in stacking.calls('stack test-config') if call.startswith('openstack')]
    assert calls == [
        f'{asked} region show -f value -c state RegionOne',
        f'{asked} region show -f value -c state RegionTwo',
        f'{asked} catalog import /catalog.yaml --install RegionOne --install RegionTwo --wait',
        f'{asked} region list',
    ]


def test_stacking_fails_when_the_region_stays_away(root):
    stacking = machine.Machine(root, SERVICE_TIMEOUT=1)
    stacking.answer('openstack', 'echo unknown')
    done = stacking.run('stack test-config', check=False)
    assert done.returncode == 1
    assert 'flavorsvc does not reach the Nova of RegionOne' in done.stderr


def test_the_file_is_what_every_process_needs(stacking):
    """Each loads it, and there is nothing in it that none of them knows."""
    stacking.run('stack post-config')
    path = stacking.root / CONF[1:]
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = [conf.load_api([], [str(path)]), conf.load_conductor([], [str(path)])]
    conf.check(loaded[0])
    conf.check_conductor(loaded[1])
    plugin = set(loaded[0].keystone_authtoken) | {
        # of keystoneauth's plugin for passwords, which are registered when it is loaded
        'auth_url', 'username', 'password', 'user_domain_name', 'project_name',
        'project_domain_name'}
    for section, options in stacking.ini(CONF[1:]).items():
        if section == 'DEFAULT':
            known = set().union(*loaded)
        else:
            known = set().union(*(each[section] for each in loaded if section in each))
        if section in ('keystone_authtoken', 'cloud'):
            known |= plugin
        assert options.keys() - known == set(), section


def test_the_policy_file_is_one_that_the_api_reads(stacking):
    """Made by the real generator: every rule, commented out."""
    generator = machine.SCRIPTS / 'oslopolicy-sample-generator'
    stacking.answer('oslopolicy-sample-generator', f'{generator} "$@"')
    stacking.run('stack post-config')
    lines = (stacking.root / 'etc/flavorsvc/policy.yaml').read_text().splitlines()
    assert [line for line in lines if line and not line.startswith('#')] == []
    assert [line for line in lines if line.startswith('#"infrastructure_manager": ')]
    assert stacking.ini(CONF[1:])['oslo_policy']['policy_file'] == str(
        stacking.root / 'etc/flavorsvc/policy.yaml')


@pytest.mark.parametrize(('localrc', 'section', 'option', 'value'), [
    ({}, 'cloud', 'default_region', 'RegionOne'),
    ({'REGION_NAME': 'North'}, 'cloud', 'default_region', 'North'),
    ({}, 'cloud', 'ignored_regions', 'flavorsvc'),
    ({'FLAVORSVC_IGNORED_REGIONS': 'Edge,Lab', 'FLAVORSVC_COMPUTE_REGION': 'all-flavors'},
     'cloud', 'ignored_regions', 'all-flavors,Edge,Lab'),
    ({}, 'compute_api', 'install_regions', 'all'),
    ({'FLAVORSVC_REGIONS': 'RegionOne,RegionTwo'},
     'compute_api', 'install_regions', 'RegionOne,RegionTwo'),
    ({}, 'compute_api', 'enabled', 'True'),
    ({'FLAVORSVC_COMPUTE_API': 'no'}, 'compute_api', 'enabled', 'False'),
    ({'FLAVORSVC_DRIFT_POLICY': 'repair-safe'}, 'audit', 'default_policy', 'repair-safe'),
    ({'FLAVORSVC_CONDUCTOR_WORKERS': '3'}, 'engine', 'workers', '3'),
    ({'FLAVORSVC_DATABASE': 'other'}, 'database', 'connection',
     'mysql+pymysql://root:database-secret@127.0.0.1/other?charset=utf8mb4'),
    ({'FLAVORSVC_RABBIT_VHOST': 'other'}, 'DEFAULT', 'transport_url',
     'rabbit://stackrabbit:rabbit-secret@192.0.2.1:5672/other'),
    ({'FLAVORSVC_RABBIT_VHOST': ''}, 'DEFAULT', 'transport_url',
     'rabbit://stackrabbit:rabbit-secret@192.0.2.1:5672/'),
    ({'KEYSTONE_REGION_NAME': 'Central',
      'ENABLED_SERVICES': 'mysql,rabbit,flavorsvc-api,flavorsvc-cond'},
     'keystone_authtoken', 'region_name', 'Central'),
])
def test_options_reach_the_file(root, localrc, section, option, value):
    stacking = machine.Machine(root, **localrc)
    stacking.run('stack post-config')
    assert stacking.ini(CONF[1:])[section][option] == value


def test_uwsgi_gets_its_numbers_and_the_file(root):
    stacking = machine.Machine(root, FLAVORSVC_API_WORKERS=5, FLAVORSVC_API_THREADS=7)
    stacking.run('stack post-config')
    options = stacking.ini('etc/flavorsvc/flavorsvc-api-uwsgi.ini')['uwsgi']
    assert (options['processes'], options['threads']) == ('5', '7')
    assert options['env'] == f'FLAVORSVC_CONFIG_FILES={root}{CONF}'
    # or the workers would share one connection to the broker
    assert options['lazy-apps'] == 'true'


def test_log_files_are_written_where_they_are_asked_for(root):
    stacking = machine.Machine(root, FLAVORSVC_LOG_DIR=root / 'var/log/flavorsvc')
    stacking.run('stack post-config')
    assert (root / 'var/log/flavorsvc').is_dir()
    assert stacking.ini(CONF[1:])['DEFAULT']['log_dir'] == f'{root}/var/log/flavorsvc'
    stacking.run('clean')
    assert not (root / 'var/log/flavorsvc').exists()


def test_without_the_compute_api_there_is_no_region_for_it(root):
    stacking = machine.Machine(root, FLAVORSVC_COMPUTE_API=False)
    (registered,) = [call for call in stacking.calls('stack post-config', 'stack extra')
                     if 'catalog register' in call]
    assert '--compute-region' not in registered


def test_behind_a_proxy_that_speaks_tls_it_is_listed_so_and_trusts_it(root):
    stacking = machine.Machine(root, ENABLED_SERVICES='key,mysql,rabbit,tls-proxy')
    calls = stacking.calls('stack post-config', 'stack extra')
    assert [call for call in calls if '--url https://192.0.2.1/flavorsvc ' in call]
    options = stacking.ini(CONF[1:])
    assert options['cloud']['cafile'].endswith('/ca-bundle.pem')
    assert options['oslo_middleware']['enable_proxy_headers_parsing'] == 'True'


def test_stacking_twice_starts_anew_and_writes_the_same(stacking):
    first = stacking.calls(*STACK)
    files = {name: (stacking.root / name).read_bytes() for name in stacking.files('etc')}
    second = stacking.calls(*STACK)
    assert {name: (stacking.root / name).read_bytes()
            for name in stacking.files('etc')} == files
    assert in_order(second, 'systemctl stop devstack@flavorsvc-api',
                    'systemctl stop devstack@flavorsvc-cond', 'recreate_database',
                    'systemctl start devstack@flavorsvc-cond',
                    'systemctl start devstack@flavorsvc-api')
    # but what is there already is not made again
    made_once = {'rabbitmqctl add_vhost flavorsvc',
                 'rabbitmqctl set_permissions -p flavorsvc stackrabbit .* .* .*'}
    assert set(without_processes(first)) - set(without_processes(second)) == made_once


def test_unstacking_takes_out_the_account_after_what_it_is_needed_for(stacking):
    stacking.run(*STACK)
    calls = stacking.calls('unstack')
    assert in_order(
        calls, 'systemctl stop devstack@flavorsvc-api', 'systemctl stop devstack@flavorsvc-cond',
        f'{MANAGE} catalog unregister', f'{ADMIN} user delete flavorsvc --domain Default',
        'rabbitmqctl delete_vhost flavorsvc',
        'mysql -uroot -pdatabase-secret -h127.0.0.1 -e DROP DATABASE IF EXISTS flavorsvc;')


def test_unstacking_twice_finds_nothing_more(stacking):
    stacking.run(*STACK, 'unstack')
    stacking.answer('openstack', '[[ "$*" != *"user show"* ]]')
    assert stacking.calls('unstack') == [
        'stop_process flavorsvc-api',
        'systemctl is-enabled devstack@flavorsvc-api.service',
        'stop_process flavorsvc-cond',
        'systemctl is-enabled devstack@flavorsvc-cond.service',
        f'{ADMIN} user show flavorsvc --domain Default',
        'rabbitmqctl list_vhosts',
        'initialize_database_backends',
        'mysql -uroot -pdatabase-secret -h127.0.0.1 -e DROP DATABASE IF EXISTS flavorsvc;',
    ]


def test_unstacking_gets_to_its_end_whatever_does_not_answer(stacking):
    stacking.run(*STACK)
    for name in ('openstack', 'flavorsvc-manage', 'mysql'):
        stacking.answer(name, 'exit 1')
    stacking.answer('rabbitmqctl', '[[ $1 == list_vhosts ]] && echo flavorsvc')
    done = stacking.run('unstack')
    assert 'The virtual host flavorsvc is still there' in done.stderr
    assert 'The database flavorsvc is still there' in done.stderr


def test_the_account_stays_while_it_is_needed(stacking):
    stacking.run(*STACK)
    stacking.answer('flavorsvc-manage', 'exit 1')
    calls = stacking.calls('unstack')
    assert 'warn flavorsvc is still in Keystone' in calls
    assert not [call for call in calls if 'user delete' in call]


def test_unstacking_asks_as_the_admin_though_its_environment_is_a_users(stacking):
    """openrc, which unstack.sh reads, sets variables that go before clouds.yaml."""
    stacking.answer('openstack', 'env >"$ROOT/environment"')
    stacking.run('unstack')
    assert not re.search('^OS_', (stacking.root / 'environment').read_text(), re.MULTILINE)


def test_a_database_of_postgresql_is_dropped_too(root):
    stacking = machine.Machine(root, ENABLED_SERVICES='key,rabbit,postgresql', DATABASE_HOST='db')
    assert 'dropdb --if-exists -h db -U root flavorsvc' in stacking.calls('unstack')


def test_cleaning_leaves_no_file_and_may_be_repeated(stacking):
    before = stacking.files('etc', 'run')
    stacking.run(*STACK)
    calls = stacking.calls('unstack', 'clean')
    assert in_order(calls, 'remove_uwsgi_config', 'a2dissite flavorsvc-api')
    # clean.sh itself removes the units of all services
    left = [name for name in stacking.files('etc', 'run')
            if not name.startswith('etc/systemd/system/devstack@')]
    assert left == before
    assert not (stacking.root / 'etc/flavorsvc').exists()
    stacking.run('unstack', 'clean')


def test_sourcing_it_changes_no_tracing(stacking):
    """DevStack traces its own commands, and whoever sources it goes on as before."""
    for option in ('-x', '+x'):
        done = subprocess.run(
            ['bash', '-c', f'set {option}; get_python_exec_prefix() {{ :; }}; '
             f'source {machine.REPOSITORY}/devstack/plugin.sh none; set +x 2>/dev/null; '
             'echo after; set -o'], capture_output=True, text=True)
        assert ('+ set +x' in done.stderr) == (option == '-x')
