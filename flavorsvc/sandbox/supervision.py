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

"""Starts, watches and ends the processes of one sandbox, by supervisord."""

import configparser
import dataclasses
import os
import pathlib
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client

import psutil
from supervisor import xmlrpc as supervisor_xmlrpc
import tenacity

from flavorsvc.sandbox import errors

# Carried by every process of a sandbox, its value being the sandbox' directory: it finds them
# again after supervisord was killed. No shell ever exports it, so nothing else is hit.
MARKER = 'FLAVORSVC_SANDBOX_PROCESS'

# A process that ends sooner than this after its start has failed to start.
START_SECONDS = 8

# The kernel's limit for the path of a unix socket is 108 bytes.
SOCKET_PATH_MAX = 100


@dataclasses.dataclass(frozen=True)
class Program:
    """One process to run. `environment` is added to what every process gets."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Process:
    """One process as supervisord sees it; `pid` is None while it does not run."""

    name: str
    state: str
    pid: int | None
    uptime_seconds: int


class Supervisor:
    """The supervisord of the sandbox in `directory`."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory
        self._run = directory / 'run'
        self._socket_note = self._run / 'socket'

    # -- what is running

    def answers(self) -> bool:
        """Whether supervisord runs and can be talked to."""
        try:
            self._rpc().supervisor.getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def processes(self) -> dict[str, Process]:
        """Every program by name; empty when supervisord does not run."""
        try:
            found = self._rpc().supervisor.getAllProcessInfo()
        except (OSError, xmlrpc.client.Error):
            return {}
        return {p['name']: Process(p['name'], p['statename'], p['pid'] or None,
                                   p['now'] - p['start'] if p['pid'] else 0) for p in found}

    def leftovers(self) -> list[psutil.Process]:
        """Living processes of this sandbox, supervisord among them, whoever their parent is."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def log_tail(self, name: str, lines: int = 25) -> str:
        """The last `lines` of what the program `name` wrote."""
        try:
            text = self.log_file(name).read_text(errors='replace')
        except FileNotFoundError:
            return ''
        return '\n'.join(text.splitlines()[-lines:])

    def log_file(self, name: str) -> pathlib.Path:
        return self._directory / 'logs' / f'{name}.log'

    # -- starting and stopping

    def start_daemon(self, programs: list[Program]) -> None:
        """Starts supervisord, knowing `programs` and running none of them yet."""
        for folder in (self._run, self._directory / 'logs'):
            folder.mkdir(parents=True, exist_ok=True)
        self._socket_note.write_text(self._new_socket_path())
        config = self._run / 'supervisord.conf'
        with config.open('w') as file:
            self._config(programs).write(file)
        # What the caller set for its clients (OS_CLOUD, …) means nothing to services.
        environment = {k: v for k, v in os.environ.items() if not k.startswith('OS_')}
        environment |= {MARKER: str(self._directory), 'PYTHONWARNINGS': 'ignore',
                        'PYTHONUNBUFFERED': '1', 'OS_NOVA_DISABLE_EVENTLET_PATCHING': '1',
                        # A process that gives itself a title, as an API with several workers
                        # does, is not to write it over its environment: the marker is there.
                        'SPT_NOENV': '1'}
        done = subprocess.run([sys.executable, '-m', 'supervisor.supervisord', '-c', str(config)],
                              env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL)
        if done.returncode:
            raise errors.SandboxError(f'supervisord did not start: {done.stdout}{done.stderr}')
        for attempt in tenacity.Retrying(
                stop=tenacity.stop_after_delay(20), wait=tenacity.wait_fixed(0.05),
                retry=tenacity.retry_if_exception_type((OSError, xmlrpc.client.Error)),
                reraise=True):
            with attempt:
                self._rpc().supervisor.getState()

    def start(self, names: list[str]) -> None:
        """Starts those of `names` that do not run, without waiting for them."""
        processes = self.processes()
        for name in names:
            if processes[name].state not in ('RUNNING', 'STARTING'):
                try:
                    self._rpc().supervisor.startProcess(name, False)
                except xmlrpc.client.Fault as fault:
                    if fault.faultCode != supervisor_xmlrpc.Faults.ALREADY_STARTED:
                        raise errors.SandboxError(
                            f'{name} could not be started: {fault.faultString}') from fault

    def stop(self, name: str) -> None:
        """Stops one program and waits until it has ended; it is not restarted."""
        self._rpc().supervisor.stopProcess(name, True)

    def check_alive(self, name: str) -> None:
        """Raises ProcessDied when supervisord has given `name` up."""
        process = self.processes().get(name)
        if process is None or process.state in ('FATAL', 'STOPPED'):
            raise errors.ProcessDied(name, self.log_file(name), self.log_tail(name))

    def shutdown(self, timeout_seconds: float = 30) -> int:
        """Ends every process of the sandbox, also those that outlived their supervisord.

        :returns: how many processes there were.
        """
        processes = self.leftovers()
        if self.answers():
            try:
                # All at once: the shutdown of supervisord itself goes one program after the other.
                self._rpc().supervisor.stopAllProcesses(True)
                self._rpc().supervisor.shutdown()
            except (OSError, xmlrpc.client.Error):
                pass  # what it did not stop is ended below
            else:
                psutil.wait_procs(processes, timeout=timeout_seconds)
        self._end(timeout_seconds)
        self._remove_socket()
        return len(processes)

    # -- how

    def _rpc(self):
        path = self._socket_note.read_text()
        return xmlrpc.client.ServerProxy(
            'http://localhost',
            transport=supervisor_xmlrpc.SupervisorTransport(None, None, f'unix://{path}'))

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return (process.status() != psutil.STATUS_ZOMBIE
                    and process.environ().get(MARKER) == str(self._directory))
        except (psutil.Error, OSError):
            return False  # gone meanwhile, or somebody else's

    def _end(self, timeout_seconds):
        end = time.monotonic() + timeout_seconds
        send = psutil.Process.terminate
        while left := self.leftovers():
            if time.monotonic() > end:
                raise errors.SandboxError(
                    f'cannot end the processes {sorted(p.pid for p in left)}')
            for process in left:
                try:
                    send(process)
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(left, timeout=5)
            send = psutil.Process.kill

    def _new_socket_path(self):
        wanted = str(self._run / 'supervisor.sock')
        if len(os.fsencode(wanted)) <= SOCKET_PATH_MAX:
            return wanted
        return os.path.join(tempfile.mkdtemp(prefix='flavorsvc-'), 'supervisor.sock')

    def _remove_socket(self):
        try:
            path = pathlib.Path(self._socket_note.read_text())
        except FileNotFoundError:
            return
        path.unlink(missing_ok=True)
        if path.parent != self._run:
            path.parent.rmdir()
        self._socket_note.unlink()

    def _config(self, programs):
        config = configparser.RawConfigParser()
        socket_path = _escape(self._socket_note.read_text())
        config['unix_http_server'] = {'file': socket_path, 'chmod': '0700'}
        config['supervisord'] = {
            'logfile': _escape(self._directory / 'logs' / 'supervisord.log'),
            'pidfile': _escape(self._run / 'supervisord.pid'),
            'directory': _escape(self._directory),
        }
        config['rpcinterface:supervisor'] = {
            'supervisor.rpcinterface_factory':
                'supervisor.rpcinterface:make_main_rpcinterface'}
        # For people: supervisorctl -c run/supervisord.conf stop nova-RegionTwo
        config['supervisorctl'] = {'serverurl': f'unix://{socket_path}'}
        for program in programs:
            config[f'program:{program.name}'] = {
                'command': _escape(shlex.join(program.command)),
                'environment': ','.join(f'{k}="{_escape(v)}"'
                                        for k, v in program.environment.items()),
                'stdout_logfile': _escape(self.log_file(program.name)),
                'redirect_stderr': 'true',
                'autostart': 'false',
                'autorestart': 'true',
                'startsecs': str(START_SECONDS),
                'startretries': '2',
                'stopwaitsecs': '15',
                'killasgroup': 'true',
            }
        return config


def serve(name, application, port, threads, request_log, environment, beside=None) -> Program:
    """The program that serves a WSGI application (see ``serve``)."""
    return Program(name, (
        sys.executable, '-m', 'flavorsvc.sandbox.serve', application, '--port', str(port),
        '--threads', str(threads), '--request-log', str(request_log),
        *(('--beside', beside) if beside else ())), environment)


def free_port(taken: set[int]) -> int:
    """A port on loopback that nobody listens on, none of `taken`.

    It lies below the range the kernel takes the ports of outgoing connections from, so that it is
    still free when the sandbox comes up again tomorrow.
    """
    for _ in range(200):
        port = 20000 + int.from_bytes(os.urandom(2)) % 12000
        if port not in taken and is_free(port):
            return port
    raise errors.SandboxError('no free port found between 20000 and 32000')


def is_free(port: int) -> bool:
    """Whether one can listen on this port of loopback."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def _escape(value):
    """supervisord expands % in its configuration."""
    return str(value).replace('%', '%%')
