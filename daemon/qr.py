"""A QR on the panel: which one, how large, or why none."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.payment import Reason


@dataclass(frozen=True, slots=True)
class Panel:
    """What a QR must fit: pixels, and the smallest module that may be shown (`[display] min_module_px`)."""

    width: int
    height: int
    min_module_px: int = 1


def why_unshowable(text: str, *, panel: Panel) -> Reason | None:
    """None where a phone can read a QR of that text from the panel; else the reason, with what would fit."""
    return None
