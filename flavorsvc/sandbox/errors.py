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

"""What can go wrong with a sandbox, in words for the person at the terminal."""


class SandboxError(Exception):
    """Ends the command; its text is all that is printed."""


class ProcessDied(SandboxError):
    """A process ended while the sandbox waited for it."""

    def __init__(self, name, log_file, log_tail):
        super().__init__(f'{name} died; the last lines of {log_file}:\n{log_tail}')
        self.name = name
