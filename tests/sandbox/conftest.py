"""A running sandbox, and boxes that talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from sandbox_box import FAST, Box, client_tls

from daemon.sandbox.scenario import Timings
from daemon.sandbox.server import Sandbox


@pytest.fixture
def timings() -> Timings:
    return FAST


@pytest.fixture
async def sandbox(tmp_path: Path, timings: Timings) -> AsyncIterator[Sandbox]:
    async with Sandbox(tmp_path / "sandbox", timings=timings) as running:
        yield running


@pytest.fixture
async def box(sandbox: Sandbox) -> AsyncIterator[Box]:
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=True))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Box(sandbox, session)


@pytest.fixture
async def bare_box(sandbox: Sandbox) -> AsyncIterator[Box]:
    """A box without client certificate."""
    connector = aiohttp.TCPConnector(ssl=client_tls(sandbox, with_certificate=False))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Box(sandbox, session)
