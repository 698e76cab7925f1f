"""Seeds out of the sandbox: every gateway plays every case with its stand-in, and what it heard becomes an input.

Numbers, ids and secrets of that run are replaced by those of the targets: an answer is then about the order that a target asks about.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "gateways"))
import target_cbtis
import target_smart2pay
import target_wechat
from fuzz_provider import NUMBER, PLACE, SECRET
from gateway_rigs import PLACE as RIG_PLACE
from gateway_rigs import Rig, rigged

from daemon.gateways.client import Answer
from daemon.payment import Attempt, Mode, State
from daemon.reply import Reply
from daemon.sandbox.cases import CASES
from daemon.sandbox.scenario import Fault, Timings
from daemon.sandbox.server import Sandbox
from daemon.timing import Schedule

HASTY = Timings(revoke_not_before_s=0.0, confirm_s=5.0, late_s=0.3, silence_s=0.3, slow_s=0.3, auto_close_s=5.0)
IMPATIENT = Schedule(answer_s=0.2, reply_s=0.2)
_WORTHLESS = frozenset({Fault.SILENT, Fault.SLOW, Fault.HUGE})  # what brings no answer in time

GATEWAYS = {"wechat": "wechat", "merchant": "merchant-signature", "smart2pay": "smart2pay", "cbtis": "cbtis", "connect": "connect"}
_HEADERS = ("Date",)  # that some gateway reads


class _Ears:
    """In front of a gateway's client: hands everything on and keeps the answers."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.heard: list[Answer] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def post(self, *request: Any) -> Answer:
        return self._kept(await self._client.post(*request))

    async def get(self, *request: Any) -> Answer:
        return self._kept(await self._client.get(*request))

    def _kept(self, answer: Answer) -> Answer:
        self.heard.append(answer)
        return answer


async def recorded(directory: Path) -> AsyncIterator[tuple[str, str, str, str, bytes]]:
    """Target, what the input comes to (a call, a verdict or error, and its code), input."""
    async with Sandbox(directory, timings=HASTY) as sandbox:
        for target, kind in GATEWAYS.items():
            async with rigged(kind, sandbox) as rig:
                rig.gateway = rig.built(IMPATIENT)
                ears = _listening(rig.gateway)
                async for call, attempt, told in _played(rig):
                    what = (told.verdict.value, told.code) if isinstance(told, Reply) else (type(told).__name__.lower(), str(told))
                    yield target, call, *what, _input(call, attempt, ears, _replacements(sandbox, attempt))
                    ears.heard.clear()


def _listening(gateway: Any) -> _Ears:
    """Ears wherever the gateway keeps its client."""
    holder = gateway._client if hasattr(gateway._client, "_client") else gateway
    ears = holder._client = _Ears(holder._client)
    if hasattr(gateway, "_certified"):
        gateway._certified = certified = _Ears(gateway._certified)
        certified.heard = ears.heard
    return ears


async def _played(rig: Rig) -> AsyncIterator[tuple[str, Attempt, Any]]:
    """Every call about a sale of every case, both ways where the gateway can."""
    for name, case in CASES.items():
        if any(
            step.fault in _WORTHLESS for call in (case.charge, case.query, case.revoke, case.refund) for step in (*call.first, call.then)
        ):
            continue
        for mode in rig.kind.modes:
            attempt, told = await rig.make(mode, name if mode is Mode.SCAN else case)
            yield "submit" if mode is Mode.SCAN else "create_qr", attempt, told
            ending = "revoke" if mode is Mode.SCAN else "close"
            for call in ("query", "query", "query", ending, "query", "refund", ending, "query"):
                yield call, attempt, await rig.call(call, attempt)


def _input(call: str, attempt: Attempt, ears: _Ears, replacements: Mapping[str, str]) -> bytes:
    state = State.CREATING_QR if call == "create_qr" else attempt.state
    words = f"call={call} state={state} sign=yes" + (f" trade_no={attempt.trade_no}" if attempt.trade_no else "")
    data = words.encode() + b"\n" + b"\n%%\n".join(map(_part, ears.heard))
    for theirs, ours in replacements.items():
        data = data.replace(theirs.encode(), ours.encode())
    return data


def _part(answer: Answer) -> bytes:
    fields = [f"{name}: {answer.headers[name]}" for name in _HEADERS if name in answer.headers]
    return " | ".join([f"{answer.status} {answer.headers.get('Content-Type', '')}", *fields]).encode() + b"\n" + answer.body


def _replacements(sandbox: Sandbox, attempt: Attempt) -> dict[str, str]:
    """What was made at random or is the rig's own, with what the targets have in its place."""
    return {
        attempt.out_trade_no: NUMBER,
        sandbox.wechat.appid: target_wechat.SETTINGS.appid,
        sandbox.wechat.mch_id: target_wechat.SETTINGS.mch_id,
        sandbox.smart2pay.site_id: target_smart2pay.SETTINGS.site_id,
        sandbox.cbtis.uid: target_cbtis.SETTINGS.uid,
        sandbox.cbtis.client_secret: SECRET,
        f'"{RIG_PLACE.store_id}"': f'"{PLACE.store_id}"',
        f'"{RIG_PLACE.terminal_id}"': f'"{PLACE.terminal_id}"',
    }
