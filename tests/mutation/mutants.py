"""What mutmut found out about one core module, and the list of mutants that change nothing anybody could notice.

A mutant is known by the function it changes and the text it takes and gives there, not by mutmut's number, which moves with
every edit above it. Where one function has the same change at two places, the list has it twice.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from contextlib import chdir
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.format_utils import orig_function_and_class_names_from_key

LISTS = Path(__file__).parent
LEAST = 0.95  # of the mutants that are not equivalent


class Fate(Enum):
    KILLED = "killed"
    TIMEOUT = "timeout"  # the tests did not come to an end: noticed as well
    SURVIVED = "survived"


# The tests failed, could not be collected, or the interpreter died.
_FATES = {"killed": Fate.KILLED, "segfault": Fate.KILLED, "timeout": Fate.TIMEOUT, "survived": Fate.SURVIVED, "no tests": Fate.SURVIVED}


@dataclass(frozen=True, slots=True)
class Change:
    """One mutant: in `function` (a method with its class), the lines `removed` gave way to the lines `added`."""

    function: str
    removed: str
    added: str

    def __str__(self) -> str:
        """As the list takes it, but for the reason."""
        return (
            f"[[equivalent]]\nfunction = '{self.function}'\nremoved = {_quoted(self.removed)}\nadded = {_quoted(self.added)}\nreason = ''"
        )


def _quoted(text: str) -> str:
    return f"'''{text}'''" if "'" in text or "\n" in text else f"'{text}'"


def change_of(function: str, diff: str) -> Change:
    """What a unified diff says, without the indentation: a function that is moved into a class has the same mutants."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    removed = "\n".join(line[1:].strip() for line in lines if line.startswith("-"))
    added = "\n".join(line[1:].strip() for line in lines if line.startswith("+"))
    return Change(function, removed, added)


def function_of(mutant: str) -> str:
    """`Cycle.handle` for mutmut's `daemon.cycle.xǁCycleǁhandle__mutmut_7`."""
    function, of_class = orig_function_and_class_names_from_key(mutant)
    return f"{of_class}.{function}" if of_class else function


def statuses(workspace: Path, module: str) -> dict[str, str]:
    """What mutmut says of each mutant, by mutmut's names for both; nothing where there is no mutant."""
    meta = json.loads((workspace / "mutants" / "daemon" / f"{module}.py.meta").read_text(encoding="utf-8"))
    return {name: status_by_exit_code[code] for name, code in meta["exit_code_by_key"].items()}


def fates(found: dict[str, str]) -> dict[str, Fate]:
    """What became of each mutant. RuntimeError where mutmut did not come to a verdict about one."""
    undecided = {name: status for name, status in found.items() if status not in _FATES}
    if undecided:
        raise RuntimeError(f"mutmut came to no verdict: {undecided}")
    return {name: _FATES[status] for name, status in found.items()}


def survivors(workspace: Path, module: str, found: dict[str, Fate]) -> list[Change]:
    with chdir(workspace):
        return [
            change_of(function_of(name), get_diff_for_mutant(name, path=f"daemon/{module}.py"))
            for name, fate in found.items()
            if fate is Fate.SURVIVED
        ]


def listed(module: str, lists: Path = LISTS) -> list[Change]:
    """The equivalent mutants of the module. ValueError where one has no reason."""
    file = lists / f"{module}.toml"
    if not file.exists():
        return []
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"]
    if any(len(entry["reason"]) < 10 for entry in entries):
        raise ValueError(f"{file.name}: every entry says why nobody could notice")
    return [Change(entry["function"], entry["removed"].strip("\n"), entry["added"].strip("\n")) for entry in entries]


@dataclass(frozen=True, slots=True)
class Score:
    """How a module came through."""

    module: str
    mutants: int
    killed: int
    timeouts: int
    survived: list[Change]
    equivalent: list[Change]  # listed

    @property
    def unlisted(self) -> list[Change]:
        return list((Counter(self.survived) - Counter(self.equivalent)).elements())

    @property
    def stale(self) -> list[Change]:
        """Listed, and no survivor: killed by now, or gone with the code."""
        return list((Counter(self.equivalent) - Counter(self.survived)).elements())

    @property
    def noticed(self) -> float:
        """The share of the mutants that were killed, those left out that are listed and live."""
        possible = self.mutants - len(self.survived) + len(self.unlisted)
        return (self.killed + self.timeouts) / possible if possible else 1.0

    @property
    def is_good(self) -> bool:
        return not self.unlisted and not self.stale and self.noticed >= LEAST

    def __str__(self) -> str:
        equivalent = len(self.survived) - len(self.unlisted)
        numbers = f"{self.mutants:7} {self.killed:7} {self.timeouts:8} {len(self.survived):8} {equivalent:10}"
        return f"{self.module:12} {numbers} {self.noticed:7.1%}"


HEAD = f"{'module':12} {'mutants':>7} {'killed':>7} {'timeouts':>8} {'survived':>8} {'equivalent':>10} {'score':>7}"
