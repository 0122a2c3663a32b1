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

"""What a transaction makes true, held back until it is committed."""

from flavorsvc.domain import events

_KEY = 'outbox'


def note(session, name, values):
    """Have an event announced once this transaction is committed, and not if it is undone.

    :param name: str, a key of :data:`flavorsvc.domain.events.EVENTS`
    :param values: dict of at least the fields of its payload
    """
    session.info.setdefault(_KEY, []).append((name, events.payload(name, values)))


def noted(session):
    """Give what was noted in a transaction.

    :returns: list of (name, payload)
    """
    return session.info.get(_KEY, [])
