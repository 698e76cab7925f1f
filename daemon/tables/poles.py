"""`[tills.NAME] kind = "pole"`: the customer display that a box listens to, and how it says its totals (docs/pole-till.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.tables.table import Table
from daemon.tables.till import TillSettings
from daemon.tables.values import BAUDRATE, DEVICE_PATH, FLAG, Reader, Wrong, one_of, one_or_several, text

_DIALECT = one_of(("auto", "cd5220", "escpos", "dsp800", "led8"))
_POINT = one_of(("shown", "implied"))


@dataclass(frozen=True, slots=True)
class PoleTillSettings(TillSettings):
    """`words` and `total_pattern` are empty where the usual words do; `point`: whether numbers are shown with their decimal point, or it
    is `implied`."""

    kind: str = "pole"
    port: str = ""
    baudrate: int = 9600
    dialect: str = "auto"
    confirm: bool = True
    words: tuple[str, ...] = ()
    total_pattern: str | None = None
    point: str = "shown"


def read_pole(name: str, table: Table) -> PoleTillSettings:
    dialect = table.take("dialect", _DIALECT, "auto")
    point = table.take("point", _POINT, None)
    if "words" in table and "total_pattern" in table:
        table.problem("words", "are not the only way to find the total", "either words, or total_pattern")
    return PoleTillSettings(
        name,
        port=table.take("port", DEVICE_PATH, "", needed=True),
        baudrate=table.take("baudrate", BAUDRATE, 2400 if dialect == "led8" else 9600),
        dialect=dialect,
        confirm=table.take("confirm", FLAG, True),
        words=table.take("words", one_or_several(text(20, "a word that stands before the total,"), most=16), ()),
        total_pattern=table.take("total_pattern", _PATTERN, None),
        point=point or ("implied" if dialect == "led8" else "shown"),
    )


def _read_pattern(value: object) -> str:
    pattern = text(200).read(value)
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise Wrong(f"is no regular expression: {error}") from None
    if groups != 1:
        raise Wrong(f"has {groups} groups")
    return pattern


_PATTERN = Reader("a regular expression whose only group is the amount", _read_pattern)
