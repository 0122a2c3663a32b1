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

"""One request's ids, from whoever sends it to what Nova is told; and the logs that have them."""

import json
import logging
import subprocess
import sys

from oslo_context import context as oslo_context
from oslo_log import formatters
from oslo_utils import timeutils
import pytest

from flavorsvc import context
from flavorsvc.db import claims
from tests.functional import test_engine
from tests.functional import test_requests

ask = test_requests.ask
catalogue = test_requests.catalogue
world = test_engine.world

GLOBAL = 'req-11111111-2222-4333-8444-555555555555'


def records(caplog, text):
    return [record for record in caplog.records if text in record.getMessage()]


@pytest.fixture
def contexts(caplog):
    """Notes with each line of the log the context that it would bear; returns them by message."""
    noted = []

    def note(record):
        noted.append((record.getMessage(), oslo_context.get_current()))
        return True
    caplog.handler.addFilter(note)
    with caplog.at_level(logging.INFO):
        yield noted
    caplog.handler.removeFilter(note)


def of_line(contexts, text):
    [found] = [each for message, each in contexts if message.startswith(text)]
    return found


def test_the_id_of_who_calls_stands_beside_that_of_the_call(embedded, contexts):
    embedded.reset()
    answer = ask(embedded.app, 'GET', '/v1/flavors', X_OpenStack_Request_ID=GLOBAL)
    found = of_line(contexts, 'GET /v1/flavors 200')
    assert found.request_id == answer.headers['X-OpenStack-Request-ID'] != GLOBAL
    assert (found.global_request_id, found.project_id) == (GLOBAL, 'project-zero')


def test_a_line_of_a_stranger_does_not_bear_the_id_of_the_one_before(embedded, contexts):
    """Both were answered by the same thread."""
    before = ask(embedded.app, 'GET', '/v1/flavors')
    refused = ask(embedded.app, 'GET', '/v1/flavors', token='a guess')
    assert refused.status_int == 401
    found = of_line(contexts, 'GET /v1/flavors 401, from')
    assert found.request_id == refused.headers['X-OpenStack-Request-ID']
    assert found.request_id != before.headers['X-OpenStack-Request-ID']
    assert found.project_id is None


@pytest.mark.parametrize('junk', ['req-1', 'x' * 5000, 'req-' + 'g' * 36, '\x00'])
def test_an_id_that_is_none_is_dropped(catalogue, junk, contexts):
    answer = ask(catalogue.app, 'POST', '/v1/flavors/one/install', {'regions': ['RegionTwo']},
                 X_OpenStack_Request_ID=junk)
    assert answer.status_int == 202
    assert of_line(contexts, 'POST /v1/flavors/one/install').global_request_id is None


def taken(site, **ids):
    """Return what a conductor would claim now of RegionTwo."""
    return [claim for claim in site.database.write(claims.take, 'c', 9, timeutils.utcnow(), 60, 9)
            if claim.region == 'RegionTwo']


def test_the_ids_stay_with_what_was_wished(catalogue):
    answer = ask(catalogue.app, 'POST', '/v1/flavors/one/install', {'regions': ['RegionTwo']},
                 X_OpenStack_Request_ID=GLOBAL)
    [claim] = taken(catalogue)
    assert claim.request_id == answer.headers['X-OpenStack-Request-ID']
    assert claim.global_request_id == GLOBAL


def test_a_later_wish_brings_its_own(catalogue):
    path = '/v1/flavors/one/install'
    ask(catalogue.app, 'POST', path, {'regions': ['RegionTwo']}, X_OpenStack_Request_ID=GLOBAL)
    answer = ask(catalogue.app, 'PATCH', '/v1/flavors/one', {'flavor': {'extra_specs': {}}})
    [claim] = taken(catalogue)
    assert claim.request_id == answer.headers['X-OpenStack-Request-ID']
    assert claim.global_request_id is None


@pytest.mark.parametrize(('sent', 'told'), [(GLOBAL, GLOBAL), (None, 'req-1')])
def test_nova_is_told_the_id_of_who_called_or_else_ours(world, sent, told):
    asked = []
    nova = world.cloud.nova
    world.cloud.nova = lambda *arguments: (asked.append(arguments), nova(*arguments))[1]
    context.RequestContext(request_id='req-1', global_request_id=sent)
    world.install('f1')
    context.RequestContext()
    with world.conductors():
        world.until(lambda: world.statuses() == {'active': 3})
    assert {request_id for _, _, request_id, *_ in asked} == {told}


def test_the_engine_logs_under_the_ids_of_the_wish(world, contexts):
    context.RequestContext(request_id='req-1', global_request_id=GLOBAL)
    world.install('f1')
    context.RequestContext()
    with world.conductors():
        world.until(lambda: world.statuses() == {'active': 3})
    found = of_line(contexts, 'Flavor f1 is present in region RegionOne')
    assert (found.request_id, found.global_request_id) == ('req-1', GLOBAL)


# -- structured logs


PROGRAM = """
import flavorsvc.cmd
import sys
from oslo_log import log
GLOBAL = sys.argv.pop(1)
from flavorsvc import conf as options
from flavorsvc import context
conf = options.load_conductor(sys.argv[1:])
log.setup(conf, 'flavorsvc-conductor')
context.RequestContext(
    auth_token='gAAAAA-a-token', user_id='u', project_id='p', roles=['member'],
    request_id='req-1', global_request_id=GLOBAL)
LOG = log.getLogger('flavorsvc.test')
LOG.info('Flavor %s is %s', 'one', 'present')
try:
    raise ValueError('with a\\nline break')
except ValueError:
    LOG.exception('It failed')
"""

def logged(folder, text):
    """Return what the program above writes with a configuration, line by line."""
    (folder / 'conductor.conf').write_text(f'[DEFAULT]\n{text}\n')
    done = subprocess.run([sys.executable, '-c', PROGRAM, GLOBAL, '--config-file',
                           str(folder / 'conductor.conf')], capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stderr
    assert 'gAAAAA' not in done.stdout + done.stderr
    return (done.stdout + done.stderr).splitlines()


def check(told):
    assert told['message'] == 'Flavor one is present'
    found = told['context']
    assert (found['request_id'], found['global_request_id']) == ('req-1', GLOBAL)
    assert (found['project_id'], found['user_identity'][:3]) == ('p', 'u p')
    assert found['auth_token'] in (None, '***')


def test_each_line_is_a_document_where_the_deployer_wants_it(tmp_path):
    said, failed = map(json.loads, logged(tmp_path, 'use_json = true'))
    check(said)
    assert (said['levelname'], said['name']) == ('INFO', 'flavorsvc.test')
    # a traceback is in the line, and breaks it not
    assert failed['error_summary'] == 'ValueError: with a\nline break'
    assert 'Traceback' in failed['traceback']
    assert failed['context']['request_id'] == 'req-1'


def test_fluentd_gets_the_same():
    record = logging.LogRecord('flavorsvc.test', logging.INFO, __file__, 1, 'Flavor %s is %s',
                               ('one', 'present'), None)
    context.RequestContext(auth_token='gAAAAA-a-token', user_id='u', project_id='p',
                           request_id='req-1', global_request_id=GLOBAL)
    try:
        told = formatters.FluentFormatter().format(record)
    finally:
        context.RequestContext()
    check(told)
    assert 'gAAAAA' not in json.dumps(told)


def test_a_plain_line_has_both_ids(tmp_path):
    assert f'[{GLOBAL} req-1 ' in logged(tmp_path, '')[0]
