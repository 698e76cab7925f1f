"""Keeps connections open while a code is awaited, so that the charge finds one: the handshake is most of what a payer waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from daemon.gateways.base import Gateway
from daemon.payment import Mode, State
from daemon.runner import Change

AGAIN_S = 15.0  # servers commonly close an idle connection after 60 s or more


class Warming:
    """Warms the gateways that scanned codes may go to, from the amount until the code; then does nothing."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self._gateways = gateways
        self._task: asyncio.Task[None] | None = None

    def on_change(self, change: Change) -> None:
        awaited = change.payment.state is State.AWAITING_CODE and change.payment.mode is Mode.SCAN
        if awaited and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._warm())
        elif not awaited and self._task is not None and (change.before is None or change.before.state is State.AWAITING_CODE):
            self.stop()

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _warm(self) -> None:
        while True:
            await asyncio.gather(*(gateway.warm() for gateway in self._gateways.values()))
            await asyncio.sleep(AGAIN_S)
