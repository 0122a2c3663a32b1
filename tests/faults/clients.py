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

"""A client that does not give up: what gets a 503 is sent again, until it is accepted."""

import concurrent.futures

from tests.integration import running

#: Seconds that a client waits for an answer; one that takes longer has hung.
PATIENCE = 20


class Client:
    """Asks flavorsvc as `manager`, from many threads, and remembers what it was answered.

    :ivar answers: list of requests.Response, as they came
    """

    def __init__(self, sandbox):
        """Prepare.

        :param sandbox: running.Running
        """
        self._http = sandbox.flavorsvc('manager')
        self.answers = []

    def ask(self, method, path, body=None):
        """Ask once.

        :returns: requests.Response
        :raises keystoneauth1.exceptions.ConnectFailure: when none comes in time
        """
        answer = self._http.request(path, method, json=body, timeout=PATIENCE)
        self.answers.append(answer)
        return answer

    def ask_at_once(self, number, path='/flavors'):
        """Ask the same many times at once; more threads of the API call than did before.

        :param number: int
        :returns: list of requests.Response
        """
        with concurrent.futures.ThreadPoolExecutor(number) as pool:
            return list(pool.map(lambda _: self.ask('GET', path), range(number)))

    def offer(self, flavors):
        """Put flavors in the catalogue and have them installed everywhere, four at a time."""
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._offer, flavors))

    def _offer(self, flavor):
        # whoever got a 503 does not know whether it was done: then it is there already
        self._insist('POST', '/flavors', {'flavor': flavor}, 201, 409)
        self._insist('POST', f'/flavors/{flavor["id"]}/install', {'regions': 'all'}, 202)

    def _insist(self, method, path, body, *accepted):
        def is_accepted():
            answer = self.ask(method, path, body)
            assert answer.status_code in (*accepted, 503), answer.text
            return answer.status_code != 503
        running.wait_for(is_accepted, f'acceptance of {method} {path}')

    @property
    def reasons(self):
        """Why requests were refused that got a 503: set of str."""
        return {reason(answer) for answer in list(self.answers) if answer.status_code == 503}


def reason(answer):
    """Tell what an error says to people.

    :param answer: requests.Response
    :returns: str
    """
    return answer.json()['errors'][0]['detail']
