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

"""The document of the API itself: /v1/openapi.json, readable without a token."""

import functools

import pecan
import webob.exc

from flavorsvc.api import formats
from flavorsvc.api import microversion
from flavorsvc.api import query
from flavorsvc.api.expose import Exposed
from flavorsvc.api.openapi import document

_CONTENT = {formats.JSON.media_type: {'schema': {
    'type': 'object', 'required': ['openapi', 'info', 'paths'],
    'description': 'a document of OpenAPI 3.1'}}}


class OpenApi:
    """/v1/openapi.json"""

    def __init__(self, routes):
        """Prepare.

        :param routes: document.Routes, which may have this one itself
        """
        self._document = functools.cache(functools.partial(document.document, routes))

    @pecan.expose(content_type=formats.XML.media_type)
    @pecan.expose(content_type=formats.JSON.media_type)
    def show(self, *segments):
        """Describe the API as the microversion asked for has it."""
        request = pecan.request
        if not request.accept.acceptable_offers([formats.JSON.media_type]):
            raise webob.exc.HTTPNotAcceptable('This document is JSON; Accept does not allow it.')
        query.none(request.GET)
        request.pecan['content_type'] = formats.JSON.media_type
        return formats.JSON.dump(_at(request.application_url,
                                     self._document(microversion.current())))

    show.exposed = Exposed(answers=_CONTENT, body=None, query=None, status=200, statuses=(),
                           first=None, seed={})


def _at(url, found):
    """Put into a document where it is served.

    :param url: str, of the application
    :param found: dict, from document.document
    :returns: dict
    """
    both = [{'url': url}, {'url': f'{url}/api'}]
    told = {**found, 'servers': both[:1], 'paths': dict(found['paths'])}
    for path in told.pop('x-served-twice'):
        told['paths'][path] = {'servers': both, **told['paths'][path]}
    return told
