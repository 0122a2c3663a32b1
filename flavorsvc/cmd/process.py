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

"""Runs a service until SIGTERM."""

from oslo_service import service


class Parts(service.ServiceBase):
    """Several services as one: they start in order, and stop in the other one."""

    def __init__(self, *parts):
        """Put them together.

        :param parts: oslo_service.service.ServiceBase
        """
        self._parts = parts

    def start(self):
        """Start the first, then those that need it."""
        for part in self._parts:
            part.start()

    def stop(self):
        """Stop the last first."""
        for part in reversed(self._parts):
            part.stop()

    def wait(self):
        """Return when all have stopped."""
        for part in self._parts:
            part.wait()

    def reset(self):
        """Hand on a SIGHUP."""
        for part in self._parts:
            part.reset()


def run(conf, part, workers=1):
    """Run a service: one in this process, several as children of it.

    SIGHUP changes nothing, for no option can change while at work; left to
    oslo.service it would end a process of its own without letting work finish.

    :param conf: oslo_config.cfg.ConfigOpts
    :param part: oslo_service.service.ServiceBase
    :param workers: int
    """
    launcher = service.ProcessLauncher(conf, no_fork=workers == 1)
    if workers == 1:
        launcher.signal_handler.ignore_handler('SIGHUP')
    launcher.launch_service(part, workers=workers)
    launcher.wait()
