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

"""Every error of the domain, from a real conductor through the real serializer to HTTP."""

import inspect

import oslo_messaging
import pytest
import webob

from flavorsvc import rpc
from flavorsvc.api import app
from flavorsvc.api import expose
from flavorsvc.conductor import client
from flavorsvc.domain import errors
from tests.functional import site as sites

EXAMPLES = {
    errors.Invalid: (('flavor.vcpus', 'must be at least 1'), 400,
                     'flavor.vcpus: must be at least 1'),
    errors.UnknownRegion: (('RegionNine',), 400, 'regions: there is no region RegionNine'),
    errors.Incomplete: (('name', 'ram_mib'), 400, 'flavor: a new one needs name, ram_mib'),
    errors.Unauthorized: (('The token is refused.',), 401, 'The token is refused.'),
    errors.Denied: (('Nova does not allow it.',), 403, 'Nova does not allow it.'),
    errors.Forbidden: (('flavors:promote', 'Ask the manager.'), 403,
                       'Policy does not allow flavors:promote for this token. Ask the manager.'),
    errors.NotFound: (('flavor', 'größe'), 404, "There is no flavor 'größe'."),
    errors.AlreadyExists: (('flavor', 'name', 'a'), 409,
                           "There is already a flavor whose name is 'a'."),
    errors.Conflict: (('The flavor is being deleted.',), 409, 'The flavor is being deleted.'),
    errors.Leaving: (('f1', 'RegionTwo'), 409,
                     "The flavor 'f1' is being deleted; it has yet to leave RegionTwo."),
    errors.GenerationMismatch: (('flavor', 'a', 1, 2), 412,
                                "The flavor 'a' is at generation 2, not 1: read it again before "
                                'changing it.'),
    errors.RegionUnreachable: (('RegionOne', 'timed out'), 502, 'Region RegionOne: timed out'),
    errors.Unavailable: (('Keystone does not answer.',), 503, 'Keystone does not answer.'),
}


def test_the_table_knows_every_error():
    concrete = {kind for _, kind in inspect.getmembers(errors, inspect.isclass)
                if issubclass(kind, errors.FlavorsvcError) and kind is not errors.FlavorsvcError}
    assert set(expose.STATUS) == concrete == set(EXAMPLES)


class Flavors:
    """A conductor that raises whatever error it is asked for."""

    target = oslo_messaging.Target(namespace='flavors', version=client.VERSION)

    @oslo_messaging.expected_exceptions(Exception)
    def get(self, ctxt, flavor_id):
        for kind, (arguments, _, _) in EXAMPLES.items():
            if kind.__name__ == flavor_id:
                raise kind(*arguments)
        raise RuntimeError('the password is secret')


@pytest.fixture(scope='module', params=['fake', 'rabbit'])
def application(request, tmp_path_factory):
    url = 'fake:///' if request.param == 'fake' else request.getfixturevalue('rabbit_url')
    conf = sites.configuration(tmp_path_factory.mktemp('errors'), url, 'sqlite://')
    server = rpc.server(conf, rpc.transport(conf), 'conductor', [Flavors()])
    server.start()
    transport = rpc.transport(conf)
    yield app.make_app(conf, client.Conductor(transport, conf), auth=sites.Tokens)
    server.stop()
    server.wait()
    transport.cleanup()


def ask(application, flavor_id):
    request = webob.Request.blank(f'/v1/flavors/{flavor_id}')
    request.headers['OpenStack-API-Version'] = 'flavorsvc 1.1'
    request.headers['X-Auth-Token'] = 'manager'
    return request.get_response(application)


@pytest.mark.parametrize('kind', EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_error_arrives_as_it_was_raised(application, kind):
    _, status, reason = EXAMPLES[kind]
    response = ask(application, kind.__name__)
    error = response.json['errors'][0]
    assert response.status_int == error['status'] == status
    assert error['detail'] == reason
    assert error['code'] == kind.code
    assert error['title'] == kind.title


def test_an_error_of_the_program_arrives_as_nothing(application):
    response = ask(application, 'anything')
    assert response.status_int == 500
    assert 'secret' not in response.text
    assert 'Traceback' not in response.text
