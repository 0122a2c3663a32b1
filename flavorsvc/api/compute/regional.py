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

"""The region whose Nova is meant: ``/regions/{region}/v2.1/…`` names it, ``/v2.1/…`` does not."""

import re
import urllib.parse

import pecan

_NAMED = re.compile(r'/regions/([^/]+)(/v2\.1(?:/.*)?)', re.DOTALL)


def split(path):
    """Take the region out of a path.

    :param path: str, as the caller sent it
    :returns: (name of the region, path without it); None for the name where the path has none
    """
    found = _NAMED.fullmatch(path)
    return (found[1], found[2]) if found else (None, path)


class Everywhere:
    """Paths, and the same ones under the name of any region."""

    def __init__(self, paths):
        """Take the paths.

        :param paths: collection of str
        """
        self._paths = paths

    def __contains__(self, path):
        return split(path)[1] in self._paths


def named():
    """Tell which region the request that is being answered names.

    :returns: str, or None
    """
    return split(pecan.request.path_info)[0]


def base():
    """Give the URL that the links of the answer begin with, before ``/v2.1``.

    :returns: str
    """
    region = named()
    prefix = '' if region is None else f'/regions/{urllib.parse.quote(region, safe="")}'
    return f'{pecan.request.application_url}{prefix}'
