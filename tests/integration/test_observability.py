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

"""What operators see of real processes: logs, metrics and notifications, against what was done."""

import collections
import json
import urllib.error
import urllib.request
import uuid

from prometheus_client import parser
import psutil
import pytest

from flavorsvc import conf as options
from tests.functional import announced
from tests.integration import running

GLOBAL = f'req-{uuid.uuid4()}'

CONFIG = """
[DEFAULT]
use_json = true
[metrics]
enabled = true
ports = {ports}
[oslo_messaging_notifications]
driver = messagingv2
topics = {topic}
"""

FLAVORS = [{'id': f'observed-{number}', 'name': f'observed-{number}', 'vcpus': 1, 'ram': 512,
            'disk': 1, 'extra_specs': {'hw:cpu_policy': 'shared'}} for number in range(4)]


class Observed(running.Running):
    """A sandbox whose flavorsvc tells what it does: two workers of the API and two conductors."""

    programs = ('api', 'conductor-1', 'conductor-2')

    def __init__(self, directory):
        super().__init__(directory)
        self.topic = f'flavorsvc-test-{uuid.uuid4().hex[:12]}'
        self.config = self.directory / 'config' / 'flavorsvc.conf'

    def restart(self):
        """Have all processes of flavorsvc read their configuration anew."""
        for name in self.programs:
            self.supervisor.stop(name)
        self.supervisor.start(self.programs)
        running.wait_for(self._answers, 'answer of the API')

    def _answers(self):
        try:
            urllib.request.urlopen(f'{self.document["api_url"]}/healthcheck', timeout=10).close()
        except OSError:
            return False
        return all(self.logged(name, 'Metrics are at port') for name in self.programs)

    def log(self, program):
        """Return the lines that a program wrote as JSON, as dicts."""
        text = (self.directory / 'logs' / f'{program}.log').read_text()
        return [json.loads(line) for line in text.splitlines() if line.startswith('{')]

    def logged(self, program, beginning):
        return [line for line in self.log(program) if line['message'].startswith(beginning)]

    def ports(self, program):
        """Return the ports of the metrics of a program: one for each of its workers."""
        master = psutil.Process(self.supervisor.processes()[program].pid)
        alive = {master.pid, *(each.pid for each in master.children(recursive=True))}
        return [int(line['message'].split()[4]) for line in
                self.logged(program, 'Metrics are at port') if line['process'] in alive]

    def scraped(self, program):
        """Return the samples of each process of a program: Counter by (name, labels)."""
        found = []
        for port in self.ports(program):
            with urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=30) as answer:
                families = parser.text_string_to_metric_families(answer.read().decode())
                found.append(collections.Counter({
                    (sample.name, frozenset(sample.labels.items())): sample.value
                    for family in families for sample in family.samples}))
        return found

    def total(self, *programs):
        """Return the sum over all processes of some programs."""
        return sum((each for name in programs for each in self.scraped(name)),
                   collections.Counter())


def key(name, **labels):
    return (f'flavorsvc_{name}', frozenset(labels.items()))


@pytest.fixture(scope='module')
def observed(rabbit_url, mysql_url, tmp_path_factory):
    directory = tmp_path_factory.mktemp('observed')
    try:
        running.run_sandbox('up', '--dir', directory, '--regions', '2', '--transport', 'rabbit',
                            '--database', 'mysql', '--conductors', '2', '--api-workers', '2')
        sandbox = Observed(directory)
        with sandbox.config.open('a') as file:
            # above those that the machine gives out by itself
            file.write(CONFIG.format(ports='62100-62199', topic=sandbox.topic))
        # what it said while it wrote plain lines is of no interest here
        sandbox.restart()
        yield sandbox
    finally:
        running.run_sandbox('reset', '--dir', directory)


class Story:
    """What was done, what was counted before and after it, and what was heard of it."""

    def __init__(self, sandbox):
        conf = options.load_conductor(['--config-file', str(sandbox.config)])
        self.sandbox, self.answers = sandbox, []
        self.nova_logs = {region: sandbox.nova_log(region) for region in sandbox.regions}
        self.before = self.counted()
        with announced.Listener(conf) as listener:
            self._tell()
            self.after = self.counted()
            self.heard = [listener.next() for _ in range(
                # create and update of each, active in each region after both; the last is deleted
                len(FLAVORS) * 2 + len(FLAVORS) * 2 * len(sandbox.regions)
                + 2 + len(sandbox.regions))]
            assert listener.heard.empty()

    def counted(self):
        return {name: self.sandbox.total(*programs) for name, programs in (
            ('api', ['api']), ('conductors', ['conductor-1', 'conductor-2']))}

    def grown(self, process, name, **labels):
        place = key(name, **labels)
        return self.after[process][place] - self.before[process][place]

    def ask(self, method, path, **body):
        answer = self.sandbox.flavorsvc('manager').request(
            path, method, headers={'X-OpenStack-Request-ID': GLOBAL}, **body)
        assert answer.status_code < 300, answer.text
        self.answers.append(answer)
        return answer

    def _tell(self):
        names = [flavor['id'] for flavor in FLAVORS]
        for flavor in FLAVORS:
            self.ask('POST', '/flavors', json={'flavor': flavor})
            self.ask('POST', f'/flavors/{flavor["id"]}/install', json={'regions': 'all'})
        for name in names:
            self.sandbox.wait_for_status(name, 'active')
            self.ask('PATCH', f'/flavors/{name}', json={'flavor': {'description': 'observed'}})
        for name in names:
            self.sandbox.wait_for_status(name, 'active')
        self.ask('DELETE', f'/flavors/{names[-1]}')
        running.wait_for(lambda: self.sandbox.flavorsvc('manager').get(
            f'/flavors/{names[-1]}').status_code == 404, 'end of the last flavor')


@pytest.fixture(scope='module')
def story(observed):
    return Story(observed)


def test_one_request_is_found_in_the_logs_of_the_api_a_conductor_and_nova(story):
    install = story.answers[1]
    request_id = install.headers['X-OpenStack-Request-ID']

    def lines(*programs):
        return [line for program in programs for line in story.sandbox.log(program)
                if line['context'].get('request_id') == request_id]
    [of_api] = lines('api')
    assert of_api['message'].endswith('/install 202')
    of_conductor = lines('conductor-1', 'conductor-2')
    assert {line['message'] for line in of_conductor} >= {
        f'Flavor observed-0 is present in region {region}' for region in story.sandbox.regions}
    for line in (of_api, *of_conductor):
        assert line['context']['global_request_id'] == GLOBAL
    for log in story.nova_logs.values():
        ids = {request_id for line, request_id in log.requests_by_id()
               if line.path == '/v2.1/flavors' and line.method == 'POST'}
        assert ids == {GLOBAL}
    # Nova's own log has it too, beside its own id
    for region in story.sandbox.regions:
        text = (story.sandbox.directory / 'logs' / f'nova-{region}.log').read_text()
        assert f'[{GLOBAL} req-' in text


def test_each_line_of_the_log_is_a_document_that_tells_who_asked_and_no_token(story):
    project = story.sandbox.project_id('manager')
    told = [line for line in story.sandbox.log('api')
            if line['message'].startswith('POST /v1/flavors')]
    assert {line['context']['project_id'] for line in told} == {project}
    for program in story.sandbox.programs:
        text = (story.sandbox.directory / 'logs' / f'{program}.log').read_text()
        assert story.sandbox.token('manager') not in text


def test_each_worker_and_each_conductor_has_a_port(story):
    ports = [port for program in story.sandbox.programs
             for port in story.sandbox.ports(program)]
    assert len(ports) == len(set(ports)) == 4


def test_metrics_are_for_this_machine_alone_and_not_in_the_api(story):
    for port in story.sandbox.ports('conductor-1'):
        listening = [each for each in psutil.net_connections('tcp')
                     if each.laddr and each.laddr.port == port and each.status == 'LISTEN']
        assert {each.laddr.ip for each in listening} == {'127.0.0.1'}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f'{story.sandbox.document["api_url"]}/metrics', timeout=10)
    assert refused.value.code == 401


def test_requests_are_counted_over_all_workers(story):
    expected = {('POST', '/v1/flavors', '201'): len(FLAVORS),
                ('POST', '/v1/flavors/*/install', '202'): len(FLAVORS),
                ('PATCH', '/v1/flavors/*', '200'): len(FLAVORS),
                ('DELETE', '/v1/flavors/*', '202'): 1}
    for (method, route, status), number in expected.items():
        assert story.grown('api', 'api_requests_total', method=method, route=route,
                           status=status) == number
        assert story.grown('api', 'api_request_duration_seconds_count', method=method,
                           route=route) == number


def test_what_was_converged_is_counted_over_all_conductors(story):
    for region in story.sandbox.regions:
        present, absent = ({'region': region, 'desired': desired}
                           for desired in ('present', 'absent'))
        assert story.grown('conductors', 'converge_latency_seconds_count',
                           **present) == 2 * len(FLAVORS)
        assert story.grown('conductors', 'converge_latency_seconds_count', **absent) == 1
        assert story.grown('conductors', 'converge_attempts_total', **present,
                           outcome='done') >= 2 * len(FLAVORS)


def test_requests_to_nova_are_counted_as_nova_counts_them(story):
    """But for those for the versions, which both conductors make now and then."""
    for region, log in story.nova_logs.items():
        seen = collections.Counter((request.method, str(request.status))
                                   for request in log.requests() if request.method != 'GET')
        assert seen['POST', '200'] >= 2 * len(FLAVORS)
        for (method, status), number in seen.items():
            assert story.grown('conductors', 'nova_requests_total', region=region, method=method,
                               status=status) == number


def test_the_queue_is_the_same_from_each_conductor(story):
    def quiet():
        return all(each[key('installations_due', region=region)] == 0
                   for name in ('conductor-1', 'conductor-2')
                   for each in story.sandbox.scraped(name) for region in story.sandbox.regions)
    running.wait_for(quiet, 'end of the queue')
    for name in ('conductor-1', 'conductor-2'):
        [each] = story.sandbox.scraped(name)
        for region in story.sandbox.regions:
            assert each[key('installations', region=region, status='active')] == len(FLAVORS) - 1
            assert each[key('region_state', region=region, state='up')] == 1
        assert each[key('flavors', status='active')] == len(FLAVORS) - 1
        assert each[key('database_up')] == 1


def test_all_that_happened_was_announced_once(story):
    regions = len(story.sandbox.regions)
    assert collections.Counter(each['event_type'] for each in story.heard) == {
        'flavorsvc.flavor.create': len(FLAVORS),
        'flavorsvc.flavor.update': len(FLAVORS) + 1,
        'flavorsvc.flavor.delete': 1,
        'flavorsvc.installation.active': 2 * regions * len(FLAVORS),
        'flavorsvc.installation.gone': regions}
    # each tells the request; what the engine announces, that of the wish
    assert {each['context']['global_request_id'] for each in story.heard} == {GLOBAL}
    asked = {answer.headers['X-OpenStack-Request-ID'] for answer in story.answers}
    assert {each['context']['request_id'] for each in story.heard} <= asked
    created = [each for each in story.heard if each['event_type'].endswith('flavor.create')]
    assert {each['context']['project_id'] for each in created} == {
        story.sandbox.project_id('manager')}


def sent(counted):
    return sum(number for (name, labels), number in counted.items()
               if name == 'flavorsvc_notifications_total' and ('outcome', 'sent') in labels)


def test_what_was_announced_is_counted(story):
    before = sent(story.before['conductors'])
    running.wait_for(lambda: sent(story.sandbox.total('conductor-1', 'conductor-2')) - before
                     >= len(story.heard), 'count of what was heard')


def test_the_engine_tells_its_state_to_an_operator(story):
    done = running.subprocess.run(
        [running.SCRIPTS / 'flavorsvc-manage', '--config-file', story.sandbox.config,
         '--config-file', story.sandbox.directory / 'config' / 'conductor.conf',
         'engine', 'status', '--json'], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout[done.stdout.index('{\n'):])
    assert {each['name']: (each['state'], each['installations'])
            for each in found['regions']} == {
        region: ('up', {'active': len(FLAVORS) - 1}) for region in story.sandbox.regions}


def test_a_worker_that_died_is_followed_by_one_that_is_scraped(observed, story):
    [first, _] = observed.ports('api')
    master = psutil.Process(observed.supervisor.processes()['api'].pid)
    victim, *_ = [each for each in master.children(recursive=True)
                  if any(c.laddr.port == first and c.status == 'LISTEN'
                         for c in each.net_connections())]
    victim.kill()
    # in this order: the port of the dead one is there until its parent has taken note of it
    running.wait_for(lambda: victim.pid not in {each.pid
                                                for each in master.children(recursive=True)}
                     and len(observed.ports('api')) == 2, 'another worker')
    assert len(observed.scraped('api')) == 2
