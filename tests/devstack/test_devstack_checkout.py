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

"""The plugin under DevStack's own functions, read from a checkout of openstack/devstack.

``FLAVORSVC_TEST_DEVSTACK`` is its path.
"""

import pytest

from tests.devstack import machine
from tests.devstack import test_devstack_phases as phases

pytestmark = pytest.mark.elsewhere

#: What DevStack sets for colours in the journal; the stand-in leaves it out.
_COLOURS = {'logging_exception_prefix', 'logging_default_format_string',
            'logging_context_format_string', 'logging_debug_format_suffix'}

INI = ('etc/flavorsvc/flavorsvc.conf', 'etc/flavorsvc/flavorsvc-api-uwsgi.ini')
PROXY = 'etc/apache2/sites-available/flavorsvc-api.conf'


@pytest.fixture(params=[
    {},
    {'ENABLED_SERVICES': 'key,rabbit,mysql,tls-proxy', 'FLAVORSVC_COMPUTE_API': 'no',
     'FLAVORSVC_LOG_DIR': '/var/log/flavorsvc'},
    {'ENABLED_SERVICES': 'key,rabbit,postgresql', 'FLAVORSVC_REGIONS': 'North,South',
     'REGION_NAME': 'North', 'FLAVORSVC_RABBIT_VHOST': ''},
], ids=['defaults', 'tls', 'postgresql'])
def localrc(request):
    return request.param


def stack(root, localrc, devstack=None):
    stacking = machine.Machine(root, devstack=devstack, **{
        name: value.replace('/var', f'{root}/var') for name, value in localrc.items()})
    return stacking, stacking.calls(*phases.STACK)


def contents(stacking):
    """All that is in the files; what DevStack needs besides is left out."""
    found = {path: {section: {option: value.replace(str(stacking.root), '')
                              for option, value in options.items() if option not in _COLOURS}
                    for section, options in stacking.ini(path).items()} for path in INI}
    found[PROXY] = (stacking.root / PROXY).read_text().replace(str(stacking.root), '')
    return found


def commands(calls, *names):
    return [call for call in calls if call.startswith(names)]


def test_the_stand_ins_make_the_same_files_and_give_the_same_commands(root, localrc, checkout):
    """So what is tested with them is true of DevStack."""
    for name in ('real', 'stood-in'):
        (root / name).mkdir()
    real, calls = stack(root / 'real', localrc, checkout)
    stood_in, other_calls = stack(root / 'stood-in', localrc)
    assert contents(real) == contents(stood_in)
    names = ('flavorsvc-manage', 'oslopolicy', 'systemctl start devstack@',
             'systemctl enable devstack@', 'openstack --os-cloud devstack-admin', 'rabbitmqctl')
    assert commands(calls, *names) == commands(other_calls, *names) != []
    (create,) = commands(calls, f'{phases.ADMIN} user create')
    assert create.startswith(f'{phases.ADMIN} user create flavorsvc --password service-secret')
    assert [call.split()[5] for call in commands(calls, f'{phases.ADMIN} role add')] == [
        'service', 'admin']


def test_it_is_installed_by_pip(root, checkout):
    stacking = machine.Machine(root, devstack=checkout)
    assert commands(stacking.calls('stack install'), 'pip') == [
        'pip install -c /upper-constraints.txt -e /opt/stack/flavorsvc[client,mysql]']


def test_unstack_and_clean_leave_no_file(root, localrc, checkout):
    stacking, _ = stack(root, localrc, checkout)
    calls = stacking.calls('unstack', 'clean', 'unstack', 'clean')
    assert phases.in_order(calls, 'systemctl stop devstack@flavorsvc-api',
                           'systemctl stop devstack@flavorsvc-cond', 'flavorsvc-manage',
                           'a2dissite flavorsvc-api')
    # DevStack removes these for all its services
    ours = [name for name in stacking.files('etc', 'run', 'var/log/flavorsvc')
            if not name.startswith(('etc/systemd/system/devstack@', 'etc/tmpfiles.d/'))]
    assert ours == []


def test_another_region_lists_where_it_is(root, checkout):
    stacking = machine.Machine(
        root, devstack=checkout,
        LOCAL_CONF=machine.REPOSITORY / 'devstack/samples/two-regions-two.conf')
    stacking.answer('openstack', '[[ "$*" == *"service show"* ]] && echo 7f; true')
    calls = stacking.calls(*phases.STACK)
    created = commands(calls, f'{phases.ADMIN} endpoint create')
    assert sorted(call.split()[6] for call in created) == ['admin', 'internal', 'public']
    assert all('http://192.0.2.1/flavorsvc/v1 --region RegionTwo' in call for call in created)


def test_what_is_missing_is_told_by_die(root, checkout):
    done = machine.Machine(root, devstack=checkout, FLAVORSVC_CATALOG='/no/such.yaml').run(
        'stack pre-install', check=False)
    assert done.returncode == 1
    assert 'FLAVORSVC_CATALOG is /no/such.yaml, which cannot be read' in done.stdout + done.stderr
