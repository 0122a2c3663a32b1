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

"""A caller's own requests, passed to a region's Nova, and what it answers, passed back.

novaclient is no way for them: it would read them, and answer in its own words.
"""

import dataclasses
import json
import math
import re
import urllib.parse

from flavorsvc.cloud import failing
from flavorsvc.cloud import guard
from flavorsvc.domain import embedded_flavor
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain import nesting

#: The project that old service catalogues put behind the version: ours there, not the caller's.
_PROJECT = re.compile(r'(?<=/v2\.1)/(?:[0-9a-f]{32}|[0-9a-f-]{36})/?$')
_REQUEST_IDS = ('x-compute-request-id', 'x-openstack-request-id')
_RETRY_AFTER = re.compile(r'[\w,: -]{1,40}', re.ASCII)
_VERSION = re.compile(r'2\.([0-9]{1,6})')


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked of a Nova.

    :ivar method: str
    :ivar path: tuple of str, the segments below the version
    :ivar parameters: sequence of (name, value), the query
    :ivar body: what the JSON is to say; None for none
    """

    method: str
    path: tuple = ()
    parameters: tuple = ()
    body: object = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a Nova answered: success, or that it will not do it (4xx).

    :ivar status: int
    :ivar document: dict; None where the answer, a refusal, is no JSON object
    :ivar retry_after: str as in the header, or None
    """

    status: int
    document: dict | None
    retry_after: str | None = None

    @property
    def is_success(self):
        """Tell whether Nova did as asked."""
        return self.status < 300


class Passage:
    """The way to one region's Nova, for the work of one request."""

    def __init__(self, session, endpoint, request_id):
        """Remember the way; nothing is contacted.

        :param session: keystoneauth1.session.Session with the caller's token
        :param endpoint: str, URL
        :param request_id: str that Nova is to log
        """
        self._session, self._request_id = session, request_id
        self._endpoint = _PROJECT.sub('', endpoint.rstrip('/'))

    def send(self, request, microversion):
        """Send a request once; no redirect is followed, for the token is for this Nova alone.

        :param request: Request
        :param microversion: (major, minor)
        :returns: Answer
        :raises failures.Failure: when there is no answer, or none that a Nova gives to what can
            be done
        """
        with failing.classified('nova'):
            return self._answer(self._sent(request, microversion))

    def newest(self):
        """Ask for the newest microversion.

        :returns: (major, minor); None where Nova does not tell this caller
        :raises failures.Failure: when it does not answer
        """
        answer = self.send(Request('GET'), (2, 1))
        if not answer.is_success:
            return None
        with failing.classified('nova'):
            found = _VERSION.fullmatch(answer.document['version'].get('version') or '2.1')
            if found is None:
                raise ValueError('no microversion')
            return 2, int(found[1])

    def flavor(self, flavor_id, microversion):
        """Read a flavor that this Nova has, as a server shows it since 2.47.

        :param flavor_id: str
        :param microversion: (major, minor), one before extra specs are in a flavor
        :returns: dict; None where there is none that the caller may see
        :raises failures.Failure: when Nova does not say
        """
        found = self.send(Request('GET', ('flavors', flavor_id)), microversion)
        if not found.is_success:
            return None
        specs = self.send(Request('GET', ('flavors', flavor_id, 'os-extra_specs')), microversion)
        with failing.classified('nova'):
            return embedded_flavor.of_nova(
                found.document['flavor'],
                dict(specs.document['extra_specs']) if specs.is_success else None)

    def _sent(self, request, microversion):
        version = '.'.join(map(str, microversion))
        if flavor.PATHS.intersection(request.path):
            raise ValueError('a segment that would mean another URL')
        path = '/'.join(urllib.parse.quote(each, safe='') for each in request.path)
        query = urllib.parse.urlencode([tuple(each) for each in request.parameters])
        return self._session.request(
            f'{self._endpoint}/{path}{"?" if query else ""}{query}', request.method,
            headers={'OpenStack-API-Version': f'compute {version}',
                     'X-OpenStack-Nova-API-Version': version,
                     'X-OpenStack-Request-ID': self._request_id},
            **({} if request.body is None else {'json': request.body}),
            # what users give to their servers, such as passwords, is for no log
            log=False, redirect=False, raise_exc=False, connect_retries=0)

    def _answer(self, response):
        status = response.status_code
        if len(response.content) > guard.LONGEST:
            raise failures.Unreachable('unintelligible', 'The answer is too long: ask for less.')
        document = _read(response.content)
        if 500 <= status < 600:
            raise failures.Passing('server_error', failing.speakable(
                f'Nova answered {status}. {_words(document)}'.strip()))
        refuses = 400 <= status < 500
        if not refuses and (not 200 <= status < 300 or document is None):
            raise ValueError(f'{status}, which is not what Nova answers')
        if status == 404 and (document is None
                              or not any(name in response.headers for name in _REQUEST_IDS)):
            # a proxy without a Nova behind it
            raise ValueError('a 404 that is not of Nova')
        retry_after = response.headers.get('Retry-After', '')
        return Answer(status, document, retry_after if _RETRY_AFTER.fullmatch(retry_after)
                      else None)


def _read(content):
    """Read an answer.

    :param content: bytes
    :returns: dict, or None when it is no JSON object, or none that can be passed on
    """
    try:
        document = json.loads(content, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) and not nesting.is_deep(document) else None


def _refuse(constant):
    raise ValueError(f'{constant} is not a number of JSON')


def _finite(text):
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _words(document):
    """Find what Nova says of a failure: ``{"computeFault": {"code": 500, "message": "…"}}``."""
    for fault in (document or {}).values():
        if isinstance(fault, dict) and isinstance(fault.get('message'), str):
            return fault['message'][:500]
    return ''
