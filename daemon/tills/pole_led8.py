"""LED8 and LED8N, the eight digits of Chinese tills: ESC s n is a lamp (1 unit price, 2 total, 3 received, 4 change), ESC Q A digits CR the
number below it.

Some tills send the lamp as 1 to 4, others as "1" to "4". Rendered as two rows: the lamp's name above the number. A lamp darkens the number
before it, so that the number **after** lamp 2 is the total.
"""

from __future__ import annotations

from daemon.tills.pole_cells import Cells
from daemon.tills.pole_sequences import CR, Rule, Table, clear

LAMPS = (b"", b"PRICE", b"TOTAL", b"RECEIVED", b"CHANGE")
MOST_DIGITS = 8

_ZERO = 0x30


def _lamp(cells: Cells, args: bytes) -> None:
    number = args[0] - _ZERO if args[0] >= _ZERO else args[0]
    if number < len(LAMPS):
        cells.put_row(0, LAMPS[number])
        cells.put_row(1, b"")


def _lamps(cells: Cells, args: bytes) -> None:
    """All four at once, each on or off; more than one of them names nothing."""
    lit = [number for number, byte in enumerate(args, 1) if byte in (1, _ZERO + 1)]
    _lamp(cells, bytes([lit[0] if len(lit) == 1 else 0]))


def _number(cells: Cells, args: bytes) -> None:
    """Digits, points, a sign; a display that shows digits shows nothing else."""
    cells.put_row(1, args if args.strip(b"0123456789.- ") == b"" else b"")


LED8: Table = {
    b"\x1bs": Rule(_lamp, args=1, marks=True),
    b"\x02L": Rule(_lamps, args=4, marks=True),
    b"\x02B": Rule(lambda _cells, _args: None, args=1),
    b"\x1bQA": Rule(_number, until=CR, most=2 * MOST_DIGITS, marks=True),
    b"\x1b@": Rule(clear),
    b"\x0c": Rule(clear),
    b"\x18": Rule(clear),
    b"\x0d": Rule(lambda _cells, _args: None),
}
