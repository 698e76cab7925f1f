"""The real daemon where GPIO lines lead to `gpio_machine.GpioMachine`, over the socket in MACHINE; and it may die at a step.

STEPS is a file to which every write to the journal, every change of the credit line, and what is said to an MDB adapter about money, is
written as a line; DIE_AT names the number
of the step at which the process kills itself, DIE is "before" or "after" it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import types
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import daemon.cli
import hw.gpio_lines
from daemon.journal_file import JournalFile
from hw.till_line import SerialTillLine


class Steps:
    def __init__(self) -> None:
        self._file = os.open(os.environ["STEPS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND) if "STEPS" in os.environ else -1
        self._die_at, self._die = int(os.environ.get("DIE_AT", "0")), os.environ.get("DIE", "after")
        self._passed = 0

    def pass_by(self, name: str, act: Callable[[], Any]) -> Any:
        self._passed += 1
        if self._file >= 0:
            os.write(self._file, name.encode() + b"\n")
        if self._passed == self._die_at and self._die == "before":
            self._end()
        result = act()
        if self._passed == self._die_at and self._die == "after":
            self._end()
        return result

    def _end(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)
        signal.pause()  # in another thread the signal may take a moment: nothing more is done until then


steps = Steps()


class Value(Enum):
    INACTIVE = 0
    ACTIVE = 1


class Lines:
    """The chip: one connection, which ends with the process."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(os.environ["MACHINE"])
        self._stream = self._socket.makefile("rwb", buffering=0)
        self._one_at_a_time = threading.Lock()  # pulses are given in a thread, inputs are looked at in another

    def ask(self, word: str, pin: int, level: int | None = None) -> int:
        with self._one_at_a_time:
            self._stream.write(" ".join([word, str(pin), *([] if level is None else [str(level)])]).encode() + b"\n")
            return int(self._stream.readline())


class Request:
    """What libgpiod 2 gives for a line."""

    def __init__(self, lines: Lines, pin: int) -> None:
        self._lines, self._pin = lines, pin

    def get_value(self, pin: int) -> Value:
        return Value(self._lines.ask("get", pin))

    def set_value(self, pin: int, value: Value) -> None:
        steps.pass_by(f"line {value.value}", lambda: self._lines.ask("set", pin, value.value))

    def release(self) -> None:
        pass


def install() -> None:
    lines: list[Lines] = []
    gpiod, line = types.ModuleType("gpiod"), types.ModuleType("gpiod.line")
    line.Value, line.Direction = Value, Enum("Direction", "INPUT OUTPUT")  # type: ignore[attr-defined]  # a module of our own
    line.Bias = Enum("Bias", "AS_IS PULL_UP PULL_DOWN")  # type: ignore[attr-defined]  # as above

    def request_lines(_path: str, *, consumer: str, config: dict[int, Any]) -> Request:
        assert consumer == "tillbox"
        if not lines:
            lines.append(Lines())
        ((pin, settings),) = config.items()
        lines[0].ask("take", pin, settings.get("output_value", Value.INACTIVE).value if settings["direction"].name == "OUTPUT" else None)
        return Request(lines[0], pin)

    gpiod.LineSettings, gpiod.request_lines, gpiod.line = dict, request_lines, line  # type: ignore[attr-defined]  # as above
    sys.modules.update({"gpiod": gpiod, "gpiod.line": line})
    hw.gpio_lines.header_chip = lambda: Path("/dev/gpiochip-of-the-story")


def watch_journal() -> None:
    store, put = JournalFile.store, JournalFile.put_owing

    def watched_store(file: JournalFile, payment: Any, boot: str, note: Any, **more: Any) -> Any:
        return steps.pass_by(f"{note.event} {payment.state.value}", lambda: store(file, payment, boot, note, **more))

    def watched_put(file: JournalFile, owing: Any) -> None:
        steps.pass_by(f"goods {owing.stands.value} begun {owing.begun} done {owing.done}", lambda: put(file, owing))

    JournalFile.store = watched_store  # type: ignore[method-assign, assignment]  # the same, watched
    JournalFile.put_owing = watched_put  # type: ignore[method-assign]  # as above


def watch_line() -> None:
    """What is said to an MDB adapter about money."""
    send = SerialTillLine.send

    def watched_send(line: SerialTillLine, data: bytes) -> bool:
        text = data.decode("ascii", "replace").strip()
        if not text.startswith(("C,VEND", "C,START")):
            return send(line, data)
        return bool(steps.pass_by(f"say {text}", lambda: send(line, data)))

    SerialTillLine.send = watched_send  # type: ignore[method-assign]  # the same, watched


if __name__ == "__main__":
    if "MACHINE" in os.environ:
        install()
    watch_journal()
    watch_line()
    sys.exit(daemon.cli.main(sys.argv[1:]))
