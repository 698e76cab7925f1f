"""Seeds written by hand for what a fleet's broker says."""

from __future__ import annotations

from collections.abc import Iterator


def broker() -> Iterator[tuple[str, str, bytes]]:
    """Target, name, input."""
    for name, data in _BROKER.items():
        yield "broker", name, data


_CUT = b"\n%%\n"
_WELCOME = b"\x20\x03\x00\x00\x00"
_LIMITS = b"\x12\x00\x02id\x13\x00\x1e\x21\x00\x02\x24\x01\x27\x00\x10\x00\x00\x26\x00\x01a\x00\x01b"
_BROKER = {  # the first byte: twice the number of messages, one more where it is 3.1.1
    "taken": b"\x06" + _WELCOME + _CUT + b"\x40\x02\x00\x01\x40\x04\x00\x02\x00\x00\xd0\x00" + _CUT + b"\x40\x03\x00\x03\x10",
    "taken-311": b"\x05\x20\x02\x00\x00" + _CUT + b"\x40\x02\x00\x02\x40\x02\x00\x01",
    "limits": b"\x06\x20" + bytes([3 + len(_LIMITS)]) + b"\x01\x00" + bytes([len(_LIMITS)]) + _LIMITS + _CUT + b"\x40\x02\x00\x01",
    "refused": b"\x04" + _WELCOME + _CUT + b"\x40\x04\x00\x01\x87\x00\x40\x02\x00\x02",
    "not-let-in": b"\x02\x20\x03\x00\x86\x00",
    "old": b"\x02\x20\x02\x00\x01",
    "no-qos": b"\x02\x20\x05\x00\x00\x02\x24\x00",
    "goodbye": b"\x04" + _WELCOME + _CUT + b"\x40\x02\x00\x01\xe0\x02\x8e\x00\x40\x02\x00\x02",
    "unasked": b"\x02\x40\x02\x00\x01" + _WELCOME + b"\x40\x02\x00\x01" + _CUT + b"\x40\x02\x00\x09\x40\x02\x00\x01\x40\x02\x00\x01",
    "cut": b"\x02\x20" + _CUT + b"\x03\x00" + _CUT + b"\x00\x00\x40" + _CUT + b"\x02\x00" + _CUT + b"\x01",
    "breaks-off": b"\x02" + _WELCOME + _CUT + b"\x40\x01\x00",
    "too-large": b"\x00\x40\xff\xff\x7f" + b"x" * 40,
    "just-not-too-large": b"\x00\xd0\x80\x80\x04" + b"x" * 40,
    "no-end": b"\x00\x40\x80\x80\x80\x80\x00",
    "http": b"\x00HTTP/1.1 400 Bad Request\r\n\r\n",
}
