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

"""Keeps calls to registered clouds away from addresses that only this machine can reach.

Whoever registers a cloud names the host that the conductor then calls, and so
does that cloud's own service catalogue. The address is checked where the
connection is made, on the very address that is connected to: a name that
resolves to another one a moment later, or a redirect, gains nothing.
"""

import contextlib
import ipaddress
import socket
import threading

import requests
from requests import adapters
from urllib3 import connection
from urllib3 import connectionpool
from urllib3 import exceptions
from urllib3.util import connection as connecting

from flavorsvc.domain import failures

#: Denied besides what the ipaddress module calls loopback, link-local, multicast, reserved and
#: unspecified: "this" network, site-local addresses, translation for local use only, and the
#: metadata services of public clouds that are not at link-local addresses.
_DENIED = tuple(map(ipaddress.ip_network, (
    '0.0.0.0/8', 'fec0::/10', '64:ff9b:1::/48', 'fd00:ec2::254/128', '100.100.100.200/32',
    '168.63.129.16/32', '192.0.0.192/32')))

_NAT64 = ipaddress.ip_network('64:ff9b::/96')

#: Most addresses of one name that are tried, so that a name with hundreds costs no hour.
_TRIED = 4

#: Longest answer that is read, in bytes.
LONGEST = 16 * 1024 * 1024


class Networks:
    """Which addresses may be called."""

    def __init__(self, allowed=(), denied=()):
        """Take the deployer's lists.

        :param allowed: iterable of str such as '10.1.0.0/16', permitted whatever else is said
        :param denied: iterable of str, forbidden besides what always is
        :raises ValueError: when one of them is no network
        """
        self._allowed = [ipaddress.ip_network(each) for each in allowed]
        self._denied = [*_DENIED, *map(ipaddress.ip_network, denied)]

    def permit(self, address):
        """Tell whether an address may be called.

        What an IPv6 address carries of IPv4 is what is reached through it, so
        that has to be permitted too.

        :param address: str, numeric
        :returns: bool
        """
        return all(map(self._permits, _reached(ipaddress.ip_address(address.partition('%')[0]))))

    def _permits(self, address):
        if _in(address, self._allowed):
            return True
        return not (address.is_loopback or address.is_link_local or address.is_unspecified
                    or address.is_multicast or address.is_reserved or _in(address, self._denied))


class Adapter(adapters.HTTPAdapter):
    """A transport of requests whose every connection goes to a permitted address.

    An answer has to be complete within the timeout of its request, however
    slowly it drips, and may not be endless.
    """

    def __init__(self, networks):
        """Prepare; nothing is contacted.

        :param networks: Networks
        """
        self._networks = networks
        super().__init__()

    def init_poolmanager(self, *args, **kwargs):
        """Have the pools make connections that check where they go."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {'ConnectionCls': type(
                kind.__name__, (_Checked, kind), {'networks': self._networks})})
            for scheme, pool, kind in (
                ('http', connectionpool.HTTPConnectionPool, connection.HTTPConnection),
                ('https', connectionpool.HTTPSConnectionPool, connection.HTTPSConnection))}

    def send(self, request, stream=False, timeout=None, **kwargs):
        """Send a request and read its whole answer.

        :param timeout: float seconds
        :raises failures.Unreachable: when the host is at an address that is not permitted
        :raises requests.exceptions.RequestException: as requests does
        """
        with _alarm(timeout):
            response = super().send(request, stream=True, timeout=timeout, **kwargs)
            pieces, size = [], 0
            for piece in response.iter_content(65536):
                pieces.append(piece)
                size += len(piece)
                if size > LONGEST:
                    response.close()
                    raise requests.exceptions.ConnectionError('The answer does not end.')
            response._content = b''.join(pieces)
        return response


class _Checked:
    """Mixed into a connection of urllib3."""

    networks = None

    def _new_conn(self):
        try:
            found = [row[4][0] for row in socket.getaddrinfo(
                self._dns_host.strip('[]'), self.port, type=socket.SOCK_STREAM)]
        except (socket.gaierror, UnicodeError) as error:
            raise exceptions.NewConnectionError(
                self, f'The name {self.host} cannot be resolved.') from error
        # All of them, not the first: an answer of two is how a name changes its mind.
        if not all(map(self.networks.permit, found)):
            raise failures.Unreachable(
                'address', f'The address of {self.host} is not one that may be called '
                           f'([infrastructures] allowed_networks and denied_networks).')
        return self._to_one_of(list(dict.fromkeys(found))[:_TRIED])

    def _to_one_of(self, found):
        for left, address in enumerate(found, 1 - len(found)):
            try:
                return connecting.create_connection(
                    (address, self.port), self.timeout, source_address=self.source_address,
                    socket_options=self.socket_options)
            except TimeoutError as error:
                if not left:
                    raise exceptions.ConnectTimeoutError(
                        self, f'Connection to {self.host} timed out.') from error
            except OSError as error:
                if not left:
                    raise exceptions.NewConnectionError(
                        self, f'Failed to establish a new connection: {error}') from error

    def request(self, *args, **kwargs):
        _UNDER_WAY.connection = self
        return super().request(*args, **kwargs)


#: The connection that this thread's request goes over.
_UNDER_WAY = threading.local()


@contextlib.contextmanager
def _alarm(seconds):
    """Cut the connection of this thread's request off when it takes too long as a whole.

    A socket's own timeout starts anew with every byte.
    """
    over = threading.Event()
    _UNDER_WAY.connection = None
    holder = _UNDER_WAY.__dict__

    def cut():
        over.set()
        sock = getattr(holder['connection'], 'sock', None)
        if sock is not None:
            with contextlib.suppress(OSError):
                # not that of SSLSocket, which changes what the other thread is reading from
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
    timer = threading.Timer(seconds, cut) if seconds else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield
    except requests.exceptions.RequestException as error:
        if over.is_set():
            raise requests.exceptions.ReadTimeout(str(error), request=error.request) from error
        raise
    finally:
        if timer:
            timer.cancel()


def _in(address, networks):
    return any(address in network for network in networks)


def _reached(address):
    """List the addresses that a packet to this one may get to.

    :param address: ipaddress.IPv4Address or IPv6Address
    :returns: list of the same
    """
    if address.version == 4:
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xffffffff)]
    if address.sixtofour:
        return [address, address.sixtofour]
    if address.teredo:
        return [address, *address.teredo]
    return [address]
