"""Why a broker is not there, or will not have the box (`daemon.fleet.reasons`), in words."""

from __future__ import annotations

import socket
import ssl

import pytest

from daemon.fleet.reasons import BrokerError, Lost, Refused, of_network, refusal


@pytest.mark.parametrize(
    ("reason", "kind", "text"),
    [
        (0x05, Refused, "refuses this box (not authorized)"),
        (0x86, Refused, "refuses username or password"),
        (0x8E, Refused, "serves another client of the same client_id now"),
        (0x8B, Lost, "is shutting down"),
        (0x99, Refused, "refuses, with the reason 0x99"),
    ],
)
def test_reasons_are_texts_and_of_two_kinds(reason: int, kind: type[BrokerError], text: str) -> None:
    error = refusal(reason)
    assert (type(error), str(error)) == (kind, text)


def test_a_refused_message_names_its_topic() -> None:
    assert str(refusal(0x87, "tillbox/T1/events")) == "refuses this box (not authorized): tillbox/T1/events"


def untrusted(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "verify failed")
    error.verify_code, error.verify_message = code, "certificate is not yet valid"
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('192.0.2.1', 1)"), "cannot be reached: Connection refused"),
        (OSError("Multiple exceptions: two"), "cannot be reached: Multiple exceptions: two"),
        (ConnectionResetError(), "cannot be reached: the connection broke"),
        (socket.gaierror(-2, "Name or service not known"), "is not found by its name"),
        (TimeoutError(), "does not answer"),
        (untrusted(9), "shows a certificate that is not accepted: certificate is not yet valid, or the box's clock is wrong"),
        (untrusted(18), "shows a certificate that is not accepted: certificate is not yet valid"),
        (ssl.SSLError(1, "whatever"), "does not come to terms over TLS: unknown"),
    ],
)
def test_what_the_network_does_is_a_text_too(error: OSError, text: str) -> None:
    assert str(of_network(error)) == text
