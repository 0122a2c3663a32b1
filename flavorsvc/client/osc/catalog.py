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

"""The command that brings a file of flavors into the catalogue and into the regions."""

import concurrent.futures
import dataclasses
import time

from openstack import exceptions as sdk_exceptions
from osc_lib import exceptions
from osc_lib.command import command

from flavorsvc.client import catalog_file
from flavorsvc.client.osc import base
from flavorsvc.client.osc import options
from flavorsvc.client.osc import waiting

#: How many requests are under way at a time: what keeps one API process busy.
_THREADS = 4

#: What a flavor cannot have before there is one.
_LATER = ('status', 'deprecated_on', 'successor', 'deprecation_reason')

_SUMMARY = ('created', 'updated', 'unchanged', 'requested', 'installed', 'failed', 'seconds')


@dataclasses.dataclass(frozen=True)
class Step:
    """What is to be done for one flavor of the file.

    :ivar wanted: dict, the flavor as the file has it
    :ivar found: Flavor of the catalogue, or None
    :ivar changes: dict of the fields that differ
    """

    wanted: dict
    found: object
    changes: dict

    @property
    def outcome(self):
        """One of the first three columns of the summary."""
        if self.found is None:
            return 'created'
        return 'updated' if self.changes else 'unchanged'

    @property
    def fixed(self):
        """The changes that Nova cannot make in a flavor that exists."""
        return [field for field in self.changes if field in options.FIXED]

    @property
    def is_for_regions(self):
        """Whether the file means it to be installed anywhere."""
        status = self.wanted.get('status') or (self.found and self.found.status)
        return status not in ('draft', 'retired')

    def sentence(self, on_immutable):
        """What a dry run says."""
        if self.found is None:
            return 'would be created'
        if not self.changes:
            return 'would stay as it is'
        said = f'would be changed: {", ".join(self.changes)}'
        if self.fixed and self.found.regions and on_immutable in (None, 'refuse'):
            return (f'would be refused ({", ".join(self.fixed)} cannot change in '
                    f'{", ".join(self.found.regions)}; see --on-immutable)')
        return said


@dataclasses.dataclass
class Result:
    """What came of a step.

    :ivar flavor: Flavor as it is in the catalogue now, or None
    :ivar installations: list of Installation that are under way or were there before
    :ivar error: exception, or None
    """

    flavor: object = None
    installations: list = dataclasses.field(default_factory=list)
    error: Exception | None = None


def decide(wanted, by_id, by_name):
    """Compare a flavor of the file with the catalogue.

    Fields that the file doesn't name are left as they are.

    :param wanted: dict
    :param by_id: dict of id to Flavor of the catalogue
    :param by_name: dict of name to Flavor of the catalogue
    :returns: Step
    :raises osc_lib.exceptions.CommandError: when another flavor has the name
    """
    found = by_id.get(wanted.get('id'))
    named = by_name.get(wanted['name'])
    if found is None and named is not None:
        if 'id' in wanted:
            raise exceptions.CommandError(
                f'the catalogue has a flavor of this name with the id {named.id}, not '
                f'{wanted["id"]}')
        found = named
    if found is None:
        return Step(wanted, None, {})
    return Step(wanted, found, {
        field: value for field, value in wanted.items()
        if _comparable(field, value) != _comparable(field, getattr(found, field))})


def _comparable(field, value):
    return sorted(value or []) if field == 'projects' else value


def read(command, path):
    """Read a file of flavors that a user named.

    :param command: FlavorsvcCommand
    :param path: str, - for what comes on stdin
    :returns: list of dict
    :raises osc_lib.exceptions.CommandError: with everything that is wrong
    """
    try:
        if path == '-':
            return catalog_file.read(command.app.stdin, 'stdin')
        with open(path, 'rb') as stream:
            return catalog_file.read(stream, path)
    except OSError as error:
        raise exceptions.CommandError(f'{path}: {error.strerror}') from error
    except catalog_file.Invalid as error:
        raise exceptions.CommandError(str(error)) from error


class ImportCatalog(base.FlavorsvcCommand, command.ShowOne):
    """Bring the flavors of a file into the catalogue, and install them.

    The file is YAML (or JSON): a list under the key "flavors", whose items
    have the fields name, vcpus, ram (MiB), disk (GiB) and, optionally, id,
    ephemeral (GiB), swap (MiB), rxtx_factor, description, is_public,
    extra_specs, properties, public, promoted, projects, status, deprecated_on,
    successor and deprecation_reason. Flavors that the catalogue lacks are
    created, those that differ are changed, the others are left alone; so are
    fields that the file does not name. Nothing is sent when anything in the
    file is wrong. Drafts and retired flavors are not installed.

    Each flavor and each region is on its own: what fails is said on stderr,
    and the rest goes on. The exit status is 0 when nothing has failed.
    """

    def get_parser(self, prog_name):
        parser = super().get_parser(prog_name)
        parser.add_argument('file', metavar='<file>', help='File to read (- for stdin)')
        parser.add_argument(
            '--install', metavar='<region>', action='append', default=[],
            help='Install all flavors of the file into this region, or into "all" (repeat the '
                 'option for several)')
        options.add_on_immutable(parser, 'regions that have a flavor which differs')
        parser.add_argument(
            '--dry-run', action='store_true',
            help='Only read the file and the catalogue, and say what would be done')
        waiting.add_wait_options(
            parser, 'the regions have the flavors of the file that are new, changed or to be '
                    'installed')
        return parser

    def take_action(self, parsed_args):
        started = time.monotonic()
        flavors = read(self, parsed_args.file)
        regions = self._regions(parsed_args.install)
        catalogue = list(self.flavorsvc.flavors())
        by_id = {flavor.id: flavor for flavor in catalogue}
        by_name = {flavor.name: flavor for flavor in catalogue}
        steps = []
        for wanted in flavors:
            try:
                steps.append(decide(wanted, by_id, by_name))
            except exceptions.CommandError as error:
                self.fail(wanted['name'], error)
        counts = dict.fromkeys(_SUMMARY, 0)
        if parsed_args.dry_run:
            self._tell(steps, regions, parsed_args.on_immutable, counts)
        else:
            installations = self._send(steps, regions, parsed_args, counts)
            counts['requested'] = len(installations)
            if parsed_args.wait:
                installations = waiting.follow(self, installations, parsed_args.timeout)
            elif installations:
                self.say('The regions are being changed; '
                         'see: openstack flavorsvc installation list')
            counts['installed'] = sum(one.is_as_desired for one in installations)
        counts['failed'] = self.failures
        counts['seconds'] = round(time.monotonic() - started, 1)
        return _SUMMARY, [counts[column] for column in _SUMMARY]

    def _regions(self, names):
        """Return what --install says: list of names, 'all', or None for nothing.

        :raises CommandError: for a region that does not exist, before anything is sent
        """
        if not names:
            return None
        if 'all' in names:
            return 'all'
        known = {region.name for region in self.flavorsvc.regions()}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise exceptions.CommandError(
                f'There is no region {", ".join(unknown)}; there are {", ".join(sorted(known))}.')
        return list(dict.fromkeys(names))

    def _tell(self, steps, regions, on_immutable, counts):
        """Say what would be done, and count it."""
        where = ', '.join(['all regions'] if regions == 'all' else regions or [])
        for step in steps:
            counts[step.outcome] += 1
            what = step.sentence(on_immutable)
            if regions and step.is_for_regions:
                what += f', and installed into {where}'
            print(f'{step.wanted["name"]}: {what}', file=self.app.stderr)

    def _send(self, steps, regions, parsed_args, counts):
        """Do all steps, several at a time, and count them.

        :returns: list of Installation to look after
        """
        # a successor has to be there first
        steps = sorted(steps, key=lambda step: 'successor' in step.wanted)
        split = sum('successor' not in step.wanted for step in steps)

        def apply(step):
            return self._apply(step, regions, parsed_args)

        def results_of(pool):
            for part in (steps[:split], steps[split:]):
                yield from pool.map(apply, part)

        with concurrent.futures.ThreadPoolExecutor(_THREADS) as pool:
            results = list(waiting.counted(self, results_of(pool), len(steps), 'Flavors'))
        found = []
        for step, result in zip(steps, results, strict=True):
            if result.flavor is not None:
                counts[step.outcome] += 1
            if result.error is not None:
                self.fail(step.wanted['name'], result.error)
            found.extend(result.installations)
        return found

    def _apply(self, step, regions, parsed_args):
        """Bring one flavor into the catalogue, and ask for it in regions.

        :returns: Result
        """
        result = Result()
        try:
            if step.found is None:
                result.flavor = self._create(step)
            elif step.changes:
                result.flavor = self._update(step, parsed_args.on_immutable)
            else:
                result.flavor = step.found
            if regions and step.is_for_regions:
                result.installations = self.flavorsvc.install_flavor(result.flavor, regions)
            if parsed_args.wait and step.changes:
                # The regions that had it before are brought up to date too.
                result.installations = list(
                    self.flavorsvc.installations(flavor=result.flavor.id))
        except base.FAILURES as error:
            result.error = error
        return result

    def _create(self, step):
        later = {field: step.wanted[field] for field in _LATER if field in step.wanted}
        fields = {field: value for field, value in step.wanted.items() if field not in later}
        if later.get('status') in ('draft', 'active'):
            fields['status'] = later.pop('status')
        flavor = self.flavorsvc.create_flavor(**fields)
        return self.flavorsvc.update_flavor(flavor, **later) if later else flavor

    def _update(self, step, on_immutable):
        chosen = {'on_immutable': on_immutable} if step.fixed and on_immutable else {}
        try:
            return self.flavorsvc.update_flavor(step.found, **step.changes, **chosen)
        except sdk_exceptions.ConflictException as error:
            if step.fixed and not chosen:
                error.details = f'{base.explain(error)} (See --on-immutable.)'
            raise
