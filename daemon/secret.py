"""Secrets: values that show themselves to nobody who does not ask by name.

A key, a token or a certificate's key comes from a file, never from the configuration itself, and is held in a `Secret`, so
that a log line, a traceback or a `repr` of the settings cannot give it away (P10).
"""

from __future__ import annotations

from pathlib import Path


class Secret:
    """A secret text. `str`, `repr` and formatting give `***`; `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __str__(self) -> str:
        return "***"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is never copied or stored")


def read_secret(path: Path) -> Secret:
    """The secret in a file, surrounding white space removed.

    Raises OSError where the file cannot be read, ValueError where it is empty or not text.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise ValueError("the file does not hold text (UTF-8)") from error
    if not text:
        raise ValueError("the file is empty")
    return Secret(text)
