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

"""``flavorsvc-sandbox demo``: a catalogue into every region, shown by each region's own Nova."""

import os
import pathlib
import subprocess
import sys
import sysconfig

from flavorsvc.sandbox import errors
from flavorsvc.sandbox import lifecycle
from flavorsvc.sandbox import state

CATALOG = pathlib.Path('etc', 'flavorsvc', 'catalogs', 'scs-mandatory.yaml')


def run(life: lifecycle.Lifecycle, catalog: pathlib.Path | None = None) -> int:
    """Imports `catalog`, installs it everywhere and prints what each Nova has then.

    :returns: exit status: not 0 when the import failed, or a region did not list its flavors
    :raises SandboxError: the sandbox is not up, or the catalogue is not there
    """
    sandbox, processes, _ = life.status()
    if sandbox is None or not processes or not sandbox.shape.flavorsvc:
        raise errors.SandboxError('flavorsvc does not run; first: flavorsvc-sandbox up')
    catalog = catalog or find_catalog()
    status = _openstack(sandbox, 'manager', 'flavorsvc', 'catalog', 'import', str(catalog),
                        '--install', 'all', '--wait').wait()
    # Three starts of the client take their time: they go on side by side, and are shown in turn.
    lists = {region: _openstack(sandbox, 'user', '--os-region-name', region, 'flavor', 'list',
                                '--long', stdout=subprocess.PIPE)
             for region in sandbox.home.nova_ports}
    for region, process in lists.items():
        output, _ = process.communicate()
        print(f'\n{region}: what its own Nova lists (openstack flavor list --long)\n{output}',
              end='', flush=True)
        status = status or process.returncode
    return status


def find_catalog() -> pathlib.Path:
    """The example catalogue: in the source tree, or where the wheel put it."""
    source_tree = pathlib.Path(__file__).parents[2]
    for root in (source_tree, pathlib.Path(sys.prefix)):
        if (root / CATALOG).exists():
            return root / CATALOG
    raise errors.SandboxError(f'{CATALOG} is neither in {source_tree} nor in {sys.prefix}')


def _openstack(sandbox: state.Sandbox, actor, *arguments, **popen):
    environment = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
    environment |= {'OS_CLOUD': actor,
                    'OS_CLIENT_CONFIG_FILE': str(sandbox.directory / 'clouds.yaml')}
    program = pathlib.Path(sysconfig.get_path('scripts')) / 'openstack'
    if not program.exists():
        raise errors.SandboxError(
            "the openstack client is not installed: pip install 'flavorsvc[client]'")
    return subprocess.Popen([str(program), *arguments], env=environment, text=True,
                            stdin=subprocess.DEVNULL, **popen)
