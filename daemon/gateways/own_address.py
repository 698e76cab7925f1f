"""The address of the box itself, for providers that want to know where a payment is asked for."""

from __future__ import annotations

import socket


def own_address() -> str:
    """The address that the box would use towards the Internet; 127.0.0.1 where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): connecting a datagram socket only picks a route
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"
