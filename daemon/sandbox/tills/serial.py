"""A till that speaks docs/serial-till.md, as a careful programmer would have written it from that document.

It asks again when it hears no answer, keeps every end before it says `got`, and reckons its checksums bit by bit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Any

from daemon.sandbox.tills.outlet import Outlet

ANSWER_S = 1.0  # "no answer within a second means: say the same again"
TRIES = 4  # and then a cashier is told
LONGEST_LINE = 4096

_HELP = """\
  pay 12.50           ask for that amount (pay 12.50 REF: under that name; again: the same once more)
  cancel, status      give up or ask about the payment that was asked for last (or: cancel REF, status REF)
  last, hello         ask for the newest payment; ask how the box is
  deaf, hears         from now on say no `got`; say it again
  plain 12.50         the form of a till that can only print a line
  raw TEXT            send that line as it is"""


@dataclass(slots=True)
class _Asked:
    """Something that was said and is not answered yet."""

    line: bytes
    answers: tuple[str, ...]  # kinds of message that answer it
    again_at: float
    tries: int = 1


@dataclass(slots=True)
class SerialCounter(Outlet):
    """`heard` is every message of the box in order; `ends` the newest end of each payment, as the till stored it; `broken` the
    lines that no box should send."""

    help: str = _HELP
    baudrate: int = 115200
    minor_digits: int = 2  # of the currency: 2 for yuan
    acknowledges: bool = True
    heard: list[dict[str, Any]] = field(default_factory=list)
    ends: dict[str, dict[str, Any]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)
    broken: list[bytes] = field(default_factory=list)
    ref: str = ""  # the payment that was asked for last
    _rest: bytes = b""
    _asked: _Asked | None = None
    _last_pay: dict[str, Any] | None = None
    _refs: Any = field(default_factory=lambda: count(1))

    # -- the line --

    def opened(self, _now: float) -> None:
        self._rest = b""

    def received(self, data: bytes, _now: float) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE:]
        for line in lines:
            self._hear(line)

    def pass_time(self, now: float) -> None:
        asked = self._asked
        if asked is None or now < asked.again_at:
            return
        if asked.tries >= TRIES:
            self._asked = None
            self._words.append("the box does not answer; what was asked for may stand all the same: ask with `status`")
            return
        asked.tries += 1
        asked.again_at = now + ANSWER_S
        self._out += asked.line

    def next_deadline(self) -> float | None:
        return self._asked.again_at if self._asked else None

    # -- what it is told --

    def _hear(self, line: bytes) -> None:
        said, star, digits = line.rpartition(b"*")
        if not star:
            self._hear_plain(line)
        elif digits != b"%04X" % crc16(said):
            self.broken.append(line)
        else:
            self._hear_message(json.loads(said))

    def _hear_plain(self, line: bytes) -> None:
        text = line.decode("ascii", "replace").strip()
        if text:
            self.plain.append(text)
            self._words.append(f"the box says: {text}")

    def _hear_message(self, message: dict[str, Any]) -> None:
        is_news = message not in self.heard[-1:]
        self.heard.append(message)
        if self._asked is not None and message["t"] in self._asked.answers:
            self._asked = None
        if is_news:
            self._words.append("the box says: " + " ".join(f"{key}={value}" for key, value in message.items()))
        if message["t"] == "end":
            self._end(message)

    def _end(self, message: dict[str, Any]) -> None:
        """Stored before `got` is said."""
        self.ends[message["ref"]] = message
        if self.acknowledges:
            self._send({"t": "got", "seq": message["seq"]})

    # -- what a person does --

    def command(self, text: str, now: float) -> None:
        word, _, rest = text.strip().partition(" ")
        does: dict[str, Callable[[str, float], None]] = {
            "pay": self._pay,
            "again": lambda _rest, now: self._pay_again(now),
            "cancel": lambda rest, now: self._ask({"t": "cancel", "ref": rest or self.ref}, ("ack", "end", "error"), now),
            "status": lambda rest, now: self._ask({"t": "status", "ref": rest or self.ref}, ("state", "end", "error"), now),
            "last": lambda _rest, now: self._ask({"t": "last"}, ("state", "end", "error"), now),
            "hello": lambda _rest, now: self._ask({"t": "hello"}, ("box",), now),
            "deaf": lambda _rest, _now: self._hears(hears=False),
            "hears": lambda _rest, _now: self._hears(hears=True),
            "plain": lambda rest, _now: self._send_raw(f"PAY {rest}"),
            "raw": lambda rest, _now: self._send_raw(rest),
        }
        if word not in does:
            raise ValueError(f"{word!r} is nothing this till can do; it can:\n{self.help}")
        does[word](rest.strip(), now)

    def _pay(self, rest: str, now: float) -> None:
        said, _, ref = rest.partition(" ")
        amount = self._minor(said)
        self.ref = ref.strip() or f"E-{next(self._refs)}"
        self._last_pay = {"t": "pay", "ref": self.ref, "amt": amount}
        self._pay_again(now)

    def _pay_again(self, now: float) -> None:
        if self._last_pay is None:
            raise ValueError("nothing was asked for yet; `pay 12.50` asks")
        self._ask(self._last_pay, ("ack", "end", "error"), now)

    def _minor(self, said: str) -> int:
        try:
            minor = Decimal(said).scaleb(self.minor_digits)
        except InvalidOperation:
            raise ValueError(f"{said!r} is no amount; expected one like 12.50") from None
        if not minor.is_finite() or minor != minor.to_integral_value() or minor < 0:
            raise ValueError(f"{said!r} is no amount; expected one with at most {self.minor_digits} decimals, like 12.50")
        return int(minor)

    def _hears(self, *, hears: bool) -> None:
        self.acknowledges = hears

    def _ask(self, message: dict[str, Any], answers: tuple[str, ...], now: float) -> None:
        self._asked = _Asked(self._send(message), answers, now + ANSWER_S)

    def _send(self, message: dict[str, Any]) -> bytes:
        said = json.dumps({"v": 1, **message}, separators=(",", ":")).encode()
        line = said + b"*%04X\n" % crc16(said)
        self._out += line
        return line

    def _send_raw(self, text: str) -> None:
        self._out += text.encode() + b"\n"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE as the catalogues describe it: polynomial 0x1021, start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc
