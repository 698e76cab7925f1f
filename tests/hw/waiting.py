"""Waiting for what another thread or the kernel does, for as short as possible."""

import asyncio


async def until(true, seconds=5.0):
    """Return once `true()` is; fail if that takes unreasonably long."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.001)


async def settle(rounds=20):
    """Let everything happen that is ready to happen: used before saying that something did not."""
    for _ in range(rounds):
        await asyncio.sleep(0.0005)
