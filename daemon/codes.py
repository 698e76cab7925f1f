"""What a scanned text is."""

from __future__ import annotations


class AuthCode:
    """A payer's code: a bearer secret for about a minute. It shows itself masked everywhere but to `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The code itself; only for the body of a charge."""
        return self._text

    def __str__(self) -> str:
        return f"{self._text[:2]}…{self._text[-2:]}" if len(self._text) >= 8 else "…"

    def __repr__(self) -> str:
        return f"AuthCode({self})"

    def __reduce__(self) -> str:
        raise TypeError("an AuthCode is never copied or stored")
