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

"""Which addresses registered clouds may be at."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flavorsvc.cloud import guard

V4 = st.ip_addresses(v=4)


@pytest.mark.parametrize('address', [
    '127.0.0.1', '127.255.255.254', '::1',
    '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254',
    '0.0.0.0', '0.1.2.3', '::',
    '224.0.0.1', 'ff02::1', '240.0.0.1', '255.255.255.255', 'fec0::1',
    '::ffff:127.0.0.1', '::ffff:169.254.169.254', '::127.0.0.1',
    '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', '2002:7f00:1::1',
    '2001:0:7f00:1::1'])
def test_what_only_this_machine_reaches_is_denied(address):
    assert not guard.Networks().permit(address)


@pytest.mark.parametrize('address', [
    '8.8.8.8', '10.1.2.3', '192.168.1.1', '2600::1', 'fd12::1', '::ffff:8.8.8.8',
    '64:ff9b::808:808', '2002:808:808::1'])
def test_other_addresses_are_permitted(address):
    assert guard.Networks().permit(address)


@given(V4)
def test_an_ipv4_address_gains_nothing_by_dressing_up(address):
    networks = guard.Networks(denied=['10.0.0.0/8'])
    for dressed in (ipaddress.IPv6Address(0xffff << 32 | int(address)),
                    ipaddress.IPv6Address(0x64ff9b << 96 | int(address))):
        assert networks.permit(str(dressed)) == networks.permit(str(address))


@given(V4)
def test_what_is_allowed_wins(address):
    assert guard.Networks(allowed=[f'{address}/32'], denied=['0.0.0.0/0']).permit(str(address))


@given(st.ip_addresses())
def test_where_everything_is_denied_nothing_is_permitted(address):
    assert not guard.Networks(denied=['0.0.0.0/0', '::/0']).permit(str(address))


def test_what_is_no_network_is_refused():
    with pytest.raises(ValueError, match='host bits'):
        guard.Networks(allowed=['10.0.0.1/8'])
