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

"""No secret that a test used is in any log. By its name, this file is the last of a sandbox."""

import os
import pathlib
import re

from tests.integration import test_seeds

#: What stories and tests give out as passwords and tokens.
INVENTED = ('ring-to-rule-them', 'incorrect-token-of-the-node', 'myPassword',
            'of-nobody-in-particular')

#: What begins as every Fernet token does: tokens of Keystone, and sealed credentials.
TOKEN = re.compile(r'gAAAAA[\w-]{16,}')

BROKER_LOGS = pathlib.Path('/var/log/rabbitmq')


def secrets_of(sandbox):
    """Return the passwords of all users, the tokens of the actors, and the service's own keys."""
    kept = sandbox.document['kept']['clouds']
    passwords = {password for cloud in kept for password in cloud['passwords'].values()}
    keys = {path.read_text().strip()
            for path in sandbox.directory.glob('data/credential-keys/*') if path.is_file()}
    return {*passwords, *keys, *map(sandbox.token, test_seeds.ACTORS), *INVENTED}


def test_no_password_and_no_token_is_logged(sandbox):
    logs = {path.name: path.read_text(errors='replace') for path in (
        *sandbox.directory.glob('logs/*'), *readable(BROKER_LOGS.glob('*.log')))}
    for program in {'flavorsvc', 'api', 'conductor-1'} & sandbox.supervisor.processes().keys():
        assert ' DEBUG ' in logs[f'{program}.log']
    secrets = secrets_of(sandbox)
    assert len(secrets) > 15
    told = {name: [each[:8] for each in found] for name, text in logs.items()
            if (found := [each for each in secrets if each in text] + TOKEN.findall(text))}
    assert told == {}


def readable(paths):
    return [path for path in paths if os.access(path, os.R_OK)]
