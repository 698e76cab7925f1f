"""CD5220, and what its makers call "UTC enhanced": the usual language of two-line customer displays.

ESC Q A text CR is the upper line, ESC Q B the lower one, ESC Q D the upper one scrolling; ESC l x y the cursor, both from 1.
"""

from __future__ import annotations

from daemon.tills.pole_cells import COLUMNS, ROWS, Cells, Wrap
from daemon.tills.pole_sequences import CR, Rule, Table, clear, ignore, row, to, to_args


def wraps(wrap: Wrap) -> Rule:
    def does(cells: Cells, _args: bytes) -> None:
        cells.wrap = wrap

    return Rule(does)


def init(cells: Cells, _args: bytes) -> None:
    cells.wrap = Wrap.OVERWRITE
    cells.clear()


def cancel_line(cells: Cells, _args: bytes) -> None:
    cells.clear_row()


def line_start(cells: Cells, _args: bytes) -> None:
    cells.column = 0


MOVES: Table = {
    b"\x08": Rule(lambda cells, _args: cells.step(-1)),
    b"\x09": Rule(lambda cells, _args: cells.step(1)),
    b"\x0a": Rule(lambda cells, _args: cells.line_feed()),
    b"\x0b": Rule(to(0, 0)),
    b"\x0c": Rule(clear),
    b"\x0d": Rule(line_start),
    b"\x18": Rule(cancel_line),
    b"\x1b@": Rule(init),
}
"""What CD5220 and ESC/POS have in common."""

CD5220: Table = {
    **MOVES,
    b"\x1bQA": Rule(row(0), until=CR, marks=True),
    b"\x1bQB": Rule(row(1), until=CR, marks=True),
    b"\x1bQD": Rule(row(0), until=CR, marks=True),
    b"\x1buA": Rule(row(0), until=CR, marks=True),
    b"\x1buB": Rule(row(1), until=CR, marks=True),
    b"\x1buD": Rule(row(0), until=CR, marks=True),
    b"\x1bl": Rule(to_args, args=2, marks=True),
    b"\x1b\x11": wraps(Wrap.OVERWRITE),
    b"\x1b\x12": wraps(Wrap.VERTICAL),
    b"\x1b\x13": wraps(Wrap.HORIZONTAL),
    b"\x1b[A": Rule(lambda cells, _args: cells.line_feed(-1)),
    b"\x1b[B": Rule(lambda cells, _args: cells.line_feed()),
    b"\x1b[C": Rule(lambda cells, _args: cells.step(1)),
    b"\x1b[D": Rule(lambda cells, _args: cells.step(-1)),
    b"\x1b[H": Rule(to(0, 0)),
    b"\x1b[L": Rule(line_start),
    b"\x1b[R": Rule(lambda cells, _args: cells.move(COLUMNS - 1, cells.row)),
    b"\x1b[K": Rule(to(COLUMNS - 1, ROWS - 1)),
    b"\x1b*": Rule(ignore, args=1),
    b"\x1b_": Rule(ignore, args=1),
    b"\x1bf": Rule(ignore, args=1),
    b"\x1bc": Rule(ignore, args=1),
}
