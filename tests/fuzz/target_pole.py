"""The line of a customer display: any bytes, cut anywhere, through all dialects to what is offered.

A line that is `%%` cuts what arrives into pieces, and a second passes.
"""

from __future__ import annotations

from daemon.tills.pole_cells import COLUMNS
from daemon.tills.pole_dialects import AUTO, TABLES, Display
from daemon.tills.pole_sale import Ask, Offer, Sale
from daemon.tills.pole_total import Finder, Total

MOST = 50_000
_FINDERS = (Finder("CNY"), Finder("JPY"), Finder("CNY", implied=True))
_CUT = b"\n%%\n"


def heard(data: bytes) -> None:
    """Wherever it is cut it shows the same; what is offered is a number that stands there."""
    pieces = data.split(_CUT)
    for dialect in (AUTO, *TABLES):
        whole, cut = Display(dialect), Display(dialect)
        whole.feed(b"".join(pieces))
        for piece in pieces:
            for at in range(len(piece)):
                cut.feed(piece[at : at + 1])
        assert whole.screens == cut.screens, "it matters where the line was cut"
    _offered(pieces)


def _offered(pieces: list[bytes]) -> None:
    display, sales, now = Display(AUTO), [Sale(), Sale(confirm=False, has_button=False)], 0.0
    for piece in pieces:
        display.feed(piece)
        screen = display.screen
        assert max(len(screen.upper), len(screen.lower)) <= COLUMNS
        for finder in _FINDERS:
            found = finder.find(screen)
            if isinstance(found, Total):
                assert 0 < found.minor < 10**11
                assert _digits(found.minor) in "".join(char for char in _plain(screen.text) if char.isdigit())
        finding = _FINDERS[0].find(screen)
        now += 1.0
        for sale in sales:
            wishes = sale.shows(finding, now - 0.9, is_whole=screen.is_whole) + sale.pass_time(now)
            for wish in wishes:
                if isinstance(wish, Offer | Ask):
                    assert finding == Total(wish.minor), "offered is what stands there"


def _digits(minor: int) -> str:
    """Without the zeros that a text may leave out: 12.5 is 12.50."""
    return str(minor).rstrip("0")


def _plain(text: str) -> str:
    """Full-width figures are figures too."""
    return "".join(chr(ord(char) - 0xFEE0) if "\uff10" <= char <= "\uff19" else char for char in text)
