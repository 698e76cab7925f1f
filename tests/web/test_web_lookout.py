"""What a page is shown, made once for all who look, and not at all while nobody does."""

from __future__ import annotations

import asyncio
import json

import pytest

from daemon.web import lookout
from daemon.web.lookout import Dots, Lookout, Sights


class Shop:
    """A box whose sights are set by hand; counts how often it is looked at."""

    def __init__(self):
        self.box = {"screen": "ready"}
        self.dots = None
        self.views, self.pictures = [], []
        self.looks = 0
        self.lookout = Lookout(Sights(self._status, lambda: self.dots, (self.views, self.pictures)))

    def _status(self):
        self.looks += 1
        return dict(self.box)

    def change(self, **what):
        self.box.update(what)
        for listener in list(self.views):
            listener()


def told(looker):
    return {name: json.loads(data) for name, data in looker.take()}


async def soon(looker):
    await asyncio.wait_for(looker.news.wait(), 5)


@pytest.fixture
async def shop():
    return Shop()


async def test_who_comes_is_told_everything_and_then_only_what_changed(shop):
    with shop.lookout.enter() as looker:
        assert told(looker) == {"box": {"screen": "ready"}, "panel": None}
        assert told(looker) == {}
        shop.change(screen="paid")
        await soon(looker)
        assert told(looker) == {"box": {"screen": "paid"}}


async def test_a_picture_is_told_with_its_size_and_its_dots(shop):
    shop.dots = Dots(9, 2, b"\x80\x80\x00\x00")
    with shop.lookout.enter() as looker:
        assert told(looker)["panel"] == {"width": 9, "height": 2, "dots": "gIAAAA=="}
        shop.dots = Dots(9, 2, b"\x00\x00\x00\x00")
        shop.pictures[0]()
        await soon(looker)
        assert told(looker) == {"panel": {"width": 9, "height": 2, "dots": "AAAAAA=="}}
        shop.dots = None
        shop.pictures[0]()
        await soon(looker)
        assert told(looker) == {"panel": None}


async def test_many_pages_cost_one_look(shop):
    with shop.lookout.enter() as first, shop.lookout.enter() as second, shop.lookout.enter() as third:
        before = shop.looks
        shop.change(screen="pending")
        for looker in (first, second, third):
            await soon(looker)
            assert told(looker)["box"] == {"screen": "pending"}
        assert shop.looks == before + 1


async def test_what_nobody_announced_is_seen_at_the_next_look(shop, monkeypatch):
    monkeypatch.setattr(lookout, "LOOK_EVERY_S", 0.01)
    with shop.lookout.enter() as looker:
        told(looker)
        shop.box["gateways"] = "failing"
        await soon(looker)
        assert told(looker)["box"]["gateways"] == "failing"


async def test_a_fault_in_one_look_does_not_end_the_looking(shop, monkeypatch):
    monkeypatch.setattr(lookout, "LOOK_EVERY_S", 0.01)
    with shop.lookout.enter() as looker:
        told(looker)
        status, shop.box = shop.box, None
        await asyncio.sleep(0.05)
        shop.box = {**status, "screen": "paid"}
        await soon(looker)
        assert told(looker)["box"] == {"screen": "paid"}


async def test_nothing_is_done_while_nobody_looks(shop):
    with shop.lookout.enter():
        assert shop.views
    assert not shop.views
    assert not shop.pictures
    before = shop.looks
    shop.change(screen="paid")
    await asyncio.sleep(0.01)
    assert shop.looks == before
    assert len(asyncio.all_tasks()) == 1, "only this test's"
    with shop.lookout.enter() as looker:
        assert told(looker)["box"] == {"screen": "paid"}


async def test_a_second_change_while_the_first_is_taken_is_not_lost(shop):
    with shop.lookout.enter() as looker:
        shop.change(screen="submitting")
        await soon(looker)
        shop.change(screen="pending")
        assert told(looker)["box"] in ({"screen": "submitting"}, {"screen": "pending"})
        for _ in range(3):
            await asyncio.sleep(0)
        assert told(looker).get("box", {"screen": "pending"}) == {"screen": "pending"}
