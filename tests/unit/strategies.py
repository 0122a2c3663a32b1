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

"""Generators of flavors for property tests."""

import dataclasses

from hypothesis import strategies as st

from flavorsvc.domain import flavor

_words = st.sampled_from(['a', 'b', 'hw:cpu_policy', 'scs:name-v2', 'é'])
_texts = st.text('abc', max_size=3)
_projects = st.frozensets(st.sampled_from(['p1', 'p2', 'p3']))


@st.composite
def specs(draw, flavor_id='f1'):
    """Draw a flavor.Spec of one id."""
    is_public = draw(st.booleans())
    return flavor.Spec(
        id=flavor_id, name=draw(st.sampled_from(['n1', 'n2'])),
        vcpus=draw(st.integers(1, 3)), ram_mib=draw(st.integers(1, 3)),
        disk_gib=draw(st.integers(0, 2)), ephemeral_gib=draw(st.integers(0, 1)),
        swap_mib=draw(st.integers(0, 1)), is_public=is_public,
        description=draw(st.none() | st.text('xy', min_size=1, max_size=2)),
        extra_specs=draw(st.dictionaries(_words, _texts)),
        projects=frozenset() if is_public else draw(_projects))


@st.composite
def similar(draw, spec):
    """Draw a flavor.Spec that differs from another only in what Nova can change."""
    other = draw(specs(spec.id))
    return dataclasses.replace(
        spec, description=other.description, extra_specs=other.extra_specs,
        projects=frozenset() if spec.is_public else draw(_projects))


def values_of(spec, **more):
    """Give the flavor of a catalogue, as it crosses RPC, that a spec stands for."""
    return {**dataclasses.asdict(spec), 'extra_specs': dict(spec.extra_specs),
            'projects': sorted(spec.projects), 'properties': {}, 'public': False,
            'promoted': False, **more}
