"""Throw-away certificates: a CA, a server certificate for loopback, a client certificate, all ECDSA P-256.

Made anew in every run, into a directory of their own, never kept. `cryptography` is imported here and nowhere else.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = dt.timedelta(days=1)
_LIFE_DAYS = 90  # longer than the month before its end in which a box begins to warn
_PURPOSE = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files. The CA signed both certificates; its key is thrown away at once."""

    ca_file: Path
    server_cert_file: Path
    server_key_file: Path
    client_cert_file: Path
    client_key_file: Path


def make_certificates(
    directory: Path, *, client_days: int = _LIFE_DAYS, server_days: int = _LIFE_DAYS, names: Sequence[str] = ()
) -> Certificates:
    """Write a fresh set into `directory` (made, and closed to others: 0700, files 0600).

    `names` are those under which the server is reached beside loopback.
    `client_days` and `server_days` are how long each certificate is still good; below zero it has expired. Raises OSError.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca = _ca(ca_key)
    made = Certificates(
        ca_file=directory / "ca.pem",
        server_cert_file=directory / "server.pem",
        server_key_file=directory / "server.key",
        client_cert_file=directory / "client.pem",
        client_key_file=directory / "client.key",
    )
    write_private(made.ca_file, ca.public_bytes(serialization.Encoding.PEM))
    _issue("server", made.server_cert_file, made.server_key_file, ca, ca_key, server_days, names)
    _issue("client", made.client_cert_file, made.client_key_file, ca, ca_key, client_days)
    return made


def server_context(certificates: Certificates, *, client_required: bool = False) -> ssl.SSLContext:
    """TLS for the server. A client certificate may be shown, and must be of this CA; `client_required`: the handshake fails
    without one."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca_file))
    context.load_cert_chain(certificates.server_cert_file, certificates.server_key_file)
    context.verify_mode = ssl.CERT_REQUIRED if client_required else ssl.CERT_OPTIONAL
    return context


def write_private(path: Path, content: bytes) -> None:
    """Write a file that nobody else may read, not even for a moment. Raises OSError."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tillbox sandbox"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _begin(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + days * _DAY) - _DAY)  # a box whose clock is a little behind must still connect
        .not_valid_after(now + days * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _ca(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("sandbox CA")
    return (
        _begin(name, name, key.public_key(), _LIFE_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _issue(
    role: str,
    cert_file: Path,
    key_file: Path,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
    days: int,
    names: Sequence[str] = (),
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _begin(_name(f"sandbox {role}"), ca.subject, key.public_key(), days)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_PURPOSE[role]]), critical=False)
    )
    if role == "server":
        builder = builder.add_extension(x509.SubjectAlternativeName([*_loopback(), *map(x509.DNSName, names)]), critical=False)
    write_private(cert_file, builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(key_file, pem)


def _loopback() -> list[x509.GeneralName]:
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    return [x509.DNSName("localhost"), *addresses]


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
