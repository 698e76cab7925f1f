"""What systemd hears, over a real Unix datagram socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from daemon.notify import Notifier


class Systemd:
    """The other end: a datagram socket and what came to it."""

    def __init__(self, address: str) -> None:
        self.line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.line.bind(address)
        self.name = address.replace("\0", "@", 1)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.line.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path) -> Iterator[Systemd]:
    address = str(tmp_path / "notify") if request.param == "path" else f"\0tillbox-test-{os.getpid()}-{id(request)}"
    there = Systemd(address)
    yield there
    there.line.close()


def test_start_status_and_stop_are_told(systemd):
    notifier = Notifier({"NOTIFY_SOCKET": systemd.name})
    notifier.ready()
    notifier.status("ready; scanner missing")
    notifier.stopping()
    notifier.extend(2.5)
    assert systemd.heard() == ["READY=1", "STATUS=ready; scanner missing", "STOPPING=1", "EXTEND_TIMEOUT_USEC=2500000"]


def test_an_unchanged_status_is_told_once(systemd):
    notifier = Notifier({"NOTIFY_SOCKET": systemd.name})
    for text in ("ready", "ready", "selling", "ready"):
        notifier.status(text)
    assert systemd.heard() == ["STATUS=ready", "STATUS=selling", "STATUS=ready"]


def test_a_status_is_one_line_and_cannot_say_anything_else(systemd):
    Notifier({"NOTIFY_SOCKET": systemd.name}).status("gone\nSTOPPING=1\n" + "x" * 1000)
    (message,) = systemd.heard()
    assert message.startswith("STATUS=gone STOPPING=1 x")
    assert "\n" not in message
    assert len(message) < 250


def test_without_systemd_nothing_happens():
    for environ in ({}, {"NOTIFY_SOCKET": ""}):
        notifier = Notifier(environ)
        notifier.ready()
        notifier.status("x")
        notifier.stopping()
        assert notifier.watchdog_interval_s is None


def test_the_environment_of_the_process_is_the_one_that_counts(systemd, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", systemd.name)
    Notifier().ready()
    assert systemd.heard() == ["READY=1"]


def test_a_systemd_that_does_not_answer_is_survived(tmp_path, caplog):
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")})
    notifier.ready()
    assert "notify_failed message=READY" in caplog.text


def test_a_systemd_that_does_not_listen_never_holds_the_box_up(systemd):
    notifier = Notifier({"NOTIFY_SOCKET": systemd.name})
    for number in range(5000):  # far more than any queue holds
        notifier.status(f"status {number}")
    assert 0 < len(systemd.heard()) < 5000
    notifier.status("status 4999")  # was dropped: counts as not told
    assert systemd.heard() == ["STATUS=status 4999"]


def test_an_address_of_another_kind_is_ignored(caplog):
    Notifier({"NOTIFY_SOCKET": "vsock:2:1234"}).ready()
    assert "notify_socket_unusable" in caplog.text


# -- the watchdog


def watched(systemd, **environ):
    return Notifier({"NOTIFY_SOCKET": systemd.name, **environ})


@pytest.mark.parametrize("pid", [{}, {"WATCHDOG_PID": ""}, {"WATCHDOG_PID": str(os.getpid())}])
def test_signs_of_life_come_twice_as_often_as_they_must(systemd, pid):
    assert watched(systemd, WATCHDOG_USEC="20000000", **pid).watchdog_interval_s == 10.0


@pytest.mark.parametrize("usec", [{}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "-5"}])
async def test_where_systemd_asks_for_none_there_is_no_watchdog(systemd, usec):
    notifier = watched(systemd, **usec)
    assert notifier.watchdog_interval_s is None
    await notifier.watch(lambda: True)  # ends at once
    assert systemd.heard() == []


async def test_a_watchdog_that_is_meant_for_another_process_is_not_ours(systemd):
    notifier = watched(systemd, WATCHDOG_USEC="20000", WATCHDOG_PID=str(os.getpid() + 1))
    await notifier.watch(lambda: True)
    assert systemd.heard() == []


async def test_a_watchdog_without_a_socket_is_none():
    await Notifier({"WATCHDOG_USEC": "20000"}).watch(lambda: True)


async def watch_until(notifier, is_well, enough):
    task = asyncio.ensure_future(notifier.watch(is_well))
    async with asyncio.timeout(5):
        while not enough():
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait({task})


async def test_a_box_that_is_well_gives_signs_of_life(systemd):
    signs: list[str] = []

    def enough() -> bool:
        signs.extend(systemd.heard())
        return len(signs) >= 3

    await watch_until(watched(systemd, WATCHDOG_USEC="4000"), lambda: True, enough)
    assert set(signs) == {"WATCHDOG=1"}


async def test_a_box_that_is_not_well_gives_none_until_it_is(systemd, caplog):
    caplog.set_level("INFO")
    answers = [True, False, False, None, True, True]
    signs_at: list[tuple[int, int]] = []
    asked = 0

    def is_well():
        nonlocal asked
        signs_at.append((asked, len(systemd.heard())))
        asked += 1
        return answers[min(asked, len(answers)) - 1]

    await watch_until(watched(systemd, WATCHDOG_USEC="4000"), is_well, lambda: asked > 6)
    assert [heard for _, heard in signs_at[:7]] == [0, 1, 0, 0, 0, 1, 1]
    assert [record.message for record in caplog.records] == ["watchdog_withheld", "watchdog_resumed"]


async def test_a_check_that_fails_counts_as_not_well(systemd, caplog):
    asked = 0

    def is_well() -> bool:
        nonlocal asked
        asked += 1
        raise RuntimeError("the check itself broke")

    await watch_until(watched(systemd, WATCHDOG_USEC="4000"), is_well, lambda: asked >= 2)
    assert systemd.heard() == []
    assert "watchdog_check_failed" in caplog.text
