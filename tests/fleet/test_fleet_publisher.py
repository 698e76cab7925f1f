"""The box's place in a fleet (`daemon.fleet.publisher`), before a scripted broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scripted_broker import ScriptedBroker, acknowledge, refuse

from daemon.fleet import outbox as fleet_outbox
from daemon.fleet import publisher
from daemon.fleet.pauses import Pauses
from daemon.fleet.place import Place
from daemon.fleet.publisher import Fleet, Told
from daemon.fleet.topics import Topics
from daemon.journal_error import JournalError
from daemon.payment import Ref
from daemon.tills.base import Entry
from hw.interfaces import Condition, Health

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OK = Health(Condition.OK)


class Box:
    """What the fleet sees of a box, and what it says about the connection."""

    def __init__(self, stored: int = 3) -> None:
        self.stored = stored
        self.status: dict[str, Any] = {"screen": "ready"}
        self.place: Place | None = Place("first", 4, 0)
        self.starts: list[bool] = []
        self.refused = 0  # times that the journal could not be asked
        self.took: list[int] = []
        self.health: list[Health] = []
        self.closed = asyncio.Event()

    async def fleet_place(self, *, starting: bool) -> Place:
        if self.place is None:
            self.refused += 1
            raise JournalError("disk full")
        self.starts.append(starting)
        return self.place

    async def fleet_took(self, _journal: str, seq: int) -> None:
        self.took.append(seq)

    async def follow(self, after: int) -> AsyncIterator[Entry]:
        for seq in range(after + 1, self.stored + 1):
            yield Entry(seq, "2026-11-21T12:00:00.000Z", Ref("A-1"), None, "asked", "awaiting_code", {})
        await self.closed.wait()


class NoPauses(Pauses):
    def next_s(self) -> float:
        return super().next_s() / 100


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"CALM_S": 0.01, "WELL_S": 0.02, "DRAIN_S": 0.1, "LEAVE_S": 0.3, "AGAIN_S": 0.01}.items():
        monkeypatch.setattr(publisher, name, seconds)
    monkeypatch.setattr(fleet_outbox, "SAVE_S", 0.01)


@pytest.fixture
async def broker() -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker() as running:
        yield running


@pytest.fixture
async def box() -> Box:
    return Box()


Join = Callable[[], Fleet]


@pytest.fixture
async def join(broker: ScriptedBroker, box: Box) -> AsyncIterator[Join]:
    fleets = []

    def start() -> Fleet:
        told = Told(Topics("tillbox", "T1", "0.1.0"), box, box.follow, lambda: dict(box.status), box.health.append, lambda: NOON)
        fleets.append(Fleet(broker.settings(), told, NoPauses()))
        fleets[-1].start()
        return fleets[-1]

    yield start
    box.closed.set()
    for fleet in fleets:
        await fleet.stop()


def statuses(broker: ScriptedBroker) -> list[tuple[str, int | None]]:
    said = [json.loads(payload) for payload in broker.payloads("status")]
    return [(status["state"], status["boot"]) for status in said]


def numbers(broker: ScriptedBroker) -> list[int]:
    return [json.loads(payload)["seq"] for payload in broker.payloads("events")]


async def test_first_that_it_is_there_then_how_it_is_then_what_happened(broker: ScriptedBroker, box: Box, join: Join) -> None:
    join()
    await broker.until(lambda: numbers(broker) == [1, 2, 3])
    assert [sent.topic.rpartition("/")[2] for sent in broker.sent] == ["status", "state", "events", "events", "events"]
    assert [sent.retain for sent in broker.sent] == [True, True, False, False, False]
    assert (statuses(broker), box.starts) == ([("online", 4)], [True])
    assert b'{"state":"offline","terminal_id":"T1","boot":4,"reason":"lost"}' in broker.connects[0], "the will"
    await broker.until(lambda: box.health == [OK] and box.took[-1:] == [3])


async def test_a_changed_state_is_told_once_however_often_it_is_looked_at(broker: ScriptedBroker, box: Box, join: Join) -> None:
    fleet = join()
    await broker.until(lambda: numbers(broker) == [1, 2, 3])
    for screen in ("awaiting_code", "pending", "paid"):
        box.status = {"screen": screen}
        fleet.poke()
    await broker.until(lambda: len(broker.payloads("state")) == 2)
    for _ in range(5):
        fleet.poke()
        await asyncio.sleep(0.015)
    assert broker.payloads("state") == [b'{"screen":"ready"}', b'{"screen":"paid"}']


async def test_at_its_end_the_box_tells_what_there_is_left_and_says_goodbye(broker: ScriptedBroker, box: Box, join: Join) -> None:
    fleet = join()
    await broker.until(lambda: len(numbers(broker)) == 3)
    box.closed.set()
    await fleet.stop()
    assert statuses(broker) == [("online", 4), ("offline", 4)]
    assert json.loads(broker.payloads("status")[-1])["reason"] == "stopped"
    assert box.took[-1] == 3
    await broker.until(lambda: broker.goodbyes == 1)


async def test_a_broker_that_falls_silent_does_not_hold_up_the_end(broker: ScriptedBroker, box: Box, join: Join) -> None:
    broker.answer = lambda _sent: b""
    fleet = join()
    await broker.until(lambda: broker.sent)
    began = asyncio.get_running_loop().time()
    await fleet.stop()
    assert asyncio.get_running_loop().time() - began < 2
    assert broker.goodbyes == 0, "the broker says itself that it is lost"


async def test_it_comes_back_and_goes_on_where_it_was(broker: ScriptedBroker, box: Box, join: Join) -> None:
    fleet = join()
    await broker.until(lambda: box.took[-1:] == [3] and box.health == [OK])
    assert fleet.told_events == 3
    box.place = Place("first", 4, 3)
    box.stored = 5
    broker.hang_up()
    await broker.until(lambda: numbers(broker) == [1, 2, 3, 4, 5])
    assert statuses(broker) == [("online", 4), ("online", 4)]
    assert box.starts == [True, False], "a connection is no start"
    assert [health.condition for health in box.health[:2]] == [Condition.OK, Condition.FAILING]
    await broker.until(lambda: box.health[-1] == OK)
    await broker.until(lambda: fleet.told_events == 5)


async def test_a_refusal_of_its_events_is_said_and_does_not_look_well_in_between(broker: ScriptedBroker, box: Box, join: Join) -> None:
    broker.answer = lambda sent: refuse(sent) if sent.topic.endswith("events") else acknowledge(sent)
    fleet = join()
    refused = "refuses this box (not authorized): tillbox/T1/events"
    await broker.until(lambda: len(broker.connects) >= 3 and refused in box.health[-1].detail)
    assert OK not in box.health
    assert box.health[-1].detail.startswith("broker 127.0.0.1:")
    assert (box.took, fleet.told_events) == ([], 0)


async def test_while_the_journal_cannot_be_used_it_is_there_without_a_number(broker: ScriptedBroker, box: Box, join: Join) -> None:
    place, box.place = box.place, None
    join()
    await broker.until(lambda: broker.payloads("state") == [b'{"screen":"ready"}'])
    assert statuses(broker) == [("online", None)]
    box.place = place
    await broker.until(lambda: numbers(broker) == [1, 2, 3])
    assert statuses(broker)[-1] == ("online", 4)
    assert box.starts[0] is True


async def test_in_a_journal_that_took_the_place_of_a_damaged_one_it_begins_anew(broker: ScriptedBroker, box: Box, join: Join) -> None:
    box.stored = 40
    fleet = join()
    await broker.until(lambda: box.took[-1:] == [40])
    fleet.stored(41)
    assert len(broker.connects) == 1
    box.place, box.stored = Place("second", 1, 0), 1
    fleet.stored(1)
    await broker.until(lambda: numbers(broker)[-1] == 1)
    assert [json.loads(payload)["journal"] for payload in broker.payloads("status")] == ["first", "second"]
    assert json.loads(broker.payloads("events")[-1])["journal"] == "second"


async def test_an_event_that_was_read_before_its_storing_was_heard_of_does_not_begin_anything_anew(
    broker: ScriptedBroker, box: Box, join: Join
) -> None:
    fleet = join()
    await broker.until(lambda: numbers(broker) == [1, 2, 3])
    place, box.place = box.place, None
    asked = len(box.starts)
    fleet.stored(3)
    await broker.until(lambda: box.refused >= 2)  # a journal that does not answer is asked again
    box.place = place
    await broker.until(lambda: len(box.starts) > asked)
    fleet.stored(2)
    await broker.until(lambda: len(box.starts) > asked + 1)
    assert (len(broker.connects), statuses(broker)) == (1, [("online", 4)])
    box.place, box.stored = Place("second", 1, 0), 1
    fleet.stored(1)
    await broker.until(lambda: numbers(broker)[-1] == 1)
    assert len(broker.connects) == 2


async def test_a_fault_of_its_own_is_tried_again_and_hurts_nobody(
    broker: ScriptedBroker, box: Box, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    box.status = {"screen": object()}  # which no JSON can say
    join()
    await broker.until(lambda: box.health and "fault of the box" in box.health[-1].detail)
    assert "fleet_fault" in caplog.text
    box.status = {"screen": "ready"}
    await broker.until(lambda: numbers(broker) == [1, 2, 3])


async def test_looking_logs_in_and_says_nothing(broker: ScriptedBroker, box: Box) -> None:
    told = Told(Topics("tillbox", "T1", "0.1.0"), box, box.follow, dict, box.health.append, lambda: NOON)
    await Fleet(broker.settings(), told).look()
    broker.welcome = lambda _version: b"\x20\x03\x00\x86\x00"
    await Fleet(broker.settings(), told).look()
    assert (broker.sent, box.starts) == ([], [])
    assert b"offline" not in broker.connects[0], "no will: the broker would say that a box is lost"
    assert [health.condition for health in box.health] == [Condition.OK, Condition.FAILING]
    assert "refuses username or password" in box.health[-1].detail


async def test_one_that_waits_to_try_again_ends_at_once(broker: ScriptedBroker, box: Box) -> None:
    broker.welcome = lambda _version: b"\x20\x03\x00\x86\x00"
    told = Told(Topics("tillbox", "T1", "0.1.0"), box, box.follow, dict, box.health.append, lambda: NOON)
    fleet = Fleet(broker.settings(), told)
    fleet.start()
    await broker.until(lambda: box.health)
    async with asyncio.timeout(0.2):
        await fleet.stop()
