"""The tills of `tillbox demo --till KIND`: each with its emulator, and with sales from the amount to the goods. Imported where wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from daemon.demo.stage import Stage

Act = tuple[str, Callable[[], Awaitable[bool]]]
"""What a story is called, and how it is played: whether it ended as it must."""

Say = Callable[[str], None]

LONGEST_S = 60.0
LOOK_S = 0.05


class TillDemo(Protocol):
    """One till of the demo, at the other end of its line."""

    toml: str  # its tables in the configuration
    words: Collection[str]  # what a person types that is done at the till
    help: str

    def command(self, text: str) -> None:
        """A person does something at the till. Raises ValueError, which says what can be done."""

    def acts(self, stage: Stage) -> list[Act]:
        """Its sales, from the amount to the goods."""


async def until(true: Callable[[], bool]) -> bool:
    """Whether it came true within the longest that a sale of the demo takes."""
    try:
        async with asyncio.timeout(LONGEST_S):
            while not true():  # noqa: ASYNC110  # what is waited for happens in the emulator, which knows of no event
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        return False
    return True


Open = Callable[[Say], AbstractAsyncContextManager[TillDemo]]


def _serial(say: Say) -> AbstractAsyncContextManager[TillDemo]:
    from daemon.demo.till_serial import open_till

    return open_till(say)


def _keypad(say: Say) -> AbstractAsyncContextManager[TillDemo]:
    from daemon.demo.till_keypad import open_till

    return open_till(say)


def _mdb(say: Say) -> AbstractAsyncContextManager[TillDemo]:
    from daemon.demo.till_mdb import open_till

    return open_till(say)


def _pulse(say: Say) -> AbstractAsyncContextManager[TillDemo]:
    from daemon.demo.till_pulse import open_till

    return open_till(say)


def _pole(say: Say) -> AbstractAsyncContextManager[TillDemo]:
    from daemon.demo.till_pole import open_till

    return open_till(say)


TILLS: dict[str, Open] = {
    "serial": _serial,
    "keypad": _keypad,
    "mdb": _mdb,
    "pulse": _pulse,
    "pole": _pole,
}
