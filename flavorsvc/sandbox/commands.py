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

"""Runs one command of ``flavorsvc-sandbox`` and prints what it has to say."""

import shlex

from flavorsvc.sandbox import demo
from flavorsvc.sandbox import lifecycle
from flavorsvc.sandbox import state

NOT_RUNNING = 3


def run(options: dict) -> int:
    """:param options: the parsed command line, `command` and `dir` among it.

    :returns: exit status
    """
    command, directory = options.pop('command'), options.pop('dir')
    life = lifecycle.Lifecycle(directory)
    return _COMMANDS[command](life, directory, options)


def _up(life, directory, options):
    lifecycle.check_installed('keystone', 'nova')
    sandbox = life.up({name: value for name, value in options.items() if value is not None})
    print(next_steps(sandbox))
    return 0


def _down(life, directory, options):
    count = life.down()
    print(f'ended {count} processes' if count else 'nothing was running')
    return 0


def _reset(life, directory, options):
    life.reset()
    print(f'the sandbox in {directory} is empty')
    return 0


def _status(life, directory, options):
    sandbox, processes, leftovers = life.status()
    if sandbox is None:
        print(f'there is no sandbox in {directory}')
        return NOT_RUNNING
    urls = _urls(sandbox)
    for process in processes.values():
        state_word = 'running' if process.pid else process.state.lower()
        pid = process.pid or '-'
        print(f'{process.name:20} {state_word:8} {pid:>8}  {process.uptime_seconds:>6} s  '
              f'{urls.get(process.name, "")}')
    if leftovers:
        print(f'supervisord does not run, {leftovers} of its processes do: '
              '"flavorsvc-sandbox down" ends them, "up" replaces them')
    elif not processes:
        print('nothing runs')
    all_run = bool(processes) and all(process.pid for process in processes.values())
    return 0 if all_run else NOT_RUNNING


def _demo(life, directory, options):
    return demo.run(life, options['catalog'])


def _urls(sandbox: state.Sandbox):
    urls = {'flavorsvc': sandbox.api_url, 'api': sandbox.api_url}
    for cloud in sandbox.clouds:
        urls[cloud.keystone_program] = cloud.keystone_url
        urls |= {cloud.nova_program(r): cloud.nova_url(r) for r in cloud.nova_ports}
        urls |= {name: cloud.server_url(name) for name in cloud.server_ports}
    return urls


def next_steps(sandbox: state.Sandbox) -> str:
    """How to use the sandbox from a shell."""
    clouds = shlex.quote(str(sandbox.directory / 'clouds.yaml'))
    return f'\nexport OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD=manager'


_COMMANDS = {'up': _up, 'down': _down, 'status': _status, 'demo': _demo, 'reset': _reset}
