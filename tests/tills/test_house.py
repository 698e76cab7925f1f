"""`daemon.tills.house`, `daemon.tills.holding`, `daemon.tills.waking`: what tills without staff share."""

from __future__ import annotations

import asyncio
from unittest.mock import sentinel

from vending import in_virtual_time

from daemon.tills.holding import Holding, Trouble
from daemon.tills.house import House
from daemon.tills.waking import Waking, now
from daemon.timing import Schedule


def test_a_house_is_what_it_is_made_of() -> None:
    house = House(sentinel.goods, sentinel.hold, lambda: None, lambda: "no route", lambda _wake: None, Schedule())
    assert (house.closed(), house.unreachable(), house.schedule.give_up_s) == (None, "no route", 30.0)


def test_a_trouble_is_told_once_its_grace_is_over_and_taken_back_at_once() -> None:
    told: list[str | None] = []
    holding = Holding(told.append)
    busy = Trouble("busy", 5.0)
    holding.note(busy, 100.0)
    assert (told.pop(), holding.due_at) == (None, 105.0)
    holding.note(busy, 104.9)
    assert told.pop() is None
    holding.note(busy, 105.0)
    assert told.pop() == "busy"
    holding.note(Trouble("gone"), 106.0)
    assert told.pop() == "gone"
    holding.note(None, 107.0)
    assert (told.pop(), holding.due_at) == (None, None)
    holding.note(busy, 108.0)
    assert (told.pop(), holding.due_at) == (None, 113.0), "another time"


def test_a_trouble_that_others_tell_is_not_told_twice() -> None:
    told: list[str | None] = []
    holding = Holding(told.append)
    holding.note(Trouble("journal: disk full", None), 100.0)
    holding.note(Trouble("journal: disk full", None), 1000.0)
    assert (told, holding.due_at) == ([None, None], None)


@in_virtual_time
async def test_waking_comes_by_what_happens_or_by_the_earliest_moment_to_come() -> None:
    waking, begun = Waking(), now()
    await waking.woken(begun - 5, None, begun + 3, begun + 2)
    assert now() == begun + 2
    asyncio.get_running_loop().call_later(1, waking.wake)
    await waking.woken()
    assert now() == begun + 3
    waking.wake()
    await waking.woken_within(7)
    assert now() == begun + 3
    await waking.woken_within(7)
    assert now() == begun + 10
