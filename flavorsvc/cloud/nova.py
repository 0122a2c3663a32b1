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

"""One region's flavors. What novaclient gives stops here."""

import dataclasses
import functools
import urllib.parse

from novaclient import exceptions as nova_exceptions

from flavorsvc.cloud import failing
from flavorsvc.domain import compare
from flavorsvc.domain import failures
from flavorsvc.domain import flavor

#: First microversion whose flavors embed their extra specs.
_EMBEDDED_SINCE = (2, 61)

#: Most pages of one list; Nova's own have 1000 flavors.
_MOST_PAGES = 500


class Nova:
    """The border to one region's Nova, at the microversion that was negotiated."""

    def __init__(self, client, may_change=lambda: True):
        """Wrap a client; nothing is contacted.

        :param client: novaclient.v2.client.Client, which takes the times of its requests
        :param may_change: function without arguments that is asked before each step; the answer
            False keeps it from being taken
        """
        self._client, self._may_change = client, may_change
        version = client.api_version
        self.microversion = (version.ver_major, version.ver_minor)

    def find(self, flavor_id):
        """Read what the region has under an id, by as few requests as it allows.

        :param flavor_id: str
        :returns: flavor.Spec, or None
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            try:
                found = self._client.flavors.get(flavor_id)
            except nova_exceptions.NotFound as error:
                _check_origin(error)
                return None
            extra_specs = self._extra_specs(found, found.to_dict())
            return _spec(found, extra_specs, self._projects(found))

    def show(self, flavor_id):
        """Read a flavor as whoever asks may see it: without its access list.

        :param flavor_id: str
        :returns: flavor.Spec whose ``projects`` are empty and whose ``extra_specs`` are None where
            whoever asks may not read them; or None
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            try:
                return self._shown(self._client.flavors.get(flavor_id), True)
            except nova_exceptions.NotFound as error:
                _check_origin(error)
                return None

    def list(self, is_public=True, in_full=True):
        """Read the flavors of the region, page by page as they are taken.

        :param is_public: bool; None for those of both kinds, which admins may ask for
        :param in_full: bool, whether to ask a Nova whose lists are without extra specs for those
            of each flavor; otherwise see :meth:`completed`
        :returns: iterator of flavor.Spec whose ``projects`` are empty, for a list does not
            tell them, and whose ``extra_specs`` are as :meth:`show` gives them
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            for found in self._listed('/flavors/detail', is_public):
                yield self._shown(found, in_full)

    def completed(self, spec):
        """Read what a flavor lacks that was listed, but not in full.

        :param spec: flavor.Spec
        :returns: flavor.Spec
        :raises failures.Failure: when Nova does not say
        """
        if self.microversion >= _EMBEDDED_SINCE:
            return spec
        with failing.classified('nova'):
            flavors = self._client.flavors
            return dataclasses.replace(spec, extra_specs=self._told(
                flavors.resource_class(flavors, {'id': spec.id})))

    def projects(self, flavor_id):
        """Read who may use a flavor that is not for everybody.

        :param flavor_id: str
        :returns: list of str, ids of projects
        :raises failures.Failure: when Nova does not say, or whoever asks may not know
        """
        with failing.classified('nova'):
            return [access.tenant_id for access
                    in self._client.flavor_access.list(flavor=flavor_id)]

    def everything(self, is_needed, most):
        """Read all flavors of the region, page by page as they are taken.

        A request for each page, and one for the access list of each flavor that is not public;
        before 2.61 also one for the extra specs of each.

        :param is_needed: function of an id and a name to bool, whether to read these two as well;
            of other flavors only what the list tells
        :param most: int; of a region that has more flavors nothing is to be kept
        :returns: iterator of flavor.Spec
        :raises failures.Failure: when Nova does not say, or there are too many
        """
        with failing.classified('nova'):
            for number, found in enumerate(self._listed('/flavors/detail', is_public=None)):
                if number >= most:
                    raise failures.too_many(most)
                if is_needed(found.id, found.name):
                    yield _spec(found, self._extra_specs(found, found.to_dict()),
                                self._projects(found))
                else:
                    yield _spec(found, found.to_dict().get('extra_specs', {}))

    def _listed(self, path, is_public):
        """Read a list of flavors. novaclient does not tell whether another page follows.

        :returns: iterator of novaclient.v2.flavors.Flavor
        """
        query, flavors = {} if is_public else {'is_public': is_public}, self._client.flavors

        def read(marker):
            asked = urllib.parse.urlencode({**query, 'marker': marker} if marker else query)
            try:
                _, body = self._client.client.get(f'{path}?{asked}' if asked else path)
            except nova_exceptions.NotFound as error:  # of the list itself: no Nova says that
                raise failing.unintelligible('nova', error) from error
            page = [flavors.resource_class(flavors, each, loaded=True) for each in body['flavors']]
            return page, any(link['rel'] == 'next' for link in body.get('flavors_links', ()))
        return _all(read)

    def _shown(self, found, in_full):
        # a Nova leaves them out for those who may not read them
        if self.microversion >= _EMBEDDED_SINCE or not in_full:
            return _spec(found, found.to_dict().get('extra_specs'))
        return _spec(found, self._told(found))

    def _told(self, found):
        try:
            return found.get_keys()
        except nova_exceptions.Forbidden:
            return None

    def _extra_specs(self, found, told):
        if self.microversion < _EMBEDDED_SINCE:
            return found.get_keys()
        return dict(told['extra_specs'])  # null is no word of Nova to an admin

    def _projects(self, found):
        return frozenset() if found.is_public else frozenset(self.projects(found.id))

    def create(self, spec):
        """Create a flavor, still without extra specs and access.

        :param spec: flavor.Spec; the id ``auto`` has Nova choose one
        :returns: flavor.Spec, as Nova made it
        :raises failures.Taken: when a flavor of this id or name exists already
        :raises failures.Failure: when Nova does not do it
        """
        with failing.classified('nova'):
            return _spec(_create(compare.Create(spec), self._client), {})

    def names(self):
        """Read how the flavors of the region are called.

        :returns: dict of id to name
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            return {each.id: each.name for each in self._listed('/flavors', is_public=None)}

    def count_servers(self, flavor_id):
        """Count the servers of all projects that were made with a flavor.

        Those made before the flavor was replaced are another one's to Nova, and are not counted;
        nor are those in a cell that does not answer.

        :param flavor_id: str, of a flavor that the region has
        :returns: int
        :raises failures.Refused: when the service's own credential may not see all projects
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            # only a page without any is the last: nothing is deleted for want of a link
            return sum(1 for _ in _all(lambda marker: (self._client.servers.list(
                detailed=False, search_opts={'all_tenants': True, 'flavor': flavor_id},
                marker=marker), True)))

    def do(self, step):
        """Take one step of a plan.

        :param step: one of the steps of :mod:`flavorsvc.domain.compare`
        :raises failures.Taken: when a flavor of this id or name exists already
        :raises failures.Failure: when Nova does not do it, or it may not be done any more
        """
        if not self._may_change():
            raise failures.Passing('lease_lost', 'The conductor was held up for longer than its '
                                                 'lease, and left it to others.')
        with failing.classified('nova'):
            _take(step, self._client)

    def answer_times_s(self):
        """Tell how long the requests so far took that were answered.

        :returns: list of float seconds
        """
        return [ended - began for _, began, ended in self._client.get_timings()]


def _all(read):
    """Read page after page, but not for ever: a Nova of somebody else may have no last one.

    :param read: function of a marker (str, or None) to a list of what has an id, and whether
        another page follows
    :returns: iterator of what they have
    :raises failures.Unreachable: when a page comes again, or there are too many
    """
    marker, seen = None, set()
    while True:
        page, has_next = read(marker)
        yield from page
        if not page or not has_next:
            return
        marker = page[-1].id
        if marker in seen or len(seen) >= _MOST_PAGES:
            raise failing.unintelligible('nova', ValueError('its pages have no end'))
        seen.add(marker)


def _check_origin(error):
    """Take a 404 for Nova's word only where it bears a request id of Nova.

    :raises failures.Unreachable: when something else answered, such as a proxy without a Nova
        behind it: its 404 says nothing of the flavor
    """
    if not error.request_id:
        raise failing.unintelligible('nova', error)


def _spec(found, extra_specs, projects=frozenset()):
    told = found.to_dict()  # novaclient asks again for an attribute that is not there
    spec = flavor.Spec(
        id=found.id, name=found.name, vcpus=found.vcpus, ram_mib=found.ram,
        disk_gib=found.disk, ephemeral_gib=found.ephemeral, swap_mib=found.swap or 0,
        rxtx_factor=float(told.get('rxtx_factor', 1.0)), is_public=found.is_public,
        description=told.get('description') or None,
        extra_specs=extra_specs, projects=projects)
    flavor.check_sound(spec)
    return spec


@functools.singledispatch
def _take(step, client):
    raise TypeError(f'no way to take {step!r}')


@_take.register
def _create(step: compare.Create, client):
    spec = step.spec
    extra = {'description': spec.description} if spec.description is not None else {}
    try:
        return client.flavors.create(
            spec.name, spec.ram_mib, spec.vcpus, spec.disk_gib, flavorid=spec.id,
            ephemeral=spec.ephemeral_gib, swap=spec.swap_mib, rxtx_factor=spec.rxtx_factor,
            is_public=spec.is_public, **extra)
    except nova_exceptions.Conflict as error:
        raise failures.Taken('name_taken', error.message) from error


@_take.register
def _set_extra_specs(step: compare.SetExtraSpecs, client):
    client.flavors.resource_class(client.flavors, {'id': step.id}).set_keys(dict(step.extra_specs))


@_take.register
def _unset_extra_spec(step: compare.UnsetExtraSpec, client):
    client.flavors.resource_class(client.flavors, {'id': step.id}).unset_keys([step.key])


@_take.register
def _add_access(step: compare.AddAccess, client):
    try:
        client.flavor_access.add_tenant_access(step.id, step.project)
    except nova_exceptions.Conflict:
        pass  # it has access already: that is what the step is for


@_take.register
def _remove_access(step: compare.RemoveAccess, client):
    try:
        client.flavor_access.remove_tenant_access(step.id, step.project)
    except nova_exceptions.NotFound as error:
        _check_origin(error)  # it has no access already


@_take.register
def _set_description(step: compare.SetDescription, client):
    client.flavors.update(step.id, description=step.description)


@_take.register
def _delete(step: compare.Delete, client):
    try:
        client.flavors.delete(step.id)
    except nova_exceptions.NotFound as error:
        _check_origin(error)  # someone was faster
