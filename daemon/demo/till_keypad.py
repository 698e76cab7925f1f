"""`tillbox demo --till keypad`: a number pad that a person types on here, from the keys to paid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from functools import partial

from daemon.demo.stage import Stage
from daemon.demo.till_kinds import Act, Say, TillDemo, until
from daemon.tills.base import Played

_KEYS = {"enter": "\n", "esc": "\x1b", "back": "\b"}
_HELP = """\
  keys 12.5+3         press those keys: 0 to 9 . + * / -
  enter, esc, back    press Enter, Esc, Backspace; `keys 12.50 enter` does both"""


class KeypadDemo:
    """The pad, and its sales. Its stage comes with them: until then nobody can press anything."""

    toml = '[tills.pad]\nkind = "keypad"\ndevice = "simulated"\n'
    words: Collection[str] = ("keys", *_KEYS)
    help = _HELP

    def __init__(self, say: Say) -> None:
        self._say = say
        self._press: Callable[[str], object] = lambda _text: None

    def command(self, text: str) -> None:
        self._say(f"till  > {text}")
        keys = [_KEYS.get(word, word) for word in text.removeprefix("keys ").split()]
        self._press("".join(keys))

    def acts(self, stage: Stage) -> list[Act]:
        (pad,) = [till for till in stage.app.tills if isinstance(till, Played) and till.played is not None]
        self._press = pad.played or self._press
        return [
            ("Typed, corrected, paid at once", partial(self._sell, stage, "keys 12.55 back 0 enter", "paid", 1250)),
            ("A running sum, and three of a kind", partial(self._sell, stage, "keys 12.50+3*2.50 enter", "password_then_paid", 2000)),
            ("Too much, and given up", partial(self._give_up, stage)),
            ("The last amount again", partial(self._sell, stage, "keys * enter", "paid", 700)),
        ]

    async def _sell(self, stage: Stage, keys: str, case: str, fen: int) -> bool:
        before = stage.kept()
        self.command(keys)
        if not await until(lambda: stage.app.presenter.screen == "awaiting_code"):
            return False
        stage.present(case)
        ended = await until(lambda: stage.app.presenter.screen == "paid")
        await until(lambda: stage.app.presenter.screen == "ready")
        stage.tell_kept()
        return ended and stage.kept() == before + fen

    async def _give_up(self, stage: Stage) -> bool:
        self.command("keys 999999.99 enter")
        refused = await until(lambda: stage.app.presenter.screen == "not_taken")
        self.command("esc")
        self.command("keys 7 enter")
        asked = await until(lambda: stage.app.presenter.screen == "awaiting_code")
        self.command("esc")
        return refused and asked and await until(lambda: stage.app.presenter.screen == "ready")


@asynccontextmanager
async def open_till(say: Say) -> AsyncIterator[TillDemo]:
    yield KeypadDemo(say)
