"""Hands for a box that is only played with: its scanner's cable, its button, the network, and a payer with a phone.

Served only where somebody plays (the demo): `GET /v1/simulated` says what there is to play with, `POST /v1/simulated/{toy}` plays.
"""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from daemon.web.body import read_object
from daemon.web.errors import Problem, json_answer
from daemon.web.settings import Limits


class CannotPlay(Exception):
    """That is not possible now; the text is for people."""


class WrongPlay(Exception):
    """A request that nothing can be made of. `field` is what it has wrong (a name of ours), the text what is expected."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(expected)
        self.field = field


class Playground(Protocol):
    def toys(self) -> dict[str, Any]:
        """What there is to play with, and how each thing stands: the body of `GET /v1/simulated`."""

    async def play(self, toy: str, how: dict[str, Any]) -> None:
        """Raises KeyError (no such toy), WrongPlay, CannotPlay."""


class Playing:
    def __init__(self, limits: Limits) -> None:
        self.ground: Playground | None = None
        self._limits = limits

    async def get(self, _request: web.Request) -> web.Response:
        return json_answer(self._ground().toys())

    async def post(self, request: web.Request) -> web.Response:
        ground = self._ground()
        how = await read_object(request, self._limits)
        try:
            await ground.play(request.match_info["toy"], how)
        except KeyError:
            raise Problem(404, "no_such_path", "there is no such thing to play with; GET /v1/simulated lists what there is") from None
        except WrongPlay as wrong:
            raise Problem(422, "invalid", f"wrong: {wrong.field}", {wrong.field: str(wrong)}) from None
        except CannotPlay as cannot:
            raise Problem(409, "not_now", str(cannot)) from None
        return json_answer(ground.toys(), 202)

    def _ground(self) -> Playground:
        if self.ground is None:
            raise Problem(404, "no_such_path", "nobody plays with this box: its devices and its money are real, or it is not the demo")
        return self.ground
