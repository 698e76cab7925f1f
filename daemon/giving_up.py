"""The button: the payer's or cashier's way to give the open payment up, and to take what a till offers while none is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from daemon.cycle import Unfit
from daemon.events import Cancelled
from daemon.journal_file import JournalError
from daemon.payment import Ref, State
from daemon.runner import Change, Runner
from hw.interfaces import Button

log = logging.getLogger(__name__)


TAKEN_S = 1.0
"""A press that comes so soon after an offer was taken was meant to take it, not to give it up: a payer's code may have been faster."""


class GivingUp:
    """Watches the button while a payment is open or something is offered, and only then: an idle box does not wake for it."""

    def __init__(self, runner: Runner, button: Button) -> None:
        self._runner = runner
        self._button = button
        self._ref: Ref | None = None
        self._offered: Callable[[], None] | None = None
        self._taken_at = -TAKEN_S
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, take: Callable[[], None] | None) -> None:
        """What a press does while no payment is open; None: nothing."""
        self._offered = take
        self._watch()

    def on_change(self, change: Change) -> None:
        """The newest payment that can be given up; after a restart one that was taken up again. One in doubt may stay so for
        days, and giving it up changes nothing."""
        payment, state = change.payment, change.payment.state
        is_open = not state.is_final and state is not State.IN_DOUBT
        if change.before is None and self._offered is not None:
            self._taken_at = asyncio.get_running_loop().time()
        if is_open and (change.before is None or self._ref is None):
            self._ref = payment.ref
        elif not is_open and self._ref == payment.ref:
            self._ref = None
        self._watch()

    def _watch(self) -> None:
        self._button.watch(self._ref is not None or self._offered is not None)

    def pressed(self) -> None:
        if asyncio.get_running_loop().time() < self._taken_at + TAKEN_S:
            log.info("button_too_soon")
        elif self._ref is None and self._offered is not None:
            self._offered()
        elif self._ref is not None:
            task = asyncio.get_running_loop().create_task(self._give_up(self._ref))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _give_up(self, ref: Ref) -> None:
        try:
            await self._runner.feed(ref, Cancelled("button", at=self._runner.at()))
        except (Unfit, KeyError, JournalError) as error:
            log.info('button_without_effect ref=%s why="%s"', ref, error)
