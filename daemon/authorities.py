"""The certificate authorities of the system, kept out of what does not need them.

aiohttp reads all of them when it is imported, for TLS contexts of its own (since 3.10). The box never uses those: each gateway has a
context that says whom it believes (`daemon.gateways.tls`). Reading them takes a seventh of a start's processor time, and what is read
stays in memory, 1.7 MB of it. Whoever did use aiohttp's contexts would believe nobody, and be refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_WHERE = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # where OpenSSL looks instead of its usual places: SSL_CTX_load_verify_locations(3)


@contextmanager
def hidden() -> Iterator[None]:
    """There are none, for contexts that are made meanwhile. Only while no other thread makes one: it changes the environment."""
    before = {name: os.environ.get(name) for name in _WHERE}
    os.environ.update(dict.fromkeys(_WHERE, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
