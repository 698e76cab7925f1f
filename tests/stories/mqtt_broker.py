"""A real mosquitto for stories, and somebody who listens to it: Debian's packages mosquitto and mosquitto-clients.

with Broker(tmp_path) as broker, broker.listen() as fleet:
    box = make_box({"mqtt": broker.table()})
    fleet.until(lambda: fleet.of("status"))
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from process_lines import PATIENCE_S, Lines

T = TypeVar("T")

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None or shutil.which("mosquitto_sub") is None, reason="mosquitto and mosquitto-clients are not installed"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, as a subscriber got it."""

    topic: str
    qos: int
    retained: bool
    payload: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.payload)


class Broker:
    """Started and stopped as often as a story wants; what it keeps for its subscribers outlasts that. `lines` are more of its
    configuration, `login` is what whoever listens needs beside it."""

    def __init__(self, directory: Path, lines: Sequence[str] = ("allow_anonymous true",), login: Sequence[str] = ()) -> None:
        self._directory = directory / "broker"
        self._directory.mkdir()
        self.port = free_port()
        self._lines = [f"listener {self.port} 127.0.0.1", "user root", "persistence true", f"persistence_location {self._directory}/"]
        self._lines += ["log_dest stderr", "max_queued_messages 0", *lines]
        self._login = list(login)
        self._process: subprocess.Popen[bytes] | None = None
        self.log: Lines | None = None

    def __enter__(self) -> Broker:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> Broker:
        config = self._directory / "mosquitto.conf"
        config.write_text("\n".join(self._lines) + "\n")
        assert MOSQUITTO is not None
        self._process = subprocess.Popen([MOSQUITTO, "-v", "-c", str(config)], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.log = Lines(self._process.stderr)
        self.log.until("running")
        return self

    def stop(self) -> None:
        """SIGTERM: it stores what it keeps for others."""
        process, self._process = self._process, None
        while process is not None and process.poll() is None:
            process.terminate()  # one that comes before it waits for anything it forgets
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)

    def table(self, **keys: Any) -> dict[str, Any]:
        """`[mqtt]` of a box that belongs to it."""
        return {"host": "127.0.0.1", "port": self.port, **keys}

    def listen(self, topic: str = "tillbox/#") -> Listener:
        return Listener(self.port, topic, self._login)


class Listener:
    """A subscriber whose session the broker keeps: it misses nothing, and is told some things twice."""

    def __init__(self, port: int, topic: str, login: Sequence[str]) -> None:
        words = ["-h", "127.0.0.1", "-p", str(port), "-t", topic, "-q", "1", "-i", f"listener-{free_port()}", "-c", "-d"]
        self._process = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", *words, "-F", "heard %q %r %t %p", *login], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        self._lines = Lines(self._process.stdout)
        self._lines.until("Subscribed")

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._lines.finish()

    @property
    def all(self) -> list[Heard]:
        found = []
        for line in self._lines.text.splitlines():
            if line.startswith("heard "):
                _, qos, retained, topic, payload = line.split(" ", 4)
                found.append(Heard(topic, int(qos), retained == "1", payload.encode()))
        return found

    def of(self, kind: str) -> list[Any]:
        """What was said in topics that end so, oldest first."""
        return [heard.said for heard in self.all if heard.topic.rpartition("/")[2] == kind]

    def last(self, kind: str) -> dict[str, Any]:
        """What was said last; nothing at first."""
        said = self.of(kind)
        return said[-1] if said else {}

    def until(self, true: Callable[[], T], seconds: float = PATIENCE_S) -> T:
        end = time.monotonic() + seconds
        while not (result := true()):
            assert time.monotonic() < end, f"was not heard: {self.all[-20:]}"
            time.sleep(0.05)
        return result

    def until_event(self, ref: str, state: str) -> list[Mapping[str, Any]]:
        """All events, as soon as there is one that says so."""
        self.until(lambda: any((event["ref"], event["state"]) == (ref, state) for event in self.of("events")))
        return self.of("events")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port
