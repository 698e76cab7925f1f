"""The button: the payer's or cashier's way to give the open payment up."""

from __future__ import annotations

import asyncio
import logging

from daemon.cycle import Unfit
from daemon.events import Cancelled
from daemon.journal_file import JournalError
from daemon.payment import Ref, State
from daemon.runner import Change, Runner
from hw.interfaces import Button

log = logging.getLogger(__name__)


class GivingUp:
    """Watches the button while a payment is open, and only then: an idle box does not wake for it."""

    def __init__(self, runner: Runner, button: Button) -> None:
        self._runner = runner
        self._button = button
        self._ref: Ref | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def on_change(self, change: Change) -> None:
        """The newest payment that can be given up; after a restart one that was taken up again. One in doubt may stay so for
        days, and giving it up changes nothing."""
        payment, state = change.payment, change.payment.state
        is_open = not state.is_final and state is not State.IN_DOUBT
        if is_open and (change.before is None or self._ref is None):
            self._ref = payment.ref
        elif not is_open and self._ref == payment.ref:
            self._ref = None
        self._button.watch(self._ref is not None)

    def pressed(self) -> None:
        if self._ref is not None:
            task = asyncio.get_running_loop().create_task(self._give_up(self._ref))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _give_up(self, ref: Ref) -> None:
        try:
            await self._runner.feed(ref, Cancelled("button", at=self._runner.at()))
        except (Unfit, KeyError, JournalError) as error:
            log.info('button_without_effect ref=%s why="%s"', ref, error)
