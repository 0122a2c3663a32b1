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

from oslo_log import log

from flavorsvc.conductor import replacement
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor
from flavorsvc.domain import installation

LOG = log.getLogger(__name__)


def converge(nova, claim, table, lease, tells_deprecation=False):
    """Make one region agree with the catalogue about one flavor.

    Running it twice changes nothing. A flavor that was never tried in this
    region is created without looking first: Nova refuses a second one of the
    same id or name, and one request is saved where it matters most.

    Nothing is deleted without a look at the lease. Wherever it is killed
    between that and the last step, the next one finds no flavor, or a half,
    and goes on from there.

    :param nova: the region's :class:`flavorsvc.cloud.nova.Nova`, or what does the same
    :param claim: flavorsvc.db.claims.Claim
    :param table: capability table
    :param lease: flavorsvc.conductor.lease.Lease
    :param tells_deprecation: see :func:`flavorsvc.domain.flavor.wanted`
    :returns: 'created' or 'adopted', or None where nothing is to be recorded
    :raises failures.Failure: when the region does not agree yet
    """
    if claim.desired == installation.Desired.ABSENT:
        _uninstall(nova, claim, lease)
        return None
    wanted = flavor.fit(flavor.wanted(claim.flavor, table, tells_deprecation), nova.microversion)
    found = nova.find(wanted.id) if claim.tried else None
    try:
        return _install(nova, wanted, found, claim, lease)
    except failures.Taken as error:
        found = nova.find(wanted.id)
        if found is None:
            raise replacement.taken(nova, wanted, error, lease) from error
        return _install(nova, wanted, found, claim, lease)


def _uninstall(nova, claim, lease):
    if not claim.tried:
        return  # whatever the region has under this id is not of our making
    # Properties play no part in it, and the table may know them no more.
    described = flavor.wanted({**claim.flavor, 'properties': {}}, {})
    found = nova.find(described.id)
    for step in compare.steps_to_absent(described, found, claim.installed):
        servers = None
        if claim.unless_used:
            servers = replacement.unused(nova, found, installation.OnImmutable.IF_UNUSED)
        _delete(nova, step, lease, servers)


def _install(nova, wanted, found, claim, lease):
    replaced = None
    if found is not None and flavor.immutable_differences(wanted, found):
        servers, is_free = replacement.allow(nova, wanted, found, claim, lease)
        LOG.info('Flavor %s is replaced in region %s, where %s servers use it', wanted.id,
                 claim.region, servers)
        _delete(nova, compare.Delete(wanted.id), lease, servers)
        if not is_free:
            raise failures.Passing('name_moving', f'The flavor is created again as soon as the '
                                                  f'name {wanted.name!r} is free.')
        replaced, found = found, None
    created = False
    try:
        for step in compare.steps_to_present(wanted, found):
            nova.do(step)
            created = created or isinstance(step, compare.Create)
    except failures.Refused:
        if created:
            # Users must not meet a flavor that lacks what it promises.
            _delete(nova, compare.Delete(wanted.id), lease)
        if replaced is not None:
            _put_back(nova, replaced)
        raise
    if created:
        return 'created'
    return None if claim.observed else 'adopted'


def _delete(nova, step, lease, servers=None):
    lease.hold(servers)
    nova.do(step)


def _put_back(nova, replaced):
    """Let a region keep what it had where it refuses what was to replace it."""
    try:
        for step in compare.steps_to_present(replaced, None):
            nova.do(step)
    except failures.Taken:
        pass  # someone was faster, with this id or this name: the next look decides
