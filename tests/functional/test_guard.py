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

"""The transport to registered clouds, against servers that are not what they seem."""

import datetime
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
import pytest
import requests

from flavorsvc.cloud import guard
from flavorsvc.domain import failures
from tests.functional import foreign

LOOPBACK = ['127.0.0.1/32']


def session(*allowed, denied=()):
    made = requests.Session()
    made.trust_env = False
    for scheme in ('http://', 'https://'):
        made.mount(scheme, guard.Adapter(guard.Networks(allowed, denied)))
    return made


@pytest.fixture
def names(monkeypatch):
    """Names that resolve to what the test says, each time to the next."""
    known, resolve = {}, socket.getaddrinfo

    def stand_in(host, port, *args, **kwargs):
        if host not in known:
            return resolve(host, port, *args, **kwargs)
        addresses = known[host].pop(0) if len(known[host]) > 1 else known[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, '', (address, port))
                for address in addresses]
    monkeypatch.setattr(socket, 'getaddrinfo', stand_in)
    return known


def test_a_permitted_address_is_called(cloud):
    assert session(*LOOPBACK).get(f'{cloud.url}/v3').json()['version']['id'] == 'v3.14'


@pytest.mark.parametrize('host', [
    '127.0.0.1', 'localhost', 'localhost.', '127.1', '2130706433', '0x7f000001', '0x7f.1',
    '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0', '0.0.0.0'])
def test_no_way_to_write_this_machine_is_called(cloud, host):
    port = cloud.url.rpartition(':')[2]
    with pytest.raises((failures.Unreachable, requests.exceptions.RequestException)) as caught:
        session().get(f'http://{host}:{port}/v3')
    assert cloud.asked == []
    if isinstance(caught.value, failures.Unreachable):
        assert caught.value.reason == 'address'


def test_a_name_with_one_denied_address_is_not_called_at_all(cloud, names):
    names['both.test'] = [['127.0.0.1', '127.0.0.2']]
    with pytest.raises(failures.Unreachable):
        session(*LOOPBACK).get(cloud.url.replace('127.0.0.1', 'both.test'))
    assert cloud.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_called(cloud, names):
    names['fickle.test'] = [['127.0.0.1'], ['127.0.0.2']]
    url = cloud.url.replace('127.0.0.1', 'fickle.test')
    assert session(*LOOPBACK).get(f'{url}/v3').status_code == 200
    with pytest.raises(failures.Unreachable):
        session(*LOOPBACK).get(f'{url}/v3')
    assert len(cloud.asked) == 1


def test_the_next_address_is_tried_when_one_is_dead(cloud, names):
    names['two.test'] = [['127.0.0.9', '127.0.0.1']]
    url = cloud.url.replace('127.0.0.1', 'two.test')
    assert session('127.0.0.0/8').get(f'{url}/v3').status_code == 200


def test_a_redirect_leads_to_no_denied_address(cloud):
    port = cloud.url.rpartition(':')[2]
    cloud.answers['GET', '/v3'] = lambda handler: foreign.say(
        handler, 302, headers={'Location': f'http://127.0.0.2:{port}/'})
    with pytest.raises(failures.Unreachable):
        session(*LOOPBACK).get(f'{cloud.url}/v3')


@pytest.mark.parametrize('url', ['ftp://127.0.0.1/', 'file:///etc/hostname', 'unix://x/'])
def test_only_http_is_spoken(url):
    with pytest.raises(requests.exceptions.InvalidSchema):
        session(*LOOPBACK).get(url)


def test_no_proxy_is_used(cloud, monkeypatch):
    monkeypatch.setenv('http_proxy', cloud.url)
    with pytest.raises(requests.exceptions.ConnectionError):
        session(*LOOPBACK).get('http://no-such-host.invalid/')
    assert cloud.asked == []


def test_a_name_that_cannot_be_resolved_is_a_connection_that_failed():
    for host in ('no-such-host.invalid', 'a' * 64 + '.test'):
        with pytest.raises(requests.exceptions.RequestException):
            session().get(f'http://{host}/')


@pytest.mark.parametrize('head', [b'', b'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'])
def test_an_answer_that_drips_is_cut_off(head):
    over = threading.Event()

    def drip(listening):
        connection, _ = listening.accept()
        with connection:
            connection.sendall(head)
            try:
                while not over.wait(0.02):
                    connection.sendall(b'x')
            except OSError:
                over.set()

    with socket.create_server(('127.0.0.1', 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        with pytest.raises(requests.exceptions.Timeout):
            session(*LOOPBACK).get(f'http://127.0.0.1:{listening.getsockname()[1]}/',
                                   timeout=0.5)
        thread.join(30)
        over.set()


def test_an_answer_without_end_is_cut_off(cloud):
    def endless(handler):
        handler.close_connection = True
        handler.wfile.write(b'HTTP/1.1 200 OK\r\n\r\n')
        try:
            while True:
                handler.wfile.write(b'x' * 65536)
        except OSError:
            pass
    cloud.answers['GET', '/v3'] = endless
    with pytest.raises(requests.exceptions.ConnectionError, match='does not end'):
        session(*LOOPBACK).get(f'{cloud.url}/v3', timeout=30)


@pytest.fixture
def certificate(tmp_path):
    """Path of the certificate and key of right.test, which certifies itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'right.test')])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName('right.test')]), False)
            .add_extension(x509.BasicConstraints(True, None), True)
            .sign(key, hashes.SHA256()))
    path = tmp_path / 'right.pem'
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                          serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_is_verified_against_the_name_not_the_address(certificate, names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    names.update({'right.test': [['127.0.0.1']], 'wrong.test': [['127.0.0.1']]})
    with foreign.running(context) as cloud:
        port = cloud.url.rpartition(':')[2]
        trusting = session(*LOOPBACK)
        trusting.verify = str(certificate)
        assert trusting.get(f'https://right.test:{port}/v3').status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            trusting.get(f'https://wrong.test:{port}/v3')
        with pytest.raises(requests.exceptions.SSLError):
            session(*LOOPBACK).get(f'https://right.test:{port}/v3')
