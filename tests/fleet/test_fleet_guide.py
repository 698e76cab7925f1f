"""docs/fleet.md says what the box does: its keys, its messages, its bounds and its troubles."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from daemon.config import ConfigProblems, parse
from daemon.fleet import connection, outbox, pauses, publisher, reasons
from daemon.fleet.place import Place
from daemon.fleet.topics import Topics
from daemon.payment import Ref
from daemon.tills.base import Entry

GUIDE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")
FLAT = " ".join(GUIDE.split())
BOX: dict[str, Any] = {"box": {"terminal_id": "box-1"}, "gateways": {"sim": {"kind": "simulated"}}}
TOPICS, PLACE, AT = Topics("tillbox", "box-1", "0.1.0"), Place("5f0c1d2e3a4b5c6d", 12, 0), "2026-11-21T15:01:55.699Z"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def test_its_table_is_one_that_the_box_takes(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for name in ("mqtt-ca.pem", "mqtt.password"):
        (tmp_path / "secrets" / name).write_text("made-up")
        (tmp_path / "secrets" / name).chmod(0o600)
    (shown,) = blocks("toml")
    config = parse({**BOX, **tomllib.loads(shown)}, tmp_path, {})
    assert config.mqtt is not None
    assert (config.mqtt.port, config.mqtt.topic, config.mqtt.client_id, config.mqtt.keepalive_s) == (8883, "tillbox", "box-1", 60)


def test_its_keys_are_all_keys_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems) as wrong:
        parse({**BOX, "mqtt": {"host": "h", "unknown": 1}}, tmp_path, {})
    known = set(str(wrong.value).partition("expected one of ")[2].split(", "))
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|.*\|.*\|$", GUIDE.split("## What is said")[0], re.MULTILINE)
    assert {key for row in rows for key in re.findall("[a-z_]+", row)} == known


def test_its_messages_are_those_that_are_sent() -> None:
    statuses, (event,) = ([json.loads(line) for line in block.splitlines()] for block in blocks("json"))
    sent = [TOPICS.online(PLACE, AT), TOPICS.offline(PLACE, "2026-11-21T18:30:00.000Z"), TOPICS.will(PLACE)]
    assert statuses == [json.loads(message.payload) for message in sent]
    entry = Entry(412, AT, Ref("A-17"), "Tbox-1…", "replied", "paid", {"call": "query", "verdict": "paid"})
    assert event == json.loads(TOPICS.event(PLACE, entry).payload)


def test_its_bounds_are_the_boxs() -> None:
    assert f"login | {connection.OPEN_S:.0f} s |" in FLAT
    assert f"is given up | {connection.ACKNOWLEDGE_S:.0f} s |" in FLAT
    assert f"| {pauses.FIRST_S:.0f} s, doubling to {pauses.LONGEST_S:.0f} s, each cut by up to half" in FLAT
    assert f"when the box stops | {publisher.LEAVE_S:.0f} s |" in FLAT
    assert f"less than {publisher.CALM_S} seconds apart" in FLAT
    assert f"{connection.WINDOW} events are under way" in FLAT
    assert outbox.SAVE_S == 1.0, "a second later at most"


def test_its_troubles_are_those_that_are_said() -> None:
    rows = re.search(r"\| it says \|.*?\n\n", GUIDE, re.DOTALL)
    assert rows is not None
    said = {text.removesuffix(": …").removesuffix(": TOPIC") for text in re.findall(r"`([^`]+)`", "".join(rows[0].splitlines(True)[2:]))}
    room = Path(reasons.__file__).parent
    source = "".join((room / name).read_text(encoding="utf-8") for name in ("reasons.py", "connection.py"))
    keys = {"ca_file", "host", "client_id", "TOPIC/TERMINAL/#"}
    assert [text for text in said - keys if text not in source] == []
