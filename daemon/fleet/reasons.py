"""Why a broker refuses: its numbers, as texts for the person who set it up; and what else goes wrong on the way to it.

BrokerError           the connection is over, or was none
├── Lost              the network, or the broker, went away: try again soon
└── Refused           the broker, or the box, will have none of it: a person must change something. Tried again all the same
"""

from __future__ import annotations

import os
import socket
import ssl

# MQTT 5, 2.4; those below 0x80 are of 3.1.1 (3.2.2.3 there), which calls an unknown version 1.
_TEXTS = {
    0x01: "does not speak this version of MQTT",
    0x02: "refuses the client_id",
    0x03: "is not available",
    0x04: "refuses username or password",
    0x05: "refuses this box (not authorized)",
    0x84: "does not speak this version of MQTT",
    0x85: "refuses the client_id",
    0x86: "refuses username or password",
    0x87: "refuses this box (not authorized)",
    0x88: "is not available",
    0x89: "is busy",
    0x8A: "has banned this box",
    0x8B: "is shutting down",
    0x8D: "heard nothing for too long",
    0x8E: "serves another client of the same client_id now",
    0x90: "refuses the topic",
    0x93: "was sent too much at once",
    0x95: "refuses so large a packet",
    0x97: "has a quota that is used up",
    0x9A: "keeps no retained messages",
    0x9B: "takes no messages of QoS 1",
    0x9F: "was connected to too often",
}
WRONG_VERSION = frozenset((0x01, 0x84))
_PASSING = frozenset((0x03, 0x88, 0x89, 0x8B, 0x8D, 0x9F))  # nothing that a person must change
_CLOCK = (9, 10)  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED


class BrokerError(Exception):
    """The text completes a sentence that begins with the broker."""


class Lost(BrokerError):
    pass


class Refused(BrokerError):
    pass


def refusal(reason: int, of: str = "") -> BrokerError:
    """For a reason that is one. `of` is the topic, where it is about one."""
    text = _TEXTS.get(reason, f"refuses, with the reason 0x{reason:02x}") + (f": {of}" if of else "")
    return Lost(text) if reason in _PASSING else Refused(text)


def of_network(error: OSError) -> BrokerError:
    """What kept a connection from coming to be, or ended it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = ", or the box's clock is wrong" if error.verify_code in _CLOCK else ""
        return Refused(f"shows a certificate that is not accepted: {error.verify_message}{hint}")
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "reason", None) or "unknown"  # one that Python itself raises has none
        return Refused(f"does not come to terms over TLS: {reason.replace('_', ' ').lower()}")
    if isinstance(error, socket.gaierror):
        return Lost("is not found by its name")
    if isinstance(error, TimeoutError):
        return Lost("does not answer")
    return Lost(f"cannot be reached: {os.strerror(error.errno) if error.errno else str(error) or 'the connection broke'}")
