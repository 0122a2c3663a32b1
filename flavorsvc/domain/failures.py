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
    :ivar retry_after_s: float seconds for which the region asked to be left alone, or None
    """

    retry_after_s = None

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


class InUse(Passing):
    """Servers use the flavor that would have to go.

    :ivar servers: int, how many
    """

    def __init__(self, text, servers):
        super().__init__('in_use', text)
        self.servers = servers


class Unreachable(Failure):
    """The region as a whole does not answer, or asks to be left alone for a while."""

    def __init__(self, reason, text, retry_after_s=None):
        super().__init__(reason, text)
        self.retry_after_s = retry_after_s


class Itself(Unreachable):
    """What is said to be a region's Nova is flavorsvc, which must not follow itself."""


def too_many(most):
    """Make the failure of a region that has more flavors than are read.

    :param most: int
    :returns: Refused
    """
    return Refused('too_many', f'It has more than {most} flavors.')


def unexpected(error):
    """Make a failure of what nobody foresaw; whoever met it logs it.

    :param error: exception, whose text is not told: nobody knows what is in it
    :returns: Passing
    """
    return Passing('internal', f"{type(error).__name__}; the conductor's log says more.")
