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

"""Does to the processes of a sandbox what happens to processes: they die, and they stand still."""

import contextlib
import os
import signal

from tests.integration import running


def conductors(sandbox):
    """Tell which conductors of a sandbox run.

    :param sandbox: running.Running
    :returns: dict of program to pid
    """
    return {name: process.pid for name, process in sandbox.supervisor.processes().items()
            if name.startswith('conductor-') and process.pid}


def runs(sandbox, name):
    """Tell whether a process has run for so long that its start counts as a success.

    The supervisor gives one up that dies three times before.
    """
    return sandbox.supervisor.processes()[name].state == 'RUNNING'


def kill(sandbox, name):
    """End a process as a power failure does, with no chance to let go; it is started again.

    :param name: str, the program, see :func:`conductors`
    :returns: int, the pid that it had
    """
    pid = sandbox.supervisor.processes()[name].pid
    os.kill(pid, signal.SIGKILL)
    return pid


def replaced(sandbox, name, pid):
    """Wait until the supervisor has started a program again.

    :param pid: int, from :func:`kill`
    :returns: int, the pid that it has now
    """
    def started():
        process = sandbox.supervisor.processes().get(name)
        return process and process.pid not in (None, pid) and process.pid
    return running.wait_for(started, f'{name} in place of process {pid}')


@contextlib.contextmanager
def standing_still(sandbox, name):
    """Have a process stand still while the block runs, as on a machine that is being moved."""
    pid = sandbox.supervisor.processes()[name].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)
