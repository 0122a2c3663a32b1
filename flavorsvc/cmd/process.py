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
