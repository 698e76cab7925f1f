"""The line of an MDB adapter: any bytes, cut anywhere, through the lines, their meanings and the session.

A line that is `%%` cuts what arrives into pieces; one that begins with `!` is what the till does next: `!approve`, `!deny`, `!begin`,
`!end`, `!time`, `!lost`, `!opened`.
"""

from __future__ import annotations

from collections.abc import Callable

from daemon.money import Amount
from daemon.tills.mdb_lines import MAX_LINE, Lines, VendRequest, understood
from daemon.tills.mdb_money import MOST_MINOR, parse_price
from daemon.tills.mdb_session import Action, Asked, Ended, GivenUp, Send, Session
from daemon.tills.mdb_table import Phase

_CUT = b"\n%%\n"
_SAID = ("C,0", "C,1", "C,SETCONF,a=b", "C,STOP", "C,VEND,-1", "C,START,5.00", "V")


def lines(data: bytes) -> None:
    """It does not matter where a line was cut; each request has one answer, each approval one outcome, and no amount is made up."""
    found = _cut(data.split(_CUT))
    assert found == _cut([data.replace(_CUT, b"")]), "it matters where the line was cut"
    assert all(len(line) <= MAX_LINE for line in found)
    till = _Till()
    for line in found:
        till.take(line)


def _cut(pieces: list[bytes]) -> list[bytes]:
    whole = Lines()
    return [line for piece in [*pieces, b"\n"] for line in whole.feed(piece)]


class _Till:
    def __init__(self) -> None:
        self.session = Session(("a=b",))
        self.now = 0.0
        self.open: int | None = None
        self.approved: set[int] = set()
        self.ended: set[int] = set()
        self.amount = ""
        self._look(self.session.opened(0.0))

    def take(self, line: bytes) -> None:
        self.now += 0.1
        does: dict[bytes, Callable[[], list[Action]]] = {
            b"!deny": lambda: self._answer(self.session.deny),
            b"!begin": lambda: self.session.begin("5.00", self.now),
            b"!end": lambda: self.session.end(self.now),
            b"!time": self._pass_time,
            b"!lost": lambda: self.session.lost(self.now),
            b"!opened": lambda: self.session.opened(self.now),
        }
        if line == b"!approve":
            self._approve()
        elif line in does:
            self._look(does[line]())
        else:
            heard = understood(line)
            if isinstance(heard, VendRequest):
                _check_price(heard.amount)
            self._look(self.session.heard(heard, self.now))

    def _answer(self, how: Callable[[int, float], list[Action]]) -> list[Action]:
        number, self.open = self.open, None
        return how(number or 0, self.now)

    def _approve(self) -> None:
        number = self.open
        actions = self._answer(self.session.approve)
        assert bool(actions) is (number is not None)
        if number is not None:
            assert actions == [Send(f"C,VEND,{self.amount}")], "approved is what was asked for, as it was written"
            assert number not in self.approved, "approved twice"
            self.approved.add(number)

    def _pass_time(self) -> list[Action]:
        self.now = max(self.now, self.session.next_deadline() or self.now)
        return self.session.pass_time(self.now)

    def _look(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Send(text):
                    assert text in _SAID, f"said {text} unasked"
                case Asked(number, amount, _):
                    assert self.open is None, "two requests at a time"
                    self.open, self.amount = number, amount
                case GivenUp(number):
                    assert number == self.open
                    self.open = None
                case Ended(number):
                    assert number in self.approved - self.ended
                    self.ended.add(number)
        assert (self.session.request is None) is (self.open is None)
        assert len(self.approved) - len(self.ended) == (self.session.phase is Phase.DISPENSING)


def _check_price(text: str) -> None:
    try:
        price: Amount | str = parse_price(text, "CNY", 100_000)
    except ValueError as error:
        price = str(error)
    assert 1 <= price.minor <= MOST_MINOR if isinstance(price, Amount) else len(price) < 200
