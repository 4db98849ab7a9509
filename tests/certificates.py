"""Certificates made on the spot, because one kept in the repository would expire there."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=1)
# For clients of servers without TLS: to read the system's authorities takes 20 ms for each client.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class Certificate:
    """A server's certificate and its key, PEM."""

    certificate: bytes
    key: bytes

    def server_context(self, clients: "Authority | None" = None) -> ssl.SSLContext:
        """Build the context a TLS server listens with, which may want certificates of its clients;
        ssl reads certificates from files only."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_bytes(self.certificate + self.key)
            context.load_cert_chain(path)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=clients.pem)
        return context


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and the ways in which what it issues can be wrong."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def create(
        cls, name: str = "Test CA", *, key_usage: bool = True, age: timedelta = timedelta(0)
    ) -> Self:
        """Make one; without key_usage Python 3.13 refuses it by default, aged over a day anybody
        does."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(name, _name(name), key.public_key(), age).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        if key_usage:
            builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    def issue_authority(self, name: str) -> Self:
        """Issue an authority's certificate: an intermediate one."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(name, self.certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
        )
        return type(self)(builder.sign(self.key, hashes.SHA256()), key)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def client_context(self) -> ssl.SSLContext:
        """Build the context of a client that trusts this authority alone."""
        return ssl.create_default_context(cadata=self.pem)

    def issue(self, *hosts: str, age: timedelta = timedelta(0)) -> Certificate:
        """Issue a certificate for these names and addresses; aged over a day it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _server_builder(hosts, self.certificate.subject, key, age)
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(authority_id, critical=False)
        return _pem(builder.sign(self.key, hashes.SHA256()), key)


def self_signed(*hosts: str) -> Certificate:
    """Make what `vllm serve` is given by someone without a CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _server_builder(hosts, _name(hosts[0]), key, timedelta(0))
    return _pem(builder.sign(key, hashes.SHA256()), key)


def _server_builder(
    hosts: tuple[str, ...], issuer: x509.Name, key: ec.EllipticCurvePrivateKey, age: timedelta
) -> x509.CertificateBuilder:
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    purpose = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    return (
        _builder(hosts[0], issuer, key.public_key(), age)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(names, critical=False)
    )


def _builder(
    subject: str,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    age: timedelta = timedelta(0),
) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - timedelta(minutes=5) - age
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    return Certificate(
        certificate.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )
