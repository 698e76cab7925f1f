"""What runs in place of the box while its configuration cannot be used (`tillbox run --show-problems`, as the service does).

A box that was just installed, or whose configuration was changed for the worse, must say so where people look: on its panel, its
lights, over HTTP, in `systemctl status`. It sells nothing and asks no provider anything. It ends as soon as the configuration, or
the folder of secrets beside it, changes: systemd then starts it anew, which also hands over new credentials.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, Protocol

from daemon import __version__
from daemon.config import ConfigProblems
from daemon.gateways.base import Push
from daemon.health import Board
from daemon.lookup import Found, Made, Span, Wanted
from daemon.notify import Notifier
from daemon.panel_text import png
from daemon.payment import Payment, Ref
from daemon.screens import draw
from daemon.signals import lights
from daemon.texts import Language
from daemon.tills.base import Entry, NotReady, Request
from daemon.view import Phase, View, screen_name
from daemon.watched import Watched
from daemon.web.api import Web
from hw.interfaces import Display, Lights
from hw.settings import ButtonSettings, BuzzerSettings, DisplaySettings, HardwareSettings, LightsSettings, ScannerSettings

log = logging.getLogger(__name__)

LOOK_S = 2.0  # between two looks at the files: a person who edits them is not kept waiting. Own

_USUAL_PANEL = DisplaySettings("ssd1306")  # of the parts list (docs/build.md): tried where the configuration names none that can be


class Hardware(Protocol):
    """The devices that people look at; nothing else is opened."""

    @property
    def display(self) -> Display: ...
    @property
    def lights(self) -> Lights: ...


class NotSetUp:
    """One such run. `problems` is what is wrong; `watched` the files that may mend it; `hardware` the devices of `usable`."""

    def __init__(self, problems: ConfigProblems, watched: Watched, hardware: Hardware, notifier: Notifier | None = None) -> None:
        self._problems = problems
        self._watched = watched
        self._notifier = notifier or Notifier()
        self._board = Board()
        self.hardware = hardware
        box = problems.so_far.box if problems.so_far is not None else None
        self.language = Language(box.language) if box is not None and problems.spares("box") else Language.EN
        self.view = View(ready=False, unset=tuple(dict.fromkeys(Path(problem.key).name for problem in problems.problems)))

    async def run(self, stop: asyncio.Event, look_s: float = LOOK_S) -> None:
        """Until `stop` is set or a watched file has changed."""
        async with AsyncExitStack() as stack:
            self._open(stack)
            await self._serve(stack)
            watchdog = asyncio.get_running_loop().create_task(self._notifier.watch(lambda: True))
            stack.callback(watchdog.cancel)
            self._notifier.status(f"{screen_name(self.view)}: {self._problems.problems[0]}")
            self._notifier.ready()
            while not stop.is_set() and not self._watched.has_changed():
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), look_s)
            self._notifier.stopping()
        log.info("not_set_up_ended by=%s", "a stop" if stop.is_set() else "a change of the configuration")

    def _open(self, stack: AsyncExitStack) -> None:
        display, lamps = self.hardware.display, self.hardware.lights
        stack.push_async_callback(self._close)
        display.open(partial(self._board.device, "display"))
        self._board.device("display", display.health)
        lamps.open(partial(self._board.device, "lights"))
        self._board.device("lights", lamps.health)
        display.show(self._draw(self.view))
        lamps.set(lights(self.view))

    async def _close(self) -> None:
        self.hardware.lights.close()
        await self.hardware.display.close(self._draw(replace(self.view, phase=Phase.STOPPED)))

    def _draw(self, view: View) -> Any:
        display = self.hardware.display
        return draw(view, display.width, display.height, self.language)

    async def _serve(self, stack: AsyncExitStack) -> None:
        """Tills are told 503 and why, where the configuration says how to listen; an address that is taken is one more problem."""
        so_far = self._problems.so_far
        if so_far is None or not self._problems.spares("web"):
            return
        web = Web(
            so_far.web,
            _Closed(self._status, [str(problem) for problem in self._problems.problems]),
            currency=so_far.box.currency,
            max_amount=so_far.box.max_amount,
            panel_png=lambda: png(self._draw(self.view)),
            simulated_scan=None,
            is_alive=lambda: True,
            version=__version__,
            terminal=so_far.box.terminal_id,
        )
        try:
            await web.start()
        except OSError as error:
            log.warning("not_listening error=%s", error)
        else:
            stack.push_async_callback(web.stop)

    def _status(self) -> dict[str, Any]:
        return {
            "ready": False,
            "not_ready": [str(problem) for problem in self._problems.problems],
            "busy_ref": None,
            "screen": screen_name(self.view),
            "lights": {name: pattern.value for name, pattern in lights(self.view).items()},
            "sound": None,
            "devices": {name: {"state": h.condition.value, "detail": h.detail} for name, h in self._board.devices.items()},
            "gateways": {},
            "in_doubt": 0,
        }


def usable(problems: ConfigProblems) -> HardwareSettings:
    """The face of the box as far as the configuration names one that can be; no pin is driven that it does not name."""
    hardware = problems.so_far.hardware if problems.so_far is not None else None
    return HardwareSettings(
        scanner=ScannerSettings("none"),
        display=hardware.display if hardware is not None and problems.spares("display") else _USUAL_PANEL,
        lights=hardware.lights if hardware is not None and problems.spares("lights") else LightsSettings("none"),
        buzzer=BuzzerSettings("none"),
        button=ButtonSettings("none"),
    )


class _Closed:
    """The desk of a box that is not set up. What the journal holds is not looked up: it may be another one than this file names."""

    def __init__(self, status: Callable[[], dict[str, Any]], reasons: list[str]) -> None:
        self._status = status
        self._reasons = reasons

    async def ask(self, _request: Request) -> tuple[Payment, bool]:
        self._refuse()

    async def find(self, _ref: Ref) -> Payment | None:
        self._refuse()

    async def wait(self, _ref: Ref, _after: str | None, _timeout_s: float) -> Payment | None:
        self._refuse()

    async def cancel(self, _ref: Ref, _by: str, *, unsent: bool = False) -> Payment:  # noqa: ARG002  # the caller names it
        self._refuse()

    async def goods_failed(self, _ref: Ref, _text: str) -> Payment:
        self._refuse()

    async def recent(self, _limit: int, _before: str | None) -> list[Payment]:
        self._refuse()

    async def search(self, _wanted: Wanted, _limit: int, _before: str | None) -> Found:
        self._refuse()

    async def made(self, _span: Span, _after: Made | None, _limit: int) -> list[Made]:
        self._refuse()

    async def entries_of(self, _ref: Ref) -> list[Entry]:
        self._refuse()

    async def hint(self, _push: Push) -> None:
        """Asked on when the box is set up again."""

    async def follow(self, _after_seq: int | None) -> AsyncIterator[Entry]:
        self._refuse()
        yield

    def status(self) -> dict[str, Any]:
        return self._status()

    def _refuse(self) -> NoReturn:
        raise NotReady(["the box is not set up", *self._reasons])
