"""`daemon.web.begun`: what was begun at the desk comes to its end, whoever goes away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from daemon.web.begun import Begun


async def test_a_caller_that_goes_away_only_stops_waiting() -> None:
    begun, let, done = Begun(), asyncio.Event(), []

    async def work() -> None:
        await let.wait()
        done.append("whole")

    caller = asyncio.ensure_future(begun.to_its_end(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with suppress(asyncio.CancelledError):
        await caller
    assert done == []
    let.set()
    await begun.settle(20)
    assert done == ["whole"]


async def test_what_comes_of_it_is_told_and_nothing_is_waited_for_afterwards() -> None:
    begun = Begun()

    async def work() -> int:
        return 7

    assert await begun.to_its_end(work()) == 7
    await begun.settle(0)


async def test_a_stop_does_not_wait_for_ever() -> None:
    begun, let = Begun(), asyncio.Event()
    caller = asyncio.ensure_future(begun.to_its_end(let.wait()))
    await asyncio.sleep(0)
    await begun.settle(0.01)
    assert not caller.done()
    let.set()
    assert await caller is True
