"""Whether a client certificate and its key will serve, found out before the first sale.

WeChat wants the certificate for revoke and refund only, that is, exactly when money is in doubt: a box that can charge but
not revoke is the most dangerous one. So a TLS handshake is rehearsed in memory, box against a server that demands this very
certificate; OpenSSL judges key and dates as a provider's would.
"""

from __future__ import annotations

import re
import ssl
import time
from pathlib import Path

from daemon.gateways.base import Problem
from daemon.gateways.tls import refuse_password

_LEAF = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_SOON_S = 30 * 86400  # how long before its end a certificate is worth a word. Own


def check_certificate(cert_file: Path, key_file: Path) -> list[Problem]:
    """What is wrong with the pair (both PEM; the certificate may be followed by its chain). Empty: it will serve.

    Texts name the files without their folders. Reads files and computes for some 10 ms: not on the event loop's thread.
    """
    try:
        leaf = _leaf(cert_file)
        _read(key_file)
        _load(cert_file, key_file)
        return _rehearse(cert_file, key_file, leaf)
    except _Unusable as error:
        return [Problem(str(error), blocking=True)]


def expires_at(cert_file: Path, key_file: Path) -> float | None:
    """When that certificate ends, in seconds since 1970; None where the pair cannot be used now, which `check_certificate` explains."""
    try:
        shown = _handshake(*_ends(cert_file, key_file, _leaf(cert_file)))
        return float(ssl.cert_time_to_seconds(str(shown["notAfter"])))
    except (_Unusable, OSError, ValueError, KeyError):  # ssl.SSLError is an OSError
        return None


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


def _rehearse(cert_file: Path, key_file: Path, leaf: str) -> list[Problem]:
    try:
        shown = _handshake(*_ends(cert_file, key_file, leaf))
    except ssl.SSLCertVerificationError as error:
        return [_refused(cert_file, error)]
    except ssl.SSLError as error:
        raise _Unusable(f"{cert_file.name} and {key_file.name} do not complete a TLS handshake ({error.reason})") from error
    left_s = ssl.cert_time_to_seconds(str(shown["notAfter"])) - time.time()
    if left_s < _SOON_S:
        return [Problem(f"{cert_file.name} expires in {max(0, int(left_s // 86400))} days", blocking=False)]
    return []


def _refused(cert_file: Path, error: ssl.SSLCertVerificationError) -> Problem:
    """Dates are facts (or the clock is wrong, and then TLS fails anyway); another objection may be OpenSSL's alone."""
    if error.verify_code == _EXPIRED:
        return Problem(f"{cert_file.name} has expired, or the box's clock is wrong", blocking=True)
    if error.verify_code == _NOT_YET_VALID:
        return Problem(f"{cert_file.name} is not valid yet, or the box's clock is wrong", blocking=True)
    return Problem(f"{cert_file.name} may be refused as a client's certificate: {error.verify_message}", blocking=False)


def _ends(cert_file: Path, key_file: Path, leaf: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The box, and a server that trusts nothing but the box's own certificate, itself and not its issuer.

    The server needs a certificate too; it shows the same one, and the box does not look.
    """
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE  # an in-memory rehearsal: no data goes anywhere
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    server.load_verify_locations(cadata=leaf)
    for context in (client, server):
        context.load_cert_chain(cert_file, key_file, password=refuse_password)
    return client, server


def _handshake(client: ssl.SSLContext, server: ssl.SSLContext) -> dict[str, object]:
    """What the server sees of the client's certificate. Raises ssl.SSLError where the handshake fails."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    box = client.wrap_bio(to_client, to_server)
    provider = server.wrap_bio(to_server, to_client, server_side=True)
    box_done = _step(box)
    while not _step(provider):
        if box_done:
            raise ssl.SSLError(1, "the handshake stalls")
        box_done = _step(box)
    return dict(provider.getpeercert() or {})


def _step(end: ssl.SSLObject) -> bool:
    """As far as one end comes with what has arrived; whether it has finished."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
