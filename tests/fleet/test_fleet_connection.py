"""One connection to a broker (`daemon.fleet.connection`): its welcome, its acknowledgements, and every way in which it ends."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scripted_broker import WELCOME, ScriptedBroker, acknowledge, refuse

from daemon.fleet import connection as fleet_connection
from daemon.fleet.connection import WINDOW, Connection, connect
from daemon.fleet.packets import Login, Message
from daemon.fleet.reasons import Lost, Refused
from daemon.fleet.settings import MqttSettings
from daemon.gateways.tls import TlsSettings

LOGIN = Login("T1", 60, Message("t/T1/status", b"gone", retain=True))
ONE = Message("t/T1/events", b"{}")


@pytest.fixture
async def broker() -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker() as running:
        yield running


@pytest.fixture
async def opened(broker: ScriptedBroker) -> AsyncIterator[Connection]:
    connection = await connect(broker.settings(), LOGIN)
    yield connection
    await connection.abort()


async def test_a_message_is_sent_and_done_once_it_is_acknowledged(broker: ScriptedBroker, opened: Connection) -> None:
    await opened.publish(ONE)
    assert [(sent.topic, sent.payload, sent.packet_id) for sent in broker.sent] == [("t/T1/events", b"{}", 1)]
    assert (len(broker.connects), broker.connects[0][6]) == (1, 5)


async def test_a_good_end_says_so_and_a_bad_one_does_not(broker: ScriptedBroker) -> None:
    await (await connect(broker.settings(), LOGIN)).close()
    await broker.until(lambda: broker.goodbyes == 1)
    await (await connect(broker.settings(), LOGIN)).abort()
    assert broker.goodbyes == 1, "so that the broker publishes the will"


async def test_no_more_is_under_way_than_the_window_and_the_broker_allow(broker: ScriptedBroker) -> None:
    broker.answer = lambda _sent: b""
    for welcome, most in ((WELCOME, WINDOW), (b"\x20\x06\x00\x00\x03\x21\x00\x03", 3)):
        broker.sent.clear()
        broker.welcome = lambda _version, welcome=welcome: welcome  # type: ignore[misc]  # bound here and now
        connection = await connect(broker.settings(), LOGIN)
        sending = [asyncio.ensure_future(connection.send(ONE)) for _ in range(WINDOW + 5)]
        await broker.until(lambda most=most: len(broker.sent) == most)
        await asyncio.sleep(0.02)
        assert len(broker.sent) == most
        broker.say(b"\x40\x02\x00\x02")
        await broker.until(lambda most=most: len(broker.sent) == most + 1)
        await connection.abort()
        assert len(await asyncio.gather(*sending, return_exceptions=True)) == WINDOW + 5, "nobody waits on"


async def test_the_numbers_of_packets_go_round_past_those_under_way(broker: ScriptedBroker, opened: Connection) -> None:
    broker.answer = lambda sent: b"" if sent.payload == b"kept" else acknowledge(sent)
    kept = await opened.send(Message("t", b"kept"))
    opened._last_id = 0xFFFF
    await opened.publish(ONE)
    assert [sent.packet_id for sent in broker.sent] == [1, 2]
    assert not kept.done()


async def test_a_refused_message_ends_the_connection_and_names_the_topic(broker: ScriptedBroker, opened: Connection) -> None:
    broker.answer = refuse
    with pytest.raises(Refused, match=r"not authorized\): t/T1/events"):
        await opened.publish(ONE)
    assert isinstance(await opened.ended, Refused)
    with pytest.raises(Refused):
        await opened.send(ONE)


async def test_that_nobody_subscribes_is_no_refusal(broker: ScriptedBroker, opened: Connection) -> None:
    broker.answer = lambda sent: refuse(sent, 0x10)
    await opened.publish(ONE)


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        (b"\xe0\x02\x8e\x00", Refused, "serves another client of the same client_id now"),
        (b"\xe0\x00", Lost, "closed the connection"),
        (b"\x30\x03\x00\x01t", Refused, "does not speak MQTT"),
    ],
)
async def test_what_the_broker_says_at_the_end_is_the_reason(
    broker: ScriptedBroker, opened: Connection, said: bytes, kind: type[Exception], text: str
) -> None:
    broker.answer = lambda _sent: b""
    taken = await opened.send(ONE)
    broker.say(said)
    error = await opened.ended
    assert (type(error), text in str(error)) == (kind, True)
    with pytest.raises(kind):
        await taken


async def test_a_broker_that_hangs_up_is_lost(broker: ScriptedBroker, opened: Connection) -> None:
    broker.hang_up()
    assert isinstance(await opened.ended, Lost)


async def test_what_it_acknowledges_without_having_been_sent_is_nothing(broker: ScriptedBroker, opened: Connection) -> None:
    broker.say(b"\x40\x02\x00\x63")
    await opened.publish(ONE)


async def test_a_broker_that_acknowledges_nothing_is_lost(broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_connection, "ACKNOWLEDGE_S", 0.05)
    broker.answer = lambda _sent: b""
    connection = await connect(broker.settings(), LOGIN)
    with pytest.raises(Lost, match="acknowledges nothing"):
        await connection.publish(ONE)
    await connection.abort()


async def test_a_silent_connection_is_kept_alive_as_the_broker_wants_it_and_is_lost_when_it_does_not_answer(broker: ScriptedBroker) -> None:
    broker.welcome = lambda _version: b"\x20\x06\x00\x00\x03\x13\x00\x01"  # within a second
    connection = await connect(broker.settings(), LOGIN)
    await broker.until(lambda: broker.pings == 2)
    assert not connection.ended.done()
    broker.pongs = False
    assert str(await connection.ended) == "does not answer"
    await connection.abort()


# -- the welcome --


async def test_a_broker_that_knows_only_311_is_spoken_to_in_it(broker: ScriptedBroker) -> None:
    for unknown in (b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00", None):
        broker.connects.clear()
        broker.welcome = lambda version, unknown=unknown: unknown if version == 5 else b"\x20\x02\x00\x00"  # type: ignore[misc]  # as above
        connection = await connect(broker.settings(), LOGIN)
        await connection.publish(ONE)
        assert [body[6] for body in broker.connects] == [5, 4]
        assert broker.sent[-1].payload == b"{}"
        await connection.abort()


@pytest.mark.parametrize(
    ("welcome", "kind", "text"),
    [
        (b"\x20\x03\x00\x86\x00", Refused, "refuses username or password"),
        (b"\x20\x03\x00\x88\x00", Lost, "is not available"),
        (b"\x20\x05\x00\x00\x02\x24\x00", Refused, "QoS 1"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Refused, "does not speak MQTT"),
        (None, Lost, "closed the connection without a word"),
    ],
)
async def test_who_is_not_let_in_is_told_why(broker: ScriptedBroker, welcome: bytes | None, kind: type[Exception], text: str) -> None:
    broker.welcome = lambda _version: welcome
    with pytest.raises(kind, match=text):
        await connect(broker.settings(), LOGIN)


async def test_one_that_never_answers_is_waited_for_so_long(broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_connection, "OPEN_S", 0.05)
    broker.welcome = lambda _version: b""
    with pytest.raises(Lost, match="does not answer"):
        await connect(broker.settings(), LOGIN)


async def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Lost, match="Connection refused"):
        await connect(MqttSettings("127.0.0.1", port, "T1", "tillbox"), LOGIN)


async def test_certificates_that_cannot_be_used_are_the_boxs_own_trouble(broker: ScriptedBroker, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("this is no certificate")
    for name, why in (("no.pem", "cannot be shown"), ("gone.pem", "No such file")):
        tls = TlsSettings(cert_file=tmp_path / name, key_file=tmp_path / name)
        with pytest.raises(Refused, match=why):
            await connect(broker.settings(tls=tls), LOGIN)


async def test_a_broker_without_tls_is_none_for_who_wants_it(broker: ScriptedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_connection, "OPEN_S", 0.5)
    with pytest.raises((Lost, Refused)):
        await connect(broker.settings(tls=TlsSettings()), LOGIN)
    assert broker.connects == []
