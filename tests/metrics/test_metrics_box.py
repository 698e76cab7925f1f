"""daemon.metrics.box: the parts together, and that a scrape holds up nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as read_text
from sales import a_change, a_payment

from daemon.gateways.settings import SimulatedSettings
from daemon.gateways.simulated import SimulatedGateway
from daemon.health import Board
from daemon.metrics.box import Metrics
from daemon.metrics.disk import Disk
from daemon.metrics.families import FAMILIES
from daemon.metrics.gauges import Gauges
from daemon.timing import Schedule


class SlowDisk(Disk):
    """One that answers when it is let."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal, {})
        self.let = threading.Event()
        self.let.set()

    def readings(self):  # type: ignore[no-untyped-def]  # as the other one's
        assert self.let.wait(10)
        return super().readings()


GAUGES = Gauges(Board(), list, lambda: True, [])


@pytest.fixture
def disk(tmp_path: Path) -> SlowDisk:
    return SlowDisk(tmp_path / "journal.sqlite")


@pytest.fixture
async def metrics(disk: SlowDisk) -> AsyncIterator[Metrics]:
    gateways = {"sim": SimulatedGateway(SimulatedSettings("sim"), Schedule())}
    made = Metrics(gateways, {"counter": "http"}, disk, version="0.1.0", terminal="BOX1")
    yield made
    disk.let.set()
    made.close()


async def test_every_family_of_the_list_is_there_and_no_other(metrics: Metrics) -> None:
    text = (await metrics.scrape(GAUGES.readings)).body.decode()
    told = {family.name for family in read_text(text)}
    assert {name for name in told if not name.startswith("process_")} == {family.name for family in FAMILIES}
    assert 'tillbox_build_info{terminal="BOX1",version="0.1.0"} 1.0' in text


async def test_what_was_counted_is_told(metrics: Metrics) -> None:
    metrics.observer.on_change(a_change(None, a_payment()))
    assert b'tillbox_payments_asked_total{till="http"} 1.0' in (await metrics.scrape(GAUGES.readings)).body


async def test_a_disk_that_hangs_holds_up_the_scrape_and_nothing_else(metrics: Metrics, disk: SlowDisk) -> None:
    disk.let.clear()
    scrape = asyncio.ensure_future(metrics.scrape(GAUGES.readings))
    for _ in range(100):  # the loop runs on
        await asyncio.sleep(0)
    assert not scrape.done()
    assert await asyncio.to_thread(lambda: "others' threads are free") == "others' threads are free"
    disk.let.set()
    assert b"tillbox_ready 1.0" in (await scrape).body


async def test_a_box_that_is_not_asked_starts_no_thread(metrics: Metrics) -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("metrics")]

    before = threads()
    metrics.observer.on_change(a_change(None, a_payment()))
    assert threads() == before
    await asyncio.gather(*(metrics.scrape(GAUGES.readings) for _ in range(10)))
    assert len(threads()) <= len(before) + 1
