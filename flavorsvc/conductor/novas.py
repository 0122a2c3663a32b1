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

"""The Nova of a region by its name, for what is asked of it while a caller waits."""

import contextlib

from flavorsvc.db import regions
from flavorsvc.domain import errors
from flavorsvc.domain import failures


class Novas:
    """Finds the way to each region's Nova with the service's own credential."""

    def __init__(self, database, clouds, default_region):
        """Remember where to look; nothing is contacted.

        :param database: flavorsvc.db.engine.Database
        :param clouds: flavorsvc.cloud.sessions.Clouds
        :param default_region: str, the region that is meant where none is named
        """
        self._db, self._clouds, self._default_region = database, clouds, default_region

    def place(self, name):
        """Read where a region is.

        :param name: str, or None for the default region
        :returns: dict, see :func:`flavorsvc.db.regions.reached`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.RegionUnreachable: when the service catalogue lists it no more
        """
        found = self._db.read(regions.reached, name or self._default_region)
        if found['state'] == 'gone':
            raise errors.RegionUnreachable(found['name'], found['reason'])
        return found

    @contextlib.contextmanager
    def asked(self, name, request_id):
        """Give a region's Nova to a block that asks it something.

        :param name: str, or None for the default region
        :param request_id: str that Nova is to log
        :returns: context manager that gives a :class:`flavorsvc.cloud.nova.Nova`
        :raises errors.NotFound: when there is no region of this name
        :raises errors.RegionUnreachable: when it does not answer what it is asked
        """
        place = self.place(name)
        try:
            cloud = self._clouds.of(place['access'])
            microversion = place['microversion'] or cloud.negotiate(place['endpoint'])
            yield cloud.nova(place['endpoint'], microversion, request_id)
        except failures.Failure as failure:
            raise errors.RegionUnreachable(place['name'], failure.text) from failure
