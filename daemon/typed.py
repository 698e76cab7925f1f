"""What a person types at a command that goes on meanwhile: lines of the standard input, read on the event loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator


async def typed_lines() -> AsyncIterator[str]:
    """Each line without its end, until the input ends."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            yield line.decode(errors="replace").strip()
    finally:
        transport.close()
