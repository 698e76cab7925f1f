"""Scanners: any bytes at any times, any key events, any text; and what of it counts as a payer's code."""

from __future__ import annotations

import base64
import re

from daemon.codes import SCHEMES, Kind, classify
from hw import keys
from hw.decode import GAP_S, LIMIT, KeyDecoder, LineDecoder, Outcome
from hw.decode_hidpos import ABANDONED_S, HidPosDecoder
from hw.hid_report import ScanReport, read_descriptor
from hw.interfaces import Scan, ScanFault

_PAUSES_S = (0.001, 0.05, GAP_S, 0.3)  # within a code, within a slow one, the longest that is none, a silence
_RESET = 63
_HELD = 7

_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_DIGITS = re.compile(r"[0-9]{16,24}")
_CHARACTERS = frozenset("".join(plain + shifted for plain, shifted in keys.US.values()) + "".join(keys.KEYPAD.values()))


def codes(data: bytes) -> None:
    """`classify`: any text."""
    check_code(data.decode("utf-8", "surrogateescape"))


def lines(data: bytes) -> None:
    """`LineDecoder`: a byte says how long the pause is and how many bytes come at once; 63 of them mean "forget what was read"."""
    decoder, by_bytes = LineDecoder(), LineDecoder()
    now, heard_at, at, burst = 0.0, 0.0, 0, b""
    spoilt = False
    while at < len(data):
        pause_s, count = _PAUSES_S[data[at] & 3], data[at] >> 2
        chunk = data[at + 1 : at + 1 + count]
        at += 1 + count
        now += pause_s
        if count == _RESET:
            decoder.reset_until_break(now)
            by_bytes.reset_until_break(now)
        if chunk and now - heard_at > GAP_S:
            burst, spoilt = b"", False
        heard_at = now if chunk else heard_at
        burst += chunk
        heard = decoder.feed(chunk, now)
        assert heard == [o for i in range(len(chunk)) for o in by_bytes.feed(chunk[i : i + 1], now)], "it matters how the bytes are cut"
        assert decoder.unterminated == by_bytes.unterminated
        spoilt = _check_heard(heard, burst, spoilt, now)


def _check_heard(heard: list[Outcome], burst: bytes, spoilt: bool, now: float) -> bool:
    """Whether noise came in this burst: then nothing counts before the next silence."""
    for outcome in heard:
        if isinstance(outcome, Scan):
            assert not spoilt, "a code after noise"
            assert outcome.at == now
            assert _is_within(outcome.text, burst), "a code with something from before a silence"
            check_scan(outcome.text)
        spoilt = spoilt or outcome is ScanFault.NOISE
    return spoilt


def _is_within(text: str, burst: bytes) -> bool:
    """Whether the characters came in this order, with other things between them at most."""
    rest = iter(burst)
    return all(ord(character) in rest for character in text)


def key_events(data: bytes) -> None:
    """`KeyDecoder`: four bytes an event (kind and pause, code, its high byte, value)."""
    decoder, now, heard_at, typed = KeyDecoder(), 0.0, 0.0, 0
    dropping = False
    for at in range(0, len(data) - 3, 4):
        first, code, high, value = data[at : at + 4]
        now += _PAUSES_S[first & 3]
        if first >> 5 == _HELD:
            decoder.held({code, high}, caps=bool(value & 1))
            continue
        kind = (keys.EV_SYN, keys.EV_KEY, keys.EV_KEY, keys.EV_LED, keys.EV_REL, keys.EV_ABS, 0x15)[first >> 5]
        number = code | (high & 1) << 8
        if kind == keys.EV_KEY and value & 3 != keys.REPEAT:
            typed = 1 if now - heard_at > GAP_S else typed + 1
            heard_at = now
        dropping = (dropping or number == keys.SYN_DROPPED) and number != keys.SYN_REPORT if kind == keys.EV_SYN else dropping
        was_lost = decoder.lost_track
        outcome = decoder.feed(kind, number, value & 3, now)
        if isinstance(outcome, Scan):
            assert not dropping, "a code out of torn events"
            assert not was_lost, "a code before anybody knows what is held"
            assert kind == keys.EV_KEY
            assert value & 3 == keys.DOWN
            assert number in keys.TERMINATORS | keys.CTRL_TERMINATORS
            assert len(outcome.text) < typed, "more than was typed since the last silence"
            assert set(outcome.text) <= _CHARACTERS
            check_scan(outcome.text)


_USUAL = ScanReport(number=2, size=64, count_at=1, data_at=5, data_size=56, more_at=63, more_bit=0, others=frozenset({4}))
_WHOLE, _OVERRUN, _FORGET = 63, 62, 61


class _Chain:
    """What a code may be made of: the parts since the last one that was not followed by another, unless something was lost."""

    def __init__(self) -> None:
        self.text = b""
        self.is_torn = False  # until its last part
        self._goes_on = False
        self._heard_at = 0.0
        self._is_odd = False  # something was lost or came that was no report: until a silence

    def tear(self) -> None:
        """What was read is forgotten."""
        self.is_torn = self.is_torn or self._goes_on

    def lose(self, now: float) -> None:
        """Nobody knows what came now."""
        self._hear(now)
        self.is_torn = self._is_odd = True

    def take(self, report: bytes, now: float) -> None:
        if len(report) < 64 or report[0] != 2 or report[1] > 56:
            self.lose(now)
            return
        self._hear(now)
        self.text += report[5 : 5 + report[1]]
        self._goes_on = bool(report[63] & 1)

    def _hear(self, now: float) -> None:
        """A silence ends what is odd, but what was begun before it goes on, unless it is too long ago."""
        silence_s, self._heard_at = now - self._heard_at, now
        silent = silence_s > GAP_S
        self._is_odd = self._is_odd and not silent
        self._goes_on = self._goes_on and silence_s <= ABANDONED_S
        if self._goes_on:
            self.is_torn = self.is_torn or silent
        elif not self._is_odd:
            self.text, self.is_torn = b"", False


def hid_reports(data: bytes) -> None:
    """`HidPosDecoder`: a byte says how long the pause is and how many bytes the report has; 63 of them mean 64, 62 that the kernel's ring
    was full, and 61 "forget what was read"."""
    decoder, chain, now, at = HidPosDecoder(_USUAL), _Chain(), 0.0, 0
    while at < len(data):
        now, count, at = now + _PAUSES_S[data[at] & 3], data[at] >> 2, at + 1
        if count == _FORGET:
            decoder.reset_until_break(now)
            chain.tear()
            continue
        if count == _OVERRUN:
            assert decoder.overrun(now) in (ScanFault.LOST_KEYS, None)
            chain.lose(now)
            continue
        size = 64 if count == _WHOLE else count
        report, at = data[at : at + size], at + size
        if report[:1] != b"\x04":
            chain.take(report, now)
        outcome = decoder.feed(report, now)
        if isinstance(outcome, Scan):
            assert not chain.is_torn, "a code of which something was lost"
            assert outcome.at == now
            assert outcome.text.encode() == chain.text.rstrip(b"\r\n\t"), "not what its reports brought"
            check_scan(outcome.text)


def hid_descriptor(data: bytes) -> None:
    """`read_descriptor`: any bytes; what it finds is read from any report without a mistake."""
    found = read_descriptor(data)
    assert found == read_descriptor(data)
    if found.report is None:
        return
    layout = found.report
    assert max(layout.count_at, layout.data_at + layout.data_size - 1, layout.more_at) < layout.size <= 4096
    assert 0 <= layout.number <= 255
    assert layout.number not in layout.others
    for report in (bytes(layout.size), b"\xff" * layout.size, bytes([layout.number]) + b"\x01" * (layout.size - 1), data, b""):
        part = layout.read(report)
        assert part is None or len(part.data) <= layout.data_size


def check_scan(text: str) -> None:
    """A code that a decoder gave."""
    assert 0 < len(text) <= LIMIT
    assert all(" " <= character <= "~" for character in text)
    check_code(text)


def check_code(text: str) -> None:
    """Only what is a payer's code comes out as one, and that shows itself to nobody."""
    code = classify(text)
    assert (code.auth_code is not None) == (code.kind is Kind.PAYER) == (code.scheme is not None)
    if code.auth_code is None:
        return
    secret = code.auth_code.reveal()
    assert code.scheme in SCHEMES
    assert len(secret) <= LIMIT
    stripped = text.strip(" \t\r\n")
    assert secret in (stripped, stripped[3:] if _SYMBOLOGY.match(stripped) else stripped), "not what was scanned"
    assert _DIGITS.fullmatch(secret) or base64.b64decode(secret.rstrip("=") + "==")[:7] == b"\x85\x05CPV01"
    assert secret[2:-2] not in repr(code) + str(code.auth_code), "a code that shows itself"
