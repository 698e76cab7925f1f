"""`kind = "pole"`, what a customer display shows: two rows of twenty cells, and a cursor. Pure.

A cell holds a byte as it came; a hanzi takes two cells, as it does on the display. What was never written since the line was opened is
not known, and is blank for those who look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

ROWS, COLUMNS = 2, 20

_BLANK = 0x20


class Wrap(Enum):
    """What writing beyond the last cell does (CD5220: ESC DC1 to DC3; ESC/POS: US MD1 to MD3)."""

    OVERWRITE = 1  # on with the next row, and from the last one with the first
    VERTICAL = 2  # on with the next row; from the last one everything moves up
    HORIZONTAL = 3  # the row moves to the left


@dataclass(frozen=True, slots=True)
class Screen:
    """What is to be read. `is_whole`: every cell was written or cleared since the line was opened."""

    upper: str
    lower: str
    is_whole: bool = True

    @property
    def text(self) -> str:
        return f"{self.upper}\n{self.lower}"


class Cells:
    """The display's memory. Whatever is asked of it, it stays two rows of twenty."""

    def __init__(self) -> None:
        self._cells = [bytearray([_BLANK] * COLUMNS) for _ in range(ROWS)]
        self._known = [[False] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.wrap = Wrap.OVERWRITE

    @property
    def screen(self) -> Screen:
        """Both rows without blanks at their ends, read as GB18030 (of which ASCII is a part); what is none stands as U+FFFD."""
        upper, lower = (bytes(row).decode("gb18030", "replace").strip() for row in self._cells)
        return Screen(upper, lower, all(all(row) for row in self._known))

    def write(self, byte: int) -> None:
        """One byte at the cursor, which moves on."""
        if self.column == COLUMNS:
            self._move_on()
        self._put(self.row, self.column, byte)
        self.column += 1

    def put_row(self, row: int, text: bytes) -> None:
        """The row anew, from its beginning; the rest of it is blank. The cursor stays."""
        for column, byte in enumerate(text[:COLUMNS].ljust(COLUMNS)):
            self._put(row, column, byte)

    def clear(self) -> None:
        for row in range(ROWS):
            self.put_row(row, b"")
        self.row = self.column = 0

    def clear_row(self) -> None:
        """The cursor's row, and the cursor to its beginning."""
        self.put_row(self.row, b"")
        self.column = 0

    def clear_cells(self, first: int, last: int) -> None:
        """By their numbers, 0 to 39, both of them too."""
        for cell in range(max(0, first), min(last, ROWS * COLUMNS - 1) + 1):
            self._put(*divmod(cell, COLUMNS), _BLANK)

    def move(self, column: int, row: int) -> None:
        """Both from 0; what is beyond the display is not obeyed."""
        if 0 <= column < COLUMNS and 0 <= row < ROWS:
            self.row, self.column = row, column

    def step(self, columns: int) -> None:
        """To the left or the right, over the rows' ends."""
        cell = (self.row * COLUMNS + min(self.column, COLUMNS - 1) + columns) % (ROWS * COLUMNS)
        self.row, self.column = divmod(cell, COLUMNS)

    def line_feed(self, rows: int = 1) -> None:
        """To the other row, where the same column; in vertical mode everything moves up at the last one."""
        if rows > 0 and self.row == ROWS - 1 and self.wrap is Wrap.VERTICAL:
            self._scroll()
        else:
            self.row = (self.row + rows) % ROWS

    def _move_on(self) -> None:
        if self.wrap is Wrap.HORIZONTAL:
            row = self._cells[self.row]
            self._cells[self.row] = row[1:] + bytes([_BLANK])
            self.column = COLUMNS - 1
        else:
            self.line_feed()
            self.column = 0

    def _scroll(self) -> None:
        self._cells[:-1], self._known[:-1] = self._cells[1:], self._known[1:]
        self._cells[-1], self._known[-1] = bytearray([_BLANK] * COLUMNS), [True] * COLUMNS

    def _put(self, row: int, column: int, byte: int) -> None:
        self._cells[row][column] = byte
        self._known[row][column] = True
