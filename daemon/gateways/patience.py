"""The time that one call of a gateway has, where it takes more than one request."""

from __future__ import annotations

import asyncio

from daemon.reply import NoAnswer


class Patience:
    """Begins when it is made, inside the event loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = asyncio.get_running_loop().time() + seconds

    def left(self) -> float:
        """What is left of it, in seconds. Raises NoAnswer where that is nothing."""
        left = self._until - asyncio.get_running_loop().time()
        if left <= 0:
            raise NoAnswer(f"no whole answer within {self._seconds:g} s")
        return left
