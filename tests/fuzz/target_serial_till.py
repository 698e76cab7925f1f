"""The line of a serial till: any bytes, cut anywhere, through the lines and the reader.

A line that is `%%` cuts what arrives into pieces. Of each line a fuzzer would never guess the checksum, so each is read as it is and
once more with the right one behind it.
"""

from __future__ import annotations

import json

from fuzz_promises import check_text

from daemon.payment import Mode
from daemon.tills.http import MAX_DESCRIPTION, MAX_TTL_S, Terms, is_ref
from daemon.tills.serial_frames import MAX_LINE, Lines, Overlong, frame
from daemon.tills.serial_wire import PLAIN, Got, Message, Pay, PlainPay, Reader, Refused
from hw.till_line import KEPT_BYTES

TERMS = Terms("CNY", 50_000)
_STRICT, _LENIENT = Reader("counter", TERMS), Reader("counter", TERMS, crc_required=False)
_CUT = b"\n%%\n"


def lines(data: bytes) -> None:
    """Each line is one message or one error, wherever it was cut; and what is taken is what a till could mean."""
    found = _cut(data.split(_CUT))
    assert found == _cut([data.replace(_CUT, b"")]), "it matters where the line was cut"
    for line in found:
        _read(line)
        if isinstance(line, bytes) and len(line) < MAX_LINE - 5:
            _read(line + b"*%04X" % _crc16(line))


def _cut(pieces: list[bytes]) -> list[bytes | Overlong]:
    whole = Lines()
    return [line for piece in [*pieces, b"\n"] for line in whole.feed(piece, 0.0)]


def _read(line: bytes | Overlong) -> None:
    for reader in (_STRICT, _LENIENT):
        try:
            message = reader.read(line)
        except Refused as error:
            _check_error(error)
        else:
            assert isinstance(line, bytes)
            if reader.crc_required or (line[-5:-4] == b"*" and not line.endswith(b"}")):
                assert line[-5:-4] == b"*", "taken without checksum"
                assert int(line[-4:], 16) == _crc16(line[:-5]), "taken with a wrong checksum"
            _check(message)


def _check(message: Message) -> None:
    if isinstance(message, Got):
        assert 0 <= message.seq < 2**63
    if isinstance(message, PlainPay):
        assert 1 <= message.amount.minor <= TERMS.max_amount
    if isinstance(message, Pay):
        request = message.request
        assert is_ref(request.ref)
        assert not request.ref.startswith(PLAIN)
        assert 1 <= request.amount.minor <= TERMS.max_amount
        assert request.mode in Mode
        assert len(request.description) <= MAX_DESCRIPTION
        assert request.ttl_s is None or 0 < request.ttl_s <= MAX_TTL_S


def _check_error(error: Refused) -> None:
    """It can be sent on one line, and quotes nothing but a ref and (masked) names."""
    check_text(str(error))
    for name, why in error.more.get("fields", {}).items():
        check_text(name)
        check_text(why)
    assert error.ref is None or is_ref(error.ref)
    line = frame(error.message)
    assert len(line) <= KEPT_BYTES
    assert line.count(b"\n") == 1
    assert json.loads(line[:-6])["t"] == "error"


def _crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc
