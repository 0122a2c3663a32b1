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

"""What of Keystone's catalogue is a Nova, and what is flavorsvc."""

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from keystoneauth1.access import service_catalog
import pytest

from flavorsvc.cloud import catalog

NOVA = 'http://nova.test:8774/v2.1'
OWN = 'http://flavorsvc.test:9890/v1'


def listing(*endpoints):
    """Make a catalogue of (service type, region, URL), or with an interface as the fourth."""
    services = {}
    for service_type, region, url, *interface in endpoints:
        services.setdefault(service_type, []).append({
            'id': str(len(services)), 'interface': (interface or ['public'])[0],
            'region_id': region, 'region': region, 'url': url})
    return service_catalog.ServiceCatalogV3([
        {'id': kind, 'type': kind, 'name': kind, 'endpoints': listed}
        for kind, listed in services.items()])


@pytest.mark.parametrize('url', [
    'http://flavorsvc.test:9890/v2.1', 'http://flavorsvc.test:9890/v2.1/',
    'HTTP://Flavorsvc.Test.:9890//v2.1', 'http://flavorsvc.test:9890/v1/../v2.1',
    'http://flavorsvc.test:9890/v2%2E1', ' http://flavorsvc.test:9890/v2.1 ',
    'http://flavorsvc.test:9890/v2.1/0123456789abcdef', 'http://flavorsvc.test:9890',
    'http://flavorsvc.test:9890/regions/RegionOne/v2.1'])
@pytest.mark.parametrize('own', [OWN, 'http://flavorsvc.test:9890', f'{OWN}/'])
def test_what_lies_under_the_url_of_flavorsvc_is_flavorsvc(url, own):
    assert catalog.is_own_compute(url, [own])


@pytest.mark.parametrize(('url', 'own'), [
    (NOVA, OWN), ('https://flavorsvc.test:9890/v2.1', OWN), ('http://flavorsvc.test/v2.1', OWN),
    # one proxy for all services
    ('https://cloud.test/compute/v2.1', 'https://cloud.test/v1'),
    ('https://cloud.test/compute/v2.1', 'https://cloud.test/flavors/v1'),
    ('https://cloud.test/flavors2/v2.1', 'https://cloud.test/flavors/v1'),
    ('https://cloud.test/v2.1', 'https://cloud.test/flavors/v1'),
    ('http://[bad/v2.1', OWN), ('http://flavorsvc.test:99999/v2.1', OWN), ('', OWN)])
def test_what_does_not_is_a_nova(url, own):
    assert not catalog.is_own_compute(url, [own])


def test_two_urls_that_nobody_can_read_are_not_the_same():
    assert not catalog.is_own_compute('http://nova.test:$(compute_port)s/', ['http://[bad'])


@pytest.mark.parametrize(('url', 'own'), [
    ('https://cloud.test:443/flavors/v2.1', 'https://cloud.test/flavors/v1'),
    ('http://cloud.test/v2.1', 'http://cloud.test:80'),
    ('http://[::1]:9890/v2.1', 'http://[::1]:9890/v1')])
def test_a_port_that_goes_without_saying_may_be_said(url, own):
    assert catalog.is_own_compute(url, [own])


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_catalogue_says_can_be_compared(url, own):
    assert catalog.is_own_compute(f'http://h{url}', [own, f'http://h{own}']) in (True, False)


def test_a_region_that_has_flavorsvc_for_a_nova_is_told_apart():
    assert catalog.novas(listing(
        ('compute', 'RegionOne', NOVA), ('compute', 'flavorsvc', 'http://flavorsvc.test:9890/v2.1'),
        ('flavorsvc', 'RegionOne', OWN)), 'public') == ({'RegionOne': NOVA}, {'flavorsvc'})


def test_flavorsvc_is_known_by_whichever_of_its_interfaces():
    assert catalog.novas(listing(
        ('compute', 'all', 'http://flavorsvc.test:9890/v2.1', 'internal'),
        ('flavorsvc', 'RegionOne', OWN, 'public')), 'internal') == ({}, {'all'})


def test_a_region_that_has_a_nova_too_is_a_region():
    assert catalog.novas(listing(
        ('compute', 'RegionOne', NOVA), ('compute', 'RegionOne', 'http://flavorsvc.test:9890/v2.1'),
        ('flavorsvc', 'RegionOne', OWN)), 'public') == ({'RegionOne': NOVA}, set())


def test_only_the_interface_that_is_asked_for_counts():
    assert catalog.novas(listing(
        ('compute', 'RegionOne', NOVA, 'internal'), ('identity', 'RegionTwo', NOVA)),
        'public') == ({}, set())


def test_an_endpoint_without_a_region_is_none():
    assert catalog.novas(listing(('compute', None, NOVA)), 'public') == ({}, set())
