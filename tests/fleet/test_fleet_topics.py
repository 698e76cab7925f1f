"""What is said under which topic (`daemon.fleet.topics`), and that it is what docs/fleet.md says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.fleet.packets import Message
from daemon.fleet.place import Place
from daemon.fleet.topics import Topics, level
from daemon.payment import Ref
from daemon.tills.base import Entry

AT = "2026-11-21T12:00:00.000Z"
PLACE = Place("5f0c", 12, 400)
TOPICS = Topics("shops/north", "T/1", "0.1.0")


def said(message: Message) -> Any:
    return json.loads(message.payload)


@pytest.mark.parametrize(("name", "written"), [("box-1", "box-1"), ("a/b", "a%2Fb"), ("+#%", "%2B%23%25"), ("$SYS", "$SYS")])
def test_a_terminal_id_is_one_level_of_a_topic(name: str, written: str) -> None:
    assert level(name) == written


def test_the_birth_and_the_ends() -> None:
    birth = TOPICS.online(PLACE, AT)
    assert (birth.topic, birth.retain) == ("shops/north/T%2F1/status", True)
    assert said(birth) == {"state": "online", "terminal_id": "T/1", "boot": 12, "version": "0.1.0", "journal": "5f0c", "at": AT}
    assert said(TOPICS.offline(PLACE, AT)) == {"state": "offline", "terminal_id": "T/1", "boot": 12, "reason": "stopped", "at": AT}
    assert said(TOPICS.will(PLACE)) == {"state": "offline", "terminal_id": "T/1", "boot": 12, "reason": "lost"}
    assert {m.topic for m in (TOPICS.offline(PLACE, AT), TOPICS.will(PLACE))} == {birth.topic}
    assert TOPICS.will(PLACE).retain


def test_without_a_journal_there_are_no_numbers() -> None:
    assert said(TOPICS.online(None, AT)) == {
        "state": "online", "terminal_id": "T/1", "boot": None, "version": "0.1.0", "journal": None, "at": AT,
    }  # fmt: skip


def test_the_state_is_that_of_the_box_without_its_connection_to_whoever_reads_it() -> None:
    state = TOPICS.state({"ready": True, "fleet": {"state": "ok"}, "screen": "就绪"})
    assert (state.topic, state.retain, said(state)) == ("shops/north/T%2F1/state", True, {"ready": True, "screen": "就绪"})


def test_an_event_is_the_streams_and_says_whose_it_is() -> None:
    entry = Entry(412, AT, Ref("A-17"), "T1", "replied", "paid", {"call": "query"})
    event = TOPICS.event(PLACE, entry)
    assert (event.topic, event.retain) == ("shops/north/T%2F1/events", False)
    assert said(event) == {
        "seq": 412, "at": AT, "ref": "A-17", "out_trade_no": "T1", "event": "replied", "state": "paid", "detail": {"call": "query"},
        "terminal_id": "T/1", "journal": "5f0c",
    }  # fmt: skip
