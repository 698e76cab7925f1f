"""The links to the providers: checked at the start, judged by every call, and looked at again while something is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from daemon.gateways.base import Gateway, Problem
from daemon.health import Board, Link
from daemon.reply import GatewayError, NotSent, Refusal, Reply, Verdict
from daemon.view import Part
from hw.interfaces import Condition, Health

log = logging.getLogger(__name__)

FIRST_CHECK_S = 2.0  # how long a start waits for the first checks; they go on in the background
AGAIN_S = 15.0  # first pause before a link with a problem is looked at again, doubling
AGAIN_MAX_S = 300.0


# What a provider that refuses this box as such does not answer: it asked the payer, or the payer's bank.
_SERVED = (Verdict.PAID, Verdict.CONFIRMING, Verdict.REFUSED)


class Links:
    """Keeps the board's links true. An idle box with healthy links does nothing here.

    What `check` finds, `check` takes away. What a call found, the next call takes away that went well, or `check`; but that the
    provider refuses this box as such may be nothing that `check` can see: there only a payer who is served does.
    """

    def __init__(self, gateways: Mapping[str, Gateway], board: Board) -> None:
        self._gateways = gateways
        self._board = board
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._looked = {name: asyncio.Event() for name in gateways}
        self._stopped = False

    async def start(self) -> None:
        """Check every gateway; returns when all have answered, or after `FIRST_CHECK_S`."""
        for name in self._gateways:
            self._board.link(name, Link(Health(Condition.FAILING, "not checked yet")))
            self._watch(name)
        try:
            async with asyncio.timeout(FIRST_CHECK_S):
                for looked in self._looked.values():
                    await looked.wait()
        except TimeoutError:
            log.warning("gateway_check_slow still_waiting=true")

    async def stop(self) -> None:
        self._stopped = True
        for task in self._watches.values():
            task.cancel()
        await asyncio.gather(*self._watches.values(), return_exceptions=True)

    def heard(self, name: str, outcome: GatewayError | Reply) -> None:
        """A call to that gateway ended so."""
        link = self._board.links.get(name, Link())
        if link.blocked:
            return
        if not isinstance(outcome, Reply):
            part = Part.CLOCK if isinstance(outcome, NotSent) and "clock" in str(outcome) else Part.GATEWAY
            self._fails(name, part, str(outcome))
        elif outcome.refusal is Refusal.OURS:
            self._fails(name, Part.CREDENTIALS, f"refuses this box: {outcome.code} {outcome.text}".rstrip())
        elif not _is_refused(link) or outcome.verdict in _SERVED:
            self._board.link(name, Link())

    def _fails(self, name: str, part: Part, detail: str) -> None:
        if not _is_refused(self._board.links.get(name, Link())) or part is Part.CREDENTIALS:
            self._board.link(name, Link(Health(Condition.FAILING, detail), part))
        self._watch(name)

    def _watch(self, name: str) -> None:
        running = self._watches.get(name)
        if (running is None or running.done()) and not self._stopped:
            self._watches[name] = asyncio.get_running_loop().create_task(self._look_until_well(name))

    async def _look_until_well(self, name: str) -> None:
        pause_s = AGAIN_S
        while not await self._is_well(name):
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, AGAIN_MAX_S)

    async def _is_well(self, name: str) -> bool:
        try:
            problems = await self._gateways[name].check()
        except Exception:  # a fault in a gateway must not end the watch
            log.exception("gateway_check_fault name=%s", name)
            problems = [Problem("fault while checking", blocking=False)]
        if problems or not _is_refused(self._board.links.get(name, Link())):
            self._board.link(name, _link_with(problems))
        self._looked[name].set()
        return not problems


def _is_refused(link: Link) -> bool:
    """A call was refused because of this box; `check` itself calls a link with bad credentials blocked."""
    return link.part is Part.CREDENTIALS and not link.blocked


def _link_with(problems: list[Problem]) -> Link:
    if not problems:
        return Link()
    blocked = any(problem.blocking for problem in problems)
    worst = [p for p in problems if p.blocking] or problems
    part = Part.CLOCK if "clock" in worst[0].text else Part.CREDENTIALS if blocked else Part.GATEWAY
    return Link(Health(Condition.FAILING, "; ".join(p.text for p in worst)), part, blocked)
