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

"""The flavor in a server: what it shows, and of which flavor that had the id."""

import datetime

import hypothesis
from hypothesis import strategies as st
import pytest

from flavorsvc.domain import embedded_flavor
from flavorsvc.domain import nesting
from tests.unit import strategies

KEYS = {'vcpus', 'ram', 'disk', 'ephemeral', 'swap', 'original_name', 'extra_specs'}

moments = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 9))
documents = st.dictionaries(
    st.one_of(st.sampled_from([*sorted(KEYS), 'id', 'links', 'description', 'rxtx_factor',
                               'OS-FLV-DISABLED:disabled', 'os-flavor-access:is_public']),
              st.text(max_size=5)),
    st.one_of(st.none(), st.integers(), st.text(max_size=5)))


@st.composite
def histories(draw):
    """Flavors that had one id, one after the other; the last may still live."""
    times = sorted(draw(st.lists(moments, min_size=2, max_size=9, unique=True)))
    records = [{'created_at': made, 'deleted_at': gone}
               for made, gone in zip(times[::2], times[1::2], strict=False)]
    if len(times) % 2:
        records.append({'created_at': times[-1], 'deleted_at': None})
    return draw(st.permutations(records))


@hypothesis.given(strategies.specs())
def test_the_copy_of_the_catalogue_has_what_nova_has_in_one(spec):
    values = {**strategies.values_of(spec), 'nova_extra_specs': spec.extra_specs}
    shown = embedded_flavor.of_record(values)
    assert shown == {'vcpus': spec.vcpus, 'ram': spec.ram_mib, 'disk': spec.disk_gib,
                     'ephemeral': spec.ephemeral_gib, 'swap': spec.swap_mib,
                     'original_name': spec.name, 'extra_specs': spec.extra_specs}
    assert embedded_flavor.cut(shown, True) == shown
    theirs = {'id': spec.id, 'name': spec.name, 'vcpus': spec.vcpus, 'ram': spec.ram_mib,
              'disk': spec.disk_gib, 'OS-FLV-EXT-DATA:ephemeral': spec.ephemeral_gib,
              'swap': spec.swap_mib or '', 'description': 'd', 'links': []}
    assert embedded_flavor.of_nova(theirs, spec.extra_specs) == shown
    assert embedded_flavor.of_nova(theirs, None) == embedded_flavor.cut(shown, False)


@hypothesis.given(documents, st.booleans())
def test_neither_an_id_nor_links_nor_a_description_are_in_it(flavor, with_extra_specs):
    shown = embedded_flavor.cut(flavor, with_extra_specs)
    assert shown.keys() == flavor.keys() & (KEYS if with_extra_specs else KEYS - {'extra_specs'})
    assert shown.items() <= flavor.items()


def test_what_a_nova_does_not_tell_is_not_made_up():
    with pytest.raises(KeyError):
        embedded_flavor.of_nova({'name': 'n1', 'vcpus': 1}, {})


@hypothesis.given(histories(), moments)
def test_it_is_the_flavor_that_lived_when_the_server_was_made(records, created):
    found = embedded_flavor.chosen(records, created)
    lived = [each for each in records if each['created_at'] <= created and (
        each['deleted_at'] is None or created <= each['deleted_at'])]
    newest = max(records, key=lambda each: each['created_at'])
    late = [each for each in records  # Nova says when it was by the second
            if created < each['created_at'] < created + datetime.timedelta(seconds=1)]
    assert found in (late or lived or [newest])


@hypothesis.given(histories())
def test_it_is_the_newest_where_that_is_not_known(records):
    newest = max(records, key=lambda each: each['created_at'])
    assert embedded_flavor.chosen(records, None) == newest
    assert embedded_flavor.chosen(records, datetime.datetime(2025, 1, 1)) == newest


def test_there_is_none_where_nobody_had_the_id():
    assert embedded_flavor.chosen([], datetime.datetime(2026, 1, 1)) is None


@pytest.mark.parametrize(('depth', 'is_deep'), [
    (0, False), (nesting.DEEPEST - 1, False), (nesting.DEEPEST, True), (5000, True)])
@pytest.mark.parametrize('around', [lambda value: [1, value], lambda value: {'a': value, 'b': 1}])
def test_what_is_nested_deeply(depth, is_deep, around):
    document = 1
    for _ in range(depth):
        document = around(document)
    assert nesting.is_deep(document) is is_deep
