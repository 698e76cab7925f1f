"""`kind = "pole"`, how a display's commands are read: a dialect is a table of byte sequences; this follows it. Pure and resumable.

Bytes in, cut anywhere. A sequence that the table does not have is skipped (its lead byte and the one behind it), one that breaks off
begins anew with the byte that broke it: so garbage costs what it garbled, and never what comes after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from daemon.tills.pole_cells import Cells

ESC, CR = 0x1B, 0x0D
SELECT = b"\x1b="
"""ESC = n, peripheral device selection: 1 the printer, 2 the display, 3 both (the display is bit 1)."""

_DISPLAY = 2
_FIRST_PRINTABLE = 0x20

Does = Callable[[Cells, bytes], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a sequence does with its arguments: `args` bytes, or (`until`) all up to that byte, at most `most` and none a control."""

    does: Does
    args: int = 0
    until: int | None = None
    most: int = 60
    marks: bool = False  # only this dialect has it: one more sign that it is the right one


Table = Mapping[bytes, Rule]


class Parser:
    """One dialect on one line. `marks` counts what only this dialect says."""

    def __init__(self, table: Table) -> None:
        self.cells = Cells()
        self.marks = 0
        self._table = table
        self._begins = {sequence[:size] for sequence in table for size in range(1, len(sequence))} | {SELECT[:1]}
        self._lead = b""
        self._rule: Rule | None = None
        self._args = bytearray()
        self._is_selected = True

    def feed(self, data: bytes) -> None:
        for byte in data:
            self._byte(byte)

    def _byte(self, byte: int) -> None:
        if self._rule is not None:
            self._argument(self._rule, byte)
        elif self._is_selected or self._lead or byte == ESC:
            self._lead_byte(byte)

    def _lead_byte(self, byte: int) -> None:
        """The byte as part of a sequence's name, as a sequence of its own, or as text."""
        lead = self._lead + bytes([byte])
        self._lead = b""
        if lead == SELECT:
            self._begin(Rule(self._select, args=1))
        elif self._is_selected and lead in self._table:
            self._begin(self._table[lead])
        elif lead in self._begins:
            self._lead = lead
        elif len(lead) > 1:
            if bytes([byte]) in self._begins:  # it broke off, and another begins
                self._lead = bytes([byte])
        elif self._is_selected and byte >= _FIRST_PRINTABLE:
            self.cells.write(byte)

    def _begin(self, rule: Rule) -> None:
        self._args.clear()
        self._rule = rule
        if rule.args == 0 and rule.until is None:
            self._perform(rule)

    def _argument(self, rule: Rule, byte: int) -> None:
        if rule.until is None:
            self._args.append(byte)
            if len(self._args) == rule.args:
                self._perform(rule)
        elif byte == rule.until:
            self._perform(rule)
        elif byte < _FIRST_PRINTABLE or len(self._args) == rule.most:
            self._rule = None
            self._byte(byte)
        else:
            self._args.append(byte)

    def _perform(self, rule: Rule) -> None:
        self._rule = None
        self.marks += rule.marks
        rule.does(self.cells, bytes(self._args))

    def _select(self, _cells: Cells, args: bytes) -> None:
        """What is meant for the printer on the same line is not for the display."""
        self._is_selected = bool(args[0] & _DISPLAY)


def ignore(_cells: Cells, _args: bytes) -> None:
    """It changes nothing that can be read: brightness, blinking, character sets."""


def clear(cells: Cells, _args: bytes) -> None:
    cells.clear()


def to(column: int, row: int) -> Does:
    return lambda cells, _args: cells.move(column, row)


def row(number: int) -> Does:
    """The arguments are the whole row."""
    return lambda cells, args: cells.put_row(number, args)


def to_args(cells: Cells, args: bytes) -> None:
    """Column and row, both from 1."""
    cells.move(args[0] - 1, args[1] - 1)
