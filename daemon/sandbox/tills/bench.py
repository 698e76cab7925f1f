"""Puts an emulated till on a line: a serial port that is there, or a pseudo-terminal that is made for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType

from daemon.sandbox.tills.base import Emulator

READ = 65536  # bytes at a time


class Bench:
    """`async with Bench(emulator, say) as bench:` `path` is what the box is told; `say` prints what the till shows.

    With a `port` the till uses that serial port; without one a pseudo-terminal is made, and `path` is the box's end of it.
    Raises OSError where the port cannot be had.
    """

    def __init__(self, emulator: Emulator, say: Callable[[str], None], port: Path | None = None) -> None:
        self.emulator = emulator
        self.path = port or Path()
        self._say = say
        self._port = port
        self._fd = -1
        self._device = -1
        self._timer: asyncio.TimerHandle | None = None
        self.lost = asyncio.Event()  # the line went away: a cable was pulled

    async def __aenter__(self) -> Bench:
        if self._port is None:
            self._fd, self._device = os.openpty()
            tty.setraw(self._device)
            self.path = Path(os.ttyname(self._device))
        else:
            self._fd = _opened(self._port, self.emulator.baudrate)
        os.set_blocking(self._fd, False)
        asyncio.get_running_loop().add_reader(self._fd, self._read)
        self.emulator.opened(self._now())
        self._go_on()
        return self

    async def __aexit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._let_go()

    def command(self, text: str) -> None:
        """A person does something at the till. Raises ValueError."""
        self.emulator.command(text, self._now())
        self._go_on()

    # -- the line --

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._let_go()
            self.lost.set()
            return
        self.emulator.received(data, self._now())
        self._go_on()

    def _go_on(self) -> None:
        """Send what it sends, say what it shows, and come back when it wants to."""
        if data := self.emulator.take():
            with contextlib.suppress(BlockingIOError):  # a box that does not read: as on a real line, it is lost
                os.write(self._fd, data)
        for words in self.emulator.take_words():
            self._say(words)
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.emulator.next_deadline()
        self._timer = None if deadline is None else asyncio.get_running_loop().call_at(deadline, self._pass_time)

    def _pass_time(self) -> None:
        self.emulator.pass_time(self._now())
        self._go_on()

    def _let_go(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
        for fd in (self._fd, self._device):
            if fd >= 0:
                os.close(fd)
        self._fd = self._device = -1

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _opened(port: Path, baudrate: int) -> int:
    """The port, set and ours alone. Raises OSError."""
    import serial

    line = serial.Serial(str(port), baudrate, timeout=0, exclusive=True)
    with contextlib.closing(line):
        return os.dup(line.fileno())  # pyserial's own is closed with it, and its lock goes with the last copy


async def serve(bench: Bench, lines: AsyncIterator[str], say: Callable[[str], None]) -> None:
    """Do what a person types, a line at a time, until the input ends, `quit`, or the line is lost."""
    say(bench.emulator.help)
    async for text in lines:
        if text in ("quit", "exit", "q"):
            return
        if not text:
            continue
        try:
            bench.command(text)
        except ValueError as error:
            say(f"? {error}")
