"""The box's face in a terminal: the panel as it looks, lights and sounds as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.app import App
from daemon.panel_text import half_blocks
from daemon.view import screen_name

_LAMP = {"off": "·", "on": "●", "slow": "◐ slow", "fast": "◑ fast"}
_COLOUR = {"green": "\x1b[32m", "amber": "\x1b[33m", "red": "\x1b[31m"}


@dataclass(slots=True)
class Shown:
    """Prints the panel whenever another screen is on it; a countdown that ticks is the same screen."""

    app: App
    say: Callable[[str], None]
    colours: bool
    _last: tuple[object, ...] = ()
    _sound_at: str = ""

    def start(self) -> None:
        self.app.presenter.picture_listeners.append(self.print_if_new)
        self.print_if_new()

    def print_if_new(self) -> None:
        view = self.app.presenter.pictured
        image = self.app.presenter.image
        if view is None or image is None:
            return
        now = (screen_name(view), view.amount, view.reason, view.notice, view.outages, view.confirming)
        if now == self._last:
            return
        self._last = now
        self.say(framed(half_blocks(image)) + "\n" + self._signals())

    def _signals(self) -> str:
        lamps = "   ".join(self._lamp(name, pattern) for name, pattern in self.app.presenter.patterns.items())
        heard = self.app.presenter.heard
        if heard is None or heard.at == self._sound_at:
            return f"  lights  {lamps}"
        self._sound_at = heard.at
        return f"  lights  {lamps}      sound  ♪ {heard.name}"

    def _lamp(self, name: str, pattern: str) -> str:
        text = f"{name} {_LAMP[pattern]}"
        return f"{_COLOUR[name]}{text}\x1b[0m" if self.colours and pattern != "off" else text


def framed(text: str) -> str:
    """The panel's lines in a frame."""
    lines = text.rstrip("\n").split("\n")
    width = max(map(len, lines))
    return "\n".join(["╭" + "─" * width + "╮", *(f"│{line}│" for line in lines), "╰" + "─" * width + "╯"])
