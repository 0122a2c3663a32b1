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

"""WSME types that several resources share, and the bounds of their values.

A resource is a subclass of :class:`Resource` beside its controller. The key of an attribute is
what crosses RPC and carries its unit (``ram_mib``), its name is what crosses HTTP (``ram``). One
type serves every microversion: an attribute says since which one it is there, and what the seeds'
contract (1.0) calls it.
"""

import datetime
import unicodedata

from wsme import types as wtypes

#: The microversion that is the contract of the seeds, word for word.
CONTRACT = (1, 0)
#: The first conventional one.
CONVENTIONAL = (1, 1)
#: The first one that guards what is in regions: safe change, lifecycle, audits,
#: maintenance.
GUARDED = (1, 2)
NEWEST = GUARDED


class Attr(wtypes.wsattr):
    """An attribute of a resource.

    :ivar nullable: whether null may be sent
    :ivar fixed: whether it can only be set when the resource is created
    :ivar since: the first microversion that has it
    :ivar until: the first one that has it no more, or has another one of its name
    :ivar at_1_0: str, its name in the contract of the seeds, where that is another
    :ivar required_at_1_0: whether the contract asks for it although it has a default since
    """

    def __init__(self, datatype, nullable=False, fixed=False, since=CONTRACT, until=None,
                 at_1_0=None, required_at_1_0=False, **kwargs):
        super().__init__(datatype, **kwargs)
        self.nullable = nullable
        self.fixed = fixed
        self.since = since
        self.until = until
        self.at_1_0 = at_1_0
        self.required_at_1_0 = required_at_1_0


def readonly(datatype, name=None, **kwargs):
    """Make an attribute that is answered but never accepted."""
    return Attr(datatype, name=name, readonly=True, **kwargs)


def attributes(datatype, version):
    """Give the attributes of a type by the names that a microversion has for them.

    :param version: (major, minor)
    :returns: list of (name, Attr)
    """
    return [(each.at_1_0 if version == CONTRACT and each.at_1_0 else each.name, each)
            for each in wtypes.list_attributes(datatype)
            if each.since <= version and (each.until is None or version < each.until)]


def name_of(datatype, key, version):
    """Tell what a microversion calls an attribute.

    :param key: str, what the conductor calls it
    :param version: (major, minor)
    :returns: str
    """
    return next(name for name, each in attributes(datatype, version) if each.key == key)


class Value(wtypes.UserType):
    """A value with bounds.

    :ivar says: str, the bounds in words, as they follow 'must be'
    :ivar schema: dict, the bounds as JSON schema
    """

    def __init__(self, basetype, says, **schema):
        self.basetype = basetype
        self.name = says
        self.says = says
        self.schema = {'description': says, **schema}


class Items(Value):
    """A list of values of one kind."""

    def __init__(self, item, says, **schema):
        super().__init__(list, says, type='array', items=item.schema, **schema)
        self.item = item


class Map(Value):
    """An object with keys of the caller's choice."""

    def __init__(self, key, value, says, **schema):
        super().__init__(dict, says, type='object', propertyNames=key.schema,
                         additionalProperties=value.schema, **schema)
        self.key = key
        self.value = value


def is_printable(text):
    """Tell whether Nova would take a text as a name or description.

    It refuses control, format, private and unassigned characters, all blanks
    but horizontal ones, and whatever is beyond the basic multilingual plane.
    """
    return all(ord(char) < 0xFFFF and (category := unicodedata.category(char))[0] != 'C'
               and category not in ('Zl', 'Zp') for char in text)


def is_name(text):
    """Tell whether a text is printable with no blank at either end."""
    return is_printable(text) and text == text.strip()


def is_date(text):
    """Tell whether a text is a date of the calendar in ISO 8601: 2026-11-21."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def integer(minimum, maximum):
    """Make the type of a whole number within bounds."""
    return Value(int, f'an integer from {minimum} to {maximum}', type='integer', minimum=minimum,
                 maximum=maximum)


def text(minimum, maximum, form='printable'):
    """Make the type of a text of so many characters.

    :param form: 'printable', or 'name' for one without blanks at either end
    """
    says = f'{minimum} to {maximum} printable characters'
    if form == 'name':
        says += ' without a blank at either end'
    return Value(str, says, type='string', minLength=minimum, maxLength=maximum, format=form)


def one_of(*words):
    """Make the type of a text that is one of some words."""
    return Value(str, f'one of {", ".join(words)}', type='string', enum=list(words))


Boolean = Value(bool, 'true or false', type='boolean')
#: A query parameter that is true when it is there.
Flag = Value(bool, 'nothing, true or false', type='boolean')
Size = integer(0, 2 ** 31 - 1)
Count = integer(1, 2 ** 31 - 1)
Name = text(1, 255, 'name')
ProjectId = text(1, 64, 'name')
Uuid = Value(str, 'a UUID', type='string',
             pattern=r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z')
Date = Value(str, 'a date such as 2026-11-21', type='string', format='date')
Timestamp = Value(str, 'a time in UTC, as 2026-11-21T10:00:00.000000+00:00', type='string',
                  format='date-time')


class Link(wtypes.Base):
    """Where to go from here."""

    rel = Attr(str)
    href = Attr(str)


def model_of_items(datatype):
    """Tell what the items of a list are objects of.

    :returns: subclass of Model, or None where it is no list, or one of plain values
    """
    if isinstance(datatype, list):
        [item] = datatype
    else:
        item = getattr(datatype, 'item_type', None)
    return item if isinstance(item, type) and issubclass(item, Model) else None


class Model(wtypes.Base):
    """What a body says."""

    @classmethod
    def of(cls, values, **more):
        """Represent what the conductor told.

        :param values: dict of attribute key to value; WSME leaves out keys that are no attribute,
            which a newer conductor may tell
        :param more: attributes that the conductor does not know
        """
        return cls(**values, **more)

    @classmethod
    def values(cls, data, version):
        """Turn what was read and validated into what the conductor takes.

        :param data: dict of attribute name to value
        :param version: (major, minor) of the names
        :returns: dict of attribute key to value, of those attributes that were given
        """
        return {each.key: _given(each.datatype, data[name], version)
                for name, each in attributes(cls, version) if name in data}


def _given(datatype, value, version):
    item = model_of_items(datatype)
    return value if item is None else [item.values(each, version) for each in value]


class Resource(Model):
    """What has a URL of its own."""

    links = readonly([Link], since=CONVENTIONAL)


class Single:
    """One resource as a body: ``{"flavor": {…}}``.

    :ivar name: str, the key around it
    :ivar datatype: subclass of Resource
    """

    def __init__(self, name, datatype):
        self.name = name
        self.datatype = datatype


class Listing:
    """Resources as a body: ``{"flavors": […], "flavors_links": […]}``.

    :ivar name: str, the key around them
    :ivar item: str, what one of them is called in XML
    :ivar datatype: subclass of Resource
    :ivar marker: str, the attribute that a page starts after
    """

    def __init__(self, name, datatype, marker='id', item=None, at_1_0=None):
        """Describe.

        :param item: str; the name without its last letter where it is left out
        :param at_1_0: (name, item) in the contract of the seeds, where they are others
        """
        self.name = name
        self.item = item or name[:-1]
        self.datatype = datatype
        self.marker = marker
        self._at_1_0 = at_1_0

    def names(self, version):
        """Tell what a microversion calls the list and one of its items.

        :param version: (major, minor)
        :returns: (str, str)
        """
        if version == CONTRACT and self._at_1_0:
            return self._at_1_0
        return self.name, self.item
