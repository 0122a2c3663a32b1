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

"""Why converging an installation failed, by what has to happen next.

The border to Nova (:mod:`flavorsvc.cloud`) classifies what it meets into one
of these; the engine acts on the class and records the reason and the text.
"""


class Failure(Exception):
    """Base: ``Failure(reason, text)``.

    :ivar reason: str, stable code such as ``name_taken``
    :ivar text: str, the other side's own words
    """

    def __init__(self, reason, text):
        super().__init__(reason, text)
        self.reason = reason
        self.text = text


class Refused(Failure):
    """Nova will say no again: someone has to decide something first."""


class Taken(Refused):
    """Nova already has a flavor of this id or name (409 to a create)."""


class Passing(Failure):
    """This one call failed in a way that trying again may cure."""


class Unreachable(Failure):
    """The region as a whole does not answer, or asks to be left alone for a while.

    :ivar retry_after_s: float seconds that the region asked for, or None
    """

    def __init__(self, reason, text, retry_after_s=None):
        super().__init__(reason, text)
        self.retry_after_s = retry_after_s
