"""A till with a customer display, of which the box hears the line: it writes as its maker's manual says, and hears nothing.

Its own four languages, written out from the manuals' tables; what the box says is never looked at, for the box must say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from daemon.sandbox.tills.outlet import Outlet

COLUMNS = 20

_HELP = """\
  item TEA 3.50       ring an article up
  total               show the total of what was rung up (total 12.50: that amount)
  redraw              draw the same once more
  cash 20             the customer pays in cash: received, and change
  thanks              the sale is over
  clear               clear the display
  dialect NAME        speak cd5220, escpos, dsp800 or led8 from now on
  chinese, english    words of the display
  raw 1B 40           send these bytes"""

_WORDS = {
    "english": {"total": "TOTAL", "cash": "CASH", "change": "CHANGE", "thanks": ("THANK YOU", "SEE YOU AGAIN")},
    "chinese": {"total": "合计", "cash": "实收", "change": "找零", "thanks": ("谢谢惠顾", "欢迎再来")},
}
_PRICE, _TOTAL, _RECEIVED, _CHANGE = 1, 2, 3, 4  # lamps of LED8


@dataclass(slots=True)
class PoleCounter(Outlet):
    """`heard` is every byte that came back: there must be none."""

    help: str = _HELP
    baudrate: int = 9600
    dialect: str = "cd5220"
    heard: bytearray = field(default_factory=bytearray)
    sum: Decimal = Decimal(0)
    _language: str = "english"
    _shown: bytes = b""

    # -- the line --

    def opened(self, _now: float) -> None:
        """The display is set up as the till is switched on."""
        self._clear("")

    def received(self, data: bytes, _now: float) -> None:
        self.heard += data
        self._words.append(f"something writes on the display's line: {data!r}")

    def pass_time(self, _now: float) -> None:
        """It does nothing by itself."""

    def next_deadline(self) -> float | None:
        return None

    # -- what a person does --

    def command(self, text: str, _now: float) -> None:
        word, _, rest = text.strip().partition(" ")
        does: dict[str, Callable[[str], None]] = {
            "item": self._item,
            "total": self._total,
            "redraw": lambda _: self._send(self._shown),
            "cash": self._cash,
            "thanks": self._thanks,
            "clear": self._clear,
            "dialect": self._speak,
            "chinese": lambda _: self._use("chinese"),
            "english": lambda _: self._use("english"),
            "raw": self._raw,
        }
        if word not in does:
            raise ValueError(f"{word!r} is nothing this till can do; it can:\n{self.help}")
        does[word](rest.strip())

    def _item(self, rest: str) -> None:
        name, _, price = rest.rpartition(" ")
        amount = _amount(price)
        self.sum += amount
        self._show(name or "ITEM", f"{amount:.2f}".rjust(COLUMNS), _PRICE, amount)

    def _total(self, rest: str) -> None:
        if rest:
            self.sum = _amount(rest)
        self._show(*self._line("total", self.sum), _TOTAL, self.sum)

    def _cash(self, rest: str) -> None:
        given = _amount(rest)
        self._show(self._text("cash", given), self._text("change", given - self.sum), _RECEIVED, given)
        self._show(self._text("cash", given), self._text("change", given - self.sum), _CHANGE, given - self.sum)

    def _thanks(self, _rest: str) -> None:
        self.sum = Decimal(0)
        upper, lower = _WORDS[self._language]["thanks"]
        self._show(upper, lower, 0, None)

    def _clear(self, _rest: str) -> None:
        self.sum = Decimal(0)
        self._shown = {"dsp800": b"\x04\x01C1X\x17", "led8": b"\x0c"}.get(self.dialect, b"\x1b@\x0c")
        self._send(self._shown)

    def _speak(self, rest: str) -> None:
        if rest not in ("cd5220", "escpos", "dsp800", "led8"):
            raise ValueError(f"{rest!r} is no language of displays; expected cd5220, escpos, dsp800 or led8")
        self.dialect = rest

    def _use(self, language: str) -> None:
        self._language = language

    def _raw(self, rest: str) -> None:
        self._send(bytes.fromhex(rest))

    # -- what it shows --

    def _line(self, word: str, amount: Decimal) -> tuple[str, str]:
        return str(_WORDS[self._language][word]), f"{amount:.2f}".rjust(COLUMNS)

    def _text(self, word: str, amount: Decimal) -> str:
        return f"{_WORDS[self._language][word]} {amount:.2f}"

    def _show(self, upper: str, lower: str, lamp: int, number: Decimal | None) -> None:
        rows = [row.encode("gb18030")[:COLUMNS].ljust(COLUMNS) for row in (upper, lower)]
        self._shown = {"cd5220": _cd5220, "escpos": _escpos, "dsp800": _dsp800}.get(self.dialect, _cd5220)(*rows)
        if self.dialect == "led8":
            self._shown = _led8(lamp, number)
        self._send(self._shown)
        self._words.append(f"[{upper:<{COLUMNS}}|{lower:<{COLUMNS}}]")

    def _send(self, data: bytes) -> None:
        self._out += data


def _cd5220(upper: bytes, lower: bytes) -> bytes:
    return b"\x1bQA" + upper + b"\r\x1bQB" + lower + b"\r"


def _escpos(upper: bytes, lower: bytes) -> bytes:
    return b"\x0c\x1f$\x01\x01" + upper + b"\x1f$\x01\x02" + lower


def _dsp800(upper: bytes, lower: bytes) -> bytes:
    return b"\x04\x01C1X\x17\x04\x01P1\x17" + upper + b"\x04\x01PE\x17" + lower


def _led8(lamp: int, number: Decimal | None) -> bytes:
    return b"\x0c" if number is None else b"\x1bs%d\x1bQA%s\r" % (lamp, f"{number:.2f}".encode())


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no amount; expected one like 12.50") from None
    if not amount.is_finite() or not 0 <= amount < 10**7 or amount != round(amount, 2):
        raise ValueError(f"{text!r} is no amount; expected one like 12.50")
    return amount
