"""The one place where a fault of measuring ends: it is logged, and whatever was measured goes on (P12's way with devices)."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

log = logging.getLogger(__name__)

P = ParamSpec("P")


def harmless(measure: Callable[P, None]) -> Callable[P, None]:
    """The same, but it never raises. What it measured may then be missing."""

    @functools.wraps(measure)
    def measured(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            measure(*args, **kwargs)
        except Exception:
            log.exception("metrics_fault where=%s", measure.__name__)

    return measured
