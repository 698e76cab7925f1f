"""Keeps connections open while a code is awaited, so that the charge finds one: the handshake is most of what a payer waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from daemon.gateways.base import Gateway
from daemon.payment import Mode, State
from daemon.runner import Change

LOOK_S = 0.5  # often enough to use a connection before it was idle for too long; one that ends is opened again without that


class Warming:
    """Warms the gateways that scanned codes may go to, from the amount until the code; then does nothing."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self._gateways = gateways
        self._tasks: list[asyncio.Task[None]] = []

    def on_change(self, change: Change) -> None:
        awaited = change.payment.state is State.AWAITING_CODE and change.payment.mode is Mode.SCAN
        if awaited and not self._tasks:
            self._tasks = [asyncio.get_running_loop().create_task(_keep_warm(gateway)) for gateway in self._gateways.values()]
        elif not awaited and self._tasks and (change.before is None or change.before.state is State.AWAITING_CODE):
            self.stop()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []


async def _keep_warm(gateway: Gateway) -> None:
    while True:
        await gateway.warm()
        await asyncio.sleep(LOOK_S)
