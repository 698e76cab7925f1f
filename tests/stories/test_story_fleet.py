"""`[mqtt]` with a real mosquitto: a fleet hears that a box is there, how it is and what happened, and misses nothing."""

import itertools
import time

import pytest
from event_stream import EventStream
from mqtt_broker import Broker, needs_mosquitto
from provider_thread import fresh_code
from scraped import Scrape
from test_footprint import IDLE_S, MOST_WAKE_UPS, quiet_wake_ups

pytestmark = needs_mosquitto

TOPIC = "tillbox/STORY1"


@pytest.fixture
def broker(tmp_path):
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def fleet(broker):
    with broker.listen() as listener:
        yield listener


def numbers(events):
    return [event["seq"] for event in events]


def in_order(events):
    """Each once, in order: what a consumer has who drops those whose number is not above the last one."""
    return [number for number, _ in itertools.groupby(itertools.accumulate(numbers(events), max))]


def told_as_stored(box, events):
    """Whether every event of the journal came, and in order; some may have come twice."""
    assert in_order(events) == [row["seq"] for row in box.sql("SELECT seq FROM events ORDER BY seq")]


def test_a_box_says_that_it_is_there_how_it_is_and_what_happened(make_box, broker, fleet):
    box = make_box({"mqtt": broker.table()}).start()
    with EventStream(box, 0) as stream:
        assert box.sell(fresh_code("paid"))["state"] == "paid"
        fleet.until(lambda: fleet.last("state").get("screen") == "paid")
        ref = box.ask()
        box.delete(ref)
        events = fleet.until_event(ref, "cancelled")
        streamed = stream.until(ref, "cancelled")

    (birth,) = fleet.of("status")
    assert (birth["state"], birth["terminal_id"], birth["boot"], birth["version"]) == ("online", "STORY1", 1, "0.1.0")
    assert [{k: v for k, v in event.items() if k not in ("terminal_id", "journal")} for event in events] == streamed
    assert {(event["terminal_id"], event["journal"]) for event in events} == {("STORY1", birth["journal"])}
    assert numbers(events) == list(range(1, len(events) + 1)), "each once"
    assert {heard.qos for heard in fleet.all} == {1}
    assert {heard.topic for heard in fleet.all} == {f"{TOPIC}/status", f"{TOPIC}/state", f"{TOPIC}/events"}

    fleet.until(lambda: fleet.last("state") == {k: v for k, v in box.box().items() if k != "fleet"})
    box.until(lambda: box.box()["fleet"] == {"state": "ok", "detail": ""})
    told_as_stored(box, events)


def test_state_is_told_at_change_only_and_both_are_kept_for_those_who_come_later(make_box, broker):
    box = make_box({"mqtt": broker.table()}).start()
    with broker.listen() as early:
        ref = box.ask()
        early.until(lambda: early.last("state").get("screen") == "awaiting_code")
        asked = len(early.of("state"))
        time.sleep(2.5)  # of a countdown on the panel
        assert len(early.of("state")) == asked
        box.delete(ref)
        early.until(lambda: early.last("state")["busy_ref"] is None)
    with broker.listen() as late:
        late.until(lambda: late.of("status") and late.of("state"))
        assert all(heard.retained for heard in late.all)
        assert late.last("status")["state"] == "online"
        assert late.of("events") == [], "events are for those who were there, or have a session"


def test_a_box_that_is_killed_is_said_to_be_lost_and_one_that_stops_to_have_stopped(make_box, broker, fleet):
    box = make_box({"mqtt": broker.table()}).start()
    fleet.until(lambda: fleet.of("status"))
    box.kill9()
    lost = fleet.until(lambda: [said for said in fleet.of("status") if said["state"] == "offline"])
    assert [(said["boot"], said["reason"]) for said in lost] == [(1, "lost")]
    box.start()
    fleet.until(lambda: fleet.last("status")["boot"] == 2)
    ref = box.ask()
    assert box.stop() == 0
    fleet.until(lambda: len(fleet.of("status")) == 4)
    assert [(said["state"], said["boot"], said.get("reason")) for said in fleet.of("status")] == [
        ("online", 1, None), ("offline", 1, "lost"), ("online", 2, None), ("offline", 2, "stopped"),
    ]  # fmt: skip
    assert fleet.until_event(ref, "cancelled")[-1]["ref"] == ref, "the end of the box is told before it says goodbye"


def test_what_happened_while_the_broker_was_down_comes_later_each_once_and_in_order(make_box, broker, fleet):
    box = make_box({"mqtt": broker.table()}).start()
    fleet.until(lambda: fleet.of("status"))
    ref = box.ask()
    fleet.until_event(ref, "awaiting_code")
    broker.stop()
    box.until(lambda: box.box()["fleet"]["state"] == "failing")
    assert box.box()["ready"] is True
    box.scan(fresh_code("paid"))
    assert box.end(ref)["state"] == "paid"
    last = box.ask()
    box.delete(last)
    broker.start()
    events = fleet.until_event(last, "cancelled")
    assert numbers(events) == list(range(1, len(events) + 1))
    told_as_stored(box, events)


def test_a_box_that_dies_with_a_backlog_tells_all_of_it_after_its_next_start(make_box, broker, fleet):
    box = make_box({"mqtt": broker.table()}).start()
    box.sell(fresh_code("paid"))
    fleet.until(lambda: fleet.of("events"))
    broker.stop()
    sold = [box.sell(fresh_code("paid"))["ref"] for _ in range(3)]
    box.kill9()
    broker.start()
    box.start()
    events = fleet.until_event(sold[-1], "paid")
    told_as_stored(box, events)
    box.until(lambda: box.sql("SELECT acknowledged FROM fleet")[0]["acknowledged"] == events[-1]["seq"])


def test_a_box_that_joins_late_tells_its_whole_journal(make_box, broker):
    box = make_box().start()
    refs = [box.sell(fresh_code("paid"))["ref"] for _ in range(3)]
    assert "fleet" not in box.box()
    box.reconfigure({"mqtt": broker.table(topic="shops/north")})
    with broker.listen("shops/north/STORY1/events") as there:
        box.restart()
        events = there.until_event(refs[-1], "paid")
        told_as_stored(box, events)


def test_an_idle_box_sleeps_in_a_fleet_too(make_box, broker, fleet):
    """But for two signs of life in each keepalive_s."""
    box = make_box({"mqtt": broker.table(keepalive_s=60)}).start()
    box.until(lambda: box.box()["fleet"]["state"] == "ok" and all(told["state"] == "ok" for told in box.box()["gateways"].values()))
    count = quiet_wake_ups(box)
    assert count <= MOST_WAKE_UPS, f"in {IDLE_S} s"


def fleet_in(box):
    """What `/metrics` says of the fleet: connected, told, waiting, since when."""
    scrape = Scrape(box)
    names = ("up", "told_events_total", "waiting_events", "oldest_waiting_seconds")
    return [scrape.value(f"tillbox_fleet_{name}") for name in names]


def has_told(box, least):
    """All that waited; where a connection broke on the way, some of it twice."""
    up, told, *waits = fleet_in(box)
    return up == 1 and told >= least and waits == [0, 0]


def test_metrics_say_how_far_the_broker_has_got(make_box, broker, fleet):
    box = make_box({"mqtt": broker.table()}).start()
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    stored = len(box.sql("SELECT seq FROM events"))
    box.until(lambda: has_told(box, stored))
    told = fleet_in(box)[1]

    broker.stop()
    assert box.sell(fresh_code("paid"))["state"] == "paid"
    waiting = len(box.sql("SELECT seq FROM events")) - stored
    box.until(lambda: fleet_in(box)[:3] == [0, told, waiting])
    assert fleet_in(box)[3] > 0
    box.kill9()
    box.start()
    assert fleet_in(box)[:3] == [0, 0, waiting], "what was not told waits in the journal"

    broker.start()
    box.until(lambda: has_told(box, waiting))
