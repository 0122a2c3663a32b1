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

"""One installation, once: observe, compare, act."""

from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain import installation


def converge(nova, claim, table):
    """Make one region agree with the catalogue about one flavor.

    Running it twice changes nothing. A flavor that was never tried in this
    region is created without looking first: Nova refuses a second one of the
    same id or name, and one request is saved where it matters most.

    :param nova: the region's :class:`flavorsvc.cloud.nova.Nova`, or what does the same
    :param claim: flavorsvc.db.claims.Claim
    :param table: capability table
    :returns: 'created' or 'adopted', or None where nothing is to be recorded
    :raises failures.Failure: when the region does not agree yet
    """
    if claim.desired == installation.Desired.ABSENT:
        _uninstall(nova, claim)
        return None
    wanted = flavor.fit(flavor.wanted(claim.flavor, table), nova.microversion)
    found = nova.find(wanted.id) if claim.tried else None
    try:
        return _install(nova, wanted, found, claim.observed)
    except failures.Taken as error:
        found = nova.find(wanted.id)
        if found is None:
            raise _name_taken(nova, wanted, error) from error
        return _install(nova, wanted, found, claim.observed)


def _uninstall(nova, claim):
    if not claim.tried:
        return  # whatever the region has under this id is not of our making
    # Properties play no part in it, and the table may know them no more.
    described = flavor.wanted({**claim.flavor, 'properties': {}}, {})
    for step in compare.steps_to_absent(described, nova.find(described.id)):
        nova.do(step)


def _install(nova, wanted, found, observed):
    created = False
    try:
        for step in compare.steps_to_present(wanted, found):
            nova.do(step)
            created = created or isinstance(step, compare.Create)
    except failures.Refused:
        if created:
            # Users must not meet a flavor that lacks what it promises.
            nova.do(compare.Delete(wanted.id))
        raise
    if created:
        return 'created'
    return None if observed else 'adopted'


def _name_taken(nova, wanted, error):
    holder = nova.id_of(wanted.name)
    if holder is None:
        return failures.Passing('conflict', error.text)
    return failures.Refused('name_taken', f'{error.text} It is the flavor whose id is {holder!r}.')
