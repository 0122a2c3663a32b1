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

"""The service is what its document says: schemathesis asks for what the document allows, and not.

What it sends follows from the document alone; what comes back has a status, a content type and a
shape that the document has for it.
"""

import hypothesis
from hypothesis import strategies as st
import pytest
import schemathesis
from schemathesis import checks
from schemathesis.specs.openapi import checks as conformance

from flavorsvc.api import types
from flavorsvc.api.openapi import document
from tests.functional import generated
from tests.functional import site as sites

OPERATIONS = {(method, document.templated(path, methods)): controller
              for path, methods in generated.TREE.items() if not path.startswith('api/')
              for method, controller in methods.items()}
#: Without those that are another's under another spelling.
ORIGINALS = list({controller.__func__: operation for operation, controller
                  in reversed(OPERATIONS.items())}.values())
#: What only 1.1 has something to change of.
NOT_AT_1_0 = {('PATCH', '/v1/regions/{name}')}
CHECKS = [checks.not_a_server_error, conformance.status_code_conformance,
          conformance.content_type_conformance, conformance.response_schema_conformance,
          conformance.response_headers_conformance]
REFUSED = [*CHECKS, conformance.negative_data_rejection]
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE

#: Half of all requests, as some operations have not so many; fewer from callers who may do less.
EACH = generated.share(0.65 / 2 / (len(OPERATIONS) + 1.25 * len(ORIGINALS)))

#: Characters that no text has that hypothesis makes; test_bounds.py and test_bodies.py send more.
_FAR = 10000

printable = st.characters(max_codepoint=0xFFFE, exclude_categories=['C', 'Zl', 'Zp'])
schemathesis.openapi.format('printable', st.text(printable))
schemathesis.openapi.format('name', st.text(printable, min_size=1).filter(types.is_name))
# most of what is asked for is there
NAMES = {'flavor_id': ['one', 'two', 'f1'], 'flavor_ids': ['one', 'f1', 'one,f1'],
         'region': list(sites.OWNERS), 'name': list(sites.OWNERS),
         'service_type': ['redis'], 'service_types': ['redis', 'mysql,redis']}


@pytest.fixture(scope='module', params=generated.VERSIONS)
def api(request, furnished):
    """The document that a running service gives for a microversion, and headers to ask for that.

    Headers and tokens are left out of it: what they may be is another test's. So is what no text
    that is made up ever reaches.
    """
    headers = {'OpenStack-API-Version': f'flavorsvc {request.param}'}
    told = furnished.ask('GET', '/v1/openapi.json', token=None, headers=headers).json
    del told['components']['securitySchemes'], told['security']
    for item in told['paths'].values():
        for operation in item.values():
            if 'parameters' in operation:
                operation['parameters'] = [each for each in operation['parameters']
                                           if '$ref' not in each]
    _forget_far_bounds(told)
    found = schemathesis.openapi.from_dict(told)
    found.app = furnished.app
    return found, headers


def _forget_far_bounds(told):
    """Leave out the lengths that schemathesis counts to, for seconds, in a pattern of each body."""
    if isinstance(told, list):
        for each in told:
            _forget_far_bounds(each)
    elif isinstance(told, dict):
        if isinstance(told.get('maxLength'), int) and told['maxLength'] > _FAR:
            del told['maxLength']
        _forget_far_bounds(list(told.values()))


def ask(api, operation, mode, tokens, examples, asserted):
    """Send what schemathesis makes of an operation, and check what comes back."""
    found, headers = api
    method, path = operation
    told = found.raw_schema
    if method.lower() not in told['paths'].get(path, ()):
        return  # it came later

    @hypothesis.settings(max_examples=examples, **generated.SETTINGS)
    @hypothesis.given(
        case=found[path][method].as_strategy(generation_mode=mode),
        token=st.sampled_from(tokens), data=st.data())
    def sent(case, token, data):
        for name, value in case.path_parameters.items():
            if mode is POSITIVE and data.draw(st.integers(0, 3)):
                case.path_parameters[name] = data.draw(st.sampled_from(NAMES.get(name, [value])))
        case.call_and_validate(
            headers={**headers, 'X-Auth-Token': token, 'Prefer': generated.AT_ONCE},
            # an empty object and an empty text are the same XML
            checks=CHECKS if case.media_type == 'application/xml' else asserted)
    if operation in NOT_AT_1_0 and told['info']['version'] == '1.0':
        return
    if mode is POSITIVE or _can_be_wrong(told['paths'][path][method.lower()]):
        sent()


def _can_be_wrong(operation):
    # whatever stands in a path is the name of something that may not be there
    return 'requestBody' in operation or operation['parameters']


def name(operation):
    return ' '.join(operation)


@pytest.mark.parametrize('operation', OPERATIONS, ids=name)
def test_what_the_document_allows(api, operation):
    ask(api, operation, POSITIVE, ['manager'], EACH, CHECKS)


@pytest.mark.parametrize('operation', ORIGINALS, ids=name)
def test_what_the_document_does_not_allow(api, operation):
    ask(api, operation, NEGATIVE, ['manager'], EACH, REFUSED)


@pytest.mark.parametrize('operation', ORIGINALS, ids=name)
def test_what_others_ask(api, operation):
    others = [*sites.CALLERS, 'system-admin', 'bad']
    ask(api, operation, POSITIVE, others, max(1, EACH // 4), CHECKS)
