"""ESC/POS for customer displays, as Epson's DM-D series has it: US $ x y is the cursor, both from 1; US MD1 to MD3 the modes."""

from __future__ import annotations

from daemon.tills.pole_cd5220 import MOVES, wraps
from daemon.tills.pole_cells import COLUMNS, ROWS, Wrap
from daemon.tills.pole_sequences import Rule, Table, ignore, to, to_args

ESCPOS: Table = {
    **MOVES,
    b"\x1f$": Rule(to_args, args=2, marks=True),
    b"\x1fB": Rule(to(0, ROWS - 1), marks=True),
    b"\x1f\x01": wraps(Wrap.OVERWRITE),
    b"\x1f\x02": wraps(Wrap.VERTICAL),
    b"\x1f\x03": wraps(Wrap.HORIZONTAL),
    b"\x1f\x0a": Rule(lambda cells, _args: cells.line_feed(-1), marks=True),
    b"\x1f\x0d": Rule(lambda cells, _args: cells.move(COLUMNS - 1, cells.row), marks=True),
    b"\x1fX": Rule(ignore, args=1, marks=True),
    b"\x1fr": Rule(ignore, args=1, marks=True),
    b"\x1fC": Rule(ignore, args=1, marks=True),
    b"\x1fE": Rule(ignore, args=1, marks=True),
    b"\x1fv": Rule(ignore, args=1),
    b"\x1fT": Rule(ignore, args=2),
    b"\x1f^": Rule(ignore, args=2),
    b"\x1bR": Rule(ignore, args=1),
    b"\x1bt": Rule(ignore, args=1),
    b"\x1b%": Rule(ignore, args=1),
}
