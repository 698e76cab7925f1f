"""What is wrong with a configuration, and what is only worth a word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps the box from starting. Printed as one line; no secret and no code is ever part of it."""

    key: str  # dotted, as in the file: "gateways.main.key_file"
    wrong: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: {self.wrong}; expected {self.expected}"


@dataclass(slots=True)
class Findings:
    """Collects, so that whoever wrote the file hears everything at once."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, key: str, wrong: str, expected: str) -> None:
        self.problems.append(Problem(key, wrong, expected))

    def warn(self, key: str, text: str) -> None:
        self.warnings.append(f"{key}: {text}")


def dotted(table: str, name: str) -> str:
    """The key of `name` in a table, written as TOML would write it and always on one line."""
    written = name if _BARE.fullmatch(name) else repr(name[:64])
    return f"{table}.{written}" if table else written


def did_you_mean(name: str, known: list[str]) -> str:
    """`, did you mean X?` where one of the known names is close, else nothing."""
    from difflib import get_close_matches  # only wrong configurations need it

    begun = [word for word in known if len(name) > 2 and word.startswith(name)]
    close = begun or get_close_matches(name[:64], known, n=1)
    return f", did you mean {close[0]}?" if close else ""
