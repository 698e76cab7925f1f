"""An emulated vending machine on a pseudo-terminal, in a thread of its own: it goes on whatever becomes of the box."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from daemon.sandbox.tills.mdb import Habits, MdbMachine

T = TypeVar("T")

TICK_S = 0.02


class PtyMachine:
    """`path` is what the box is told. `look` and `do` reach the machine itself, one at a time."""

    def __init__(self, directory: Path, habits: Habits | None = None) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "machine-tty"
        self.machine = MdbMachine(habits=habits or Habits())
        self._lock = threading.Lock()
        self._fd, self._device = os.openpty()
        tty.setraw(self._device)
        os.set_blocking(self._fd, False)
        self.path.symlink_to(os.ttyname(self._device))
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="machine", daemon=True)
        self._thread.start()

    def do(self, text: str) -> None:
        """A person does something at the machine, as soon as it can be done."""
        end = time.monotonic() + 10
        while True:
            try:
                self.look(lambda machine: machine.command(text, time.monotonic()))
            except ValueError:
                assert time.monotonic() < end, f"{text} in {self.machine.state}"
                time.sleep(TICK_S)
            else:
                return

    def look(self, at: Callable[[MdbMachine], T]) -> T:
        with self._lock:
            return at(self.machine)

    def close(self) -> None:
        self._stopping = True
        self._thread.join(5)
        for fd in (self._fd, self._device):
            os.close(fd)

    def _run(self) -> None:
        while not self._stopping:
            ready = select.select([self._fd], [], [], TICK_S)[0]
            with self._lock:
                now = time.monotonic()
                if ready:
                    self.machine.received(os.read(self._fd, 65536), now)
                self.machine.pass_time(now)
                if data := self.machine.take():
                    os.write(self._fd, data)
