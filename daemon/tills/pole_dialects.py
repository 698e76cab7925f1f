"""`kind = "pole"`, the languages of customer displays (`dialect`), each a table over what its maker's manual says; and which one it is.

`auto` reads all of them at once and believes the one of whose own sequences most were heard. What several have in common (clear, cursor
keys, plain text) they show alike.
"""

from __future__ import annotations

from daemon.tills.pole_cd5220 import CD5220
from daemon.tills.pole_cells import Screen
from daemon.tills.pole_dsp800 import DSP800
from daemon.tills.pole_escpos import ESCPOS
from daemon.tills.pole_led8 import LED8
from daemon.tills.pole_sequences import Parser, Table

TABLES: dict[str, Table] = {"cd5220": CD5220, "escpos": ESCPOS, "dsp800": DSP800, "led8": LED8}
AUTO = "auto"


class Display:
    """What is on a customer display whose line is heard. `dialect` is one of `TABLES`, or `auto`."""

    def __init__(self, dialect: str = AUTO) -> None:
        self._parsers = {name: Parser(table) for name, table in TABLES.items() if dialect in (AUTO, name)}

    def feed(self, data: bytes) -> None:
        """Some bytes, cut anywhere."""
        for parser in self._parsers.values():
            parser.feed(data)

    @property
    def dialect(self) -> str:
        """The one that is believed; the first of those that are as likely."""
        return max(self._parsers, key=lambda name: self._parsers[name].marks)

    @property
    def is_sure(self) -> bool:
        """Whether anything was heard that only this dialect says."""
        return self._parsers[self.dialect].marks > 0

    @property
    def screen(self) -> Screen:
        return self._parsers[self.dialect].cells.screen

    @property
    def screens(self) -> dict[str, Screen]:
        """As each dialect would show it."""
        return {name: parser.cells.screen for name, parser in self._parsers.items()}
