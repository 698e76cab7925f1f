"""Whether a certificate and its key will serve, as a client's at a provider or as the box's own, found out before the first sale.

WeChat wants the certificate for revoke and refund only, that is, exactly when money is in doubt: a box that can charge but
not revoke is the most dangerous one. So a TLS handshake is rehearsed in memory, box against a server that demands this very
certificate; OpenSSL judges key and dates as a provider's would. The box's own certificate (`[web]`) is judged the same way, with
the ends exchanged.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import time
from enum import Enum
from pathlib import Path

from daemon.gateways.base import Problem
from daemon.gateways.tls import refuse_password

_LEAF = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_SOON_S = 30 * 86400  # how long before its end a certificate is worth a word. Own


class Role(Enum):
    """Which end of a connection shows the certificate."""

    CLIENT = "client"
    SERVER = "server"


def check_certificate(cert_file: Path, key_file: Path, role: Role = Role.CLIENT) -> list[Problem]:
    """What is wrong with the pair (both PEM; the certificate may be followed by its chain). Empty: it will serve.

    `blocking`: it cannot be used. A client's dates block, because a provider refuses then; a server's do not, because its callers
    decide, and a clock that is not set yet must not keep the box from selling. Texts name the files without their folders.
    Reads files and computes for some 10 ms: not on the event loop's thread.
    """
    try:
        leaf = _leaf(cert_file)
        _read(key_file)
        _load(cert_file, key_file)
        return _rehearse(cert_file, key_file, leaf, role)
    except _Unusable as error:
        return [Problem(str(error), blocking=True)]


def expires_at(cert_file: Path, key_file: Path) -> float | None:
    """When that certificate ends, in seconds since 1970; None where the pair cannot be used now, which `check_certificate` explains."""
    try:
        role = Role.CLIENT
        shown = _handshake(*_ends(cert_file, key_file, _leaf(cert_file), role), role)
        return float(ssl.cert_time_to_seconds(str(shown["notAfter"])))
    except (_Unusable, OSError, ValueError, KeyError):  # ssl.SSLError is an OSError
        return None


def fingerprint(cert_file: Path) -> bytes:
    """SHA-256 of the first certificate in a PEM file, as `openssl x509 -fingerprint -sha256` shows it.

    Raises OSError, ValueError where there is none.
    """
    found = _LEAF.search(cert_file.read_text(encoding="ascii", errors="replace"))
    if found is None:
        raise ValueError("the file holds no certificate")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found.group())).digest()


class _Unusable(Exception):
    """Text for people."""


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise _Unusable(f"{path.name}: there is no such file") from error
    except OSError as error:
        raise _Unusable(f"{path.name} cannot be read: {error.strerror}") from error
    if b"-----BEGIN " not in data:
        hint = "; it looks like PKCS#12 (.p12): take the pair of .pem files" if data[:2] == b"\x30\x82" else ""
        raise _Unusable(f"{path.name} is not PEM{hint}")
    return data.decode("ascii", "replace")


def _leaf(path: Path) -> str:
    """The first certificate in the file: the box's own."""
    found = _LEAF.search(_read(path))
    if found is None:
        raise _Unusable(f"{path.name} holds no certificate")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=found.group())
    except (ssl.SSLError, ValueError) as error:
        raise _Unusable(f"{path.name} holds a damaged certificate") from error
    return found.group()


def _load(cert_file: Path, key_file: Path) -> None:
    """Certificate and key together, as the client will load them."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert_file, key_file, password=refuse_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise _Unusable(f"{key_file.name} is not the key of {cert_file.name}") from error
        name = cert_file.name if _is_about_certificate(error) else key_file.name
        raise _Unusable(f"{name} cannot be used ({error.reason or 'damaged, or no private key'})") from error
    except ValueError as error:
        raise _Unusable(f"{key_file.name}: {error}") from error


def _is_about_certificate(error: ssl.SSLError) -> bool:
    """OpenSSL's security level refuses weak certificates by such reasons; whatever else goes wrong now is the key's."""
    return (error.reason or "").startswith(("EE_", "CA_"))


def _rehearse(cert_file: Path, key_file: Path, leaf: str, role: Role) -> list[Problem]:
    try:
        shown = _handshake(*_ends(cert_file, key_file, leaf, role), role)
    except ssl.SSLCertVerificationError as error:
        return [_refused(cert_file, error, role)]
    except ssl.SSLError as error:
        raise _Unusable(f"{cert_file.name} and {key_file.name} do not complete a TLS handshake ({error.reason})") from error
    left_s = ssl.cert_time_to_seconds(str(shown["notAfter"])) - time.time()
    if left_s < _SOON_S:
        return [Problem(f"{cert_file.name} expires in {max(0, int(left_s // 86400))} days", blocking=False)]
    return []


def _refused(cert_file: Path, error: ssl.SSLCertVerificationError, role: Role) -> Problem:
    """Dates are facts (or the clock is wrong, and then TLS fails anyway); another objection may be OpenSSL's alone."""
    if error.verify_code == _EXPIRED:
        return Problem(f"{cert_file.name} has expired, or the box's clock is wrong", blocking=role is Role.CLIENT)
    if error.verify_code == _NOT_YET_VALID:
        return Problem(f"{cert_file.name} is not valid yet, or the box's clock is wrong", blocking=role is Role.CLIENT)
    return Problem(f"{cert_file.name} may be refused as a {role.value}'s certificate: {error.verify_message}", blocking=False)


def _ends(cert_file: Path, key_file: Path, leaf: str, role: Role) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Client and server. The one that is not the box trusts nothing but the box's own certificate, itself and not its issuer.

    Both show the same one, since a server always needs one; the box does not look.
    """
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE  # an in-memory rehearsal: no data goes anywhere
    judge = server if role is Role.CLIENT else client
    judge.verify_mode = ssl.CERT_REQUIRED
    judge.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    judge.load_verify_locations(cadata=leaf)
    for context in (client, server):
        context.load_cert_chain(cert_file, key_file, password=refuse_password)
    return client, server


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext, role: Role) -> dict[str, object]:
    """What the other end sees of the box's certificate. Raises ssl.SSLError where the handshake fails."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    calling = client.wrap_bio(to_client, to_server)
    called = server.wrap_bio(to_server, to_client, server_side=True)
    calling_done = _step(calling)
    while not _step(called):
        if calling_done:
            raise ssl.SSLError(1, "the handshake stalls")
        calling_done = _step(calling)
    return dict((called if role is Role.CLIENT else calling).getpeercert() or {})


def _step(end: ssl.SSLObject) -> bool:
    """As far as one end comes with what has arrived; whether it has finished."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
