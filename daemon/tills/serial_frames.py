"""Lines of a serial till: bytes in, whole lines out; and the checksum that a line bears.

    {"t":"got","seq":17}*4B1F\n        JSON, an asterisk, four hexadecimal digits of CRC-16, the end of the line

Pure and resumable: `Lines` keeps what is unfinished, time is an argument. What a line says is `daemon.tills.serial_wire`'s.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_LINE = 2048
"""Bytes of a line, without its end. The longest that makes sense has about 1900: a description of 128 characters, each written as
two escapes of six bytes (RFC 8259, section 7), and 350 for the rest."""

SILENCE_S = 10.0
"""After such a pause within a line its beginning is forgotten. Own: longer than anybody who tries the box by hand thinks between
two keys, and a till that was switched off in mid-line comes back later than that."""

CRC_CHECK = 0x29B1  # of b"123456789", which is what the catalogues of CRCs give for CRC-16/CCITT-FALSE (also called IBM-3740)

_ENDS = re.compile(rb"[\r\n]")
_WITH_CRC = re.compile(rb"(.*)\*([0-9A-Fa-f]{4})", re.DOTALL)


class BadCrc(Exception):
    """What follows the asterisk is not the checksum of what stands before it."""


@dataclass(frozen=True, slots=True)
class Overlong:
    """A line that was longer than `MAX_LINE`; what it said is gone."""


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected, nothing added at the end."""
    return binascii.crc_hqx(data, 0xFFFF)


def frame(message: Mapping[str, Any]) -> bytes:
    """A message as a line of the box: pure ASCII, always with its checksum."""
    said = json.dumps(message, separators=(",", ":")).encode("ascii")
    return b"%s*%04X\n" % (said, crc16(said))


def unframe(line: bytes) -> tuple[bytes, bool]:
    """What a line says, and whether it bears a checksum. Raises BadCrc where it bears a wrong one, or half of one.

    A line that ends with "}" bears none, whatever asterisks stand in its texts."""
    if line.endswith(b"}") or b"*" not in line:
        return line, False
    found = _WITH_CRC.fullmatch(line)
    if found is None or crc16(found[1]) != int(found[2], 16):
        raise BadCrc
    return found[1], True


class Lines:
    """Cuts what arrives into lines. CR, LF and CRLF end one; empty ones are none."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._is_overlong = False
        self._heard_at = 0.0

    def feed(self, data: bytes, now: float) -> list[bytes | Overlong]:
        """The lines that end in `data`, which arrived at `now` (monotonic seconds)."""
        if now - self._heard_at > SILENCE_S:
            self._forget()
        self._heard_at = now
        *ends, rest = _ENDS.split(data)
        found = [line for piece in ends if (line := self._end(piece))]
        self._grow(rest)
        return found

    def _end(self, piece: bytes) -> bytes | Overlong | None:
        self._grow(piece)
        line = Overlong() if self._is_overlong else bytes(self._begun).strip(b" \t")
        self._forget()
        return line or None

    def _grow(self, piece: bytes) -> None:
        if len(self._begun) + len(piece) > MAX_LINE:
            self._is_overlong = True
        if self._is_overlong:
            self._begun.clear()
        else:
            self._begun += piece

    def _forget(self) -> None:
        self._begun.clear()
        self._is_overlong = False
