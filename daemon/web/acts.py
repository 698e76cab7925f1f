"""`/v1/payments/{ref}/acts`: what a person can do about a payment in doubt, and does. Who it was, and why, is journalled with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from aiohttp import web

from daemon.attending import Act
from daemon.masking import masked
from daemon.payment import Payment, Ref
from daemon.tills.http import is_writable, payment_json
from daemon.web.begun import Begun
from daemon.web.body import read_object
from daemon.web.errors import Problem, json_answer
from daemon.web.payments import known_form, unknown
from daemon.web.settings import Limits

BY_MAX = 40
REASON_MAX = 160  # with the name before it, what a text of the journal holds

_ACTS = ", ".join(f'"{act}"' for act in Act)


class Attendance(Protocol):
    """`daemon.attending.Attending`, as this needs it."""

    async def possible(self, ref: Ref) -> Mapping[Act, str | None]: ...

    async def carry_out(self, ref: Ref, act: Act, by: str, text: str) -> Payment: ...


class Acts:
    def __init__(self, attendance: Attendance, limits: Limits, begun: Begun) -> None:
        self._attendance = attendance
        self._limits = limits
        self._begun = begun

    async def get(self, request: web.Request) -> web.Response:
        try:
            possible = await self._attendance.possible(known_form(request))
        except KeyError:
            raise unknown() from None
        return json_answer({"acts": {act.value: {"possible": why is None, "why_not": why} for act, why in possible.items()}})

    async def post(self, request: web.Request) -> web.Response:
        ref = known_form(request)
        act, by, reason = _wanted(await read_object(request, self._limits))
        try:
            payment = await self._begun.to_its_end(self._attendance.carry_out(ref, act, by, reason))
        except KeyError:
            raise unknown() from None
        return json_answer(payment_json(payment), 202)


def _wanted(body: Mapping[str, Any]) -> tuple[Act, str, str]:
    """Raises Problem 422, naming every wrong field at once."""
    wrong = {masked(name[:64]): "unknown; expected only act, by, reason" for name in body if name not in ("act", "by", "reason")}
    act = body.get("act")
    if not isinstance(act, str) or act not in set(Act):
        wrong["act"] = f"expected one of {_ACTS}"
    taken = {name: _text(body, name, most, wrong) for name, most in (("by", BY_MAX), ("reason", REASON_MAX))}
    if act == Act.ASK and "reason" not in body:
        wrong.pop("reason", None)
    if wrong:
        raise Problem(422, "invalid", "wrong: " + ", ".join(wrong), wrong)
    return Act(act), taken["by"], taken["reason"]


def _text(body: Mapping[str, Any], name: str, most: int, wrong: dict[str, str]) -> str:
    """Without what looks like a payer's code (P10), which somebody may have typed to say which payment it was."""
    text = body.get(name)
    if not isinstance(text, str) or not 1 <= len(text) <= most or text[0] == " " or not all(map(is_writable, text)):
        wrong[name] = f"expected {_RULES[name]}, 1 to {most} characters on one line, no space first"
        return ""
    return masked(text)


_RULES = {"by": "who does it", "reason": "why, in words"}
