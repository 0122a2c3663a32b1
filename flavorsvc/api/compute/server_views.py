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

"""Servers as their Nova shows them, with links that lead here."""

import urllib.parse

from flavorsvc.domain import embedded_flavor


def linked(document, base, name):
    """Have the links of an answer lead here.

    Those of images stay: there are none here.

    :param document: dict, from a Nova
    :param base: str, the URL before ``/v2.1``
    :param name: str, the path of the list below ``/v2.1``
    :returns: dict
    """
    shown = dict(document)
    if 'server' in document:
        shown['server'] = _linked(document['server'], base)
    if 'servers' in document:
        shown['servers'] = [_linked(each, base) for each in document['servers']]
    if 'servers_links' in document:
        shown['servers_links'] = [
            {'rel': 'next', 'href': f'{base}/v2.1/{name}?{query}'}
            for query in _queries(document['servers_links'])]
    return shown


def embedded(document, allows):
    """Leave of the flavors that are in servers what the caller may see.

    :param document: dict, from a Nova
    :param allows: function of a server that tells whether the caller may see its extra specs
    :returns: dict
    """
    def cut(server):
        flavor = server.get('flavor')
        if not isinstance(flavor, dict):
            return server
        return {**server, 'flavor': embedded_flavor.cut(flavor, allows(server))}
    shown = dict(document)
    if 'server' in document:
        shown['server'] = cut(document['server'])
    if 'servers' in document:
        shown['servers'] = [cut(each) for each in document['servers']]
    return shown


def url(base, server_id):
    """Give the URL of a server.

    :param base: str, the URL before ``/v2.1``
    """
    return f'{base}/v2.1/servers/{_quoted(server_id)}'


def _linked(server, base):
    shown = dict(server)
    if 'links' in server:
        shown['links'] = [
            {'rel': 'self', 'href': url(base, server['id'])},
            {'rel': 'bookmark', 'href': f'{base}/servers/{_quoted(server["id"])}'}]
    flavor = server.get('flavor')
    if isinstance(flavor, dict) and isinstance(flavor.get('id'), str) and 'links' in flavor:
        shown['flavor'] = {**flavor, 'links': [
            {'rel': 'bookmark', 'href': f'{base}/flavors/{_quoted(flavor["id"])}'}]}
    return shown


def _queries(links):
    """Give the query of the next page, where there is one, out of the links of a list."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get('rel') == 'next':
            parts = str(link.get('href')).partition('?')
            yield urllib.parse.urlencode(
                urllib.parse.parse_qsl(parts[2], keep_blank_values=True), errors='replace')


def _quoted(segment):
    # JSON can say half of a character, which no URL has
    return urllib.parse.quote(segment, safe='', errors='replace')
