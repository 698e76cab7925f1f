"""DSP800: EOT SOH, a letter, its arguments, ETB. `P` puts the cursor on one of the 40 cells, 31h to 58h; `C` clears from one to another."""

from __future__ import annotations

from daemon.tills.pole_cells import COLUMNS, ROWS, Cells
from daemon.tills.pole_sequences import Rule, Table, clear

_ETB = 0x17
_FIRST = 0x31
_LONGEST = 16  # bytes of a command; those that are known have at most four


def _command(cells: Cells, args: bytes) -> None:
    """What is not known changes nothing that can be read."""
    name, cells_of = args[:1], [byte - _FIRST for byte in args[1:]]
    if name == b"P" and len(cells_of) == 1 and 0 <= cells_of[0] < ROWS * COLUMNS:
        row, column = divmod(cells_of[0], COLUMNS)
        cells.move(column, row)
    if name == b"C" and len(cells_of) == 2:
        cells.clear_cells(*cells_of)
    if name == b"I":
        cells.clear()


DSP800: Table = {
    b"\x04\x01": Rule(_command, until=_ETB, most=_LONGEST, marks=True),
    b"\x0c": Rule(clear),
    b"\x0d": Rule(lambda cells, _args: cells.move(0, cells.row)),
    b"\x0a": Rule(lambda cells, _args: cells.line_feed()),
}
