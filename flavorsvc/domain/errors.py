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

"""What can go wrong, in the words of the catalogue.

The API turns each class into an HTTP status by one table of its own. All of
them survive RPC: a constructor takes exactly what it stores in ``args``, so
that oslo.messaging can rebuild it on the other side, and :attr:`reason` is
computed from these.
"""


class FlavorsvcError(Exception):
    """Base of the errors whose text may be shown to the caller.

    :cvar code: stable identifier for programs (API-SIG errors, ``code``)
    :cvar title: a few words for people
    """

    code = 'flavorsvc.error'
    title = 'Error'

    @property
    def reason(self):
        """The sentence for the caller. Never ``str()`` of an error that came over RPC."""
        return str(self.args[0])


class Invalid(FlavorsvcError):
    """A value cannot be accepted: ``Invalid('flavor.vcpus', 'must be at least 1')``."""

    code = 'flavorsvc.invalid'
    title = 'Bad Request'

    def __init__(self, field, reason):
        super().__init__(field, reason)

    @property
    def field(self):
        """Path of the offending field in the request, such as ``flavor.extra_specs``."""
        return self.args[0]

    @property
    def reason(self):
        return f'{self.args[0]}: {self.args[1]}'


class UnknownRegion(Invalid):
    """A request names a region that there is not: ``UnknownRegion('RegionNine, RegionTen')``."""

    def __init__(self, names):
        Exception.__init__(self, names)

    @property
    def field(self):
        return 'regions'

    @property
    def reason(self):
        return f'regions: there is no region {self.args[0]}'


class Incomplete(Invalid):
    """A flavor that is new lacks what it needs: ``Incomplete('name', 'ram_mib')``."""

    def __init__(self, *fields):
        Exception.__init__(self, *fields)

    @property
    def field(self):
        return 'flavor'

    @property
    def reason(self):
        return f'flavor: a new one needs {", ".join(self.args)}'


class Unauthorized(FlavorsvcError):
    """The token or credential that came with the request is not accepted where it is needed."""

    code = 'flavorsvc.unauthorized'
    title = 'Unauthorized'


class Denied(FlavorsvcError):
    """A region's own Nova does not allow this to the caller, or a limit is reached."""

    code = 'flavorsvc.denied'
    title = 'Forbidden'


class Forbidden(FlavorsvcError):
    """The caller may not do this: ``Forbidden('flavors:promote')``."""

    code = 'flavorsvc.forbidden'
    title = 'Forbidden'

    def __init__(self, action, because=None):
        super().__init__(action, because)

    @property
    def reason(self):
        text = f'Policy does not allow {self.args[0]} for this token.'
        return f'{text} {self.args[1]}' if self.args[1] else text


class NotFound(FlavorsvcError):
    """There is no such thing, or the caller may not know of it: ``NotFound('flavor', id)``."""

    code = 'flavorsvc.not_found'
    title = 'Not Found'

    def __init__(self, kind, name):
        super().__init__(kind, name)

    @property
    def reason(self):
        return f'There is no {self.args[0]} {self.args[1]!r}.'


class Conflict(FlavorsvcError):
    """The state of the object does not allow this."""

    code = 'flavorsvc.conflict'
    title = 'Conflict'


class Leaving(Conflict):
    """What is in the way is about to go: ``Leaving('m1.tiny', 'RegionTwo')``."""

    def __init__(self, flavor_id, regions):
        super().__init__(flavor_id, regions)

    @property
    def reason(self):
        return f'The flavor {self.args[0]!r} is being deleted; it has yet to leave {self.args[1]}.'


class AlreadyExists(FlavorsvcError):
    """A unique value is taken: ``AlreadyExists('flavor', 'name', 'm1.tiny')``."""

    code = 'flavorsvc.already_exists'
    title = 'Conflict'

    def __init__(self, kind, field, value):
        super().__init__(kind, field, value)

    @property
    def reason(self):
        article = 'an' if self.args[0][0] in 'aeiou' else 'a'
        return (f'There is already {article} {self.args[0]} whose {self.args[1]} is '
                f'{self.args[2]!r}.')


class GenerationMismatch(FlavorsvcError):
    """The object moved since the caller read it."""

    code = 'flavorsvc.generation_mismatch'
    title = 'Precondition Failed'

    def __init__(self, kind, name, wanted, found):
        super().__init__(kind, name, wanted, found)

    @property
    def reason(self):
        kind, name, wanted, found = self.args
        return (f'The {kind} {name!r} is at generation {found}, not {wanted}: read it again '
                f'before changing it.')


class Unavailable(FlavorsvcError):
    """Something the service needs does not answer at present."""

    code = 'flavorsvc.unavailable'
    title = 'Service Unavailable'


class RegionUnreachable(FlavorsvcError):
    """A region cannot do its part at present: ``RegionUnreachable('RegionOne', 'timed out')``."""

    code = 'flavorsvc.region_unreachable'
    title = 'Bad Gateway'

    def __init__(self, region, because):
        super().__init__(region, because)

    @property
    def reason(self):
        return f'Region {self.args[0]}: {self.args[1]}'
