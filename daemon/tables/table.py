"""One table of the configuration, read key by key; what nobody asked for by the end is a mistake in the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from daemon.secret import Secret
from daemon.tables.files import Files
from daemon.tables.findings import Findings, did_you_mean, dotted
from daemon.tables.values import Reader, Wrong, shown

T = TypeVar("T")
D = TypeVar("D")


class Table:
    """Reads one table. Wrong and missing values are noted and their default is given, so that reading goes on."""

    def __init__(self, data: Mapping[str, object], key: str, findings: Findings, files: Files) -> None:
        self.key = key
        self.findings = findings
        self.files = files
        self._data = data
        self._known: list[str] = []

    def __contains__(self, name: str) -> bool:
        return name in self._data

    @property
    def is_empty(self) -> bool:
        return not self._data

    def take(self, name: str, reader: Reader[T], default: D, *, needed: bool = False) -> T | D:
        """The value of a key, or the default where there is none that can be used."""
        self._known.append(name)
        if name not in self._data:
            if needed:
                self.problem(name, "is missing", reader.expected)
            return default
        try:
            return reader.read(self._data[name])
        except Wrong as wrong:
            self.problem(name, str(wrong), reader.expected)
            return default

    def take_secret(self, name: str, *, needed: bool) -> Secret | None:
        """The secret in the file that a key names. Says so where other users of the machine can read it."""
        found = self.take(name, self.files.secret, None, needed=needed)
        if found is None:
            return None
        self._warn_if_open(name, found.open_to_others)
        return found.secret

    def take_private(self, name: str) -> Path | None:
        """The file that a key names, which is to be read by the box alone: a certificate's key. Says so where others can read it."""
        found = self.take(name, self.files.private, None)
        if found is None:
            return None
        path, open_to_others = found
        self._warn_if_open(name, open_to_others)
        return path

    def _warn_if_open(self, name: str, open_to_others: bool) -> None:
        if open_to_others:
            self.warn(name, "other users of this machine can read the file: chmod 600 would stop them")

    def table(self, name: str) -> Table:
        """The table under a key; an empty one where there is none."""
        self._known.append(name)
        return self._table(name, self._data.get(name, {}))

    def tables(self) -> dict[str, Table]:
        """All tables under this one, by name."""
        self._known.extend(self._data)
        return {name: self._table(name, value) for name, value in self._data.items()}

    def text_or_table(self, name: str) -> str | Table:
        """The text under a key, or the table."""
        value = self._data.get(name, {})
        self._known.append(name)
        return value if isinstance(value, str) else self._table(name, value)

    def close(self) -> None:
        """Every key that was not asked for is a problem."""
        for name in self._data:
            if name not in self._known:
                known = ", ".join(self._known) if self._known else "nothing"
                self.problem(
                    name, f"is not known here{did_you_mean(name, self._known)}", f"one of {known}" if self._known else "no more keys"
                )

    def problem(self, name: str, wrong: str, expected: str) -> None:
        self.findings.problem(self.key_of(name), wrong, expected)

    def warn(self, name: str, text: str) -> None:
        self.findings.warn(self.key_of(name), text)

    def key_of(self, name: str) -> str:
        return dotted(self.key, name)

    def _table(self, name: str, value: object) -> Table:
        if not isinstance(value, Mapping):
            self.problem(name, f"is {shown(value)}", f"a table, [{self.key_of(name)}]")
            value = {}
        return Table(value, self.key_of(name), self.findings, self.files)
