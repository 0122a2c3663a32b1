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

import functools

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

    def __init__(self, client):
        """Wrap a client; nothing is contacted.

        :param client: novaclient.v2.client.Client
        """
        self._client = client
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
            projects = frozenset()
            if not found.is_public:
                projects = frozenset(access.tenant_id for access
                                     in self._client.flavor_access.list(flavor=flavor_id))
            return _spec(found, extra_specs, projects)

    def show(self, flavor_id):
        """Read a flavor as whoever asks may see it: without its access list.

        :param flavor_id: str
        :returns: flavor.Spec whose ``projects`` are empty, or None
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            try:
                return self._shown(self._client.flavors.get(flavor_id))
            except nova_exceptions.NotFound as error:
                _check_origin(error)
                return None

    def list(self, is_public=True):
        """Read the flavors of the region, page by page as they are taken.

        :param is_public: bool; None for those of both kinds, which admins may ask for
        :returns: iterator of flavor.Spec whose ``projects`` are empty, for a list does not
            tell them
        :raises failures.Failure: when Nova does not say
        """
        for page in _pages(lambda marker: self._page(is_public, marker)):
            yield from page

    def _page(self, is_public, marker):
        with failing.classified('nova'):
            try:
                return [self._shown(found) for found in
                        self._client.flavors.list(is_public=is_public, marker=marker)]
            except nova_exceptions.NotFound as error:  # of the list itself: no Nova says that
                raise failing.unintelligible('nova', error) from error

    def _shown(self, found):
        # a Nova leaves them out for those who may not read them
        told = {'extra_specs': {}, **found.to_dict()}
        return _spec(found, self._extra_specs(found, told))

    def _extra_specs(self, found, told):
        return told['extra_specs'] if self.microversion >= _EMBEDDED_SINCE else found.get_keys()

    def create(self, spec):
        """Create a flavor, still without extra specs and access.

        :param spec: flavor.Spec; the id ``auto`` has Nova choose one
        :returns: flavor.Spec, as Nova made it
        :raises failures.Taken: when a flavor of this id or name exists already
        :raises failures.Failure: when Nova does not do it
        """
        with failing.classified('nova'):
            return _spec(_create(compare.Create(spec), self._client), {})

    def id_of(self, name):
        """Look for the flavor that has a name.

        :param name: str
        :returns: str, its id, or None
        :raises failures.Failure: when Nova does not say
        """
        with failing.classified('nova'):
            pages = _pages(lambda marker: self._client.flavors.list(
                detailed=False, is_public=None, marker=marker))
            return next((each.id for page in pages for each in page if each.name == name), None)

    def do(self, step):
        """Take one step of a plan.

        :param step: one of the steps of :mod:`flavorsvc.domain.compare`
        :raises failures.Taken: when a flavor of this id or name exists already
        :raises failures.Failure: when Nova does not do it
        """
        with failing.classified('nova'):
            _take(step, self._client)


def _pages(read):
    """Read page after page, but not for ever: a Nova of somebody else may have no last one.

    :param read: function of a marker (str, or None) to a list of what has an id
    :returns: iterator of such lists
    :raises failures.Unreachable: when a page comes again, or there are too many
    """
    marker, seen = None, set()
    while page := read(marker):
        marker = page[-1].id
        if marker in seen or len(seen) >= _MOST_PAGES:
            raise failing.unintelligible('nova', ValueError('its pages have no end'))
        seen.add(marker)
        yield page


def _check_origin(error):
    """Take a 404 for Nova's word only where it bears a request id of Nova.

    :raises failures.Unreachable: when something else answered, such as a proxy without a Nova
        behind it: its 404 says nothing of the flavor
    """
    if not error.request_id:
        raise failing.unintelligible('nova', error)


def _spec(found, extra_specs, projects=frozenset()):
    told = found.to_dict()  # novaclient asks again for an attribute that is not there
    return flavor.Spec(
        id=found.id, name=found.name, vcpus=found.vcpus, ram_mib=found.ram,
        disk_gib=found.disk, ephemeral_gib=found.ephemeral, swap_mib=found.swap or 0,
        rxtx_factor=float(told.get('rxtx_factor', 1.0)), is_public=found.is_public,
        description=told.get('description') or None,
        extra_specs=extra_specs, projects=projects)


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
