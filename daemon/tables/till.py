"""What every kind of till has in its table."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.goods import Ware


@dataclass(frozen=True, slots=True)
class TillSettings:
    """`kind = "http"`: `/v1/payments` on `[web] listen`; there can be one."""

    name: str
    kind: str = "http"
    priority: int = 0  # the higher goes before; see `daemon.desk.Counter`

    @property
    def acknowledges(self) -> bool:
        """Whether the till says what it got, so that the journal keeps what it was told."""
        return False

    @property
    def ware(self) -> Ware | None:
        """What its machine gives, so that the journal keeps what is owed; None where people hand over the goods."""
        return None

    @property
    def is_unattended(self) -> bool:
        """Whether it asks for amounts by itself, with nobody there."""
        return False
