"""TLS as every gateway speaks it: version 1.2 or newer, the server verified, a client certificate where one is given."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Which authorities to believe (None: the system's) and which certificate to show (None: none). All files are PEM."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


def build_context(settings: TlsSettings) -> ssl.SSLContext:
    """The context of one client. Reads files and takes some 30 ms on a desktop: never on the event loop's thread.

    Raises OSError (ssl.SSLError among them) where a file is missing or unusable, ValueError where a key is encrypted.
    """
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file, password=refuse_password)
    return context


def refuse_password() -> NoReturn:
    """Stands where OpenSSL would ask the terminal for a passphrase, and wait for ever in a service that has none."""
    raise ValueError(
        "the key is encrypted: the box has nobody to ask for its passphrase, store it unencrypted and readable to the box only"
    )
