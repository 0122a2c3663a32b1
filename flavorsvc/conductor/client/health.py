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

"""What operators may ask of the conductor about itself."""


class Health:
    """The calls about health, for :class:`flavorsvc.conductor.client.Conductor`."""

    def ping(self, ctxt):
        """Ask whether a conductor and its database answer.

        :returns: dict with status and the conductor's name
        """
        return self._call(ctxt, 'health', 'ping')

    def health_details(self, ctxt):
        """Ask what there is to do, where, and who is at it.

        :returns: dict with conductor (the name of the one that answers), version (its release),
            and what :func:`flavorsvc.db.figures.read` gives
        """
        return self._call(ctxt, 'health', 'details', since='1.3')
